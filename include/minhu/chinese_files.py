"""Tables in files as Chinese offices send them: encodings, title rows, totals, full-width digits, many shapes of dates."""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  local times of a file have no zone
_TOTAL_WORDS = {"合计", "总计", "小计", "共计"}
_HEADER_WITHIN_ROWS = 10
_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[\sT]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?.*)?"
)


class FileRefused(Exception):
    """A file that cannot be used as a whole; the text names file, sheet and column."""


@dataclass(frozen=True)
class Row:
    """One data row: its number in the file (from 1) and its cells by header, cleaned of blanks and full-width digits."""

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
        total_cells: cells by header of the file's own total row, empty if it has none.
        blank_rows: how many rows had nothing in them.
    """

    file_name: str
    name: str
    rows: tuple[Row, ...]
    unknown_columns: tuple[str, ...] = ()
    total_cells: dict[str, Any] = field(default_factory=dict)
    blank_rows: int = 0


def read_sheets(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> list[Sheet]:
    """Every table of a CSV or XLSX file that has the required columns, in any order.

    Args:
        path: the file.
        required: headers as the contract writes them.
        optional: headers that are known but need not be there.

    Raises:
        FileRefused: it cannot be read, or a sheet lacks a required column.
    """
    grids = _csv_grid(path) if path.suffix.lower() == ".csv" else _workbook_grids(path)
    return [_sheet(path.name, name, grid, required, optional) for name, grid in grids.items()]


def clean(value: Any) -> Any:
    """A cell without surrounding blanks and with half-width digits and letters; empty becomes None."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip()
        return text or None
    return value


def as_text(value: Any) -> str | None:
    """A code as text; a number that a spreadsheet made of it loses its decimals."""
    value = clean(value)
    if value is None:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_integer(value: Any) -> int | None:
    """A whole number; ValueError for anything else that is not empty."""
    value = clean(value)
    if value is None:
        return None
    number = float(str(value).replace(",", ""))
    if not number.is_integer():
        raise ValueError("expected a whole number")
    return int(number)


def as_float(value: Any) -> float | None:
    value = clean(value)
    return None if value is None else float(value)


def as_moment(value: Any) -> datetime | None:
    """Local time without zone from ``2026-11-03 08:30``, ``2026/11/3``, ``2026年11月3日``, an Excel serial or a date cell.

    Serials are rounded to the second. ValueError where it is none of these.
    """
    value = clean(value)
    if value is None or isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if found := _DATE.fullmatch(str(value)):
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    serial = float(value)
    if not 1 <= serial < 2_958_466:  # Excel's own range, to the end of the year 9999
        raise ValueError("expected a date")
    return _EXCEL_EPOCH + timedelta(seconds=round(serial * 86_400))


def as_date(value: Any) -> date | None:
    moment = as_moment(value)
    return None if moment is None else moment.date()


def as_yes(value: Any) -> bool | None:
    """是/否 and their usual stand-ins; ValueError for another word."""
    text = as_text(value)
    if text is None:
        return None
    if text in ("是", "Y", "1", "true", "True", "有"):
        return True
    if text in ("否", "N", "0", "false", "False", "无"):
        return False
    raise ValueError("expected 是 or 否")


def _csv_grid(path: Path) -> dict[str, list[list[Any]]]:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return {"": [list(row) for row in csv.reader(io.StringIO(text, newline=""))]}
    raise FileRefused(
        f"{path.name}: expected UTF-8 or GB18030 text, found neither; save it as CSV UTF-8 and send it again"
    )


def _workbook_grids(path: Path) -> dict[str, list[list[Any]]]:
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileRefused(
            f"{path.name}: expected an XLSX workbook, found one that cannot be opened ({type(error).__name__}); save it again and send it"
        ) from None


def _sheet(file_name: str, name: str, grid: list[list[Any]], required: Sequence[str], optional: Sequence[str]) -> Sheet:
    where = f"{file_name}, sheet {name}" if name else file_name
    position = _header_position(grid, required)
    if position is None:
        raise FileRefused(
            f"{where}: expected a header row with {', '.join(required)} in the first {_HEADER_WITHIN_ROWS} rows, found none"
        )
    headers = [as_text(cell) or "" for cell in grid[position]]
    for column in required:
        if column not in headers:
            strangers = [header for header in headers if header and header not in required]
            near = difflib.get_close_matches(column, strangers, n=1, cutoff=0.3)
            raise FileRefused(
                f"{where}: expected a column {column}, found {'only ' + near[0] + ' near it' if near else 'none like it'}"
            )
    known = {*required, *optional}
    rows: list[Row] = []
    total: dict[str, Any] = {}
    blanks = 0
    for number, cells in enumerate(grid[position + 1 :], start=position + 2):
        values = {header: clean(cell) for header, cell in zip(headers, cells, strict=False) if header}
        filled = [value for value in values.values() if value is not None]
        if not filled:
            blanks += 1
        elif str(filled[0]) in _TOTAL_WORDS:
            total = values
        else:
            rows.append(Row(number, {header: values.get(header) for header in known}))
    unknown = tuple(sorted({header for header in headers if header} - known))
    return Sheet(file_name, name, tuple(rows), unknown, total, blanks)


def _header_position(grid: list[list[Any]], required: Sequence[str]) -> int | None:
    """The first row with at least half of the required headers, so that one missing column is named, not the whole."""
    for position, cells in enumerate(grid[:_HEADER_WITHIN_ROWS]):
        found = {as_text(cell) for cell in cells}
        if 2 * len(found & set(required)) >= len(required):
            return position
    return None
