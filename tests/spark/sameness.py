"""Whether two engines made the same rows: as multisets, doubles within 1e-9, everything else equal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

#: Of a double, absolute below 1 and relative above.
TOLERANCE = 1e-9


def family(kind: pa.DataType) -> str:
    """What a column is to its reader; how wide it is stored is the engine's own affair."""
    if pa.types.is_integer(kind):
        return "number"
    if pa.types.is_decimal(kind):
        return "number" if kind.scale == 0 else "decimal"
    if pa.types.is_floating(kind):
        return "double"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return str(pa.timestamp("us")) if pa.types.is_timestamp(kind) else str(kind)


def differences(one: pa.Table, other: pa.Table, most: int = 3) -> list[str]:
    """What differs, at most so many rows of it; empty if nothing does."""
    columns = {name.lower(): family(one.schema.field(name).type) for name in one.column_names}
    others = {name.lower(): family(other.schema.field(name).type) for name in other.column_names}
    if list(columns) != list(others):
        return [f"columns {list(columns)} and {list(others)}"]
    kinds = [f"{name}: {columns[name]} and {others[name]}" for name in columns if columns[name] != others[name]]
    nulls = {name for name in columns if "null" in (columns[name], others[name])}
    kinds = [said for said in kinds if said.split(":")[0] not in nulls]
    if kinds:
        return kinds
    if one.num_rows != other.num_rows:
        return [f"{one.num_rows} and {other.num_rows} rows", *_unmatched(one, other, most)]
    pairs = zip(_ordered(one), _ordered(other), strict=True)
    return [f"{left} and {right}" for left, right in pairs if not _same(left, right)][:most]


def _unmatched(one: pa.Table, other: pa.Table, most: int) -> list[str]:
    left, right = set(_ordered(one)), set(_ordered(other))
    return [*(f"only the first: {row}" for row in sorted(left - right, key=_key)[:most]),
            *(f"only the second: {row}" for row in sorted(right - left, key=_key)[:most])]  # fmt: skip


def _ordered(table: pa.Table) -> list[tuple[Any, ...]]:
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    return sorted(zip(*columns, strict=True), key=_key) if columns else []


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, Decimal):
        return value.normalize() + 0
    return value


def _key(row: Iterable[Any]) -> tuple[Any, ...]:
    """Exact values first, so that doubles of one row stand beside those of the same row."""
    row = list(row)
    exact = tuple((value is not None, _text(value)) for value in row if not isinstance(value, float))
    return (exact, tuple(value for value in row if isinstance(value, float)), tuple(value is None for value in row))


def _text(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else str(value)


def _same(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    return all(
        math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (math.isnan(a) and math.isnan(b))
        if isinstance(a, float) and isinstance(b, float)
        else a == b
        for a, b in zip(left, right, strict=True)
    )
