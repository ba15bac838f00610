"""Arrival suite of hotline.callbacks."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, PSEUDONYM, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="callback_id", meta=rule("L1-HOT-117", "block", "callback_id identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["callback_id", "recorded_at"], meta=rule("L1-HOT-118", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="recorded_at", mostly=0.8, meta=rule("L1-HOT-119", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="satisfaction",
        value_set=["very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"],
        meta=rule("L1-HOT-120", "warn", "satisfaction is a known word"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="attempt_no",
        min_value=1,
        max_value=None,
        meta=rule("L1-HOT-121", "warn", "attempt_no is a plausible number"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="interviewer_key",
        regex=PSEUDONYM,
        meta=rule("L1-HOT-145", "block", "interviewer_key is a pseudonym, never a person"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="invalid_reason",
        regex=CODE,
        meta=rule("L1-HOT-146", "block", "invalid_reason is a code, never a sentence"),
    ),
]
