"""The row of headers in a sheet or text: where it stands, what stands between its cells, and what is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minhu.extract.spreadsheets.chinese_cells import as_text
from minhu.extract.spreadsheets.grids import Grid
from minhu.extract.spreadsheets.problems import FileRefused, Problem, Unreadable, fault
from minhu.texts import file_name

WITHIN_ROWS = 10


def delimiter(grid: Grid, required: Sequence[str]) -> str:
    """What stands between the cells of a text where it is no comma: whatever leaves most of the headers; "" without it."""
    lines = [",".join(map(str, row)).replace('"', "") for row in grid.rows[:WITHIN_ROWS]]
    between = re.compile(f"[^{re.escape(''.join(required))}]+")
    for mark in sorted({mark for line in lines for mark in between.findall(line)}):
        cut = Grid("", [line.split(mark) for line in lines], grid.numbers)
        if not re.search(r"\w|,", mark) and position_of(cut, required) is not None:
            return str(mark)
    return ""


def likeness(grid: Grid, required: Sequence[str]) -> float:
    """Largest share of the headers that stand in one of the first rows."""
    rows = [{header_of(cell) for cell in cells} for cells in grid.rows[:WITHIN_ROWS]]
    return max((len(row & set(required)) / len(required) for row in rows), default=0.0)


def check(path: Path, sheet: str, headers: Sequence[str], required: Sequence[str]) -> None:
    """Refuse a sheet in which a required header is missing, with the one that is likest to it, or stands twice.

    Raises:
        FileRefused: with a problem for each such header.
    """
    problems: list[Problem] = []
    for column in required:
        if column not in headers:
            strangers = [header for header in headers if header and header not in required]
            near = difflib.get_close_matches(column, strangers, n=1, cutoff=0.3)
            renamed = fault("column_renamed", column=column, near=near[0]) if near else None
            missing = renamed or fault("column_missing", column=column)
            problems.append(Problem(file_name(path), sheet, None, column, missing))
        elif headers.count(column) > 1:
            repeated = fault("column_repeated", column=column, count=headers.count(column))
            problems.append(Problem(file_name(path), sheet, None, column, repeated))
    if problems:
        raise FileRefused(*problems)


def seen(grid: Grid, position: int, required: Sequence[str]) -> tuple[list[str], int]:
    """Headers by column, "" for a hidden column whose header people see elsewhere; and how many hidden ones are required."""
    headers = [header_of(cell) for cell in grid.rows[position]]
    hidden = sorted(n for n in grid.hidden_columns if n < len(headers) and headers[n] in required)
    in_sight = {header for n, header in enumerate(headers) if n not in grid.hidden_columns}
    return ["" if n in hidden and header in in_sight else header for n, header in enumerate(headers)], len(hidden)


def header_of(cell: Any) -> str:
    """A header without the blanks and line breaks that make it fit its column."""
    try:
        return re.sub(r"\s", "", as_text(cell) or "")
    except Unreadable:
        return ""


def position_of(grid: Grid, required: Sequence[str]) -> int | None:
    """The first row with most of the required headers, and half of them, so that one missing column is named, not the whole."""
    counts = [len({header_of(cell) for cell in cells} & set(required)) for cells in grid.rows[:WITHIN_ROWS]]
    most = max(counts, default=0)
    return counts.index(most) if 2 * most >= len(required) else None
