"""A sheet of cells as a table: its header, its data rows in columns, and which rows are something else than data.

A text that is written as nearly all are is read in columns from the beginning. What is a table, and what is not, is said
here once for both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from minhu.extract.spreadsheets import headers as headers_of
from minhu.extract.spreadsheets.cells import Cells
from minhu.extract.spreadsheets.chinese_cells import Covered, Damaged, Merged, cleaned
from minhu.extract.spreadsheets.clean_columns import clean_column
from minhu.extract.spreadsheets.grids import DecodedText, Grid
from minhu.extract.spreadsheets.plain_text import PlainText
from minhu.extract.spreadsheets.problems import Fault, Problem, fault
from minhu.texts import file_name

#: What adds up rows above: ``合计``, ``全市合计``, ``合计（台）``, ``碑林区小计``, ``本页合计``, ``合计数：12``, ``【合计】``.
_TOTAL = re.compile(r"(?P<of>.{0,20}?)(?P<total>总合计|合计|总计|共计|累计|小计|总数|总和|汇总)(?:人|户|件|台)?数?\d*")
_BESIDE_A_TOTAL = re.compile(r"\([^()]*\)|[\W_]")
_ALL = {"", "全市", "全区", "全县", "全表", "全部"}
#: How the lines under a form begin: who filled it in, who checked it, and where they can be reached.
_NOTE_ROW = re.compile(
    "注|备注|说明|填表|填报|制表|制单|审核|审批|复核|经办|负责人|单位负责人|主管|联系|电话|打印|盖章"
)
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
    columns: dict[str, Cells]
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


@dataclass(frozen=True)
class _Table:
    """What stands under a header.

    Attributes:
        columns: cleaned cells of the columns of the header.
        beyond: the first cell of each row that stands beyond them and is not empty; None if no row has any.
        widths: cells of each row that has some beyond, by its place.
        numbers: where the rows stand, from 1.
        left_out: blank rows that are not among them.
    """

    columns: Sequence[Cells]
    beyond: Cells | None
    widths: Mapping[int, int]
    numbers: Sequence[int]
    left_out: int


def sheet_of(
    path: Path, grid: Grid, position: int, required: Sequence[str], is_csv: bool, hidden_tables: tuple[str, ...] = (),
    hidden_sheets: tuple[str, ...] = (),
) -> Sheet:  # fmt: skip
    """The table of a grid.

    Args:
        path: of its file.
        grid: with cells as they are.
        position: number of the header row among its rows.
        required: headers as the contract writes them.
        is_csv: whether a cell too many spoils its row.
        hidden_tables: see :class:`Sheet`.
        hidden_sheets: the same.

    Raises:
        FileRefused: a required header is missing or stands twice.
    """
    headers, hidden_columns = headers_of.seen(grid, position, required)
    headers_of.check(path, grid.name, headers, required)
    body, numbers = grid.rows[position + 1 :], grid.numbers[position + 1 :]
    *columns, beyond = map(Cells.of, _cleaned_columns(body, len(headers)))
    left_out = numbers[-1] - grid.numbers[position] - len(numbers) if numbers else 0
    widths = {place: len(body[place]) for place in np.flatnonzero(beyond.is_filled()).tolist()}
    return _sheet(
        path, grid.name, headers, required, _Table(columns, beyond, widths if is_csv else {}, numbers, left_out), grid.damage,
        hidden_tables, hidden_sheets, grid.hidden_rows, hidden_columns,
    )  # fmt: skip


def plain_sheet(path: Path, text: DecodedText, required: Sequence[str]) -> Sheet | None:
    """The table of a text that can be read in columns, None of another one; it equals what :func:`sheet_of` gives.

    Args:
        path: of its file.
        text: of the whole file.
        required: headers as the contract writes them.

    Raises:
        FileRefused: a required header is missing or stands twice.
    """
    plain = PlainText.of(text.text)
    if plain is None:
        return None
    rows = plain.first_rows(headers_of.WITHIN_ROWS)
    head = Grid("", rows, range(1, len(rows) + 1))
    position = headers_of.position_of(head, required)
    if position is None:
        return None
    headers, _ = headers_of.seen(head, position, required)
    columns = plain.columns_after(position, len(headers))
    if columns is None:
        return None
    headers_of.check(path, "", headers, required)
    numbers = range(position + 2, position + 2 + len(columns[0]))
    table = _Table([clean_column(column) for column in columns], None, {}, numbers, 0)
    return _sheet(path, "", headers, required, table, text.damage)


def _sheet(
    path: Path, name: str, headers: Sequence[str], required: Sequence[str], table: _Table, damage: Sequence[tuple[int, Fault]],
    hidden_tables: tuple[str, ...] = (), hidden_sheets: tuple[str, ...] = (), hidden_rows: frozenset[int] = frozenset(),
    hidden_columns: int = 0,
) -> Sheet:  # fmt: skip
    counts = {"blank": table.left_out, "total": 0, "note": 0, "header": 0}
    total: dict[str, Any] = {}
    keep = np.ones(len(table.numbers), dtype=bool)
    everything = [*table.columns, *([table.beyond] if table.beyond is not None else [])]
    unusual = _unusual_rows(everything, len(required))
    rows = zip(*(column.kept(unusual) for column in everything), strict=True)
    for place, cells in zip(np.flatnonzero(unusual), rows, strict=True):
        what, is_grand_total = _kind_of_row(cells, headers, len(required), has_total=bool(total))
        if is_grand_total:
            total = {h: None if isinstance(cell, Covered) else cell for h, cell in zip(headers, cells, strict=False)}
        if what:
            counts[what] += 1
            keep[place] = False
    torn = [place for place in table.widths if keep[place]]
    keep[torn] = False
    row_numbers = table.numbers if keep.all() else list(compress(table.numbers, keep))
    by_header = dict(zip(headers, table.columns, strict=True))
    own = {header: by_header[header] for header in required}
    return Sheet(
        file_name(path), name, own if keep.all() else {header: cells.kept(keep) for header, cells in own.items()}, row_numbers,
        tuple(sorted({header for header in headers if header} - set(required))),
        {header: cell for header, cell in total.items() if header}, counts["blank"], counts["total"], counts["note"],
        counts["header"], _torn_rows(path, table, torn, len(headers)),
        tuple(Problem(file_name(path), name, row, "", what) for row, what in damage),
        hidden_tables, hidden_sheets, len(hidden_rows.intersection(row_numbers)), hidden_columns,
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


def _unusual_rows(columns: Sequence[Cells], required: int) -> npt.NDArray[np.bool_]:
    """Rows that may be something else than data: half empty, or not beginning with an ASCII text (a total never does)."""
    filled = np.sum([column.is_filled() for column in columns], axis=0)
    begins_plainly = np.array(pc.fill_null(pc.string_is_ascii(columns[0].texts), False))
    unusual: npt.NDArray[np.bool_] = ~begins_plainly | (2 * filled < required)
    return unusual


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


def _torn_rows(path: Path, table: _Table, torn: Sequence[int], width: int) -> tuple[Problem, ...]:
    """Rows with more cells than the header has: none of their cells can be trusted."""
    return tuple(
        Problem(
            file_name(path), "", table.numbers[place], "",
            fault("cells_beyond_header", expected=width, found=table.widths[place]),
        )
        for place in torn
    )  # fmt: skip
