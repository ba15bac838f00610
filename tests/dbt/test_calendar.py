"""The seed of holidays and days made up for, against the package it was taken from."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "calendar_exceptions.csv"


def test_every_day_since_2004_is_a_working_day_or_not_as_the_state_council_said() -> None:
    with SEED.open(encoding="utf-8", newline="") as file:
        exceptions = {date.fromisoformat(row["day"]): row["is_workday"] == "true" for row in csv.DictReader(file)}
    day = date(2004, 1, 1)
    assert {exception.year for exception in exceptions} == set(range(2004, 2027)), "every year has its festivals"
    while day <= date(2026, 12, 31):
        ours = exceptions.get(day, day.weekday() < 5)
        assert ours == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_the_seed_holds_exceptions_only() -> None:
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [
        row for row in rows if (date.fromisoformat(row["day"]).weekday() < 5) == (row["is_workday"] == "true")
    ] == []


def test_movable_festivals_are_days_off_that_are_called_so() -> None:
    names = {
        "spring_festival": "Spring Festival",
        "dragon_boat": "Dragon Boat Festival",
        "mid_autumn": "Mid-autumn Festival",
    }
    with SEED.with_name("festivals.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = [row for row in rows if 2008 <= int(row["year"]) <= 2026]  # days off for all three since 2008
    assert len(known) == 57 and len(rows) == 84
    for row in known:
        day = date.fromisoformat(row["day"])
        is_off, name = chinese_calendar.get_holiday_detail(day)
        # those in the days around 1 October are off under its name, those on a weekend may have none
        also = ("National Day", None) if day.weekday() >= 5 else ("National Day",)
        assert is_off and name in (names[row["festival"]], *also), row
