"""The city is a pure function of its parameters: it can be extended, replayed and never contradicts itself."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import pandas as pd
import pytest

from minhu.simulator.city.city import City, cases_day, grid_day, hotline_day, with_broken
from minhu.simulator.city.streams import end_of_day
from tests.simulator.conftest import LAST

CHANGED = {
    "calls": "updated_at",
    "work_orders": "updated_at",
    "order_events": "recorded_at",
    "callbacks": "recorded_at",
    "events": "updated_at",
    "cases": "更新时间",
}


@lru_cache(maxsize=4)
def state(city: City, last: date) -> dict[str, pd.DataFrame]:
    as_of = end_of_day(last)
    parts = [
        {
            **hotline_day(city, day, as_of),
            "events": with_broken(*grid_day(city, day, as_of)),
            "cases": with_broken(*cases_day(city, day, as_of)),
        }
        for day in city.days(last)
    ]
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def test_the_same_parameters_give_the_same_city(city: City) -> None:
    once, again = state(city, LAST), state.__wrapped__(City(7, 0.02, date(2026, 11, 14)), LAST)
    for name, frame in once.items():
        assert len(frame) > 100
        pd.testing.assert_frame_equal(frame, again[name])


def test_another_seed_gives_another_city(city: City) -> None:
    other = state(City(8, 0.02, city.start), LAST)
    assert not state(city, LAST)["work_orders"]["created_at"].equals(other["work_orders"]["created_at"])


@pytest.mark.parametrize("table", list(CHANGED))
def test_the_next_day_only_adds_and_changes_what_it_recorded(city: City, table: str) -> None:
    """Every row of D stands unchanged in D+1 unless its change time lies in D+1: change-time windows lose nothing."""
    before, after = state(city, LAST)[table], state(city, LAST + timedelta(days=1))[table]
    as_of = pd.Timestamp(end_of_day(LAST), unit="s")
    key, changed = before.columns[0], CHANGED[table]
    assert set(before[key]) < set(after[key])
    old = after[after[changed] < as_of].sort_values(key, ignore_index=True)
    same = before[before[key].isin(old[key])].sort_values(key, ignore_index=True)
    assert len(old) > 0
    pd.testing.assert_frame_equal(old, same, check_dtype=False)
    has_changed = len(old) < len(before)
    assert has_changed is (table in ("work_orders", "events", "cases"))


def test_nothing_recorded_after_the_moment_is_visible(city: City) -> None:
    as_of = pd.Timestamp(end_of_day(LAST), unit="s")
    now = state(city, LAST)
    columns = {
        "calls": ["offered_at", "answered_at", "ended_at", "updated_at"],
        "work_orders": ["replied_at", "closed_at", "updated_at"],
        "order_events": ["occurred_at", "recorded_at"],
        "callbacks": ["called_at", "recorded_at"],
        "events": ["reported_at", "handled_at", "verified_at", "closed_at", "updated_at"],
        "cases": ["办结时间", "更新时间"],
    }
    for name, times in columns.items():
        for column in times:
            assert now[name][column].notna().any()
            assert now[name][column].max() < as_of, (name, column)


def test_some_things_are_recorded_a_day_or_two_late(city: City) -> None:
    events = state(city, LAST)["order_events"]
    lag = events["recorded_at"] - events["occurred_at"]
    assert lag.min() > pd.Timedelta(0)
    assert pd.Timedelta(days=1) < lag.max() < pd.Timedelta(days=3)
    assert (lag > pd.Timedelta(hours=12)).mean() < 0.03


def test_a_full_size_day_has_the_city_s_sizes() -> None:
    whole = City(1, 1.0, LAST)
    frames = state(whole, LAST)
    assert len(whole.geography.grid_codes) == 6515
    assert len(whole.stations.codes) == 448 + 25
    assert len(whole.stations.terminal_codes) == 800
    assert 4900 < len(frames["work_orders"]) < 6500
    assert 10_500 < len(frames["calls"]) < 13_000
    assert 18_000 < len(frames["events"]) < 23_000


def test_a_small_city_has_few_places_and_no_empty_ones(city: City) -> None:
    geo = city.geography
    assert (len(geo.districts), len(geo.streets), len(geo.communities), len(geo.grid_codes)) == (4, 12, 40, 130)
    assert {code[:9] for code in geo.communities} == set(geo.streets)
    assert {code[:6] for code in geo.streets} == set(geo.districts)
    assert {code[:12] for code in geo.grid_codes} == set(geo.communities)
