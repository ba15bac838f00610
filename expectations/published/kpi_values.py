"""What every figure must satisfy before a verdict is given: one row per KPI, unit, period and caliber."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.row_conditions import Column

KEY = ["kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber"]


def _meta(rule_id: str, why: str) -> dict[str, str]:
    return {"rule_id": rule_id, "severity": "block", "why": why}


#: Shares are counted parts of a whole; other figures may exceed 1.
SHARE = {"row_condition": Column("is_share") == True}  # noqa: E712  builds a condition

EXPECTATIONS = [
    gxe.ExpectCompoundColumnsToBeUnique(column_list=KEY, meta=_meta("L4-GXK-001", "one value per cell")),
    gxe.ExpectColumnValuesToNotBeNull(column="unit_code", meta=_meta("L4-GXK-002", "a cell has a unit")),
    gxe.ExpectColumnValuesToBeInSet(
        column="caliber", value_set=["full", "assessed"], meta=_meta("L4-GXK-003", "two calibers only")
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="value", min_value=0, max_value=1, **SHARE, meta=_meta("L4-GXK-004", "a share lies in 0..1")
    ),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="denominator", column_B="numerator", or_equal=True, ignore_row_if="either_value_is_missing",
        **SHARE, meta=_meta("L4-GXK-005", "a share's numerator is part of its denominator"),
    ),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="value", column_B="ci_low", or_equal=True, ignore_row_if="either_value_is_missing",
        meta=_meta("L4-GXK-006", "the interval holds the value"),
    ),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="ci_high", column_B="value", or_equal=True, ignore_row_if="either_value_is_missing",
        meta=_meta("L4-GXK-007", "the interval holds the value"),
    ),
    gxe.ExpectColumnValuesToBeBetween(
        column="numerator", min_value=0, meta=_meta("L4-GXK-008", "counts are not negative")
    ),
]  # fmt: skip
