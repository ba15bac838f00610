"""Arrival suite of grid.address_coverage."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="coverage_date", meta=rule("L1-GRD-119", "block", "coverage_date identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="community_code", meta=rule("L1-GRD-120", "block", "community_code identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["coverage_date", "community_code"],
        meta=rule("L1-GRD-121", "block", "one content per key and version"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="address_count",
        min_value=0,
        max_value=None,
        meta=rule("L1-GRD-122", "warn", "address_count is a plausible number"),
    ),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="address_count",
        column_B="covered_once_count",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        meta=rule("L1-GRD-123", "warn", "covered addresses are addresses"),
    ),
]
