"""Arrival suite of grid.grids."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="grid_code", meta=rule("L1-GRD-109", "block", "grid_code identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(column="grid_code", meta=rule("L1-GRD-110", "block", "one row per grid_code")),
    gxe.ExpectColumnValuesToBeBetween(
        column="household_count",
        min_value=0,
        max_value=None,
        meta=rule("L1-GRD-111", "warn", "household_count is a plausible number"),
    ),
    gxe.ExpectTableRowCountToBeBetween(min_value=1, meta=rule("L1-GRD-112", "block", "events are attributed by grid")),
]
