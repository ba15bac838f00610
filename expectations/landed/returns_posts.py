"""Arrival suite of returns.posts."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-195", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-196", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-197", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-198", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="district_code", regex=CODE, meta=rule("L1-RET-199", "block", "district_code is a code")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="street_code", regex=CODE, meta=rule("L1-RET-200", "block", "street_code is a code")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="post_kind",
        value_set=["head", "deputy", "full_time"],
        meta=rule("L1-RET-201", "warn", "post_kind is a known word"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="grade", min_value=1, max_value=18, meta=rule("L1-RET-202", "warn", "there are 18 grades")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="worker_count", min_value=0, meta=rule("L1-RET-203", "warn", "worker_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="graduate_count", min_value=0, meta=rule("L1-RET-204", "warn", "graduate_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="left_count", min_value=0, meta=rule("L1-RET-205", "warn", "left_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="promoted_count", min_value=0, meta=rule("L1-RET-206", "warn", "promoted_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="recruited_count", min_value=0, meta=rule("L1-RET-207", "warn", "recruited_count is a plausible number")
    ),
]
