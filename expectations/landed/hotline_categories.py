"""Arrival suite of hotline.categories."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="category_code", meta=rule("L1-HOT-126", "block", "category_code identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(
        column="category_code", meta=rule("L1-HOT-127", "block", "one row per category_code")
    ),
]
