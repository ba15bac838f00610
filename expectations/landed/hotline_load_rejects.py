"""Arrival suite of hotline.load_rejects."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="reject_id", meta=rule("L1-HOT-147", "block", "reject_id identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(column="reject_id", meta=rule("L1-HOT-148", "block", "one row per reject_id")),
]
