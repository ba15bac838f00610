"""Arrival suite of stations.terminals."""

from __future__ import annotations

import great_expectations.expectations as gxe

from expectations.landed.rules import rule

EXPECTATIONS = [
    gxe.ExpectColumnValuesToNotBeNull(
        column="service_date", meta=rule("L1-STA-106", "block", "service_date identifies the row")
    ),
    gxe.ExpectColumnValuesToNotBeNull(
        column="terminal_code", meta=rule("L1-STA-107", "block", "terminal_code identifies the row")
    ),
    gxe.ExpectCompoundColumnsToBeUnique(
        column_list=["service_date", "terminal_code"],
        meta=rule("L1-STA-108", "block", "one content per key and version"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="planned_minutes",
        min_value=0,
        max_value=1440,
        meta=rule("L1-STA-109", "warn", "planned_minutes is a plausible number"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="available_minutes",
        min_value=0,
        max_value=1440,
        meta=rule("L1-STA-110", "warn", "available_minutes is a plausible number"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="case_count",
        min_value=0,
        max_value=None,
        meta=rule("L1-STA-111", "warn", "case_count is a plausible number"),
    ),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="planned_minutes",
        column_B="available_minutes",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        meta=rule("L1-STA-112", "warn", "a device is not available longer than planned"),
    ),
]
