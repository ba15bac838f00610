"""Arrival suite of returns.checkin_feedback."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-156", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-157", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-158", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-159", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="street_code", regex=CODE, meta=rule("L1-RET-160", "block", "street_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="checkin_count", min_value=0, meta=rule("L1-RET-161", "warn", "checkin_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="community_report_count",
        min_value=0,
        meta=rule("L1-RET-162", "warn", "community_report_count is a plausible number"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="unit_report_count",
        min_value=0,
        meta=rule("L1-RET-163", "warn", "unit_report_count is a plausible number"),
    ),
]
