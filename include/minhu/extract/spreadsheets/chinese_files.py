"""Tables in files as Chinese offices send them: encodings, title rows, totals, moved and unknown columns."""

from __future__ import annotations

import csv
import difflib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from minhu.extract.spreadsheets.chinese_cells import as_text, clean
from minhu.extract.spreadsheets.problems import Fault, FileRefused, Problem, fault

_GRAND_TOTALS = {"合计", "总计", "共计", "总合计"}
_SUBTOTALS = {"小计", "本页小计", "本页合计"}
#: A full-size day of one district has 3 MiB.
MOST_UNPACKED_BYTES = 256 << 20
_HEADER_WITHIN_ROWS = 10
#: How the lines under a form begin: who filled it in, who checked it, and where they can be reached.
_NOTE_ROW = re.compile(
    "注|备注|说明|填表|填报|制表|制单|审核|审批|复核|经办|负责人|单位负责人|主管|联系|电话|打印|盖章"
)
_NOTE_SHEET = re.compile("说明|备注|目录|封面|填表|须知")
#: Of texts put together with NUL between them: whether :func:`clean` would change one that is not empty.
_UNCLEAN = re.compile(r"[^ -~\0]|(?:^|\0)[ =']| (?:\0|$)")
_ENCODINGS = ("utf-8-sig", "gb18030")


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


def read_sheets(path: Path, required: Sequence[str]) -> list[Sheet]:
    """Every table of a CSV or XLSX file, its columns in any order.

    Empty sheets are passed over, and sheets that are called notes and hold no such table.

    Args:
        path: the file.
        required: headers as the contract writes them.

    Raises:
        FileRefused: it cannot be read, or a sheet lacks a required column.
    """
    is_csv = path.suffix.lower() == ".csv"
    try:
        grids = _csv_grid(path) if is_csv else _workbook_grids(path)
    except OSError as error:
        raise _refusal(path, "", fault("file_not_opened", error=type(error).__name__)) from None
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for name, grid in grids.items():
        position = _header_position(grid, required)
        is_empty = not any(clean(cell) is not None for cells in grid for cell in cells)
        if position is None and (is_empty or _NOTE_SHEET.search(name)) and len(grids) > 1:
            continue
        try:
            if position is None:
                wanted = ", ".join(required)
                missing = fault("header_missing", columns=wanted, rows=_HEADER_WITHIN_ROWS)
                in_text = fault("header_missing_in_text", columns=wanted, rows=_HEADER_WITHIN_ROWS)
                raise _refusal(path, name, in_text if is_csv else missing)
            sheets.append(_sheet(path, name, grid, position, required, is_csv))
        except FileRefused as error:
            problems += error.problems
    if not sheets and not problems:
        problems.append(Problem(path.name, "", None, "", fault("only_empty_sheets")))
    if problems:
        raise FileRefused(*problems)
    return sheets


def read_workbook(path: Path, kinds: Mapping[str, Sequence[str]]) -> dict[str, Sheet]:
    """The tables of a workbook in which every sheet is another form; which is which is known by the headers.

    Args:
        path: an XLSX file.
        kinds: name of a form to its headers; each must be there once.

    Raises:
        FileRefused: it cannot be read, a form is missing, lacks a column, or is there twice.
    """
    try:
        grids = _workbook_grids(path)
    except OSError as error:
        raise _refusal(path, "", fault("file_not_opened", error=type(error).__name__)) from None
    problems: list[Problem] = []
    found: dict[str, Sheet] = {}
    for kind, required in kinds.items():
        likeness = {name: _likeness(grid, required) for name, grid in grids.items()}
        best = max(likeness.values(), default=0.0)
        of_kind = [name for name, share in likeness.items() if share == best]
        if 2 * best < 1 or any(_likeness(grids[of_kind[0]], other) > best for other in kinds.values()):
            problems.append(Problem(path.name, "", None, "", fault("sheet_missing", columns=", ".join(required))))
        elif len(of_kind) > 1:
            repeated = fault("sheet_repeated", columns=", ".join(required), count=len(of_kind))
            problems.append(Problem(path.name, of_kind[1], None, "", repeated))
        else:
            grid = grids[of_kind[0]]
            position = _header_position(grid, required)
            assert position is not None  # at least half of the headers stand in one row
            try:
                found[kind] = _sheet(path, of_kind[0], grid, position, required, is_csv=False)
            except FileRefused as error:
                problems += error.problems
    if problems:
        raise FileRefused(*problems)
    return found


def _likeness(grid: list[list[Any]], required: Sequence[str]) -> float:
    """Largest share of the headers that stand in one of the first rows."""
    rows = [{_header(cell) for cell in cells} for cells in grid[:_HEADER_WITHIN_ROWS]]
    return max((len(row & set(required)) / len(required) for row in rows), default=0.0)


def _refusal(path: Path, sheet: str, fault: Fault, row: int | None = None) -> FileRefused:
    return FileRefused(Problem(path.name, sheet, row, "", fault))


def _csv_grid(path: Path) -> dict[str, list[list[Any]]]:
    content = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            return {"": list(reader)}
        except csv.Error:  # strict, for a quote that is never closed would swallow the rows after it
            raise _refusal(path, "", fault("quote_alone", line=reader.line_num)) from None
    raise _refusal(path, "", fault("unknown_encoding"))


