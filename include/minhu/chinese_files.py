"""Tables in files as Chinese offices send them: encodings, title rows, totals, moved and unknown columns."""

from __future__ import annotations

import csv
import difflib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minhu.chinese_cells import as_text, clean

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
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True)
class Problem:
    """What has to be mended in a file. Never holds a cell's content.

    Attributes:
        file_name: without folders.
        sheet: of a workbook, "" in a CSV.
        row: number in the file from 1, None where it is about the whole.
        column: header, "" where it is about the row or the whole.
        text: what was expected and found.
    """

    file_name: str
    sheet: str
    row: int | None
    column: str
    text: str

    def __str__(self) -> str:
        where = [self.file_name, f"sheet {self.sheet}" if self.sheet else "", f"row {self.row}" if self.row else ""]
        return f"{', '.join(part for part in where if part)}: {self.text}"


class FileRefused(Exception):
    """A file that cannot be used as a whole, and everything that has to be mended in it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Row:
    """One data row: its number in the file (from 1) and its cells by header, cleaned."""

    number: int
    cells: dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A table found in a file.

    Attributes:
        file_name: name of the file, without folders.
        name: of the sheet; "" in a CSV.
        rows: data rows, without titles, blanks and totals.
        unknown_columns: headers that were not asked for.
        total_cells: cells by header of the file's own grand total row, empty if it has none.
        blank_rows: how many rows had nothing in them.
        total_rows: how many rows were totals or subtotals.
        note_rows: how many rows were signatures and remarks under the table; they may name people and are dropped.
    """

    file_name: str
    name: str
    rows: tuple[Row, ...]
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
        raise _refusal(path, "", f"expected a file that can be opened, found {type(error).__name__}") from None
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for name, grid in grids.items():
        position = _header_position(grid, required)
        is_empty = not any(clean(cell) is not None for cells in grid for cell in cells)
        if position is None and (is_empty or _NOTE_SHEET.search(name)) and len(grids) > 1:
            continue
        try:
            if position is None:
                hint = "; is it saved as UTF-8 or GB18030?" if is_csv else ""
                wanted = ", ".join(required)
                raise _refusal(
                    path, name,
                    f"expected a header row with {wanted} in the first {_HEADER_WITHIN_ROWS} rows, found none{hint}",
                )  # fmt: skip
            sheets.append(_sheet(path, name, grid, position, required, is_csv))
        except FileRefused as error:
            problems += error.problems
    if not sheets and not problems:
        problems.append(Problem(path.name, "", None, "", "expected a table, found nothing but empty sheets"))
    if problems:
        raise FileRefused(*problems)
    return sheets


def _refusal(path: Path, sheet: str, text: str, row: int | None = None, column: str = "") -> FileRefused:
    return FileRefused(Problem(path.name, sheet, row, column, text))


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
            return {"": [list(row) for row in reader]}
        except csv.Error:  # strict, for a quote that is never closed would swallow the rows after it
            raise _refusal(
                path, "", f'expected quotes (") in pairs, found one alone at or before line {reader.line_num}'
            ) from None
    raise _refusal(path, "", "expected UTF-8 or GB18030 text, found neither; save it as CSV UTF-8 and send it again")


def _workbook_grids(path: Path) -> dict[str, list[list[Any]]]:
    import python_calamine

    _refuse_zip_bomb(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (python_calamine.CalamineError, ValueError) as error:
        raise _refusal(
            path, "",
            f"expected an XLSX workbook, found one that cannot be opened ({type(error).__name__}); save it again and send it",
        ) from None  # fmt: skip


def _refuse_zip_bomb(path: Path) -> None:
    """A workbook is a zip file; one that unpacks to far more than any office writes is not unpacked at all."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return  # the reader says what is wrong with it; an old .xls is no zip file
    if unpacked > MOST_UNPACKED_BYTES:
        text = f"expected at most {MOST_UNPACKED_BYTES >> 20} MiB unpacked, found {unpacked >> 20} MiB: no such table is sent"
        raise _refusal(path, "", text)


def _sheet(path: Path, name: str, grid: list[list[Any]], position: int, required: Sequence[str], is_csv: bool) -> Sheet:
    headers = [_header(cell) for cell in grid[position]]
    _check_headers(path, name, headers, required)
    rows: list[Row] = []
    total: dict[str, Any] = {}
    blanks = totals = notes = 0
    for number, cells in enumerate(grid[position + 1 :], start=position + 2):
        cells = [clean(cell) for cell in cells]
        filled = [value for value in cells if value is not None]
        label = re.sub(r"[\s:]", "", str(filled[0])) if filled else ""
        if not filled:
            blanks += 1
        elif label in _GRAND_TOTALS | _SUBTOTALS:
            totals += 1
            total = _by_header(headers, cells) if label in _GRAND_TOTALS else total
        elif 2 * len(filled) < len(required) and (total or _NOTE_ROW.match(label)):
            notes += 1
        elif is_csv and any(cell is not None for cell in cells[len(headers) :]):
            raise _refusal(
                path, name, f"expected {len(headers)} cells as in the header, found {len(cells)}: a comma too many?", number
            )  # fmt: skip
        else:
            values = _by_header(headers, cells)
            rows.append(Row(number, {header: values.get(header) for header in required}))
    unknown = tuple(sorted({header for header in headers if header} - set(required)))
    return Sheet(path.name, name, tuple(rows), unknown, total, blanks, totals, notes)


def _check_headers(path: Path, sheet: str, headers: Sequence[str], required: Sequence[str]) -> None:
    problems: list[Problem] = []
    for column in required:
        if column not in headers:
            strangers = [header for header in headers if header and header not in required]
            near = difflib.get_close_matches(column, strangers, n=1, cutoff=0.3)
            found = f"only {near[0]} near it" if near else "none like it"
            problems.append(Problem(path.name, sheet, None, column, f"expected a column {column}, found {found}"))
        elif headers.count(column) > 1:
            problems.append(
                Problem(path.name, sheet, None, column, f"expected one column {column}, found {headers.count(column)}")
            )
    if problems:
        raise FileRefused(*problems)


def _header(cell: Any) -> str:
    """A header without the blanks and line breaks that make it fit its column."""
    return re.sub(r"\s", "", as_text(cell) or "")


def _by_header(headers: Sequence[str], cells: Sequence[Any]) -> dict[str, Any]:
    return {header: cell for header, cell in zip(headers, cells, strict=False) if header}


def _header_position(grid: list[list[Any]], required: Sequence[str]) -> int | None:
    """The first row with at least half of the required headers, so that one missing column is named, not the whole."""
    for position, cells in enumerate(grid[:_HEADER_WITHIN_ROWS]):
        found = {_header(cell) for cell in cells}
        if 2 * len(found & set(required)) >= len(required):
            return position
    return None
