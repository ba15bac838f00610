"""Work side by side gives what work one after the other gives, in the same order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from minhu import processes
from minhu.errors import TransientError
from minhu.simulator.city import days
from minhu.simulator.city.city import City
from minhu.simulator.city.drop_folder import fill
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.hotline.hotline_db import _born


def _end(_: int) -> None:
    os._exit(9)


def _files(day: date) -> dict[str, bytes]:
    return {"a.csv": day.isoformat().encode()}


def _where(number: int) -> tuple[int, int]:
    if number < 0:
        raise ValueError(number)
    return number, os.getpid()


def test_pieces_come_in_their_order_from_other_processes() -> None:
    found = list(processes.in_order("count", _where, range(40)))
    assert [number for number, _ in found] == list(range(40))
    assert os.getpid() not in {process for _, process in found}


def test_no_more_is_begun_than_is_soon_taken() -> None:
    asked: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    results = processes.in_order("count", _where, pieces())
    next(results)
    assert len(asked) <= 2 * (os.cpu_count() or 1) + 1
    results.close()  # type: ignore[attr-defined]


def test_what_fails_there_is_raised_here() -> None:
    with pytest.raises(ValueError, match="-1"):
        list(processes.in_order("count", _where, [1, -1]))


def test_a_process_that_is_ended_from_outside_is_a_sentence() -> None:
    with pytest.raises(TransientError, match="count: a process .* ended from outside.*begin again"):
        list(processes.in_order("count", _end, range(4)))


def test_a_drop_folder_of_a_long_history_holds_every_day_and_nothing_of_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(days, "_LONG_HISTORY", 10)
    city, last = City(7, 0.002, date(2026, 1, 1)), date(2026, 3, 31)
    half_made = tmp_path / ".stations-in-work-2026-01-05"
    half_made.mkdir()
    due = {day: partial(_files, day) for day in city.days(last)}
    assert fill(tmp_path / "stations", city, last, due) == 90
    found = {path.parent.name: path.read_text() for path in (tmp_path / "stations").glob("*/a.csv")}
    assert found == {day.isoformat(): day.isoformat() for day in due}
    assert not half_made.exists() and fill(tmp_path / "stations", city, last, due) == 0


def test_a_long_history_is_that_of_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    city = City(7, 0.002, date(2026, 1, 1))
    some = list(city.days(date(2026, 1, 12)))
    born = partial(_born, city, end_of_day(date(2026, 1, 12)))
    one_after_the_other = [table for run in days.in_runs(born, some, 5) for table in run]
    monkeypatch.setattr(days, "_LONG_HISTORY", 10)
    assert [table for run in days.in_runs(born, some, 5) for table in run] == one_after_the_other
    assert sum(rows for *_, rows in one_after_the_other) > 100
