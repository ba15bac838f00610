"""Arrival suite of returns.checkin_members."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-143", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-144", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-145", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-146", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="street_code", regex=CODE, meta=rule("L1-RET-147", "block", "street_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="obliged_count", min_value=0, meta=rule("L1-RET-148", "warn", "obliged_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="checked_in_count",
        min_value=0,
        meta=rule("L1-RET-149", "warn", "checked_in_count is a plausible number"),
    ),
]
