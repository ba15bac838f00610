"""Tables in files as Chinese offices send them: encodings, title rows, totals, moved and unknown columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from minhu.extract.spreadsheets import headers as headers_of
from minhu.extract.spreadsheets.chinese_cells import cleaned
from minhu.extract.spreadsheets.grids import Grid, decoded_text, refusal, text_grid, workbook_grids
from minhu.extract.spreadsheets.problems import FileRefused, Problem, fault
from minhu.extract.spreadsheets.sheets import Sheet, plain_sheet, sheet_of
from minhu.texts import file_name

_NOTE_SHEET = re.compile("说明|备注|目录|封面|填表|须知")


def read_sheets(path: Path, required: Sequence[str]) -> list[Sheet]:
    """Every table of a CSV or XLSX file, its columns in any order.

    Empty sheets are passed over, and sheets that are called notes and hold no such table. Hidden sheets are not read.

    Args:
        path: the file.
        required: headers as the contract writes them.

    Raises:
        FileRefused: it cannot be read, or a sheet lacks a required column.
    """
    if path.suffix.lower() == ".csv":
        return [_text_sheet(path, required)]
    grids, hidden = _seen_and_hidden(path, [required])
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for grid in grids:
        position = headers_of.position_of(grid, required)
        if position is None and (_is_empty(grid) or _NOTE_SHEET.search(grid.name)) and len(grids) > 1:
            continue
        try:
            if position is None:
                missing = fault("header_missing", columns=", ".join(required), rows=headers_of.WITHIN_ROWS)
                raise refusal(path, grid.name, missing)
            sheets.append(sheet_of(path, grid, position, required, False, *hidden))
        except FileRefused as error:
            problems += error.problems
    if not sheets and not problems:
        problems.append(Problem(file_name(path), "", None, "", fault("only_empty_sheets")))
    if problems:
        raise FileRefused(*problems, *_hidden_problems(file_name(path), hidden[0]))
    return sheets


def read_workbook(path: Path, kinds: Mapping[str, Sequence[str]]) -> dict[str, Sheet]:
    """The tables of a workbook in which every sheet is another form; which is which is known by the headers.

    Args:
        path: an XLSX file.
        kinds: name of a form to its headers; each must be there once.

    Raises:
        FileRefused: it cannot be read, a form is missing, lacks a column, or is there twice.
    """
    grids, hidden = _seen_and_hidden(path, list(kinds.values()))
    problems: list[Problem] = []
    found: dict[str, Sheet] = {}
    for kind, required in kinds.items():
        likeness = [headers_of.likeness(grid, required) for grid in grids]
        best = max(likeness, default=0.0)
        of_kind = [grid for grid, share in zip(grids, likeness, strict=True) if share == best]
        if 2 * best < 1 or any(headers_of.likeness(of_kind[0], other) > best for other in kinds.values()):
            problems.append(Problem(file_name(path), "", None, "", fault("sheet_missing", columns=", ".join(required))))
        elif len(of_kind) > 1:
            repeated = fault("sheet_repeated", columns=", ".join(required), count=len(of_kind))
            problems.append(Problem(file_name(path), of_kind[1].name, None, "", repeated))
        else:
            position = headers_of.position_of(of_kind[0], required)
            assert position is not None  # at least half of the headers stand in one row
            try:
                found[kind] = sheet_of(path, of_kind[0], position, required, False, *hidden)
            except FileRefused as error:
                problems += error.problems
    if problems:
        raise FileRefused(*problems, *_hidden_problems(file_name(path), hidden[0]))
    return found


def hidden_problems(sheets: Sequence[Sheet]) -> list[Problem]:
    """What has to be mended where people do not see a table: once for each sheet of each file."""
    tables = {sheet.file_name: sheet.hidden_tables for sheet in sheets}
    return [problem for name, hidden in sorted(tables.items()) for problem in _hidden_problems(name, hidden)]


_Hidden = tuple[tuple[str, ...], tuple[str, ...]]


def _text_sheet(path: Path, required: Sequence[str]) -> Sheet:
    """The table of a CSV file, in columns from the beginning where it is written as nearly all are."""
    try:
        text = decoded_text(path)
    except OSError as error:
        raise refusal(path, "", fault("file_not_opened", error=type(error).__name__)) from None
    if (sheet := plain_sheet(path, text, required)) is not None:
        return sheet
    grid = text_grid(path, text)
    position = headers_of.position_of(grid, required)
    if position is None:
        raise _without_header(path, grid, required)
    return sheet_of(path, grid, position, required, True)


def _seen_and_hidden(path: Path, forms: Sequence[Sequence[str]]) -> tuple[list[Grid], _Hidden]:
    """What people see of a workbook, and the names of hidden sheets with and without one of the tables."""
    try:
        grids = workbook_grids(path)
    except OSError as error:
        raise refusal(path, "", fault("file_not_opened", error=type(error).__name__)) from None
    hidden = [grid for grid in grids if grid.is_hidden and not _is_empty(grid)]
    tables = [grid.name for grid in hidden if any(2 * headers_of.likeness(grid, form) >= 1 for form in forms)]
    others = [grid.name for grid in hidden if grid.name not in tables]
    return [grid for grid in grids if not grid.is_hidden], (tuple(tables), tuple(others))


def _hidden_problems(file_name: str, tables: Sequence[str]) -> list[Problem]:
    return [Problem(file_name, name, None, "", fault("sheet_hidden")) for name in tables]


def _without_header(path: Path, grid: Grid, required: Sequence[str]) -> FileRefused:
    if mark := headers_of.delimiter(grid, required):
        seen = mark.strip() or ("Tab" if "\t" in mark else "空格")
        return refusal(path, "", fault("other_delimiter", found=seen if seen.isprintable() else repr(seen)[1:-1]))
    missing = fault("header_missing_in_text", columns=", ".join(required), rows=headers_of.WITHIN_ROWS)
    return refusal(path, "", missing)


def _is_empty(grid: Grid) -> bool:
    return all(cleaned(cell) is None for cells in grid.rows for cell in cells)
