"""Arrival suite of returns.consultations."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-120", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-121", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-122", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-123", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="consultation_code", regex=CODE, meta=rule("L1-RET-124", "block", "consultation_code is a code")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="consultation_kind",
        value_set=["micro_consultation", "survey"],
        meta=rule("L1-RET-125", "warn", "consultation_kind is a known word"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="street_code", regex=CODE, meta=rule("L1-RET-126", "block", "street_code is a code")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="conclusion_count",
        min_value=0,
        meta=rule("L1-RET-127", "warn", "conclusion_count is a plausible number"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="task_count", min_value=0, meta=rule("L1-RET-128", "warn", "task_count is a plausible number")
    ),
]
