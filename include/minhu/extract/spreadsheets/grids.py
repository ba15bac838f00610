"""Files as grids of cells, nothing interpreted yet: text in its encodings, and what people see of a workbook.

Cells that a reader would take for empty, or for one row's, and are not, are marked: :class:`Damaged`, :class:`Merged`.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minhu.extract.spreadsheets import file_kinds
from minhu.extract.spreadsheets.chinese_cells import Covered, Damaged, Merged
from minhu.extract.spreadsheets.problems import Fault, FileRefused, Problem, fault
from minhu.texts import LOST, file_name
from minhu.workbooks import SheetFacts, sheet_facts

#: A full-size day of one district has 3 MiB.
MOST_UNPACKED_BYTES = 256 << 20
#: Twelve columns down to the last row that a sheet can have, in all sheets of a workbook together. A reader asks for memory
#: and time by the last cell of each, filled or not.
MOST_CELLS = 12 << 20
_ENCODINGS = {"UTF-8": "utf-8-sig", "GB18030": "gb18030"}
#: In another encoding the next damaged character is near; one at the end of what was looked at may only be cut.
_NEAR_BYTES, _CUT_BYTES = 4096, 4
#: With more damaged characters a text is not damaged, but in another encoding: a thousandth of its lines, three always.
_MOST_DAMAGED, _MOST_DAMAGED_SHARE, _FEW_DAMAGED = 50, 0.001, 3
_BROKEN = (
    zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, OSError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """One sheet, or a text file.

    Attributes:
        name: of the sheet; "" of a text.
        rows: cells as they are; rows may have different lengths. Of a sheet, which may have a million of nothing, those
            with something in them.
        numbers: where the rows stand, from 1.
        is_hidden: whether people do not see the sheet.
        damage: row from 1 and fault of what is wrong with a row as a whole.
        hidden_rows: rows from 1 that people do not see.
        hidden_columns: the same of columns, from 0.
    """

    name: str
    rows: list[list[Any]]
    numbers: Sequence[int]
    is_hidden: bool = False
    damage: tuple[tuple[int, Fault], ...] = ()
    hidden_rows: frozenset[int] = field(default_factory=frozenset)
    hidden_columns: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True)
class DecodedText:
    """The text of a file.

    Attributes:
        text: with characters that cannot be read replaced.
        damage: as of :class:`Grid`.
    """

    text: str
    damage: tuple[tuple[int, Fault], ...]


def decoded_text(path: Path) -> DecodedText:
    """The text of a CSV file in UTF-8 or GB18030.

    Raises:
        FileRefused: it is something else, or in another encoding.
        OSError: it cannot be opened.
    """
    content = path.read_bytes()
    _refuse_other_kinds(path, content, file_kinds.TEXT)
    return _decoded(path, _without_end_mark(content))


def text_grid(path: Path, text: DecodedText) -> Grid:
    """The cells of a text, row by row.

    Raises:
        FileRefused: its quotation marks are not in pairs, or a cell has no end.
    """
    reader = csv.reader(io.StringIO(text.text, newline=""), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:  # strict, for a quote that is never closed would swallow the rows after it
        is_long = "field limit" in str(error)
        line = reader.line_num
        what = (
            fault("cell_too_long", most=csv.field_size_limit(), line=line)
            if is_long
            else fault("quote_alone", line=line)
        )
        raise refusal(path, "", what) from None
    return Grid("", rows, range(1, len(rows) + 1), damage=text.damage)


def workbook_grids(path: Path) -> list[Grid]:
    """The sheets of an XLSX file, in their order; sheets of charts and macros are none.

    Raises:
        FileRefused: it is something else, locked, damaged, or so large that reading it would take the machine down.
        OSError: it cannot be opened.
    """
    content = path.read_bytes()
    _refuse_other_kinds(path, content, file_kinds.XLSX)
    return _read(path, content, _facts(path, content))


def refusal(path: Path, sheet: str, fault: Fault, row: int | None = None) -> FileRefused:
    """A file refused for one fault."""
    return FileRefused(Problem(file_name(path), sheet, row, "", fault))


def _refuse_other_kinds(path: Path, content: bytes, expected: str) -> None:
    kind = file_kinds.kind_of(content)
    if kind == file_kinds.EMPTY:
        raise refusal(path, "", fault("file_empty"))
    if kind == file_kinds.LOCKED:
        raise refusal(path, "", fault("locked_by_password"))
    if kind != expected:
        raise refusal(path, "", fault("other_kind_of_file", expected=expected, found=kind))


def _without_end_mark(content: bytes) -> bytes:
    """The bytes before what old programs put behind a text: Ctrl-Z, or NUL to fill a block."""
    text = content.rstrip(b"\0\x1a \t\r\n")
    blanks = content[len(text) :]
    return text + blanks[: len(blanks) - len(blanks.lstrip(b" \t\r\n"))]


def _decoded(path: Path, content: bytes) -> DecodedText:
    """Text of a file, characters that cannot be read replaced where they are few, and where these stand."""
    name, text, undecodable = "UTF-8", _whole(content, "UTF-8"), list[int]()
    if text is None:
        undecodable = _undecodable(content, "utf-8")  # a mark of byte order is a character like another
        if not _is_utf8(content, len(undecodable)):
            name, text = "GB18030", _whole(content, "GB18030")
            undecodable = _undecodable(content, "gb18030") if text is None else []
    bad = sorted([*undecodable, *_places_of(b"\0", content)])
    lines = [(content.count(b"\n", 0, place) + 1, place + 1) for place in bad[:_MOST_DAMAGED]]
    if len(bad) > min(_MOST_DAMAGED, max(_FEW_DAMAGED, _MOST_DAMAGED_SHARE * content.count(b"\n"))):
        line, byte = lines[0]
        raise refusal(path, "", fault("unknown_encoding", line=line, byte=byte), line)
    damage = tuple((line, fault("damaged_character", encoding=name, byte=byte)) for line, byte in lines)
    if text is None:
        text = content.decode(_ENCODINGS[name], errors="replace")
    return DecodedText(text.replace("\0", LOST), damage)


def _whole(content: bytes, encoding: str) -> str | None:
    """The text, None if bytes of it begin no character."""
    try:
        return content.decode(_ENCODINGS[encoding])
    except UnicodeDecodeError:
        return None


def _is_utf8(content: bytes, undecodable: int) -> bool:
    """Whether a text is UTF-8, damaged or not: read as GB18030, of which almost any bytes are characters, it would be nonsense."""
    if not 0 < undecodable < _MOST_DAMAGED:
        return not undecodable
    text = content.decode("utf-8", errors="replace")
    characters = len(text) - len(text.encode("ascii", errors="ignore")) - undecodable
    return characters >= 10 * undecodable


def _undecodable(content: bytes, codec: str) -> list[int]:
    """Places of the first bytes that begin no character."""
    places: list[int] = []
    start, view = 0, memoryview(content)
    while len(places) <= _MOST_DAMAGED:
        error = _first_error(view[start : start + _NEAR_BYTES], codec)
        if error is None or error.start + _CUT_BYTES > _NEAR_BYTES:  # an error carries a copy of all it was given
            error = _first_error(view[start:], codec)
        if error is None:
            break
        places.append(start + error.start)
        start += error.end
    return places


def _first_error(content: memoryview, codec: str) -> UnicodeDecodeError | None:
    try:
        codecs.decode(content, codec)
    except UnicodeDecodeError as error:
        return error
    return None


def _places_of(byte: bytes, content: bytes) -> list[int]:
    places: list[int] = []
    while len(places) <= _MOST_DAMAGED and (place := content.find(byte, places[-1] + 1 if places else 0)) >= 0:
        places.append(place)
    return places


def _facts(path: Path, content: bytes) -> dict[str, SheetFacts]:
    """What the XML of each sheet says, before anything is read for good."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MOST_UNPACKED_BYTES:
                raise refusal(
                    path, "", fault("unpacks_too_large", most=MOST_UNPACKED_BYTES >> 20, found=unpacked >> 20)
                )
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
            facts = sheet_facts(archive)
    except _BROKEN as error:
        raise refusal(path, "", fault("not_a_workbook", error=type(error).__name__)) from None
    if sum(sheet.rows * sheet.columns for sheet in facts.values()) > MOST_CELLS:
        name, widest = max(facts.items(), key=lambda item: item[1].rows * item[1].columns)
        raise refusal(path, name, fault("cell_far_out", cell=widest.last), widest.rows)
    return facts


