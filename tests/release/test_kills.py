"""SIGKILL after every step, then the next run; two publishers at once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from minhu.audit import verification
from minhu.errors import TransientError
from minhu.ledger.chain import Ledger
from minhu.release import publisher, releases

from . import processes
from .checks import files_equal_postgres, shown
from .conftest import CELLS, D18, D19, D20, D21, Home


def test_run_killed_after_any_step_is_finished_by_the_next(home: Home) -> None:
    home.night(D18 - timedelta(days=1))  # which makes the tables, as no night after it does
    home.said.clear()
    before = home.night(D18)
    steps = list(home.said)
    assert len(steps) > 12  # store, folder, ledger, database: every step speaks
    for number in range(1, len(steps) + 1):
        day = D18 + timedelta(days=number)
        home.build(day, (replace(CELLS[0], numerator=number % 7), *CELLS[1:]))
        child = processes.context().Process(target=processes.publish_and_die, args=(home, day.isoformat(), number))
        child.start()
        child.join(60)
        at = f"killed after step {number}: {steps[number - 1]}"
        assert child.exitcode == -signal.SIGKILL, at

        visible = home.rows("select distinct release_id, count(*) over () from published.kpi_results")
        assert len(visible) == 1, at
        assert visible[0][1] == len(CELLS), at
        committed = shown(home) != before.release_id
        assert committed == (number >= len(steps) - 1), at  # only the last two lines come after the commit

        home.said.clear()
        after = home.publish(day)
        assert shown(home) == after.release_id, at
        assert verification.verify(home.settings) == [], at
        assert list(home.settings.releases_dir.glob(".*")) == [], at
        assert list(home.settings.store_dir.glob(".*")) == [], at
        before = after
    assert home.rows("select count(*) from published.releases") == [(len(steps) + 2,)]
    assert files_equal_postgres(home) == len(steps) + 2


def test_rollback_killed_after_any_step_is_finished_by_the_next(home: Home) -> None:
    first = home.night(D19)
    home.night(D20)
    for step in (1, 2, 3, 4):
        home.night(D21 + timedelta(days=step))
        child = processes.context().Process(target=processes.roll_back_and_die, args=(home, first.release_id, step))
        child.start()
        child.join(60)
        assert child.exitcode in (-signal.SIGKILL, 0)
        publisher.rollback(home.settings, home.uri, first.release_id)
        assert shown(home) == first.release_id
        assert releases.current(home.settings).release_id == first.release_id
    assert verification.verify(home.settings) == []


def test_torn_last_line_is_set_aside_and_mended(home: Home) -> None:
    home.night(D19)
    home.night(D20)
    path = home.settings.ledger_path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:40])
    assert [event.business_date for event in Ledger(path).events()] == [D19]
    assert any(
        "the last line of ledger.jsonl is incomplete" in problem for problem in verification.verify(home.settings)
    )
    home.publish(D20)
    assert path.read_bytes() == b"".join(lines)
    assert verification.verify(home.settings) == []


def test_two_publishers_of_one_home_take_turns(home: Home) -> None:
    home.build(D20)
    racing = [
        processes.context().Process(target=processes.publish_and_die, args=(home, day.isoformat(), processes.NEVER))
        for day in (D20, D20, D21)
    ]
    for process in racing:
        process.start()
    for process in racing:
        process.join(60)
    assert [process.exitcode for process in racing] == [0, 0, 0]
    assert home.rows("select count(*) from published.releases") == [(2,)]
    assert releases.current(home.settings).business_date == D21
    assert shown(home) == releases.current(home.settings).release_id
    assert files_equal_postgres(home) == 2
    assert verification.verify(home.settings) == []


def test_two_releases_of_one_date_at_once_stand_in_one_order_and_the_later_is_current(home: Home) -> None:
    home.build(D20)
    racing = [
        processes.context().Process(target=processes.publish_another_content, args=(home, D20.isoformat(), digit * 64))
        for digit in "789"
    ]
    for process in racing:
        process.start()
    for process in racing:
        process.join(60)
    assert [process.exitcode for process in racing] == [0, 0, 0]
    events = Ledger(home.settings.ledger_path).events()
    assert [(event.number, event.business_date) for event in events] == [(1, D20), (2, D20), (3, D20)]
    assert len({event.release_id for event in events}) == 3
    assert shown(home) == releases.current(home.settings).release_id == events[-1].release_id
    assert files_equal_postgres(home) == 3
    assert verification.verify(home.settings) == []


def test_two_homes_publishing_into_one_database_take_turns(make_home: Callable[[], Home]) -> None:
    homes = [make_home() for _ in range(3)]
    days = (D18, D19, D20)
    for number, home in enumerate(homes):
        home.uri = homes[0].uri
        home.build(days[number], (replace(CELLS[0], numerator=number - 10), *CELLS[1:]))
    racing = [
        processes.context().Process(target=processes.publish_and_die, args=(home, day.isoformat(), processes.NEVER))
        for home, day in zip(homes, days, strict=True)
    ]
    for process in racing:
        process.start()
    for process in racing:
        process.join(60)
    assert [process.exitcode for process in racing] == [0, 0, 0]
    released = homes[0].rows("select release_no, business_date from published.releases")
    for number, day in released:
        changed = homes[0].rows("select min(numerator)::int from published.kpi_results_at(%s)", number)
        assert changed == [(days.index(day) - 10,)]
    assert shown(homes[0]).startswith("2026-11-20")


def test_work_file_held_by_a_build_is_worth_a_retry(home: Home) -> None:
    home.build(D20)
    chosen = processes.context()
    ready, done = chosen.Event(), chosen.Event()
    holder = chosen.Process(target=processes.hold_work_file, args=(home.settings.warehouse_path, ready, done))
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(TransientError, match="wait until the build that holds it has ended"):
            home.publish(D20)
    finally:
        done.set()
        holder.join(30)
    assert home.publish(D20).is_new
