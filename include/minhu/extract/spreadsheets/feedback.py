"""Feedback sheets: which cells an office has to mend, one sheet per file it sent. No cell's content is repeated."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from minhu import atomic
from minhu.extract.spreadsheets.chinese_files import Problem


def write_feedback(folder: Path, problems: Sequence[Problem]) -> None:
    """Replace the sheets in ``folder``; where nothing has to be mended there is no sheet.

    Args:
        folder: of one source and business date.
        problems: what has to be mended, in the order of the files.
    """
    shutil.rmtree(folder, ignore_errors=True)
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.file_name, []).append(problem)
    for name, found in by_file.items():
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["文件", "工作表", "行", "列", "问题"])
        writer.writerows((p.file_name, p.sheet, p.row or "", p.column, p.text) for p in found)
        atomic.write_bytes(folder / f"{Path(name).stem}.csv", text.getvalue().encode("utf-8-sig"))


FEEDBACK_SUFFIX = "_反馈"
#: What is asked of a cell, for the office that has to mend it.
_IN_CHINESE = (
    (r"expected a whole number", "应为整数"),
    (r"expected a number", "应为数字"),
    (r"expected a date that exists", "日期不存在"),
    (r"expected a date", "应为日期，如 2026-11-03"),
    (r"expected a quarter.*", "应为季度，如 2026Q3"),
    (r"expected a half-year.*", "应为半年度，如 2026H1"),
    (r"expected a year", "应为年度，如 2026"),
    (r"expected 是 or 否", "应填“是”或“否”"),
    (r"expected one of (.*)", r"应为下列之一：\1"),
    (r"expected a code of letters and digits.*", "应为由字母和数字组成的代码"),
    (r"expected a code, found a phone or ID number", "应为代码，请勿填写电话或证件号码"),
    (r"expected a column (.*), found only (.*) near it", r"缺少列“\1”，只有相近的“\2”"),
    (r"expected a column (.*), found none like it", r"缺少列“\1”"),
    (r"expected one column (.*), found (\d+)", r"列“\1”出现 \2 次，应只有一列"),
    (r"expected a sheet with the columns (.*), found none", r"缺少含有下列各列的工作表：\1"),
    (r"expected one sheet with the columns (.*), found (\d+)", r"含有下列各列的工作表有 \2 张，应只有一张：\1"),
    (r"expected an XLSX workbook.*", "文件无法打开，请重新另存为 XLSX 后报送"),
)


def in_chinese(text: str) -> str:
    """What has to be mended, in the words of the office that mends it."""
    for pattern, words in _IN_CHINESE:
        if re.fullmatch(pattern, text):
            return re.sub(pattern, words, text)
    return "内容无法识别，请核对后重新报送"


def write_feedback_workbook(path: Path, problems: Sequence[Problem]) -> None:
    """One feedback sheet for one file; where nothing has to be mended there is none.

    Equal problems give equal bytes.

    Args:
        path: of the feedback sheet.
        problems: what has to be mended, in the order of the file.
    """
    if not problems:
        path.unlink(missing_ok=True)
        return
    from openpyxl import Workbook

    from minhu.workbooks import saved

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "需修改的单元格"
    sheet.append(["文件", "工作表", "行", "列", "问题"])
    for p in problems:
        sheet.append([p.file_name, p.sheet, p.row or "", p.column, in_chinese(p.text)])
    for column, width in zip("ABCDE", (36, 20, 8, 20, 60), strict=True):
        sheet.column_dimensions[column].width = width
    atomic.write_bytes(path, saved(book))
