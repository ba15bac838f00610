"""Answers of the grid platform in the types of their contracts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from minhu.errors import SourceBlocked
from minhu.findings import Finding, sample
from minhu.landing.table_contract import TableContract

Row = dict[str, Any]

#: Fields of an answer that are read and then transformed or dropped; any other unknown field is reported.
_PERSONAL = {"events": {"reporter_id", "lon", "lat", "verifications"}}
#: A time with its offset, as nearly every row has it.
_USUAL_TIME = r"^[1-3]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d:\d\d|Z)$"


def blocked(what: str, happened: str) -> SourceBlocked:
    return SourceBlocked(f"read {what} of the grid platform", happened, "ask its owner what changed")


def require(row: Row, names: Iterable[str], table_name: str) -> None:
    for name in names:
        if name not in row:
            near = difflib.get_close_matches(name, row, n=1)
            found = f"none; the nearest is {near[0]}" if near else "none like it"
            raise blocked(table_name, f"expected a field {name}, found {found}")


def unknown_fields(contract: TableContract, rows: list[Row]) -> list[Finding]:
    expected = {*contract.schema.names, *_PERSONAL.get(contract.name, ())}
    unknown = sorted({name for row in rows for name in row} - expected)
    if not unknown:
        return []
    message = f"the platform sends fields the contract does not know: {', '.join(unknown)}; they were not landed"
    return [
        Finding(
            "L1-GRD-021", "info", "grid", contract.full_name, message, rows_seen=len(rows), sample_keys=sample(unknown)
        )
    ]


def landed_table(
    contract: TableContract, rows: list[Row], zone: ZoneInfo, derived: Mapping[str, pa.Array] | None = None
) -> pa.Table:
    """Rows in the contract's types; a value of another kind refuses the delivery and names the field and the row.

    ``derived`` holds the columns that the platform does not send.
    """
    derived = derived or {}
    required = [name for name in contract.schema.names if name not in derived]
    for row in rows:
        require(row, required, contract.name)
    landed = {}
    for column in contract.schema:
        if column.name in derived:
            landed[column.name] = derived[column.name]
            continue
        values = [row[column.name] for row in rows]
        whole = _whole_column(values, column.type)
        landed[column.name] = _one_by_one(contract, column, rows, zone) if whole is None else whole
    return pa.table(landed, schema=contract.schema)


def _whole_column(values: list[Any], kind: pa.DataType) -> pa.Array | None:
    """Values of the usual form at once; None where one of them has another and each must be looked at."""
    try:
        if pa.types.is_timestamp(kind):
            texts = pa.array(values, pa.string())
            if pc.all(pc.match_substring_regex(texts, _USUAL_TIME)).as_py() is False:
                return None
            return texts.cast(pa.timestamp("us", "UTC")).cast(kind)
        if pa.types.is_string(kind) or pa.types.is_boolean(kind):
            return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return None
    return None


def _one_by_one(contract: TableContract, column: pa.Field, rows: list[Row], zone: ZoneInfo) -> pa.Array:
    values = []
    for row in rows:
        try:
            values.append(value_of(row[column.name], column.type, zone))
        except (ValueError, TypeError, OverflowError):  # its message may quote the value
            raise blocked(
                f"{contract.full_name}.{column.name}",
                f"expected {column.type}, found another kind of value in {row[contract.key[0]]!s:.40}",
            ) from None
    return pa.array(values, column.type)


def value_of(value: Any, kind: pa.DataType, zone: ZoneInfo) -> Any:
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        parsed = datetime.fromisoformat(value)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        return aware.astimezone(UTC).replace(tzinfo=None)
    if pa.types.is_date(kind):
        return date.fromisoformat(value)
    if pa.types.is_string(kind):
        if isinstance(value, dict | list | bool):
            raise TypeError("a code is a text")
        return str(value)
    if pa.types.is_boolean(kind) and not isinstance(value, bool):
        raise TypeError("expected true or false")
    if pa.types.is_integer(kind):
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or abs(value) >= 2**63:
            raise TypeError("expected a whole number")
        return int(value)
    return value
