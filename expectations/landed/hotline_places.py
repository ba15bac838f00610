"""Arrival suite of hotline.places."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="place_code", meta=rule("L1-HOT-132", "block", "place_code identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(column="place_code", meta=rule("L1-HOT-133", "block", "one row per place_code")),
    gxe.ExpectColumnValuesToBeInSet(
        column="level",
        value_set=["city", "district", "street", "community"],
        meta=rule("L1-HOT-134", "warn", "level is a known word"),
    ),
    gxe.ExpectTableRowCountToBeBetween(
        min_value=1, meta=rule("L1-HOT-135", "block", "places are needed to attribute anything")
    ),
]
