"""The build of a date is asked for once all sources have announced it, by exactly one of them, whatever their order."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import permutations

import pytest

from minhu.extract import registry
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.ledger import chain
from minhu.pipeline import rounds, stages
from minhu.release import releases
from minhu.settings import Settings

DAY = date(2026, 11, 20)
NAMES = registry.names()


@pytest.mark.parametrize("order", list(permutations(NAMES))[::5])
def test_the_last_to_announce_asks_for_the_build(home: Settings, order: tuple[str, ...]) -> None:
    night = Night(home, DAY)
    assert [rounds.completes(night, name, f"run-{name}") for name in order] == [False] * (len(order) - 1) + [True]


def test_of_those_who_announce_at_the_same_moment_exactly_one_asks(home: Settings) -> None:
    for number in range(40):
        night, together = Night(home, DAY), threading.Barrier(len(NAMES))

        def announce(name: str, run_id: str, night: Night = night, together: threading.Barrier = together) -> bool:
            together.wait()
            return rounds.completes(night, name, run_id)

        with ThreadPoolExecutor(len(NAMES)) as pool:
            asked = list(pool.map(announce, NAMES, [f"run-{number}-{name}" for name in NAMES]))
        assert sum(asked) == 1, f"round {number}"


def test_dates_do_not_mix(home: Settings) -> None:
    other = Night(home, date(2026, 11, 21))
    for name in NAMES[:-1]:
        assert not rounds.completes(Night(home, DAY), name, "a")
    assert not rounds.completes(other, NAMES[-1], "b")
    assert rounds.completes(Night(home, DAY), NAMES[-1], "a")


def test_one_who_was_killed_after_completing_the_round_asks_again(home: Settings) -> None:
    night = Night(home, DAY)
    for name in NAMES[:-1]:
        rounds.completes(night, name, f"run-{name}")
    assert rounds.completes(night, NAMES[-1], "run-last")
    assert rounds.completes(night, NAMES[-1], "run-last"), "nobody knows whether its first asking was heard"
    assert not rounds.completes(night, NAMES[0], "another run")


def test_a_date_that_is_landed_again_is_built_again(home: Settings) -> None:
    night = Night(home, DAY)
    for run in ("first", "second"):
        assert [rounds.completes(night, name, f"{run}-{name}") for name in NAMES] == [False] * (len(NAMES) - 1) + [True]


def test_a_date_that_landed_and_was_passed_over_is_noticed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    landing = Landing(home.landing_dir)
    for day in (19, 20, 21, 22):
        for name in NAMES:
            if (day, name) != (22, NAMES[0]):
                landing.mark_absent(name, date(2026, 11, day), "none")
    events = {str(day): _Event(date(2026, 11, day)) for day in (19, 21)}
    monkeypatch.setattr(releases, "release_events", lambda _: events)
    assert releases.landed_and_not_published(home) == ([DAY], date(2026, 11, 21))
    assert stages.note_dates_not_built(Night(home, date(2026, 11, 22))) == [DAY]
    (text,) = stages.failures(Night(home, DAY)).values()
    assert "trigger the DAG assessment_build with partition_key=2026-11-20" in text
    assert stages.note_dates_not_built(Night(home, date(2026, 11, 22))) == [], "it is said once"
    with stages.noting_failures(Night(home, DAY), "assessment_build", "build_marts"):
        pass
    assert stages.failures(Night(home, DAY)) == {}, "and gone when the date is built"


class _Event:
    def __init__(self, business_date: date) -> None:
        self.business_date = business_date


def test_a_damaged_ledger_does_not_keep_a_source_from_landing(home: Settings) -> None:
    home.ledger_path.parent.mkdir(parents=True, exist_ok=True)
    home.ledger_path.write_text("not a line of a ledger\n", encoding="utf-8")
    with pytest.raises(Exception, match="ledger"):
        chain.Ledger(home.ledger_path).events()
    assert stages.note_dates_not_built(Night(home, DAY)) == []
