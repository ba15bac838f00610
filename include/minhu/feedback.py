"""Feedback sheets: which cells an office has to mend, one sheet per file it sent. No cell's content is repeated."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from pathlib import Path

from minhu import atomic
from minhu.chinese_files import Problem


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
