"""Rows of station files in the contract's columns, and which of them cannot count."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets.chinese_cells import as_moment, moments
from minhu.extract.spreadsheets.chinese_files import Sheet
from minhu.extract.spreadsheets.problems import Fault, Problem, fault, fault_of
from minhu.extract.stations.folder import StationFile
from minhu.extract.stations.kinds import FileKind

_FILE_DAY, _PLACE = "file_day", "place"
_NO_KEY = fault("key_is_empty")


@dataclass
class Rows:
    """The rows of all files of one kind.

    Attributes:
        kind: of the files.
        table: the contract's columns, times still local, one content per key and version; see :func:`read_rows`.
        seen: how many rows each file has, totals and blanks apart.
        problems: what has to be mended, in the order of files, rows and columns.
        set_aside: how many rows of each file do not count: without their key, torn, or beside another content.
        replaced: keys that a later file has with other content under one change time.
    """

    kind: FileKind
    table: pa.Table
    seen: Counter[StationFile] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    set_aside: Counter[StationFile] = field(default_factory=Counter)
    replaced: list[str] = field(default_factory=list)


def read_rows(kind: FileKind, read: Sequence[tuple[StationFile, Sheet]], pseudonyms: Pseudonyms) -> Rows:
    """Every row that has its key, each content once.

    A cell that cannot be read is null. Day folders overlap, so a version comes several times; equal rows count once.
    Where a later file has a version with other content, the later one counts: cells are mended this way. Of two contents
    in files of one day the later row counts, and the other is set aside.

    Args:
        kind: of the files.
        read: the files and their sheets, in order.
        pseudonyms: the home's key.
    """
    rows = Rows(kind, _schema(kind).empty_table())
    readings = {column: _reading(column, reader, pseudonyms) for column, (_, reader) in kind.columns.items()}
    pieces: list[pa.Table] = []
    starts: list[int] = []
    for file, sheet in read:
        starts.append(starts[-1] + len(read[len(starts) - 1][1].row_numbers) if starts else 0)
        piece = _piece(rows, file, sheet, readings, starts[-1])
        rows.seen[file] += len(sheet.row_numbers) + len(sheet.set_aside)
        rows.set_aside[file] += len(sheet.row_numbers) - piece.num_rows + len(sheet.set_aside)
        rows.problems += [*sheet.set_aside, *sheet.noticed]
        pieces.append(piece)
    if pieces:
        _keep_one_content(rows, pa.concat_tables(pieces), read, starts)
    return rows


def _piece(rows: Rows, file: StationFile, sheet: Sheet, readings: dict[str, _Reading], start: int) -> pa.Table:
    """The rows of a sheet that have their key, with the day of the file and their place among all rows."""
    kind, count = rows.kind, len(sheet.row_numbers)
    columns: dict[str, Any] = {
        "district_code": pa.repeat(file.district, count), "service_date": pa.repeat(file.day, count),
        _FILE_DAY: pa.repeat(file.day, count), _PLACE: pa.array(range(start, start + count), pa.int64()),
    }  # fmt: skip
    unreadable: list[tuple[int, int, Problem]] = []
    has_key = np.ones(count, dtype=bool)
    for place, (column, (header, _)) in enumerate(kind.columns.items()):
        columns[column], found = readings[column].of(sheet.columns[header])
        if column in (*kind.contract.key, kind.contract.version) and None in columns[column]:
            empty = [row for row, value in enumerate(columns[column]) if value is None]
            found |= {row: _NO_KEY for row in empty if row not in found}
            if column in kind.contract.key:
                has_key[empty] = False
        unreadable += [
            (row, place, Problem(sheet.file_name, sheet.name, sheet.row_numbers[row], header, what))
            for row, what in found.items()
        ]
    rows.problems += [problem for *_, problem in sorted(unreadable, key=lambda found: found[:2])]
    schema = _schema(kind)
    piece = pa.table([columns[name] for name in schema.names], schema=schema)
    return piece if has_key.all() else piece.filter(pa.array(has_key))


def _keep_one_content(
    rows: Rows, read_table: pa.Table, read: Sequence[tuple[StationFile, Sheet]], starts: Sequence[int]
) -> None:
    contract = rows.kind.contract
    names, known_by = contract.schema.names, [*contract.key, *([contract.version] if contract.version else [])]
    newest, last = f"{_FILE_DAY}_max", f"{_PLACE}_max"
    contents = read_table.group_by(names, use_threads=False).aggregate([(_FILE_DAY, "max"), (_PLACE, "max")])
    keys = contents.group_by(known_by, use_threads=False).aggregate([([], "count_all")])
    if pc.max(keys["count_all"]).as_py() in (None, 1):
        rows.table = contents.select(names)
        return
    several = zip(*(contents[name].to_pylist() for name in [*known_by, newest, last]), strict=True)
    ordered = [(found[:-2], found[-2:]) for found in several]
    winner: dict[tuple[Any, ...], tuple[Any, int]] = {}
    for key, age in ordered:
        winner[key] = max(age, winner.get(key, age))
    is_kept = [age == winner[key] for key, age in ordered]
    rows.table = contents.filter(pa.array(is_kept)).select(names)
    headers = {column: header for column, (header, _) in rows.kind.columns.items()}
    same = fault("row_repeated", columns="、".join(headers[name] for name in known_by if name in headers))
    for (key, (day, place)), kept in sorted(zip(ordered, is_kept, strict=True), key=lambda found: found[0][1][1]):
        if kept:
            continue
        if day != winner[key][0]:
            rows.replaced.append(str(key[0]))
            continue
        number = bisect_right(starts, place) - 1
        file, sheet = read[number]
        rows.set_aside[file] += 1
        row = sheet.row_numbers[place - starts[number]]
        rows.problems.append(Problem(sheet.file_name, sheet.name, row, "", same))


@dataclass(frozen=True)
class _Unread:
    fault: Fault


class _Reading(dict[str | None, Any]):
    """What each text of a column means; most repeat (codes, words, days), so each is read once.

    Args:
        reader: of one cell.
        read_many: the same of those of many texts that can be read at once.
    """

    def __init__(
        self, reader: Callable[[Any], Any], read_many: Callable[[Iterable[str]], dict[str, Any]] = lambda _: {}
    ) -> None:
        super().__init__()
        self._reader, self._read_many = reader, read_many
        self._has_unreadable = False

    def of(self, cells: Sequence[Any]) -> tuple[list[Any], dict[int, Fault]]:
        """Values of the cells, None where one cannot be read, and what is wrong with these by their place."""
        types = set(map(type, cells))
        if str in types:
            self.update(self._read_many({cell for cell in cells if type(cell) is str} - self.keys()))
        if types <= {str, NoneType}:
            values = list(map(self.__getitem__, cells))
        else:  # 1, 1.0 and True would be one key
            values = [self[cell] if type(cell) is str else self._read(cell) for cell in cells]
        if not self._has_unreadable:
            return values, {}
        unreadable = {place: value.fault for place, value in enumerate(values) if type(value) is _Unread}
        for place in unreadable:
            values[place] = None
        return values, unreadable

    def __missing__(self, text: str | None) -> Any:
        value = self[text] = self._read(text)
        return value

    def _read(self, cell: Any) -> Any:
        try:
            return self._reader(cell)
        except (ValueError, TypeError, OverflowError) as error:
            self._has_unreadable = True
            return _Unread(fault_of(error))


def _reading(column: str, reader: Callable[[Any], Any], pseudonyms: Pseudonyms) -> _Reading:
    if column == "applicant_key":
        return _Reading(lambda cell: pseudonyms.person("id_number", reader(cell)))
    return _Reading(reader, moments) if reader is as_moment else _Reading(reader)


def _schema(kind: FileKind) -> pa.Schema:
    return kind.contract.schema.append(pa.field(_FILE_DAY, pa.date32())).append(pa.field(_PLACE, pa.int64()))
