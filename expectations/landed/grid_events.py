"""Arrival suite of grid.events."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CELL, PSEUDONYM, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="event_id", meta=rule("L1-GRD-101", "block", "event_id identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["event_id", "updated_at"], meta=rule("L1-GRD-102", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="updated_at", mostly=0.8, meta=rule("L1-GRD-103", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="status",
        value_set=["reported", "registered", "handling", "closed", "void"],
        mostly=0.8,
        meta=rule("L1-GRD-104", "block", "status is a known word in at least 80 % of rows"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="reporter_key",
        regex=PSEUDONYM,
        meta=rule("L1-GRD-124", "block", "reporter_key is a pseudonym, never a person"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="location_cell", regex=CELL, meta=rule("L1-GRD-125", "block", "location_cell is a cell, never a place")
    ),
]
