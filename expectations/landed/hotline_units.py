"""Arrival suite of hotline.units."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="unit_code", meta=rule("L1-HOT-128", "block", "unit_code identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(column="unit_code", meta=rule("L1-HOT-129", "block", "one row per unit_code")),
    gxe.ExpectColumnValuesToBeInSet(
        column="kind",
        value_set=["department", "district_bureau", "street", "company"],
        meta=rule("L1-HOT-130", "warn", "kind is a known word"),
    ),
    gxe.ExpectTableRowCountToBeBetween(
        min_value=1, meta=rule("L1-HOT-131", "block", "units are needed to attribute orders")
    ),
]
