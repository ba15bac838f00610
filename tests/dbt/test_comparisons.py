"""What a cell is held against: its peers, with ranks as sharp as they are, and its own past."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from minhu.settings import Settings
from tests.fixtures.homes import build_and_judge, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity

pytestmark = pytest.mark.nights(3)

#: Orders and how many of them were on time, by district and month.
NOW, BEFORE = date(2026, 10, 1), date(2026, 9, 1)
RATES = {
    "d1": {BEFORE: (400, 300), NOW: (400, 380)},
    "d2": {BEFORE: (400, 300), NOW: (400, 302)},
    "d3": {NOW: (40, 38)},
}
FIRST = date(2026, 11, 18)


#: First day, length, orders and how many on time, of a district that is older: 17 February 2026 goes to 29 January 2025.
FESTIVAL = "d9"
SPRINGS = (
    (date(2025, 1, 1), 1, 1, 1),
    (date(2025, 1, 13), 19, 100, 80),  # to the end of January, within the aligned days
    (date(2025, 2, 10), 19, 50, 50),  # the rest of that February, outside them
    (date(2026, 2, 1), 28, 100, 90),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two nights: all orders in the first, in the second one of September turns out to be late."""
    settings = settings_at(tmp_path_factory.mktemp("compared"))
    for day in (FIRST, NIGHT):
        city = LandedCity()
        city.places({d: {f"{d}001": (f"{d}001001",)} for d in (*RATES, FESTIVAL)})
        city.units("u1")
        if day == FIRST:
            first_delivery(city)
        else:
            order(city, "d1", BEFORE, 0, False, updated_at="2026-11-20 20:00")
        city.land(settings, day)
        build_and_judge(settings, day)
    return settings


def first_delivery(city: LandedCity) -> None:
    for district, months in RATES.items():
        for month, (orders, on_time) in months.items():
            for number in range(orders):
                order(city, district, month, number, number < on_time)
    for first, length, orders, on_time in SPRINGS:
        for number in range(orders):
            order(city, FESTIVAL, first, number, number < on_time, length)


def order(
    city: LandedCity, district: str, first: date, number: int, is_on_time: bool, length: int = 28, **more: Any
) -> None:
    day = first + timedelta(days=number % length)
    closed = day if is_on_time else day + timedelta(days=1)
    city.add(
        "hotline.work_orders", order_id=f"{district}{first:%y%m%d}{number}", created_at=f"{day} 08:00", due_at=f"{day} 18:00",
        closed_at=f"{closed} 17:00", replied_at=f"{closed} 16:00", status="closed", street_code=f"{district}001", **more,
    )  # fmt: skip


def changes(settings: Settings, unit: str, columns: str, comparison: str = "previous") -> list[tuple[Any, ...]]:
    return query(
        settings,
        f"select {columns} from publish.kpi_changes where kpi_id = 'H06' and variant = 'main' and caliber = 'full' "
        "and period_type = 'month' and unit_code = ? and comparison = ? and period_start = ?",
        unit,
        comparison,
        NOW,
    )


def test_a_unit_stands_beside_its_own_past_with_the_interval_of_the_difference(built: Settings) -> None:
    # 380/400 (Wilson 0.9242 to 0.9673) less 300/400 (0.7053 to 0.7900), by hand:
    # 0.2 - sqrt(0.0258^2 + 0.0400^2) = 0.1524, 0.2 + sqrt(0.0173^2 + 0.0447^2) = 0.2479; one more was late since
    columns = "denominator_before, round(value_before, 5), round(change, 4), trend, compare_from"
    (row,) = changes(built, "d1", columns)
    assert (float(row[0]), *row[1:]) == (400.0, 0.7475, 0.2025, "better", BEFORE)
    (low, high) = changes(built, "d1", "change_low, change_high")[0]
    assert low == pytest.approx(0.1547, abs=2e-3)
    assert high == pytest.approx(0.2505, abs=2e-3)


def test_a_change_within_chance_is_not_called_one(built: Settings) -> None:
    assert changes(built, "d2", "round(change, 4), trend") == [(0.005, "no_clear_change")]


def test_what_has_no_past_has_no_row(built: Settings) -> None:
    assert changes(built, "d3", "change") == []
    assert changes(built, "d1", "change", "last_year") == []


def test_a_small_unit_is_not_surely_first_and_ranks_are_intervals(built: Settings) -> None:
    found = query(
        built,
        "select unit_code, peer_count, rank_likely, rank_likely_best, rank_likely_worst, funnel_position "
        "from publish.peer_comparisons where kpi_id = 'H06' and variant = 'main' and caliber = 'full' "
        "and period_type = 'month' and period_start = ? and unit_type = 'district' order by 1",
        NOW,
    )
    # d1 380/400 and d3 38/40 have the same rate; d2 302/400 is surely last
    assert [row[:2] for row in found] == [("d1", 3), ("d2", 3), ("d3", 3)]
    ranks = {row[0]: row[3:5] for row in found}
    assert ranks == {"d1": (1, 2), "d3": (1, 2), "d2": (3, 3)}
    assert {row[0] for row in found if row[5] != "inside"} == set(), "three units that differ widen their own funnel"


def test_two_nights_give_the_tables_of_one_build(built: Settings) -> None:
    tables = (
        "publish.kpi_changes", "publish.peer_comparisons", "kpis.kpi_rates_of_festival_days",
        "reference.bridge_periods_compared",
    )  # fmt: skip
    nights = [query(built, f"select * from {table} order by all") for table in tables]
    built.warehouse_path.unlink()
    build_and_judge(built, NIGHT)
    assert nights == [query(built, f"select * from {table} order by all") for table in tables]
    assert all(nights)


def test_a_february_with_the_spring_festival_stands_beside_the_days_around_the_last_one(built: Settings) -> None:
    """80 of 100 were on time around the festival of 2025, all in the February of that year."""
    found = query(
        built,
        "select kpi_id, aligned_by, compare_from, value, value_before from publish.kpi_changes "
        "where (kpi_id in ('H04', 'H06') and variant = 'main') and unit_type = 'district' and caliber = 'full' "
        "and period_type = 'month' and period_start = date '2026-02-01' and comparison = 'last_year' order by 1",
    )
    assert found == [
        ("H04", "spring_festival", date(2025, 1, 13), 100.0, 100.0),
        ("H06", "spring_festival", date(2025, 1, 13), 0.9, 0.8),
    ]
