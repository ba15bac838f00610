"""Arrival suite of stations.points."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="station_code", meta=rule("L1-STA-113", "block", "station_code identifies the row")
    ),
    gxe.ExpectColumnValuesToBeUnique(
        column="station_code", meta=rule("L1-STA-114", "block", "one row per station_code")
    ),
    gxe.ExpectColumnValuesToBeInSet(
        column="kind",
        value_set=["convenience_station", "government_post", "self_service_point", "model_point"],
        meta=rule("L1-STA-115", "warn", "kind is a known word"),
    ),
    gxe.ExpectTableRowCountToBeBetween(
        min_value=1, meta=rule("L1-STA-116", "block", "cases are attributed by station")
    ),
]
