"""Borders that change: figures of then keep their street, figures of now follow it, and nights agree with one build."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from minhu.settings import Settings
from tests.fixtures.homes import build_and_judge, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity

pytestmark = pytest.mark.nights(4)

FIRST = NIGHT - timedelta(days=2)
#: Street a is merged into b on the second day; its community l goes to c instead.
MERGED_ON = NIGHT - timedelta(days=1)
A, B, C = "d1001", "d1002", "d1003"
E, F = "d2001", "d2002"
COMMUNITIES = {A: ("k", "l"), B: ("m",), C: ("n",)}


def place(city: LandedCity, code: str, level: str, parent: str | None, **more: Any) -> None:
    city.add("hotline.places", place_code=code, name=code, level=level, parent_code=parent, **more)


def places(city: LandedCity, after: bool) -> None:
    place(city, "610100", "city", None)
    place(city, "d1", "district", "610100")
    for street, inside in COMMUNITIES.items():
        ended = {"valid_to": MERGED_ON - timedelta(days=1), "successor_code": B} if after and street == A else {}
        place(city, street, "street", "d1", **ended)
        for community in inside:
            now = {"k": B, "l": C}.get(community, street) if after else street
            place(city, community, "community", now)
    city.units("u1")


def orders(city: LandedCity, day: date, after: bool) -> None:
    """Forty orders of each community a day, ten of m; the last two streets get them without a community too."""
    for street, inside in COMMUNITIES.items():
        for community in inside:
            written = ({"k": B, "l": C}.get(community, street)) if after else street
            for number in range(10 if community == "m" else 40):
                order(city, f"{day:%d}{community}{number}", day, street_code=written, community_code=community)
    for number in range(15):
        order(city, f"{day:%d}x{number}", day, street_code=B if after else A)


def order(city: LandedCity, order_id: str, day: date, **where: Any) -> None:
    city.add(
        "hotline.work_orders", order_id=order_id, created_at=f"{day} 09:00", due_at=f"{day} 18:00", status="closed",
        replied_at=f"{day} 11:00", closed_at=f"{day} 12:00", **where,
    )  # fmt: skip


def gain(city: LandedCity, day: date, after: bool) -> None:
    """Another district: its street f gains the community q, with three orders on each of the first two days."""
    place(city, "d2", "district", "610100")
    place(city, "q", "community", F if after else E)
    for street in (E, F):
        place(city, street, "street", "d2")
        for number in range(40 if day < NIGHT else 0):
            order(city, f"{day:%d}{street}{number}", day, street_code=street)
    for number in range(3 if day < NIGHT else 0):
        order(city, f"{day:%d}q{number}", day, street_code=F if after else E, community_code="q")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three nights, merger and gain on the second, each built on the one before."""
    settings = settings_at(tmp_path_factory.mktemp("borders"))
    city = LandedCity()
    for day in (FIRST, MERGED_ON, NIGHT):
        after = day >= MERGED_ON
        places(city, after)
        orders(city, day, after)
        gain(city, day, after)
        city.land(settings, day)
        build_and_judge(settings, day)
    return settings


def created(settings: Settings, table: str, column: str = "numerator") -> dict[str, int]:
    found = query(
        settings,
        f"select unit_code, {column} from {table} where kpi_id = 'H04' and unit_type = 'street' "
        "and unit_code like 'd1%' and period_type = 'month' and caliber = 'full'",
    )
    return {unit: int(count) for unit, count in found}


def test_then_every_order_counts_where_it_was_written(built: Settings) -> None:
    # one day of 40 + 40 + 15 for a; b: 10, then two days of 10 + 40 + 15; c: 40, then two days of 40 + 40
    assert created(built, "publish.kpi_results") == {A: 95, B: 10 + 2 * 65, C: 40 + 2 * 80}


def test_now_the_merged_street_is_empty_and_its_heirs_have_all_days(built: Settings) -> None:
    now = created(built, "publish.kpi_results_current_borders")
    assert now == {A: 0, B: 3 * 65, C: 3 * 80}
    assert sum(now.values()) == sum(created(built, "publish.kpi_results").values())


def test_a_rate_of_now_has_its_counts_its_interval_and_the_value_of_then(built: Settings) -> None:
    (row,) = query(
        built,
        "select numerator, denominator, value, round(ci_low, 4), verdict, value_then "
        "from publish.kpi_results_current_borders where kpi_id = 'H06' and variant = 'main' and unit_code = ? "
        "and period_type = 'month' and caliber = 'full'",
        B,
    )
    # 195 of 195; Wilson by hand: 195 / (195 + 1.96^2)
    assert tuple(map(float, row[:4])) == (195.0, 195.0, 1.0, 0.9807)
    assert row[4:] == ("PUBLISHED", 1.0)


def test_periods_after_the_change_are_not_repeated(built: Settings) -> None:
    starts = query(
        built,
        "select distinct period_type from publish.kpi_results_current_borders where period_start >= ? order by 1",
        MERGED_ON,
    )
    assert starts == []


def test_the_history_of_a_place_is_published(built: Settings) -> None:
    found = query(
        built,
        "select began_on, ended_from, street_code from publish.dim_place_versions where place_code = 'l' order by 1",
    )
    assert found == [(date(2000, 1, 1), MERGED_ON, A), (MERGED_ON, None, C)]


def test_a_difference_below_the_floor_is_not_told(built: Settings) -> None:
    """Street f gained a community with three orders: the figure of now would tell which three those were."""
    found = query(
        built,
        "select unit_code, value, denominator, verdict, rule_id from publish.kpi_results_current_borders "
        "where kpi_id = 'H06' and variant = 'main' and unit_type = 'street' and unit_code like 'd2%' "
        "and period_type = 'month' and caliber = 'full' order by 1",
    )
    assert found == [(E, None, None, "SUPPRESSED", "L4-KPI-008"), (F, None, None, "SUPPRESSED", "L4-KPI-008")]


def test_three_nights_give_the_tables_of_one_build(built: Settings) -> None:
    tables = ("publish.kpi_results_current_borders", "kpis.kpi_rates_redrawn", "core.fct_work_orders")
    nights = [query(built, f"select * from {table} order by all") for table in tables]
    built.warehouse_path.unlink()
    build_and_judge(built, NIGHT)
    assert nights == [query(built, f"select * from {table} order by all") for table in tables]
    assert all(nights)
