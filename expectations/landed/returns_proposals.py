"""Arrival suite of returns.proposals."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="delivered_on", meta=rule("L1-RET-113", "block", "delivered_on identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="report_period", meta=rule("L1-RET-114", "block", "report_period identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="row_number", meta=rule("L1-RET-115", "block", "row_number identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["delivered_on", "report_period", "row_number"],
        meta=rule("L1-RET-116", "block", "a row of a delivery comes once"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="proposal_code", regex=CODE, meta=rule("L1-RET-117", "block", "proposal_code is a code")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="proposal_kind",
        value_set=["proposal", "suggestion"],
        meta=rule("L1-RET-118", "warn", "proposal_kind is a known word"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="unit_code", regex=CODE, meta=rule("L1-RET-119", "block", "unit_code is a code")
    ),
]
