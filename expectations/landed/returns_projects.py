"""Arrival suite of returns.projects."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-220", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-221", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-222", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-223", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="project_code", regex=CODE, meta=rule("L1-RET-224", "block", "project_code is a code")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="project_kind",
        value_set=["school", "school_place", "compound", "alley", "road", "cable"],
        meta=rule("L1-RET-225", "warn", "project_kind is a known word"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="district_code", regex=CODE, meta=rule("L1-RET-226", "block", "district_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="planned_amount", min_value=0, meta=rule("L1-RET-227", "warn", "planned_amount is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="done_amount", min_value=0, meta=rule("L1-RET-228", "warn", "done_amount is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="measure_unit",
        value_set=["piece", "kilometre"],
        meta=rule("L1-RET-229", "warn", "measure_unit is a known word"),
    ),
]
