"""The bytes of an export: the same cells give the same bytes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from minhu import workbooks
from minhu.analysis.downloads.columns import Column, Language, Row, explained_marks
from minhu.errors import UsageError
from minhu.release.published_contract import Text
from minhu.reports.presentation.names import name_of_kpi

#: Rows of a sheet (Excel's limit), its header among them.
MOST_ROWS = 1_048_576
_FORMATS = {"share": "0.0%", "points": "0.0", "pp": "0.0", "count": "#,##0.####"}
_DATE, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_SHEET_TITLE = re.compile(r"[\[\]:*?/\\']")


def as_csv(cells: pa.Table, shown: Sequence[Column], language: Language) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows it, and no ``sep=`` line, with which Excel would not."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([getattr(column.title, language) for column in shown])
    for row in _rows(cells):
        writer.writerow([_as_text(column.of(row, language)) for column in shown])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_parquet(cells: pa.Table) -> bytes:
    """The columns as the release has them; what is hidden is null, and ``verdict`` says why."""
    sink = io.BytesIO()
    pq.write_table(cells, sink, compression="zstd", version="2.6")
    return sink.getvalue()


def as_xlsx(cells: pa.Table, shown: Sequence[Column], language: Language, about: Iterable[tuple[Text, str]]) -> bytes:
    """A sheet about the file and one sheet a KPI: numbers as numbers, dates as dates, the header frozen.

    Raises:
        UsageError: a KPI has more cells than a sheet has rows.
    """
    sheets = [
        (_SHEET_TITLE.sub("", f"{kpi_id} {name}")[:31], list(rows))
        for (kpi_id, name), rows in groupby(_rows(cells), key=lambda row: _sheet_of(row, language))
    ]
    for title, rows in sheets:
        if len(rows) >= MOST_ROWS:
            raise UsageError(
                f"write the sheet {title}", f"expected fewer than {MOST_ROWS:,} cells, found {len(rows):,}",
                "ask for less (--from, --to, --level, --period), or take --as csv or parquet",
            )  # fmt: skip
    book = Workbook(write_only=True)
    sheet = book.create_sheet({"zh": "说明", "en": "about"}[language])
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 16, 80
    for label, content in [*about, *((Text(mark, mark), getattr(text, language)) for mark, text in explained_marks())]:
        sheet.append([_bold(sheet, getattr(label, language)), _text(sheet, content)])
    for name, rows in sheets:
        _write_sheet(book, name, rows, shown, language)
    return workbooks.saved(book)


def _sheet_of(row: Row, language: Language) -> tuple[str, str]:
    """One sheet a KPI; where it has variants their common name is that before the bracket."""
    return row["kpi_id"], getattr(name_of_kpi(row), language).partition("（" if language == "zh" else " (")[0]


def _write_sheet(book: Workbook, title: str, rows: list[Row], shown: Sequence[Column], language: Language) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for number, column in enumerate(shown, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(10, 2 * len(column.title.zh) + 4)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(shown))}{len(rows) + 1}"
    sheet.append([_bold(sheet, getattr(column.title, language)) for column in shown])
    for row in rows:
        number_format = _FORMATS.get(row["unit"], "General")
        sheet.append(
            [_cell(sheet, column.of(row, language), number_format if column.is_figure else "") for column in shown]
        )


def _cell(sheet: WriteOnlyWorksheet, value: Any, figure_format: str) -> Any:
    if isinstance(value, str):
        return _text(sheet, value)
    cell = WriteOnlyCell(sheet)
    cell.value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    if isinstance(value, date):
        cell.number_format = _MOMENT if isinstance(value, datetime) else _DATE
    elif figure_format:
        cell.number_format = figure_format
    return cell


def _text(sheet: WriteOnlyWorksheet, text: str) -> Any:
    """Text that begins like a formula is text all the same."""
    if not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell


def _bold(sheet: WriteOnlyWorksheet, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _as_text(value: Any) -> Any:
    """As a CSV has it: a number as it is, and nothing that a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, (float, Decimal)):
        return repr(float(value)) if float(value) != int(value) else str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return workbooks.as_no_formula(str(value))


def _rows(cells: pa.Table) -> Iterator[Row]:
    for batch in cells.to_batches(max_chunksize=20_000):
        yield from batch.to_pylist()
