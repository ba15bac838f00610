"""Arrival suite of hotline.work_orders."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import CELL, FINGERPRINT, PSEUDONYM, rule
from minhu.landing.contracts.hotline import GONE

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="order_id", meta=rule("L1-HOT-105", "block", "order_id identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["order_id", "updated_at"], meta=rule("L1-HOT-106", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="updated_at", mostly=0.8, meta=rule("L1-HOT-107", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="assessment_scope",
        value_set=["three_rate", "response_only", "excluded"],
        mostly=0.8,
        meta=rule("L1-HOT-108", "block", "assessment_scope is a known word in at least 80 % of rows"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="status",
        value_set=["open", "suspended", "closed", "final", GONE],
        mostly=0.8,
        meta=rule("L1-HOT-109", "block", "status is a known word in at least 80 % of rows"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="demand_type",
        value_set=["consult", "help", "complaint", "report", "suggest"],
        meta=rule("L1-HOT-110", "warn", "demand_type is a known word"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="tier",
        value_set=["immediate", "time_limited", "tracked"],
        meta=rule("L1-HOT-111", "warn", "tier is a known word"),
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="closure_code",
        value_set=["solved", "explained", "duplicate", "not_responsible", "withdrawn"],
        meta=rule("L1-HOT-112", "warn", "closure_code is a known word"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="caller_key",
        regex=PSEUDONYM,
        meta=rule("L1-HOT-139", "block", "caller_key is a pseudonym, never a person"),
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="location_cell", regex=CELL, meta=rule("L1-HOT-140", "block", "location_cell is a cell, never a place")
    ),
    gxe.ExpectColumnValuesToMatchRegex(
        column="content_hash",
        regex=FINGERPRINT,
        meta=rule("L1-HOT-141", "block", "content_hash is a fingerprint, never a text"),
    ),
    gxe.ExpectTableRowCountToBeBetween(
        min_value=1,
        meta=rule(
            "L1-HOT-142",
            "block",
            "a first delivery holds orders; is this the right database?",
            only_first=True,
            needs="work_orders",
        ),
    ),
]