def _read(path: Path, content: bytes, facts: dict[str, SheetFacts]) -> list[Grid]:
    import python_calamine

    def grid(book: python_calamine.CalamineWorkbook, meta: python_calamine.SheetMetadata) -> Grid:
        known = facts[meta.name]  # what was not looked at is not opened
        sheet = book.get_sheet_by_name(meta.name)
        rows = sheet.to_python(skip_empty_area=False)
        filled = _mark(rows, known, sheet.merged_cell_ranges or [])
        is_hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
        return Grid(
            meta.name, [rows[row] for row in filled], [row + 1 for row in filled], is_hidden,
            hidden_rows=frozenset(row + 1 for row in known.hidden_rows), hidden_columns=known.hidden_columns_within(),
        )  # fmt: skip

    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            is_table = python_calamine.SheetTypeEnum.WorkSheet
            return [grid(book, meta) for meta in book.sheets_metadata if meta.typ == is_table]
    except (python_calamine.CalamineError, *_BROKEN) as error:
        raise refusal(path, "", fault("not_a_workbook", error=type(error).__name__)) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the reader's own end, which is no Exception
            raise
        raise refusal(path, "", fault("not_a_workbook", error="PanicException")) from None


def _mark(
    rows: list[list[Any]], facts: SheetFacts, merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> list[int]:
    """Put what the XML says into the cells that a reader leaves empty, and say which rows have something in them."""
    for places, what in ((facts.errors, fault("error_cell")), (facts.without_value, fault("formula_without_value"))):
        for row, column in places:
            _put(rows, row, column, Damaged(what))
    filled = [row for row, cells in enumerate(rows) if any(not _is_blank(cell) for cell in cells)]
    for (first, column), (last, last_column) in merged:
        sharing = filled[bisect_left(filled, first) : bisect_right(filled, last)]
        if not sharing or sharing[0] != first or column >= len(rows[first]) or _is_blank(rows[first][column]):
            continue
        if len(sharing) > 1:
            value = Merged(rows[first][column])
            for row in sharing:
                _put(rows, row, column, value)
        for row in sharing:
            beside = range(column + 1, min(last_column + 1, len(rows[row])))
            rows[row][beside.start : beside.stop] = [Covered(fault("covered_cell")) for _ in beside]
    return filled


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _put(rows: list[list[Any]], row: int, column: int, value: Any) -> None:
    """Write a cell, which may lie beyond what the reader found to be filled."""
    while len(rows) <= row:
        rows.append([])
    cells = rows[row]
    cells.extend([""] * (column + 1 - len(cells)))
    cells[column] = value
