"""Feedback sheets: which cells an office has to mend, in Chinese, one workbook per file it sent.

No cell's content is repeated. Equal problems give equal bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from minhu import atomic
from minhu.extract.spreadsheets.problems import Problem, fault

FEEDBACK_SUFFIX = "_反馈"
#: Header and width in characters of each column.
COLUMNS = {"文件": 36, "工作表": 20, "行": 8, "列": 20, "问题代码": 24, "问题": 48, "应改为": 60}
#: Nobody mends more cells one by one: then a whole column is wrong, and the last line says so.
MOST_PROBLEMS = 10_000
#: Bytes; a file system takes 255 for a whole name, and writing needs some for a temporary one.
_LONGEST_STEM = 200


def feedback_name(file_name: str) -> str:
    """Name of the feedback sheet about a file; of a very long name its beginning."""
    stem = Path(file_name).stem
    while len(os.fsencode(stem)) > _LONGEST_STEM:
        stem = stem[:-1]
    return f"{stem}{FEEDBACK_SUFFIX}.xlsx"


def write_feedback_folder(folder: Path, problems: Sequence[Problem]) -> None:
    """Replace the sheets in ``folder`` by one per file; where nothing has to be mended there is no folder.

    Args:
        folder: of one source and business date.
        problems: what has to be mended, in the order of the files.
    """
    shutil.rmtree(folder, ignore_errors=True)
    in_files = sorted(problems, key=lambda problem: problem.file_name)
    for name, of_file in groupby(in_files, key=lambda problem: problem.file_name):
        write_feedback(folder / feedback_name(name), list(of_file))


def write_feedback(path: Path, problems: Sequence[Problem]) -> None:
    """The sheet about one file; where nothing has to be mended there is none.

    Args:
        path: of the feedback sheet.
        problems: what has to be mended, in the order of the file.
    """
    if not problems:
        path.unlink(missing_ok=True)
        return
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment

    from minhu.workbooks import saved

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "需修改的内容"
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFG", COLUMNS.values(), strict=True):
        sheet.column_dimensions[column].width = width
    wrapped = Alignment(vertical="top", wrap_text=True)
    for number, values in enumerate(_rows(problems), start=1):
        for place, value in enumerate(values, start=1):
            cell = sheet.cell(number, place, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"  # a name of the office's own that begins with = is no formula here
            cell.alignment = wrapped
    atomic.write_bytes(path, saved(book))


def _rows(problems: Sequence[Problem]) -> Iterator[Sequence[str | int | None]]:
    shown = list(problems[:MOST_PROBLEMS])
    if more := len(problems) - len(shown):
        shown.append(Problem(problems[0].file_name, "", None, "", fault("more_problems", count=more)))
    yield list(COLUMNS)
    for p in shown:
        yield p.file_name, p.sheet or None, p.row, p.column or None, p.fault.code, p.fault.problem, p.fault.remedy
