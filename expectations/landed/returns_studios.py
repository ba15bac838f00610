"""Arrival suite of returns.studios."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-106", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-107", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-108", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-109", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="studio_code", regex=CODE, meta=rule("L1-RET-110", "block", "studio_code is a code")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="community_code", regex=CODE, meta=rule("L1-RET-111", "block", "community_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="reception_count", min_value=0, meta=rule("L1-RET-112", "warn", "reception_count is a plausible number")
    ),
]
