"""Arrival suite of returns.funds."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-230", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-231", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-232", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-233", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="fund_kind",
        value_set=["operations", "activity_month", "upgrade_award"],
        meta=rule("L1-RET-234", "warn", "fund_kind is a known word"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="district_code", regex=CODE, meta=rule("L1-RET-235", "block", "district_code is a code")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="community_code", regex=CODE, meta=rule("L1-RET-236", "block", "community_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="budget_yuan", min_value=0, meta=rule("L1-RET-237", "warn", "budget_yuan is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="paid_yuan", min_value=0, meta=rule("L1-RET-238", "warn", "paid_yuan is a plausible number")
    ),
]