def _workbook_grids(path: Path) -> dict[str, list[list[Any]]]:
    import python_calamine

    _refuse_zip_bomb(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (python_calamine.CalamineError, ValueError) as error:
        raise _refusal(path, "", fault("not_a_workbook", error=type(error).__name__)) from None


def _refuse_zip_bomb(path: Path) -> None:
    """A workbook is a zip file; one that unpacks to far more than any office writes is not unpacked at all."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return  # the reader says what is wrong with it; an old .xls is no zip file
    if unpacked > MOST_UNPACKED_BYTES:
        raise _refusal(path, "", fault("unpacks_too_large", most=MOST_UNPACKED_BYTES >> 20, found=unpacked >> 20))


def _sheet(path: Path, name: str, grid: list[list[Any]], position: int, required: Sequence[str], is_csv: bool) -> Sheet:
    headers = [_header(cell) for cell in grid[position]]
    _check_headers(path, name, headers, required)
    body = grid[position + 1 :]
    numbers = range(position + 2, position + 2 + len(body))
    columns = _cleaned_columns(body, len(headers))
    counts = {"blank": 0, "total": 0, "note": 0}
    total: dict[str, Any] = {}
    keep = [True] * len(body)
    for place in _unusual_rows(columns, len(body), len(required)):
        cells = [column[place] for column in columns]
        what, is_grand_total = _kind_of_row(cells, len(required), has_total=bool(total))
        if is_grand_total:
            total = dict(zip(headers, cells, strict=False))
        if what:
            counts[what] += 1
            keep[place] = False
    columns = [list(compress(column, keep)) for column in columns]
    row_numbers = list(compress(numbers, keep))
    if is_csv:
        _refuse_cells_without_header(path, body, columns[len(headers) :], row_numbers, position, len(headers))
    by_header = dict(zip(headers, columns, strict=False))
    unknown = tuple(sorted({header for header in headers if header} - set(required)))
    return Sheet(
        path.name, name, {header: by_header[header] for header in required}, row_numbers, unknown,
        {header: cell for header, cell in total.items() if header}, counts["blank"], counts["total"], counts["note"],
    )  # fmt: skip


def _cleaned_columns(body: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """The rows' cells as columns, at least ``width`` of them; rows may have different lengths."""
    known: dict[str, Any] = {}
    columns: list[list[Any]] = []
    for cells in zip_longest(*body):
        texts = {cell for cell in cells if type(cell) is str} - known.keys()
        if _UNCLEAN.search("\0".join(texts)):
            known.update((text, clean(text)) for text in texts)
        else:
            known.update((text, text or None) for text in texts)
        columns.append([known[cell] if type(cell) is str else cell for cell in cells])
    return columns + [[None] * len(body) for _ in range(width - len(columns))]


def _unusual_rows(columns: Sequence[Sequence[Any]], rows: int, required: int) -> list[int]:
    """Rows that may be something else than data: half empty, or not beginning with an ASCII text (a total never does)."""
    filled = np.zeros(rows, dtype=np.int64)
    for column in columns:
        filled += np.fromiter((cell is not None for cell in column), dtype=bool, count=rows)
    plain = np.fromiter((type(cell) is str and cell.isascii() for cell in columns[0]), dtype=bool, count=rows)
    return [int(place) for place in np.flatnonzero(~plain | (2 * filled < required))]


def _kind_of_row(cells: Sequence[Any], required: int, *, has_total: bool) -> tuple[str, bool]:
    """What a row is instead of data ("" if it is data), and whether it is the grand total."""
    filled = [value for value in cells if value is not None]
    label = re.sub(r"[\s:]", "", str(filled[0])) if filled else ""
    if not filled:
        return "blank", False
    if label in _GRAND_TOTALS | _SUBTOTALS:
        return "total", label in _GRAND_TOTALS
    if 2 * len(filled) < required and (has_total or _NOTE_ROW.match(label)):
        return "note", False
    return "", False


def _refuse_cells_without_header(
    path: Path, body: Sequence[Sequence[Any]], beyond: Sequence[Sequence[Any]], row_numbers: Sequence[int],
    position: int, width: int,
) -> None:  # fmt: skip
    for number, *cells in zip(row_numbers, *beyond, strict=True):
        if any(cell is not None for cell in cells):
            found = len(body[number - position - 2])
            raise _refusal(path, "", fault("cells_beyond_header", expected=width, found=found), number)


def _check_headers(path: Path, sheet: str, headers: Sequence[str], required: Sequence[str]) -> None:
    problems: list[Problem] = []
    for column in required:
        if column not in headers:
            strangers = [header for header in headers if header and header not in required]
            near = difflib.get_close_matches(column, strangers, n=1, cutoff=0.3)
            renamed = fault("column_renamed", column=column, near=near[0]) if near else None
            missing = renamed or fault("column_missing", column=column)
            problems.append(Problem(path.name, sheet, None, column, missing))
        elif headers.count(column) > 1:
            repeated = fault("column_repeated", column=column, count=headers.count(column))
            problems.append(Problem(path.name, sheet, None, column, repeated))
    if problems:
        raise FileRefused(*problems)


def _header(cell: Any) -> str:
    """A header without the blanks and line breaks that make it fit its column."""
    return re.sub(r"\s", "", as_text(cell) or "")


def _header_position(grid: list[list[Any]], required: Sequence[str]) -> int | None:
    """The first row with at least half of the required headers, so that one missing column is named, not the whole."""
    for position, cells in enumerate(grid[:_HEADER_WITHIN_ROWS]):
        found = {_header(cell) for cell in cells}
        if 2 * len(found & set(required)) >= len(required):
            return position
    return None
