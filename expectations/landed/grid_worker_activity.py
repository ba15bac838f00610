"""Arrival suite of grid.worker_activity."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="activity_date", meta=rule("L1-GRD-113", "block", "activity_date identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="grid_code", meta=rule("L1-GRD-114", "block", "grid_code identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["activity_date", "grid_code"], meta=rule("L1-GRD-115", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="registered_count",
        min_value=0,
        max_value=None,
        meta=rule("L1-GRD-116", "warn", "registered_count is a plausible number"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="active_count",
        min_value=0,
        max_value=None,
        meta=rule("L1-GRD-117", "warn", "active_count is a plausible number"),
    ),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="registered_count",
        column_B="active_count",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        meta=rule("L1-GRD-118", "warn", "active users are registered"),
    ),
]
