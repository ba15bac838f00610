"""Arrival suite of hotline.order_claims."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule
from minhu.landing.contracts.hotline import GONE

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="order_id", meta=rule("L1-HOT-122", "block", "order_id identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["order_id", "updated_at"], meta=rule("L1-HOT-123", "block", "one content per key and version")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="updated_at", mostly=0.8, meta=rule("L1-HOT-124", "block", "at least 80 % of rows have a change time")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="role", value_set=["definition", "beside", GONE], meta=rule("L1-HOT-125", "warn", "role is a known word")
    ),
]
