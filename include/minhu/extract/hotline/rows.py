"""Rows of the hotline's tables as Arrow columns: copied out as CSV by the server, parsed and pseudonymised in batches."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import Copy, sql

from minhu.errors import SourceBlocked
from minhu.extract import columns
from minhu.extract.hotline.snapshot import Rows
from minhu.extract.hotline.tables import SCHEMA, WITH_OFFSET, Reading, source_columns
from minhu.extract.privacy import Pseudonyms
from minhu.landing.table_contract import TableContract

BLOCK_BYTES = 8 << 20
_CSV_COLUMN = re.compile(r"column #(\d+)")
_LAST_MOMENT = "9999-12-31 23:59:59.999999"


def read_batches(
    connection: Rows,
    contract: TableContract,
    reading: Reading,
    types: dict[str, str],
    condition: sql.Composable,
    parameters: list[Any],
) -> Iterator[pa.RecordBatch]:
    """Batches of the source columns, times without offset and everything personal as text, still untreated.

    Raises:
        SourceBlocked: a value does not fit its contract; the message names the column, never the value.
    """
    names = source_columns(contract, reading)
    statement = sql.SQL("copy (select {} from {}.{} where {}) to stdout (format csv)").format(
        sql.SQL(", ").join(_expression(contract, name, types[name]) for name in names),
        sql.Identifier(SCHEMA),
        sql.Identifier(contract.name),
        condition,
    )
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        try:
            yield from _parse(copy, {name: _parsed_type(contract, name) for name in names})
        except pa.ArrowInvalid as error:  # its text quotes the value
            place = _CSV_COLUMN.search(str(error))
            name = names[int(place.group(1))] if place else "a column"
            kind = contract.schema.field(name).type if name in contract.schema.names else pa.string()
            raise SourceBlocked(
                f"read {contract.full_name}.{name}",
                f"expected values that fit {kind}, found one that does not",
                "mend the values in the source, or its view",
            ) from None


def landed_batch(
    batch: pa.RecordBatch,
    contract: TableContract,
    reading: Reading,
    types: dict[str, str],
    pseudonyms: Pseudonyms,
    zone: ZoneInfo,
    dropped: dict[str, int],
) -> pa.Table:
    """A batch as it lands: times in UTC, persons as keys, nothing that is not a code where a code is meant."""
    landed: dict[str, pa.Array] = {}
    for column in contract.schema:
        if column.name in reading.derived:
            landed[column.name] = reading.derived[column.name](pseudonyms, batch)
            continue
        values = batch[column.name]
        if pa.types.is_timestamp(column.type) and types[column.name] != WITH_OFFSET:
            values = columns.landed_times(values, zone)
        elif column.name in reading.coded:
            values, lost = columns.codes(values)
            if lost:
                dropped[column.name] = dropped.get(column.name, 0) + lost
        elif pa.types.is_string(column.type):
            values = columns.texts_as_landed(contract, column.name, values)
        landed[column.name] = values
    return pa.table(landed, schema=contract.schema)


class _Stream(io.RawIOBase):
    """What the server copies out, as a file."""

    def __init__(self, copy: Copy) -> None:
        self._blocks = iter(copy)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = [self._rest]
        length = len(self._rest)
        while size < 0 or length < size:
            block = next(self._blocks, None)
            if block is None:
                break
            wanted.append(bytes(block))
            length += len(block)
        whole = b"".join(wanted)
        if size < 0:
            self._rest = b""
            return whole
        self._rest = whole[size:]
        return whole[:size]


def _parse(copy: Copy, kinds: dict[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    stream = _Stream(copy)
    head = stream.read(1)
    if not head:  # Arrow refuses an empty file
        return
    stream._rest = head + stream._rest
    yield from pa_csv.open_csv(
        stream,
        pa_csv.ReadOptions(column_names=list(kinds), block_size=BLOCK_BYTES, use_threads=False),
        pa_csv.ParseOptions(newlines_in_values=True),
        pa_csv.ConvertOptions(
            column_types=kinds, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"], timestamp_parsers=[pa_csv.ISO8601],
        ),
    )  # fmt: skip


def _parsed_type(contract: TableContract, name: str) -> pa.DataType:
    return contract.schema.field(name).type if name in contract.schema.names else pa.string()


def _expression(contract: TableContract, name: str, source_type: str) -> sql.Composable:
    """What is asked of the server for a column, in a form that Arrow reads without loss.

    ``infinity`` means "no end", as null does; a time of a year that no calendar of ours has becomes the last one, which
    the record rules put in quarantine.
    """
    column = sql.Identifier(name)
    kind = _parsed_type(contract, name)
    if pa.types.is_timestamp(kind):
        moment = sql.SQL("({} at time zone 'UTC')").format(column) if source_type == WITH_OFFSET else column
        return _within_calendar(moment, sql.SQL("timestamp"), _LAST_MOMENT)
    if pa.types.is_date(kind):
        return _within_calendar(column, sql.SQL("date"), _LAST_MOMENT[:10])
    if pa.types.is_integer(kind) and source_type == "numeric":
        return sql.SQL("case when {0} = trunc({0}) then trunc({0}) else {0} end").format(column)
    return sql.SQL("{}::text").format(column) if pa.types.is_string(kind) else column


def _within_calendar(value: sql.Composable, kind: sql.Composable, last: str) -> sql.Composable:
    return sql.SQL(
        "case when not isfinite({0}) then null when {0} > {2} or {0} < '0001-01-01' then {1} {2} else {0} end"
    ).format(value, kind, sql.Literal(last))
