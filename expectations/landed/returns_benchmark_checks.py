"""Arrival suite of returns.benchmark_checks."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-208", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-209", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-210", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-211", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="community_code", regex=CODE, meta=rule("L1-RET-212", "block", "community_code is a code")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="check_group",
        value_set=["organisation", "service", "self_government", "governance", "support"],
        meta=rule("L1-RET-213", "warn", "check_group is a known word"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="indicator_number", min_value=1, max_value=31, meta=rule("L1-RET-214", "warn", "there are 31 indicators")
    ),
]
