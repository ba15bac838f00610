"""Arrival suite of stations.residents."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="community_code", meta=rule("L1-STA-121", "block", "community_code identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="grid_code", meta=rule("L1-STA-122", "block", "grid_code identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["community_code", "grid_code"], meta=rule("L1-STA-123", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="resident_count",
        min_value=0,
        max_value=None,
        meta=rule("L1-STA-124", "warn", "resident_count is a plausible number"),
    ),
]
