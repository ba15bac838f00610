"""Arrival suite of returns.deliveries."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-101", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="workbook", meta=rule("L1-RET-102", "block", "workbook identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-103", "block", "report_period identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "workbook", "report_period"],
        meta=rule("L1-RET-104", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="row_count", min_value=0, meta=rule("L1-RET-105", "warn", "row_count is a plausible number")
    ),
]
