"""The attack of ``benchmarks/disclosure.py`` finds what follows by hand, and nothing that does not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from benchmarks.disclosure import Outcome, attack

MONTHS = {1: date(2026, 1, 31), 2: date(2026, 2, 28), 3: date(2026, 3, 31)}


def cell(period: str, month: int, numerator: float, denominator: float, **more: Any) -> dict[str, Any]:
    end = MONTHS[3] if period == "quarter" else MONTHS[month]
    return {
        "kpi_id": "H06", "variant": "main", "caliber": "full", "unit_type": "street", "unit_code": "s", "period_type": period,
        "period_start": date(2026, month, 1), "period_end": end, "numerator": float(numerator), "denominator": float(denominator),
        "parent_type": None, "parent_code": None, "is_small": False, "is_capped": True, "is_hidden": False, "is_marked": False,
        **more,
    }  # fmt: skip


SMALL = {"is_small": True, "is_hidden": True}


def frame(*cells: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(cells))


def test_a_hidden_month_follows_from_its_quarter() -> None:
    months = [cell("month", 1, 20, 24), cell("month", 2, 4, 6, **SMALL), cell("month", 3, 11, 12)]
    cells = frame(cell("quarter", 1, 35, 42), *months)
    assert attack(cells, ["places"]) == Outcome(1, 0, 0)
    assert attack(cells, ["time"]) == Outcome(1, 1, 1)
    assert attack(cells.assign(is_marked=cells["is_small"]), ["time"]) == Outcome(1, 1, 0)


def test_two_hidden_months_hide_each_other_unless_none_or_all_were_counted() -> None:
    def solved(second: float, third: float) -> int:
        months = [cell("month", 1, 20, 24), cell("month", 2, second, 6, **SMALL), cell("month", 3, third, 7, **SMALL)]
        return attack(frame(cell("quarter", 1, 20 + second + third, 37), *months)).solved

    assert [solved(4, 5), solved(0, 0), solved(6, 7), solved(1, 0)] == [0, 2, 2, 0]


def test_a_kpi_that_does_not_add_up_over_time_tells_nothing() -> None:
    stock = frame(
        cell("quarter", 1, 4, 6), cell("month", 1, 20, 24), cell("month", 2, 4, 6, **SMALL), cell("month", 3, 4, 6)
    )
    assert attack(stock, ["time"]) == Outcome(1, 0, 0)


@pytest.mark.parametrize(("assessed", "cases", "solved"), [(4, 6, 1), (4, 5, 0), (6, 6, 1), (0, 5, 0)])
def test_the_other_caliber_tells_where_nothing_was_excluded(assessed: float, cases: float, solved: int) -> None:
    cells = frame(cell("month", 1, max(assessed, 4), 6, **SMALL), cell("month", 1, assessed, cases, caliber="assessed"))
    assert attack(cells, ["calibers"]).solved == solved


def test_a_total_and_its_other_parts_tell_the_last_one() -> None:
    under = {"parent_type": "district", "parent_code": "d"}
    cells = frame(
        cell("month", 1, 30, 40, unit_type="district", unit_code="d"),
        cell("month", 1, 26, 33, **under),
        cell("month", 1, 4, 7, unit_code="t", **under, **SMALL),
    )
    assert attack(cells, ["places"]) == Outcome(1, 1, 1)
