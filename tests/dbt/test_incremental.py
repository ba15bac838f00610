"""A night costs what changed: increments over nights and one full build from the same landing must be equal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from minhu.gate import decision
from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build
from tests.fixtures.homes import build_and_judge, copy_of, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order
from tests.fixtures.tables import PUBLISHED, contents

pytestmark = pytest.mark.nights(4)

TREE = {d: {f"{d}001": (f"{d}001001",)} for d in ("dA", "dB")}
NIGHTS = [NIGHT - timedelta(days=2), NIGHT - timedelta(days=1), NIGHT]


def first_night(city: LandedCity) -> None:
    call_back(city, "o4", "2026-11-17 15:00")
    for n in range(12):
        add_order(
            city, f"o{n}", "dA", created_at="2026-11-17 09:00", due_at="2026-11-19 18:00", updated_at="2026-11-17 09:00"
        )
    add_order(
        city, "moves", "dA", created_at="2026-11-17 09:00", due_at="2026-11-18 12:00", updated_at="2026-11-17 09:00"
    )
    add_order(
        city, "broken", "dB", created_at="2026-11-17 09:00", closed_at="2026-11-16 09:00", updated_at="2026-11-17 09:00"
    )
    add_order(
        city, "ahead", "dB", created_at="2026-11-19 09:00", updated_at="2026-11-17 10:00"
    )  # a clock that runs ahead
    city.add("hotline.calls", call_id="c1", offered_at="2026-11-17 09:00", updated_at="2026-11-17 09:01")
    city.add(
        "grid.events",
        event_id="e1",
        grid_code="g1",
        reported_at="2026-11-17 09:00",
        due_at="2026-11-18 09:00",
        photo_hash="p",
        updated_at="2026-11-17 09:00",
    )
    city.add(
        "grid.events",
        event_id="e2",
        grid_code="g1",
        reported_at="2026-11-17 10:00",
        due_at="2026-11-18 09:00",
        photo_hash="p",
        updated_at="2026-11-17 10:00",
    )
    city.add(
        "stations.cases",
        case_id="k1",
        district_code="dA",
        station_code="s1",
        accepted_at="2026-11-17 09:00",
        updated_at="2026-11-17 09:00",
    )


def call_back(city: LandedCity, order_id: str, recorded: str) -> None:
    city.add(
        "hotline.callbacks", callback_id="moves", order_id=order_id, called_at="2026-11-17 15:00", recorded_at=recorded,
    )  # fmt: skip


def second_night(city: LandedCity) -> None:
    """Closings, a deadline moved to another day, a call-back, a correction of the broken row, a repeated row."""
    add_order(
        city,
        "o1",
        "dA",
        created_at="2026-11-17 09:00",
        due_at="2026-11-19 18:00",
        closed_at="2026-11-19 10:00",
        replied_at="2026-11-19 10:00",
        updated_at="2026-11-19 10:00",
    )
    add_order(
        city, "moves", "dB", created_at="2026-11-17 09:00", due_at="2026-11-25 12:00", updated_at="2026-11-19 11:00"
    )
    add_order(
        city, "broken", "dB", created_at="2026-11-17 09:00", closed_at="2026-11-18 09:00", updated_at="2026-11-19 12:00"
    )
    add_order(city, "o2", "dA", created_at="2026-11-17 09:00", due_at="2026-11-19 18:00", updated_at="2026-11-17 09:00")
    city.add(
        "hotline.callbacks",
        callback_id="b1",
        order_id="broken",
        called_at="2026-11-19 15:00",
        recorded_at="2026-11-19 15:00",
    )
    city.add(
        "grid.events",
        event_id="e1",
        grid_code="g1",
        status="closed",
        reported_at="2026-11-17 09:00",
        due_at="2026-11-18 09:00",
        closed_at="2026-11-19 08:00",
        photo_hash="p",
        updated_at="2026-11-19 08:00",
    )
    city.add(
        "grid.event_verifications",
        event_id="e2",
        verified_at="2026-11-19 09:00",
        passed=True,
        updated_at="2026-11-19 09:00",
    )
    city.add("stations.terminals", terminal_code="t1", station_code="s1", service_date=NIGHT - timedelta(days=1))


def third_night(city: LandedCity) -> None:
    """A reopening, a withdrawn order, a call-back corrected to invalid, one moved to another order, a late old order."""
    call_back(city, "o5", "2026-11-20 15:00")
    add_order(city, "o1", "dA", created_at="2026-11-17 09:00", due_at="2026-11-19 18:00", updated_at="2026-11-20 10:00")
    add_order(
        city,
        "o3",
        "dA",
        created_at="2026-11-17 09:00",
        due_at="2026-11-19 18:00",
        closed_at="2026-11-20 09:00",
        closure_code="withdrawn",
        updated_at="2026-11-20 09:00",
    )
    add_order(
        city, "late", "dB", created_at="2026-11-02 09:00", due_at="2026-11-03 09:00", updated_at="2026-11-20 11:00"
    )
    city.add(
        "hotline.callbacks",
        callback_id="b1",
        order_id="broken",
        called_at="2026-11-19 15:00",
        is_valid=False,
        recorded_at="2026-11-20 15:00",
    )
    city.add(
        "stations.cases",
        case_id="k1",
        district_code="dA",
        station_code="s1",
        accepted_at="2026-11-17 09:00",
        finished_at="2026-11-20 09:00",
        review="satisfied",
        updated_at="2026-11-20 09:00",
    )
    city.add("stations.terminals", terminal_code="t1", station_code="s1", service_date=NIGHT, available_minutes=300)


def pictures(city: LandedCity) -> None:
    city.places(TREE)
    city.units("u1")
    city.add("grid.grids", grid_code="g1", community_code="dA001001", street_code="dA001")
    city.add("stations.points", station_code="s1", name="站", kind="model_point", community_code="dA001001")
    city.add("stations.items", item_code="i1", name="事项", is_personal=True, is_core=True, lowest_level="community")


@pytest.fixture(scope="module")
def nightly(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three nights, each built on the one before. The second is never judged: the third has to make up for it."""
    settings = settings_at(tmp_path_factory.mktemp("nightly") / "home")
    for day, story in zip(NIGHTS, (first_night, second_night, third_night), strict=True):
        city = LandedCity()
        pictures(city)
        story(city)
        city.land(settings, day)
        assert bool(dbt_build.load_landing(Night(settings, day)).why_rebuilt) == (day == NIGHTS[0]), (
            "later nights must be increments"
        )
        dbt_build.build_marts(Night(settings, day))
        if day != NIGHTS[1]:
            decision.decide_verdicts(Night(settings, day))
    return settings


