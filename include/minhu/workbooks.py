"""XLSX workbooks: bytes that depend on their content alone, and what a reader of cells does not say about a sheet.

And what a spreadsheet would make of a text.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from openpyxl import Workbook

_FIXED = (2020, 1, 1, 0, 0, 0)
_REFERENCE = re.compile(r"([A-Z]{1,7})(\d{1,10})")
_PIECE = 1 << 20
#: How a formula begins, for some programs also in full width (OWASP, "CSV Injection"), and what begins so and is none.
_RUN = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def as_no_formula(text: str, may_be_number: bool = False) -> str:
    """A text as CSV may hold it: what a spreadsheet would run gets an apostrophe in front, as people write it there.

    Args:
        text: a name, or with ``may_be_number`` anything, of which a number stays one.
        may_be_number: the column may hold numbers as text.
    """
    is_number = may_be_number and _NUMBER.fullmatch(text)
    return f"'{text}" if _RUN.match(text) and not is_number else text


def saved(book: Workbook) -> bytes:
    """The workbook without the clock: openpyxl writes the time of saving into the archive and the properties."""
    written, fixed = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2020-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, date_time=_FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return fixed.getvalue()


@dataclass
class SheetFacts:
    """What the XML of a sheet says and a reader of cells leaves out. Places are (row, column) from 0.

    Attributes:
        rows: extent of what is not empty; a reader of cells asks for memory by it.
        columns: the same, sideways.
        last: name of the cell that makes the extent, such as ``XFD1048576``.
        errors: cells with an error, such as ``#REF!``.
        without_value: cells with a formula that nobody has calculated.
        hidden_rows: rows with cells that people do not see.
        hidden_columns: first and last of columns that people do not see.
    """

    rows: int = 0
    columns: int = 0
    last: str = ""
    errors: set[tuple[int, int]] = field(default_factory=set)
    without_value: set[tuple[int, int]] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[tuple[int, int]] = field(default_factory=set)

    def hidden_columns_within(self) -> frozenset[int]:
        """The hidden ones among the columns with something in them."""
        return frozenset(n for first, last in self.hidden_columns for n in range(first, min(last + 1, self.columns)))


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive in which each sheet with cells lies, by the name of the sheet.

    Raises:
        ValueError: it is no XML as workbooks have it.
        KeyError: a part of the workbook is missing.
    """
    (book,) = _related(archive, "", "/officeDocument").values()
    targets = _related(archive, book, "/worksheet")
    sheets: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            sheets[attributes["name"]] = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")

    _parse(archive, book, sheet)
    return {name: _entry(archive, targets[known]) for name, known in sheets.items() if known in targets}


def _related(archive: zipfile.ZipFile, part: str, kind: str) -> dict[str, str]:
    """Ids and parts of what a part of the archive ("" for the whole) refers to as being of a kind."""
    folder, name = posixpath.split(part)
    found: dict[str, str] = {}

    def relation(element: str, attributes: dict[str, str]) -> None:
        if element == "Relationship" and attributes.get("Type", "").endswith(kind):
            found[attributes["Id"]] = posixpath.normpath(posixpath.join("/", folder, attributes["Target"])).lstrip("/")

    _parse(archive, posixpath.join(folder, "_rels", f"{name}.rels"), relation)
    return found


def sheet_facts(archive: zipfile.ZipFile) -> dict[str, SheetFacts]:
    """What the XML says about each sheet with cells, by name.

    Raises:
        ValueError: it is no XML as workbooks have it.
        KeyError: a part of the workbook is missing.
    """
    return {name: _facts(archive, part) for name, part in sheet_parts(archive).items()}


def _facts(archive: zipfile.ZipFile, part: str) -> SheetFacts:
    reader = _SheetReader()
    _parse(archive, part, reader.start, reader.end, reader.text)
    return reader.facts


class _SheetReader:
    """Handlers of a sheet's elements. Cells may leave out where they stand: then they follow one another."""

    def __init__(self) -> None:
        self.facts = SheetFacts()
        self._row, self._column = -1, -1
        self._kind, self._is_filled, self._has_formula, self._is_in_value = "", False, False, False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.facts.hidden_rows.add(self._row)
        elif name == "c":
            self._row, self._column = self._place(attributes.get("r"))
            self._kind = attributes.get("t", "n")
            self._is_filled = self._has_formula = False
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            self.facts.hidden_columns.add((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
        elif name == "f":
            self._has_formula = True
        elif name in ("v", "t"):
            self._is_in_value = True

    def text(self, text: str) -> None:
        self._is_filled = self._is_filled or self._is_in_value

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._is_in_value = False
        elif name == "c":
            here = self._row, self._column
            if self._kind == "e":
                self.facts.errors.add(here)
            elif self._has_formula and not self._is_filled and self._kind != "str":
                self.facts.without_value.add(here)
            if self._is_filled or self._has_formula or self._kind == "e":
                self._extend(*here)

    def _place(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return self._row, self._column + 1
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise ValueError("a cell without a place")
        return int(found.group(2)) - 1, column_number(found.group(1)) - 1

    def _extend(self, row: int, column: int) -> None:
        if row >= self.facts.rows or column >= self.facts.columns:
            self.facts.last = f"{_letters(column + 1)}{row + 1}"
        self.facts.rows, self.facts.columns = max(self.facts.rows, row + 1), max(self.facts.columns, column + 1)


def column_number(letters: str) -> int:
    """Number from 1 of a column: 27 for ``AA``."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _parse(
    archive: zipfile.ZipFile, part: str, start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = lambda _: None, text: Callable[[str], None] = lambda _: None,
) -> None:  # fmt: skip
    """Tell the elements of a part by their names without namespaces; those of workbooks have one of three."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    local = _LocalNames()
    parser.StartElementHandler = lambda name, attributes: start(local[name], attributes)
    parser.EndElementHandler = lambda name: end(local[name])
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_definitions
    try:
        with archive.open(_entry(archive, part)) as stream:
            while piece := stream.read(_PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except expat.ExpatError:
        raise ValueError(f"{part} is no XML") from None


class _LocalNames(dict[str, str]):
    """Names of elements without their namespace; a sheet has the same few many times."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


def _entry(archive: zipfile.ZipFile, part: str) -> str:
    """The one entry of an archive that is a part; some programs write other slashes and capitals."""
    names = [name for name in archive.namelist() if name.replace("\\", "/").lower() == part.lower()]
    if len(names) != 1:
        raise KeyError(part)
    return names[0]


def _refuse_definitions(*_: object) -> None:
    raise ValueError("XML with definitions of its own")
