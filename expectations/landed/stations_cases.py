"""Arrival suite of stations.cases."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import PSEUDONYM, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(column="case_id", meta=rule("L1-STA-101", "block", "case_id identifies the row")),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["case_id", "updated_at"], meta=rule("L1-STA-102", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="updated_at", mostly=0.8, meta=rule("L1-STA-103", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="handling_level",
        value_set=["city", "district", "street", "community", "self_service"],
        meta=rule("L1-STA-104", "warn", "handling_level is a known word"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="review",
        value_set=["very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"],
        meta=rule("L1-STA-105", "warn", "review is a known word"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="updated_at",
        max_value={"$PARAMETER": "window_end"},
        strict_max=True,
        meta=rule("L1-STA-125", "warn", "nothing changed after the end of the business date"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="applicant_key",
        regex=PSEUDONYM,
        meta=rule("L1-STA-126", "block", "applicant_key is a pseudonym, never a person"),
    ),
]
