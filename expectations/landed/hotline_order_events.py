"""Arrival suite of hotline.order_events."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CODE, rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="event_id", meta=rule("L1-HOT-113", "block", "event_id identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["event_id", "recorded_at"], meta=rule("L1-HOT-114", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="recorded_at", mostly=0.8, meta=rule("L1-HOT-115", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="event_type",
        value_set=[
            "create",
            "dispatch",
            "accept",
            "return",
            "reroute",
            "defer_request",
            "defer_grant",
            "suspend",
            "resume",
            "contact",
            "reply",
            "close",
            "reopen",
            "merge_into",
            "exclude_request",
            "exclude_grant",
            "tier_change",
            "scope_change",
        ],
        mostly=0.8,
        meta=rule("L1-HOT-116", "block", "event_type is a known word in at least 80 % of rows"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="from_value", regex=CODE, meta=rule("L1-HOT-143", "block", "from_value is a code, never a sentence")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="to_value", regex=CODE, meta=rule("L1-HOT-144", "block", "to_value is a code, never a sentence")
    ),
]
