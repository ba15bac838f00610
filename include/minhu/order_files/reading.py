"""Reading order files as text: nothing is interpreted yet, nothing is lost."""

from __future__ import annotations

import difflib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from minhu.errors import UsageError
from minhu.order_files.delimited import REPLACEMENT, has_columns, read_delimited
from minhu.order_files.file_kinds import Content, unpacked
from minhu.order_files.map_parts import OtherFiles
from minhu.order_files.mapping import OrderMap
from minhu.order_files.structured import read_json, read_xml
from minhu.order_files.tables import Table, check_header, refuse
from minhu.order_files.workbook import read_workbook
from minhu.texts import file_name

FILE, ROW = "_file", "_row"


@dataclass(frozen=True)
class Reading:
    """The rows of all files.

    Attributes:
        rows: every column as text, missing values as missing, with the file's name and the line of the row.
        torn: rows with too few or too many cells: file, line and reason.
        workbooks: names of the files whose times may be a workbook's own.
        files: name of every file, in the order given.
        unread_sheets: sheets of workbooks that are not read.
    """

    rows: pd.DataFrame
    torn: list[dict[str, object]] = field(default_factory=list)
    workbooks: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    unread_sheets: tuple[str, ...] = ()

    @property
    def damaged(self) -> pd.Series:
        """For each of ``rows``, whether a character in it could not be decoded."""
        return _any_cell(self.rows, lambda texts: texts.str.contains(REPLACEMENT, regex=False, na=False))

    @property
    def not_ascii(self) -> pd.Series:
        """For each of ``rows``, whether it has characters outside ASCII."""
        return _any_cell(self.rows, lambda texts: texts.notna() & ~texts.str.isascii().astype(bool))


def read_files(order_map: OrderMap, files: Sequence[Path]) -> Reading:
    """Every row of the files, as text. Missing markers become missing; surrounding blanks go.

    Raises:
        UsageError: no file, one that does not exist, or one that is given twice.
        PermanentError: a file of another kind, encoding or form, or without a column that the map names.
    """
    if not files:
        raise UsageError("load orders", "no file was given", "name the files after the options")
    tables = [
        (table, order_map.variant(table.name))
        for name, data in _contents(files)
        for content in unpacked(name, data)
        for table in _tables(order_map, content, order_map.variant(content.name))
    ]
    frames = [_frame(order_map, table, variant) for table, variant in tables]
    return Reading(
        pd.concat(frames, ignore_index=True),
        [
            {"file_name": table.name, "row_number": number, "rule_id": "L1-ORD-005", "reason": reason}
            for table, _ in tables
            for number, reason in table.torn
        ],
        frozenset(table.name for table, _ in tables if table.is_workbook),
        tuple(dict.fromkeys(table.name for table, _ in tables)),
        tuple(dict.fromkeys(sheet for table, _ in tables for sheet in table.unread)),
    )


def _contents(files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Name for messages and bytes of every file; of two of one name, the folder is said too."""
    names = Counter(map(file_name, files))
    known: dict[str, Path] = {}
    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"load orders from {path}", f"cannot read it ({error.strerror})", "check the path"
            ) from None
        digest = hashlib.sha256(data).hexdigest()
        if digest in known:
            raise UsageError(
                f"load orders from {path}", f"it is the same, byte for byte, as {known[digest]}", "give each file once"
            )
        known[digest] = path
        name = file_name(path)
        yield (name if names[name] == 1 else f"{file_name(path.parent)}/{name}"), data


def _tables(order_map: OrderMap, content: Content, variant: OtherFiles | None) -> list[Table]:
    file = order_map.file
    encoding = (variant and variant.encoding) or file.encoding
    columns = _expected(order_map, variant)
    if content.kind == "workbook":
        return read_workbook(content.name, content.data, (variant and variant.sheets) or file.sheets, columns)
    if not has_columns(content.data, encoding, columns):  # the name of a column may begin like JSON or XML
        if content.kind == "json":
            return [read_json(content.name, content.data, encoding)]
        if content.kind == "xml":
            return [read_xml(content.name, content.data)]
    delimiter = (variant and variant.delimiter) or file.delimiter
    return [read_delimited(content.name, content.data, encoding, delimiter, columns)]


def _expected(order_map: OrderMap, variant: OtherFiles | None) -> list[str]:
    """The columns that a file should have, by its own names."""
    own = variant.columns if variant else {}
    return [own.get(column, column) for column in order_map.needed_columns() if own.get(column, column)]


def _frame(order_map: OrderMap, table: Table, variant: OtherFiles | None) -> pd.DataFrame:
    """The rows of a table under the names that the map uses."""
    own = dict(variant.columns) if variant else {}
    expected = _expected(order_map, variant)
    is_empty = not table.header and not table.rows  # an interface that has no record to give has no columns either
    written = expected if is_empty else table.header
    for column in expected:
        if column not in written:
            are_names = not set(expected).isdisjoint(written)  # or the first row may be an order, which is not told
            near = difflib.get_close_matches(column, table.header, n=1) if are_names else []
            at_all = f"none, but {near[0]!r}" if near else f"none like it ({table.kind}, columns: {len(table.header)})"
            if len(table.header) == 1 and table.kind == "text":
                at_all = "one column only: is something else than , ; tab or | between the cells?"
            refuse(
                table.name, f"expected a column {column!r}, found {at_all}",
                "correct the map (other_files.columns, if other files have it), or have the file sent again",
            )  # fmt: skip
    names = {theirs: ours for ours, theirs in own.items() if theirs}
    header = [names.get(column, column) for column in written]
    check_header(table.name, header)
    cells = list(chain.from_iterable(table.rows))  # a column is every n-th of them
    cleaned = {name: _cleaned(cells[at :: len(header)], order_map) for at, name in enumerate(header)}
    text = pd.StringDtype(na_value=float("nan"))
    frame: pd.DataFrame = pa.table(cleaned).to_pandas(types_mapper={pa.large_string(): text}.get)
    for column, theirs in own.items():
        if not theirs:
            frame[column] = pd.Series(None, index=frame.index, dtype="str")
    frame[FILE] = pd.Series(table.name, index=frame.index, dtype="str")
    frame[ROW] = pd.Series(table.numbers, index=frame.index, dtype="int64")
    return frame


def _cleaned(cells: Sequence[str | None], order_map: OrderMap) -> pa.Array:
    stripped = pc.utf8_trim_whitespace(pa.array(cells, pa.large_string()))
    means_nothing = pc.is_in(stripped, pa.array(order_map.file.missing, pa.large_string()))
    return pc.if_else(means_nothing, pa.scalar(None, pa.large_string()), stripped)


def _any_cell(rows: pd.DataFrame, test: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """For each row, whether the test holds for the text of any cell."""
    found = pd.Series(False, index=rows.index)
    for name in rows.columns.drop([FILE, ROW]):
        found |= test(rows[name]).astype(bool)
    return found
