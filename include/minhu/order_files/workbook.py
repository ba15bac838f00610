"""Order files that are workbooks (XLSX, XLS, ODS): what people see in them, as text."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

from minhu.order_files.delimited import REPLACEMENT
from minhu.order_files.tables import Table, check_header, refuse
from minhu.workbooks import column_number, sheet_parts

#: Beyond this no order has a column; a stray blank out there makes a reader ask for gigabytes.
MOST_COLUMNS = 2_000
#: Sixty columns down to the last row that a sheet can have.
MOST_CELLS = 60 << 20
_HEADER_WITHIN_ROWS = 10
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_WIDE_CELL = re.compile(rb'<c [^>]*?\br="([A-Z]{2,3})\d+"')
_ROW = re.compile(rb'<row [^>]*?\br="(\d{1,7})"')
_ERROR = re.compile(rb'<c (?=[^>]*?\br="([A-Z]{1,3})(\d{1,7})")[^>]*?\bt="e"')
_WITHOUT_VALUE = re.compile(
    rb'<c (?=[^>]*?\br="([A-Z]{1,3})(\d{1,7})")(?![^>]*\bt="str")[^>]*><f(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>'
)
#: A number beyond this has lost digits in the workbook.
_EXACT = 10**15


def read_workbook(name: str, data: bytes, sheets: Sequence[str] | None, columns: Sequence[str]) -> list[Table]:
    """The tables of a workbook; hidden sheets are not read.

    Dates are written ``2024-01-05``, moments ``2024-01-05 10:00:00``, whole numbers without decimals, numbers that have
    lost digits as ``2.024E+18``.

    Args:
        name: for messages.
        data: its bytes.
        sheets: names of sheets; None for the one visible sheet that has the columns.
        columns: names of columns, which stand in one of the first ten rows.

    Raises:
        PermanentError: it is locked or damaged, or which sheet is meant cannot be known.
    """
    if _LOCKED in data:
        refuse(name, "it is a workbook locked by a password", "save it without the password")
    unreadable = _unreadable_cells(name, data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [
            sheet.name for sheet in book.sheets_metadata if sheet.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        missing = sorted(set(sheets or ()) - set(visible))
        if missing:
            refuse(
                name,
                f"expected a sheet {missing[0]!r} that people can see, found none",
                "correct file.sheets of the map",
            )
        grids = {sheet: book.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in sheets or visible}
    except (python_calamine.CalamineError, python_calamine.WorksheetNotFound, ValueError, OSError) as error:
        refuse(name, f"it is a workbook that cannot be opened ({type(error).__name__})", "save it again and send it")
    for sheet, cells in unreadable.items():
        for row, column in cells:
            if sheet in grids and row < len(grids[sheet]) and column < len(grids[sheet][row]):
                grids[sheet][row][column] = REPLACEMENT
    places = {sheet: _header_position(grid, columns) for sheet, grid in grids.items()}
    fitting = [sheet for sheet, (_, known) in places.items() if known == max(known for _, known in places.values())]
    if sheets is None and len(fitting) > 1:
        filled = [sheet for sheet in fitting if any(any(_text(cell) for cell in row) for row in grids[sheet])]
        fitting = filled or fitting[:1]
        if len(fitting) > 1:
            names = ", ".join(map(repr, fitting))
            refuse(
                name, f"expected one sheet with the columns, found {len(fitting)}: {names}", "name them in file.sheets"
            )
    chosen = sheets or fitting
    unread = tuple(
        f"{sheet} (hidden)" if sheet not in visible else sheet for sheet in book.sheet_names if sheet not in chosen
    )
    return [
        _table(f"{name}/{sheet}" if len(chosen) > 1 else name, grids[sheet], places[sheet][0], unread)
        for sheet in chosen
    ]


def _unreadable_cells(name: str, data: bytes) -> dict[str, list[tuple[int, int]]]:
    """By sheet, row and column from 0 of errors and of formulas without a value, which a reader takes for empty.

    A reader asks for memory by the last cell, so a sheet with one that stands far out is refused before it is read.
    """
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return {}
    found: dict[str, list[tuple[int, int]]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return {}
        try:
            for sheet, part in sheet_parts(archive).items():
                xml = archive.read(part)
                _check_extent(name, xml)
                cells = [*_ERROR.finditer(xml), *(_WITHOUT_VALUE.finditer(xml) if b"<f" in xml else ())]
                found[sheet] = [(int(cell[2]) - 1, column_number(cell[1].decode()) - 1) for cell in cells]
        except (ValueError, KeyError, zipfile.BadZipFile) as error:
            refuse(
                name, f"it is a workbook that cannot be opened ({type(error).__name__})", "save it again and send it"
            )
    return found


def _check_extent(name: str, xml: bytes) -> None:
    widest = max((column_number(letters.decode()) for letters in set(_WIDE_CELL.findall(xml))), default=26)
    rows = max((int(row) for row in _ROW.findall(xml)), default=1)
    if widest > MOST_COLUMNS or widest * rows > MOST_CELLS:
        refuse(
            name, f"expected at most {MOST_COLUMNS:,} columns and {MOST_CELLS:,} cells, found {widest:,} columns and {rows:,} rows",
            "delete the empty columns and rows beside the table, and save it again",
        )  # fmt: skip


def _header_position(grid: list[list[Any]], columns: Sequence[str]) -> tuple[int, int]:
    """The row with most of the columns, and how many; a title may stand above it."""
    counts = [len({_text(cell) for cell in row} & set(columns)) for row in grid[:_HEADER_WITHIN_ROWS]]
    most = max(counts, default=0)
    return (counts.index(most) if counts else 0), most


def _table(name: str, grid: list[list[Any]], position: int, unread: tuple[str, ...]) -> Table:
    header = [_text(cell) or "" for cell in grid[position]] if grid else []
    while header and not header[-1]:
        header.pop()
    check_header(name, header)
    body = grid[position + 1 :]
    columns = [_texts([row[place] for row in body]) for place in range(len(header))]
    beyond = [any(_text(cell) for cell in row[len(header) :]) for row in body]
    rows: list[Sequence[str | None]] = []
    numbers: list[int] = []
    torn: list[tuple[int, str]] = []
    for number, (cells, is_torn) in enumerate(zip(zip(*columns, strict=True), beyond, strict=True), start=position + 2):
        if is_torn:
            torn.append((number, f"expected {len(header)} cells, found more"))
        elif any(cells):
            rows.append(cells)
            numbers.append(number)
    return Table(name, header, rows, numbers, torn, kind="workbook", unread=unread)


def _texts(cells: list[Any]) -> list[str | None]:
    """A column as text; midnight is a time of day where other cells of the column have one."""
    has_clock = any(isinstance(cell, datetime) for cell in cells)
    return [f"{cell} 00:00:00" if has_clock and type(cell) is date else _text(cell) for cell in cells]


def _text(cell: Any) -> str | None:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        if not cell.is_integer():
            return repr(cell)
        return str(int(cell)) if abs(cell) < _EXACT else f"{cell:.14E}"
    if isinstance(cell, datetime):
        return (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell).strip() or None
