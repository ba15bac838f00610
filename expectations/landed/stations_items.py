"""Arrival suite of stations.items."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="item_code", meta=rule("L1-STA-117", "block", "item_code identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(column="item_code", meta=rule("L1-STA-118", "block", "one row per item_code")),
    gxe.ExpectColumnValuesToBeInSet(
        column="lowest_level",
        value_set=["city", "district", "street", "community", "self_service"],
        meta=rule("L1-STA-119", "warn", "lowest_level is a known word"),
    ),
    gxe.ExpectTableRowCountToBeBetween(min_value=1, meta=rule("L1-STA-120", "block", "personal items define S02")),
]
