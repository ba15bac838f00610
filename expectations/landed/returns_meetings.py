"""Arrival suite of returns.meetings."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-178", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-179", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-180", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-181", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="meeting_code", regex=CODE, meta=rule("L1-RET-182", "block", "meeting_code is a code")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="street_code", regex=CODE, meta=rule("L1-RET-183", "block", "street_code is a code")
    ),
]
