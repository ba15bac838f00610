"""Nights around a change of the clocks: local times without an offset, and none of them lost or read in a wrong night."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

import psycopg
import pytest

from minhu.landing.zone import Landing
from minhu.settings import Settings
from tests.fixtures.hotline_source import land, landed_ids


@pytest.fixture
def new_york(home: Settings) -> Settings:
    return dataclasses.replace(home, overlap_days=0, city=dataclasses.replace(home.city, time_zone="America/New_York"))


@pytest.mark.parametrize("change", [date(2026, 3, 8), date(2026, 11, 1)], ids=["forward", "back"])
@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_each_half_hour_is_read_in_the_night_of_its_local_day(
    new_york: Settings, hotline_uri: str, change: date, kind: str
) -> None:
    days = [change + timedelta(days=n) for n in (-1, 0, 1)]
    with psycopg.connect(hotline_uri) as connection:
        connection.execute("set timezone to 'America/New_York'")
        connection.execute(f"alter table hotline.work_orders alter column updated_at type {kind}")
        for day in days:
            for half_hours in range(48):
                local = datetime(day.year, day.month, day.day) + timedelta(minutes=30 * half_hours)
                if change.month == 3 and day == change and local.hour == 2:
                    continue  # a time the clocks jumped over
                connection.execute(
                    "insert into hotline.work_orders (order_id, created_at, status, updated_at) values (%s, %s, 'open', %s)",
                    [f"{local:%m-%dT%H:%M}", local, local],
                )
    landing = Landing(new_york.landing_dir)
    for day in days:
        attempt = land(new_york, hotline_uri, day)
        landing.accept(attempt)
        found = landed_ids(new_york, attempt)
        assert {order_id[:5] for order_id in found} == {f"{day:%m-%d}"}
        assert len(found) == (46 if change.month == 3 and day == change else 48)


def test_a_local_time_lands_with_the_offset_of_its_own_day(new_york: Settings, hotline_uri: str) -> None:
    """The due date lies behind the change of the clocks that the night lies before; 01:30 comes twice that night."""
    with psycopg.connect(hotline_uri) as connection:
        connection.execute(
            "insert into hotline.work_orders (order_id, created_at, due_at, replied_at, status, updated_at) values "
            "('o1', '2026-10-31 12:00', '2026-11-03 12:00', '2026-11-01 01:30', 'open', '2026-10-31 12:00')"
        )
    attempt = land(new_york, hotline_uri, date(2026, 10, 31))
    table = Landing(new_york.landing_dir).read_table("hotline", "work_orders", date(2026, 10, 31), attempt.number)
    (order,) = table.to_pylist()
    assert order["created_at"] == datetime(2026, 10, 31, 16)
    assert order["due_at"] == datetime(2026, 11, 3, 17)
    assert order["replied_at"] == datetime(2026, 11, 1, 5, 30), "the first of the two"
    assert order["closed_at"] is None
