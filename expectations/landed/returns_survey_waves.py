"""Arrival suite of returns.survey_waves."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-239", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-240", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-241", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-242", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="domain",
        value_set=["education", "medical", "transport", "housing", "employment", "environment"],
        meta=rule("L1-RET-243", "warn", "domain is a known word"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="district_code", regex=CODE, meta=rule("L1-RET-244", "block", "district_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="contacted_count", min_value=0, meta=rule("L1-RET-245", "warn", "contacted_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="valid_count", min_value=0, meta=rule("L1-RET-246", "warn", "valid_count is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="mean_score",
        min_value=0,
        max_value=100,
        meta=rule("L1-RET-247", "warn", "mean_score lies on the scale of 0 to 100"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="score_deviation", min_value=0, meta=rule("L1-RET-248", "warn", "score_deviation is a plausible number")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="satisfied_count", min_value=0, meta=rule("L1-RET-249", "warn", "satisfied_count is a plausible number")
    ),
]
