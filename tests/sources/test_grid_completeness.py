"""What no window of change times brings from the grid platform is noticed: events that are gone, or came too late."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from minhu.extract.grid import completeness
from minhu.findings import Finding
from minhu.landing.zone import Arrival, Landing
from minhu.settings import Settings
from tests.fixtures.grid_platform import Answer, Platform, event, land
from tests.fixtures.landed import NIGHT

pytestmark = pytest.mark.usefixtures("waits")

NEXT, AFTER = NIGHT + timedelta(days=8), NIGHT + timedelta(days=9)
Server = tuple[Platform, str]


def at(day: date, hour: int = 8) -> str:
    return f"{datetime(day.year, day.month, day.day, hour).isoformat()}+08:00"


def fill(state: Platform, days: int = 10, each: int = 10) -> None:
    """Events of days up to the night, oldest first."""
    state.keeps_windows = True
    state.events = [
        event(day * each + number, updated_at=at(NIGHT - timedelta(days=days - 1 - day), number % 24))
        for day in range(days)
        for number in range(each)
    ]


def arrive(settings: Settings, url: str, day: date = NIGHT) -> tuple[Arrival, dict[str, Finding]]:
    """What came of a night, and its findings about completeness by rule; without the suites, which ask other things."""
    landing, attempt = Landing(settings.landing_dir), land(settings, url, day=day)
    blocking = [f"{f.rule_id} {f.message}" for f in attempt.findings if f.severity == "block"]
    arrival = landing.block("grid", day, "; ".join(blocking)) if blocking else landing.accept(attempt)
    return arrival, {f.rule_id: f for f in attempt.findings if f.rule_id in (completeness.GONE, completeness.NEVER)}


def without(state: Platform, *ids: str) -> None:
    state.events = [row for row in state.events if row["event_id"] not in ids]


def test_events_that_are_gone_are_named_every_night(home: Settings, platform: Server) -> None:
    state, url = platform
    fill(state)
    assert arrive(home, url) == (Landing(home.landing_dir).arrival("grid", NIGHT), {})
    without(state, "e003", "e055")
    for day in (NEXT, AFTER):
        arrival, found = arrive(home, url, day)
        assert arrival.status == "accepted" and list(found) == [completeness.GONE]
        assert (found[completeness.GONE].rows_seen, found[completeness.GONE].rows_failed) == (100, 2)
        assert found[completeness.GONE].sample_keys == "e003 e055"


@pytest.mark.parametrize("kept", [0, 60])
def test_a_loss_above_the_share_refuses_the_delivery_until_it_is_allowed_for_a_night(
    home: Settings, platform: Server, kept: int
) -> None:
    state, url = platform
    fill(state)
    arrive(home, url)
    state.events = state.events[100 - kept :]
    arrival, found = arrive(home, url, NEXT)
    assert arrival.status == "blocked" and completeness.GONE in arrival.reason
    assert found[completeness.GONE].rows_failed == 100 - kept
    on_purpose = dataclasses.replace(home, missing_percent=100)
    assert arrive(on_purpose, url, NEXT)[0].status == "accepted"
    arrival, found = arrive(home, url, AFTER)
    assert arrival.status == "accepted" and found[completeness.GONE].severity == "warn", "what was known is not new"


def test_an_event_that_comes_under_an_old_change_time_is_named(home: Settings, platform: Server) -> None:
    state, url = platform
    fill(state)
    arrive(home, url)
    state.events += [event(700, event_id=" ｅ700", updated_at=at(NIGHT - timedelta(days=400)))]
    found = arrive(home, url, NEXT)[1]
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.NEVER: "e700"}


@pytest.mark.parametrize(("nights_of_a_round", "within"), [(10, 10), (2, 8)])
def test_as_many_deleted_as_put_in_late_are_named_when_their_day_is_listed(
    home: Settings, platform: Server, monkeypatch: pytest.MonkeyPatch, nights_of_a_round: int, within: int
) -> None:
    """All totals agree; within a round of nights each old day is listed, of which a longer archive has longer ones."""
    monkeypatch.setattr(completeness, "NIGHTS_OF_A_ROUND", nights_of_a_round)
    state, url = platform
    fill(state)
    arrive(home, url)
    without(state, "e003")
    state.events += [event(700, event_id="e700", updated_at=state.events[3]["updated_at"])]
    nights = [NEXT + timedelta(days=more) for more in range(within)]
    found = [{rule: f.sample_keys for rule, f in arrive(home, url, night)[1].items()} for night in nights]
    assert [each for each in found if each] == [{completeness.GONE: "e003", completeness.NEVER: "e700"}]


def test_nothing_is_said_of_what_windows_bring_and_two_questions_are_enough(home: Settings, platform: Server) -> None:
    """Changed in the window, changed since its end, new in both, with an offset that is written in another way."""
    state, url = platform
    fill(state)
    arrive(home, url)
    without(state, "e001", "e002", "e050")
    state.events += [
        event(1, updated_at=at(NEXT, 7)), event(2, updated_at=at(AFTER, 1)), event(800, updated_at=at(NEXT, 6)),
        event(801, updated_at=at(AFTER, 0)), event(50, updated_at=f"{NEXT}T06:00:00Z"),
    ]  # fmt: skip
    state.requests.clear()
    assert arrive(home, url, NEXT)[1] == {}
    asked = [query for path, query in state.requests if path == "/api/v1/events"]
    assert [query["limit"] for query in asked] == ["1000", "1000", "1"]
    assert arrive(home, url, AFTER)[1] == {}


def test_an_event_that_people_change_while_it_is_looked_for_is_not_gone(home: Settings, platform: Server) -> None:
    state, url = platform
    fill(state)
    arrive(home, url)

    def work(path: str, query: dict[str, str]) -> Answer | None:
        if query.get("limit") == "1":  # between the listing of what changed since and the total
            without(state, "e004")
            state.events.append(event(4, updated_at=at(AFTER, 2)))
        return None

    state.before = work
    assert arrive(home, url, NEXT) == (Landing(home.landing_dir).arrival("grid", NEXT), {})


def test_only_days_that_differ_are_listed(home: Settings, platform: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completeness, "MOST_LISTED", 15)
    monkeypatch.setattr(completeness, "NIGHTS_OF_A_ROUND", 1_000_000)  # no day's turn tonight
    state, url = platform
    fill(state, days=64)
    arrive(home, url)
    without(state, "e101", "e409")
    state.requests.clear()
    found = arrive(home, url, NEXT)[1]
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.GONE: "e101 e409"}
    asked = [query for path, query in state.requests if path == "/api/v1/events" and "updated_from" in query]
    listed = [query for query in asked if query["limit"] != "1" and query["updated_to"] <= at(NIGHT)]
    assert [(q["updated_from"][:10], q["updated_to"][:10]) for q in listed] == [
        ("2026-09-28", "2026-09-29"), ("2026-10-28", "2026-10-29"),
    ]  # fmt: skip
    assert len(asked) < 40


@pytest.mark.parametrize(
    "answer", [(500, {}, b"{}"), (400, {}, b'{"detail": "no such day"}'), (200, {}, b'{"items": []}')]
)
def test_a_platform_that_does_not_answer_such_questions_is_told_and_loses_nothing(
    home: Settings, platform: Server, answer: Any
) -> None:
    state, url = platform
    fill(state)
    arrive(home, url)
    state.before = lambda path, query: answer if query.get("limit") == "1" else None
    arrival, found = arrive(home, url, NEXT)
    assert arrival.status == "accepted"
    assert found[completeness.GONE].severity == "info" and "could not be held" in found[completeness.GONE].message
