"""Answers of the grid platform in the types of their contracts."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from minhu.errors import SourceBlocked
from minhu.extract import columns, normal
from minhu.findings import Finding, sample
from minhu.landing.table_contract import TableContract
from minhu.texts import LOST, without_lone_surrogates

Row = dict[str, Any]

#: A delivery of which more rows cannot be read is refused: one row must not decide for all, nor may many be lost.
BLOCKED_SHARE = 0.05
#: Status of an event of which something could not be read: a word that no list knows.
STATUS, UNREADABLE = "status", "unreadable"

#: Fields of an answer that are read and then transformed or dropped; any other unknown field is reported.
_PERSONAL = {"events": {"reporter_id", "lon", "lat", "verifications"}}
#: A time with its offset, as nearly every row has it.
_USUAL_TIME = r"^[1-3]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d:\d\d|Z)$"


@dataclass
class Faults:
    """What of a delivery cannot be read: by table the keys of the rows, and of each kind one sentence."""

    keys: dict[str, set[str]] = field(default_factory=dict)
    first: dict[tuple[str, str], str] = field(default_factory=dict)

    def note(self, table_name: str, column_name: str, key: str, happened: str) -> None:
        self.keys.setdefault(table_name, set()).add(key)
        self.first.setdefault((table_name, column_name), happened)

    def findings(self, table_name: str, rows: int) -> list[Finding]:
        """What the record of the delivery says of a table.

        Raises:
            SourceBlocked: more rows than :data:`BLOCKED_SHARE` cannot be read.
        """
        keys = self.keys.get(table_name, set())
        said = {column: words for (table, column), words in sorted(self.first.items()) if table == table_name}
        if len(keys) > BLOCKED_SHARE * rows:
            column, words = next(iter(said.items()))
            raise blocked(f"{table_name}.{column}", f"{words}; {len(keys)} of {rows} rows cannot be read")
        message = "a value cannot be read, its row is put aside: " + "; ".join(f"{c}: {w}" for c, w in said.items())
        return [
            Finding(
                "L1-GRD-025", "warn", "grid", table_name, message, column_name=", ".join(said), rows_seen=rows,
                rows_failed=len(keys), sample_keys=sample(sorted(keys)),
            )
        ] if keys else []  # fmt: skip


def blocked(what: str, happened: str) -> SourceBlocked:
    return SourceBlocked(f"read {what} of the grid platform", happened, "ask its owner what changed")


def unknown_fields(contract: TableContract, rows: list[Row]) -> list[Finding]:
    expected = {*contract.schema.names, *_PERSONAL.get(contract.name, ())}
    unknown = sorted({shown(name) for name in {name for row in rows for name in row} - expected})
    if not unknown:
        return []
    message = f"the platform sends fields the contract does not know: {', '.join(unknown)}; they were not landed"
    return [
        Finding(
            "L1-GRD-021", "info", "grid", contract.full_name, message, rows_seen=len(rows), sample_keys=sample(unknown)
        )
    ]


def one_of_each(contract: TableContract, rows: list[Row], faults: Faults) -> list[Row]:
    """Of rows about one thing that say different things always the same one; the thing is noted."""
    kept: dict[tuple[str, ...], tuple[str, Row]] = {}
    for row in rows:
        key = tuple(normal.whole(normal.plain(without_lone_surrogates(str(row.get(name))))) for name in contract.key)
        content = json.dumps(row, sort_keys=True)
        if key in kept:
            happened = f"expected one row about {key_of(contract, row)}, found several that differ; one was kept"
            faults.note(contract.full_name, contract.key[0], key_of(contract, row), happened)
        kept[key] = max(kept.get(key, (content, row)), (content, row), key=lambda found: found[0])
    return [row for _, row in kept.values()]


def landed_table(
    contract: TableContract,
    rows: list[Row],
    zone: ZoneInfo,
    faults: Faults,
    derived: Mapping[str, pa.Array] | None = None,
) -> pa.Table:
    """Rows in the contract's types.

    A value that cannot be read is null, a row whose key cannot be read is left out, and both are noted. An event of which
    something cannot be read lands with :data:`UNREADABLE` as its status, which the record rules put in quarantine.

    Args:
        contract: of the table.
        rows: as the platform sent them.
        zone: of times without an offset.
        faults: takes a note of what cannot be read, by the row's key.
        derived: the columns that the platform does not send.
    """
    derived = derived or {}
    landed = {}
    unreadable: set[int] = set()
    for column in contract.schema:
        if column.name in derived:
            landed[column.name] = derived[column.name]
            continue
        values = _whole_column(rows, column)
        if values is None:
            values, failed = _one_by_one(contract, column, rows, zone, faults)
            unreadable |= failed
        landed[column.name] = (
            columns.texts_as_landed(contract, column.name, values) if column.type == pa.string() else values
        )
    if unreadable and STATUS in landed:
        flags = pa.array([number in unreadable for number in range(len(rows))], pa.bool_())
        landed[STATUS] = pc.if_else(flags, UNREADABLE, landed[STATUS])
    return _with_keys(contract, pa.table(landed, schema=contract.schema), rows, faults)


def _with_keys(contract: TableContract, table: pa.Table, rows: list[Row], faults: Faults) -> pa.Table:
    """The rows that say what they are about."""
    has_key = pa.array([True] * table.num_rows, pa.bool_())
    for name in contract.key:
        is_there = pc.is_valid(table[name])
        if table[name].type == pa.string():
            is_there = pc.and_(is_there, pc.not_equal(pc.fill_null(table[name], ""), ""))
        for number in pc.indices_nonzero(pc.invert(is_there)).to_pylist():
            faults.note(contract.full_name, name, key_of(contract, rows[number]), f"expected a {name}, found none")
        has_key = pc.and_(has_key, is_there)
    return table if pc.all(has_key).as_py() else table.filter(has_key)


def _whole_column(rows: list[Row], column: pa.Field) -> pa.Array | None:
    """Values of the usual form at once; None where one of them has another and each must be looked at."""
    kind = column.type
    try:
        values = [row[column.name] for row in rows]
        if pa.types.is_timestamp(kind):
            found = pa.array(values, pa.string())
            if pc.all(pc.match_substring_regex(found, _USUAL_TIME)).as_py() is False:
                return None
            return found.cast(pa.timestamp("us", "UTC")).cast(kind)
        if pa.types.is_string(kind) or pa.types.is_boolean(kind):
            return pa.array(values, kind)
    except (KeyError, pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return None
    return None


def _one_by_one(
    contract: TableContract, column: pa.Field, rows: list[Row], zone: ZoneInfo, faults: Faults
) -> tuple[pa.Array, set[int]]:
    """The values, null where one cannot be read, and the numbers of those rows."""
    values: list[Any] = []
    failed = set()
    for number, row in enumerate(rows):
        values.append(None)
        if column.name not in row:
            happened = missing_field(row, column.name)
        else:
            try:
                values[-1] = value_of(row[column.name], column.type, zone)
                continue
            except (ValueError, TypeError, OverflowError):  # its message may quote the value
                happened = f"expected {column.type}, found another kind of value in {key_of(contract, row)}"
        failed.add(number)
        faults.note(contract.full_name, column.name, key_of(contract, row), happened)
    return pa.array(values, column.type), failed


def missing_field(row: Row, name: str) -> str:
    near = difflib.get_close_matches(name, row, n=1)
    return f"expected a field {name}, found {f'none; the nearest is {shown(near[0])}' if near else 'none like it'}"


def key_of(contract: TableContract, row: Row) -> str:
    """What a message calls a row: its key, or a digest of it where it has none."""
    found = [row.get(name) for name in contract.key]
    if all(isinstance(part, str | int) and part != "" for part in found):
        return "/".join(shown(str(part)) for part in found)
    return "row-" + sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:8]


def shown(text: str) -> str:
    """A key or the name of a field as it may stand in a message."""
    return normal.plain(without_lone_surrogates(text)).replace("\0", LOST)[:40]


def value_of(value: Any, kind: pa.DataType, zone: ZoneInfo) -> Any:
    """One value in its type.

    Raises:
        ValueError, TypeError, OverflowError: it is of another kind.
    """
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        parsed = datetime.fromisoformat(value)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        return aware.astimezone(UTC).replace(tzinfo=None)
    if pa.types.is_date(kind):
        return date.fromisoformat(value)
    if pa.types.is_string(kind):
        return _text_of(value)
    if pa.types.is_boolean(kind) and not isinstance(value, bool):
        raise TypeError("expected true or false")
    if pa.types.is_integer(kind):
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or abs(value) >= 2**63:
            raise TypeError("expected a whole number")
        return int(value)
    return value


def _text_of(value: Any) -> str:
    """A code; one that was sent as a number is a whole one that a number can hold."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError("a code is a text")
    return without_lone_surrogates(str(value))
