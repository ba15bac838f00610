"""Text files of cells: commas, semicolons, tabs or bars between them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minhu.order_files.tables import Table, check_header, refuse

if TYPE_CHECKING:
    from _csv import Reader

#: With more lines than this share undecodable, the file is not damaged: it is in another encoding.
DAMAGED_SHARE = 0.001
REPLACEMENT = "�"
_DAMAGED_LINES = 3
_WIDEST_HEADER = 100_000
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_delimited(name: str, data: bytes, encoding: str, delimiter: str | None, columns: Sequence[str]) -> Table:
    """Every row of a text file.

    Args:
        name: for messages.
        data: its bytes.
        encoding: that it should be in.
        delimiter: that it should have; None to find the one that gives the columns.
        columns: names that the first row should have.

    Raises:
        PermanentError: another encoding or delimiter, an open quotation mark, or a first row without proper names.
    """
    text = decoded(name, data, encoding)
    return _parsed(name, text, _delimiter(name, text, delimiter, columns))


def decoded(name: str, data: bytes, expected: str) -> str:
    """Text of the file; characters that cannot be decoded are replaced, where they are few.

    Raises:
        PermanentError: the file is in another encoding; the message says where the first such character stands.
    """
    other = _other_encoding(expected, data)
    text = "" if other else data.decode(expected, errors="replace").removeprefix("\ufeff").replace("\0", REPLACEMENT)
    lines = text.count("\n") + 1
    bad = sum(REPLACEMENT in line for line in text.split("\n")) if REPLACEMENT in text else 0
    if other or bad > max(_DAMAGED_LINES, lines * DAMAGED_SHARE):
        found = other or f"{bad} of {lines} lines that cannot be read so{_first_damage(data, expected)}"
        refuse(
            name, f"expected {expected}, found {found}", "correct file.encoding of the map, or have the file sent again"
        )
    return text


def _first_damage(data: bytes, encoding: str) -> str:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f", the first in line {line} at byte {error.start + 1} of the file"
    return ""


def _other_encoding(expected: str, data: bytes) -> str | None:
    """What the bytes are for certain, if that is not what the map says."""
    name = codecs.lookup(expected).name
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not name.startswith("utf-16"):
        return "utf-16"
    if name.startswith("utf"):
        return None
    if data.startswith(codecs.BOM_UTF8):
        return "the mark of a Unicode file"
    if data.isascii():
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _delimiter(name: str, text: str, expected: str | None, columns: Sequence[str]) -> str:
    """The delimiter under which the first row has most of the columns; one that the map names must be it."""
    known = {mark: len(_first_row(text, mark) & set(columns)) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda mark: known[mark])  # of equals the first
    if expected is None:
        return best
    if known[best] > len(_first_row(text, expected) & set(columns)):
        there = _DELIMITERS.get(expected, repr(expected))
        refuse(
            name, f"expected {there} between the cells, found {_DELIMITERS[best]}",
            "correct file.delimiter of the map, or leave it out",
        )  # fmt: skip
    return expected


def has_columns(data: bytes, encoding: str, columns: Sequence[str]) -> bool:
    """Whether the first row of a text file names all of some columns, whatever stands between its cells."""
    text = data[: 4 * _WIDEST_HEADER].decode(encoding, errors="replace").removeprefix("\ufeff")
    return any(set(columns) <= _first_row(text, delimiter) for delimiter in _DELIMITERS)


def _first_row(text: str, delimiter: str) -> set[str]:
    try:
        return {cell.strip() for cell in next(_reader(text[:_WIDEST_HEADER], delimiter, strict=False), [])}
    except csv.Error:
        return set()


def _reader(text: str, delimiter: str, strict: bool = True) -> Reader:
    """Rows of cells, from the names of columns on; a line ``sep=;`` above them is meant for spreadsheets."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    if text[:4].lower() == "sep=":
        next(reader)
    return reader


def _parsed(name: str, text: str, delimiter: str) -> Table:
    reader = _reader(text, delimiter)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        check_header(name, header)
        first = reader.line_num + 1
        cells = list(reader)
        numbers: Sequence[int] = range(first, first + len(cells))
        if reader.line_num != first + len(cells) - 1:  # a cell has several lines
            numbers = _line_numbers(text, delimiter)
    except csv.Error as error:
        refuse(
            name, f"line {reader.line_num} is not a row of cells ({error}); a quotation mark is open or misplaced",
            "correct that line, or have the file sent again",
        )  # fmt: skip
    width = len(header)
    if set(map(len, cells)) <= {width}:
        return Table(name, header, cells, numbers)
    whole = [(row, number) for row, number in zip(cells, numbers, strict=True) if len(row) == width]
    torn = [
        (number, f"expected {width} cells, found {len(row)}")
        for row, number in zip(cells, numbers, strict=True)
        if row and len(row) != width
    ]
    return Table(name, header, [row for row, _ in whole], [number for _, number in whole], torn)


def _line_numbers(text: str, delimiter: str) -> list[int]:
    """The first line of each row below the names of columns."""
    reader = _reader(text, delimiter)
    ends = [reader.line_num for _ in reader]
    return [end + 1 for end in ends[:-1]]
