"""Arrival suite of hotline.calls."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import PSEUDONYM, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(column="call_id", meta=rule("L1-HOT-101", "block", "call_id identifies the row")),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["call_id", "updated_at"], meta=rule("L1-HOT-102", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="updated_at", mostly=0.8, meta=rule("L1-HOT-103", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="direction",
        value_set=["inbound", "outbound"],
        mostly=0.8,
        meta=rule("L1-HOT-104", "block", "direction is a known word in at least 80 % of rows"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="caller_key",
        regex=PSEUDONYM,
        meta=rule("L1-HOT-136", "block", "caller_key is a pseudonym, never a person"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="agent_key",
        regex=PSEUDONYM,
        meta=rule("L1-HOT-137", "block", "agent_key is a pseudonym, never a person"),
    ),
    gxe.ExpectTableRowCountToBeBetween(
        min_value=1, meta=rule("L1-HOT-138", "warn", "a first delivery holds calls", only_first=True, needs="calls")
    ),
]
