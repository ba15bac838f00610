"""The comparison of two engines' rows sees what differs, and passes over what may."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.spark.sameness import differences

_MOMENT = datetime(2026, 11, 20, 16)


def _table(values: list[Any], kind: pa.DataType) -> pa.Table:
    return pa.table({"key": [str(n) for n in range(len(values))], "value": pa.array(values, kind)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_table([0.1, None], pa.float64()), _table([0.1 + 1e-12, None], pa.float64())),
        (_table([1e12], pa.float64()), _table([1e12 + 1], pa.float64())),
        (_table([1, None], pa.int32()), _table([1, None], pa.int64())),
        (_table([Decimal("1.50")], pa.decimal128(18, 2)), _table([Decimal("1.5")], pa.decimal128(38, 4))),
        (_table([_MOMENT], pa.timestamp("us")), _table([_MOMENT.replace(tzinfo=UTC)], pa.timestamp("us", "UTC"))),
        (_table([None], pa.null()), _table([None], pa.string())),
    ],
)
def test_what_is_the_same(one: pa.Table, other: pa.Table) -> None:
    assert differences(one, other) == []
    assert differences(one.take(list(reversed(range(one.num_rows)))), other) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_table([0.1], pa.float64()), _table([0.1 + 1e-8], pa.float64())),
        (_table([None], pa.float64()), _table([0.0], pa.float64())),
        (_table(["a"], pa.string()), _table(["A"], pa.string())),
        (_table([None], pa.string()), _table([""], pa.string())),
        (_table([1, 1], pa.int32()), _table([1], pa.int32())),
        (_table([1], pa.int32()), _table([1.0], pa.float64())),
        (_table([1], pa.int32()), _table(["1"], pa.string())),
        (_table([1], pa.int32()), _table([1], pa.int32()).rename_columns(["key", "other"])),
    ],
)
def test_what_differs(one: pa.Table, other: pa.Table) -> None:
    assert differences(one, other)
    assert differences(other, one)


def test_rows_are_compared_as_often_as_they_come() -> None:
    twice = pa.table({"value": ["a", "a", "b"]})
    assert differences(twice, pa.table({"value": ["a", "b", "b"]}))
