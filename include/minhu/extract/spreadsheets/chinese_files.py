"""Tables in files as Chinese offices send them: encodings, title rows, totals, moved and unknown columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from minhu.extract.spreadsheets import headers as headers_of
from minhu.extract.spreadsheets.chinese_cells import Covered, Damaged, Merged, cleaned
from minhu.extract.spreadsheets.grids import Grid, refusal, text_grid, workbook_grids
from minhu.extract.spreadsheets.problems import FileRefused, Problem, fault
from minhu.texts import file_name

#: What adds up rows above: ``合计``, ``全市合计``, ``合计（台）``, ``碑林区小计``, ``本页合计``, ``合计数：12``, ``【合计】``.
_TOTAL = re.compile(r"(?P<of>.{0,20}?)(?P<total>总合计|合计|总计|共计|累计|小计|总数|总和|汇总)(?:人|户|件|台)?数?\d*")
_BESIDE_A_TOTAL = re.compile(r"\([^()]*\)|[\W_]")
_ALL = {"", "全市", "全区", "全县", "全表", "全部"}
#: How the lines under a form begin: who filled it in, who checked it, and where they can be reached.
_NOTE_ROW = re.compile(
    "注|备注|说明|填表|填报|制表|制单|审核|审批|复核|经办|负责人|单位负责人|主管|联系|电话|打印|盖章"
)
_NOTE_SHEET = re.compile("说明|备注|目录|封面|填表|须知")
#: Of texts put together with NUL between them: whether :func:`clean` would change one that is not empty.
_UNCLEAN = re.compile(r"[^ -~\0]|(?:^|\0)[ ='#]| (?:\0|$)")


@dataclass(frozen=True)
class Sheet:
    """A table found in a file.

    Attributes:
        file_name: name of the file, without folders.
        name: of the sheet; "" in a CSV.
        columns: cells of the data rows by required header, cleaned, without titles, blanks and totals.
        row_numbers: where these rows stand in the file, from 1.
        unknown_columns: headers that were not asked for.
        total_cells: cells by header of the file's own grand total row, empty if it has none.
        blank_rows: how many rows had nothing in them.
        total_rows: how many rows were totals or subtotals.
        note_rows: how many rows were signatures and remarks under the table; they may name people and are dropped.
        header_rows: how many rows were the header once again, as on each page of what was printed.
        set_aside: rows that cannot be told apart into cells, which are not among the columns.
        noticed: what else is wrong and refuses nothing.
        hidden_tables: sheets with such a table that people do not see; they are not read.
        hidden_sheets: other hidden sheets with something in them.
        hidden_rows: how many of the rows people do not see; they are read.
        hidden_columns: how many of the columns with one of the headers people do not see; one is read where no other that
            people see has its header.
    """

    file_name: str
    name: str
    columns: dict[str, Sequence[Any]]
    row_numbers: Sequence[int]
    unknown_columns: tuple[str, ...] = ()
    total_cells: dict[str, Any] = field(default_factory=dict)
    blank_rows: int = 0
    total_rows: int = 0
    note_rows: int = 0
    header_rows: int = 0
    set_aside: tuple[Problem, ...] = ()
    noticed: tuple[Problem, ...] = ()
    hidden_tables: tuple[str, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    hidden_rows: int = 0
    hidden_columns: int = 0


def read_sheets(path: Path, required: Sequence[str]) -> list[Sheet]:
    """Every table of a CSV or XLSX file, its columns in any order.

    Empty sheets are passed over, and sheets that are called notes and hold no such table. Hidden sheets are not read.

    Args:
        path: the file.
        required: headers as the contract writes them.

    Raises:
        FileRefused: it cannot be read, or a sheet lacks a required column.
    """
    is_csv = path.suffix.lower() == ".csv"
    grids, hidden = _seen_and_hidden(path, is_csv, [required])
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for grid in grids:
        position = headers_of.position_of(grid, required)
        if position is None and (_is_empty(grid) or _NOTE_SHEET.search(grid.name)) and len(grids) > 1:
            continue
        try:
            if position is None:
                raise _without_header(path, grid, required, is_csv)
            sheets.append(_sheet(path, grid, position, required, is_csv, hidden))
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
    grids, hidden = _seen_and_hidden(path, False, list(kinds.values()))
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
                found[kind] = _sheet(path, of_kind[0], position, required, False, hidden)
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


def _seen_and_hidden(path: Path, is_csv: bool, forms: Sequence[Sequence[str]]) -> tuple[list[Grid], _Hidden]:
    """What people see of a file, and the names of hidden sheets with and without one of the tables."""
    try:
        grids = [text_grid(path)] if is_csv else workbook_grids(path)
    except OSError as error:
        raise refusal(path, "", fault("file_not_opened", error=type(error).__name__)) from None
    hidden = [grid for grid in grids if grid.is_hidden and not _is_empty(grid)]
    tables = [grid.name for grid in hidden if any(2 * headers_of.likeness(grid, form) >= 1 for form in forms)]
    others = [grid.name for grid in hidden if grid.name not in tables]
    return [grid for grid in grids if not grid.is_hidden], (tuple(tables), tuple(others))


def _hidden_problems(file_name: str, tables: Sequence[str]) -> list[Problem]:
    return [Problem(file_name, name, None, "", fault("sheet_hidden")) for name in tables]


def _without_header(path: Path, grid: Grid, required: Sequence[str], is_csv: bool) -> FileRefused:
    wanted = ", ".join(required)
    if is_csv and (mark := headers_of.delimiter(grid, required)):
        seen = mark.strip() or ("Tab" if "\t" in mark else "空格")
        return refusal(path, "", fault("other_delimiter", found=seen if seen.isprintable() else repr(seen)[1:-1]))
    if is_csv:
        return refusal(path, "", fault("header_missing_in_text", columns=wanted, rows=headers_of.WITHIN_ROWS))
    return refusal(path, grid.name, fault("header_missing", columns=wanted, rows=headers_of.WITHIN_ROWS))


def _is_empty(grid: Grid) -> bool:
    return all(cleaned(cell) is None for cells in grid.rows for cell in cells)


def _sheet(path: Path, grid: Grid, position: int, required: Sequence[str], is_csv: bool, hidden: _Hidden) -> Sheet:
    headers, hidden_columns = headers_of.seen(grid, position, required)
    headers_of.check(path, grid.name, headers, required)
    body = grid.rows[position + 1 :]
    numbers = grid.numbers[position + 1 :]
    columns = _cleaned_columns(body, len(headers))
    left_out = numbers[-1] - grid.numbers[position] - len(numbers) if numbers else 0
    counts = {"blank": left_out, "total": 0, "note": 0, "header": 0}
    total: dict[str, Any] = {}
    keep = [True] * len(body)
    for place in _unusual_rows(columns, len(body), len(required)):
        cells = [column[place] for column in columns]
        what, is_grand_total = _kind_of_row(cells, headers, len(required), has_total=bool(total))
        if is_grand_total:
            total = {h: None if isinstance(cell, Covered) else cell for h, cell in zip(headers, cells, strict=False)}
        if what:
            counts[what] += 1
            keep[place] = False
    torn = _torn_rows(path, body, columns[len(headers)], keep, numbers, len(headers)) if is_csv else []
    columns = [list(compress(column, keep)) for column in columns]
    row_numbers = list(compress(numbers, keep))
    by_header = dict(zip(headers, columns, strict=False))
    unknown = tuple(sorted({header for header in headers if header} - set(required)))
    return Sheet(
        file_name(path), grid.name, {header: by_header[header] for header in required}, row_numbers, unknown,
        {header: cell for header, cell in total.items() if header}, counts["blank"], counts["total"], counts["note"],
        counts["header"], tuple(torn), tuple(Problem(file_name(path), grid.name, row, "", what) for row, what in grid.damage),
        *hidden, len(grid.hidden_rows.intersection(row_numbers)), hidden_columns,
    )  # fmt: skip


def _cleaned_columns(body: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """The rows' cells as ``width`` columns and one more: the first cell of each row that stands beyond them and is not empty.

    Rows may have different lengths. One of a hundred thousand cells must not make as many columns of all the others.
    """
    known: dict[str, Any] = {}
    columns: list[list[Any]] = []
    beyond = [_first_filled(row[width:]) if len(row) > width else None for row in body]
    for cells in zip_longest(*(row[:width] for row in body)):
        texts = {cell for cell in cells if type(cell) is str} - known.keys()
        if _UNCLEAN.search("\0".join(texts)):
            known.update((text, cleaned(text)) for text in texts)
        else:
            known.update((text, text or None) for text in texts)
        columns.append([known[cell] if type(cell) is str else cleaned(cell) for cell in cells])
    return [*columns, *([None] * len(body) for _ in range(width - len(columns))), beyond]


def _first_filled(cells: Sequence[Any]) -> Any:
    return next((cell for cell in map(cleaned, cells) if cell is not None), None)


def _unusual_rows(columns: Sequence[Sequence[Any]], rows: int, required: int) -> list[int]:
    """Rows that may be something else than data: half empty, or not beginning with an ASCII text (a total never does)."""
    filled = np.zeros(rows, dtype=np.int64)
    for column in columns:
        filled += np.fromiter((cell is not None for cell in column), dtype=bool, count=rows)
    plain = np.fromiter((type(cell) is str and cell.isascii() for cell in columns[0]), dtype=bool, count=rows)
    return [int(place) for place in np.flatnonzero(~plain | (2 * filled < required))]


def _kind_of_row(cells: Sequence[Any], headers: Sequence[str], required: int, *, has_total: bool) -> tuple[str, bool]:
    """What a row is instead of data ("" if it is data), and whether it is the grand total."""
    own = [value for value in cells if value is not None and not isinstance(value, Covered)]
    filled = [value.value if isinstance(value, Merged) else value for value in own]
    if not filled:
        return "blank", False
    label = "" if isinstance(filled[0], Damaged) else re.sub(r"[\s:]", "", str(filled[0]))
    if total := _TOTAL.fullmatch(_BESIDE_A_TOTAL.sub("", label)):
        return "total", total["of"] in _ALL and total["total"] != "小计"
    if (
        2
        * sum(
            header != "" and headers_of.header_of(cell) == header for cell, header in zip(cells, headers, strict=False)
        )
        >= required
    ):
        return "header", False
    if 2 * len(filled) < required and (has_total or _NOTE_ROW.match(label)):
        return "note", False
    return "", False


def _torn_rows(
    path: Path,
    body: Sequence[Sequence[Any]],
    beyond: Sequence[Any],
    keep: list[bool],
    numbers: Sequence[int],
    width: int,
) -> list[Problem]:
    """Rows with more cells than the header has: none of their cells can be trusted. They are no longer kept."""
    torn = [place for place, cell in enumerate(beyond) if keep[place] and cell is not None]
    for place in torn:
        keep[place] = False
    return [
        Problem(
            file_name(path),
            "",
            numbers[place],
            "",
            fault("cells_beyond_header", expected=width, found=len(body[place])),
        )
        for place in torn
    ]
