"""Rows of station files in the contract's columns, and which of them cannot count."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets.at_once import id_numbers
from minhu.extract.spreadsheets.cells import Cells
from minhu.extract.spreadsheets.column_readers import ColumnReader
from minhu.extract.spreadsheets.problems import Fault, Problem, fault
from minhu.extract.spreadsheets.sheets import Sheet
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
    if not read:
        return rows
    counts = [len(sheet.row_numbers) for _, sheet in read]
    starts = np.cumsum([0, *counts[:-1]]).tolist()
    columns, unreadable, has_key = _columns(kind, [sheet for _, sheet in read], pseudonyms)
    for number, (file, sheet) in enumerate(read):
        of_sheet = slice(starts[number], starts[number] + counts[number])
        rows.seen[file] += counts[number] + len(sheet.set_aside)
        rows.set_aside[file] += counts[number] - int(has_key[of_sheet].sum()) + len(sheet.set_aside)
        rows.problems += [
            Problem(sheet.file_name, sheet.name, sheet.row_numbers[row - of_sheet.start], header, what)
            for row, header, what in unreadable[bisect_left(unreadable, of_sheet.start, key=_row) :
                                                bisect_left(unreadable, of_sheet.stop, key=_row)]
        ]  # fmt: skip
        rows.problems += [*sheet.set_aside, *sheet.noticed]
    columns["district_code"] = pa.concat_arrays(
        [pa.repeat(pa.scalar(file.district, pa.string()), count) for (file, _), count in zip(read, counts, strict=True)]
    )
    columns["service_date"] = columns[_FILE_DAY] = pa.array(
        np.repeat([file.day for file, _ in read], counts), pa.date32()
    )
    columns[_PLACE] = pa.array(np.arange(sum(counts)))
    schema = _schema(kind)
    table = pa.table([columns[name] for name in schema.names], schema=schema)
    _keep_one_content(rows, table if has_key.all() else table.filter(pa.array(has_key)), read, starts)
    return rows


_Unreadable = tuple[int, str, Fault]


def _columns(
    kind: FileKind, sheets: Sequence[Sheet], pseudonyms: Pseudonyms
) -> tuple[dict[str, pa.Array], list[_Unreadable], npt.NDArray[np.bool_]]:
    """Columns of all sheets, one under the other: values, cells to mend by row with their header, and which rows have their key."""
    columns: dict[str, pa.Array] = {}
    unreadable: list[tuple[int, int, _Unreadable]] = []
    has_key = np.ones(sum(len(sheet.row_numbers) for sheet in sheets), dtype=bool)
    for place, (column, (header, reader)) in enumerate(kind.columns.items()):
        of_column = _reader(column, reader, kind.contract.schema.field(column).type, pseudonyms)
        values, found = of_column.read(Cells.joined([sheet.columns[header] for sheet in sheets]))
        if column in (*kind.contract.key, kind.contract.version) and values.null_count:
            empty = np.flatnonzero(np.array(values.is_null()))
            found |= {row: _NO_KEY for row in empty.tolist() if row not in found}
            if column in kind.contract.key:
                has_key[empty] = False
        columns[column] = values
        unreadable += [(row, place, (row, header, what)) for row, what in found.items()]
    return columns, [cell for *_, cell in sorted(unreadable, key=lambda found: found[:2])], has_key


def _row(unreadable: _Unreadable) -> int:
    return unreadable[0]


def _reader(column: str, reader: Callable[[Any], Any], kind: pa.DataType, pseudonyms: Pseudonyms) -> ColumnReader:
    if column == "applicant_key":
        return ColumnReader(lambda cell: pseudonyms.person("id_number", reader(cell)), id_numbers(pseudonyms), kind)
    return ColumnReader.of(reader, kind)


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


def _schema(kind: FileKind) -> pa.Schema:
    return kind.contract.schema.append(pa.field(_FILE_DAY, pa.date32())).append(pa.field(_PLACE, pa.int64()))