@pytest.fixture
def copied(nightly: Settings, tmp_path: Path) -> Settings:
    """The home after the three nights, for one test to change."""
    return copy_of(nightly, tmp_path / "home")


def test_increments_equal_one_full_build(nightly: Settings, copied: Settings) -> None:
    by_night = contents(nightly, *PUBLISHED)
    copied.warehouse_path.unlink()
    build_and_judge(copied, NIGHT)
    at_once = contents(copied, *PUBLISHED)
    assert list(by_night) == list(at_once)
    assert len(by_night["core.fct_work_orders"]) == 16 and by_night["kpis.kpi_rates"]
    assert by_night["publish.kpi_results"] and {f"publish.{table}" for table in PUBLISHED} <= by_night.keys()
    for name, rows in by_night.items():
        assert rows == at_once[name], f"{name} differs between increments and a full build"
    # known truth of the story: o1 reopened, o3 withdrawn, 'moves' not yet due, 'ahead' and 'broken' no longer in quarantine
    due, on_time, overdue = query(
        nightly,
        "select due_count, on_time_count, overdue_open_count from assessment.agg_orders_by_period where unit_type = 'city' "
        "and period_type = 'month' and caliber = 'full' and period_start = date '2026-11-01'",
    )[0]
    assert (due, on_time, overdue) == (12, 0, 12)  # o0-o11 without o3, and the late one
    assert query(nightly, "select count(*) from core.quarantine_work_orders") == [(0,)]


def test_an_earlier_date_is_built_from_what_had_landed_by_then(copied: Settings) -> None:
    report = dbt_build.load_landing(Night(copied, NIGHTS[1]))
    assert "later date" in report.why_rebuilt
    dbt_build.build_marts(Night(copied, NIGHTS[1]))
    assert query(copied, "select count(*) from core.fct_work_orders where order_id = 'late'") == [(0,)]
    assert query(copied, "select closed_date from core.fct_work_orders where order_id = 'o1'")[0][0] == NIGHTS[1]


def test_a_repeated_night_changes_nothing(nightly: Settings, copied: Settings) -> None:
    report = dbt_build.load_landing(Night(copied, NIGHT))
    assert report.rows == {} and not report.is_rebuilt
    dbt_build.build_marts(Night(copied, NIGHT))
    assert contents(copied) == contents(nightly)
