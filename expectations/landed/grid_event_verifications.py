"""Arrival suite of grid.event_verifications."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="event_id", meta=rule("L1-GRD-105", "block", "event_id identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="verified_at", meta=rule("L1-GRD-106", "block", "verified_at identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["event_id", "verified_at", "updated_at"],
        meta=rule("L1-GRD-107", "block", "one content per key and version"),
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="updated_at", mostly=0.8, meta=rule("L1-GRD-108", "block", "at least 80 % of rows have a change time")
    ),
]
