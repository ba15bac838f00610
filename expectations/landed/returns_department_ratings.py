"""Arrival suite of returns.department_ratings."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-171", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-172", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-173", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-174", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="street_code", regex=CODE, meta=rule("L1-RET-175", "block", "street_code is a code")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="unit_code", regex=CODE, meta=rule("L1-RET-176", "block", "unit_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="score",
        min_value=0,
        max_value=100,
        meta=rule("L1-RET-177", "warn", "score lies on the scale of 0 to 100"),
    ),
]
