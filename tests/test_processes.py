"""Work side by side gives what work one after the other gives, in the same order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from functools import partial

import pytest

from minhu import processes
from minhu.simulator.city import days
from minhu.simulator.city.city import City
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.hotline.hotline_db import _born


def _where(number: int) -> tuple[int, int]:
    if number < 0:
        raise ValueError(number)
    return number, os.getpid()


def test_pieces_come_in_their_order_from_other_processes() -> None:
    found = list(processes.in_order(_where, range(40)))
    assert [number for number, _ in found] == list(range(40))
    assert os.getpid() not in {process for _, process in found}


def test_no_more_is_begun_than_is_soon_taken() -> None:
    asked: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    results = processes.in_order(_where, pieces())
    next(results)
    assert len(asked) <= 2 * (os.cpu_count() or 1) + 1
    results.close()  # type: ignore[attr-defined]


def test_what_fails_there_is_raised_here() -> None:
    with pytest.raises(ValueError, match="-1"):
        list(processes.in_order(_where, [1, -1]))


def test_a_long_history_is_that_of_its_days(monkeypatch: pytest.MonkeyPatch) -> None:
    city = City(7, 0.002, date(2026, 1, 1))
    some = list(city.days(date(2026, 1, 12)))
    born = partial(_born, city, end_of_day(date(2026, 1, 12)))
    one_after_the_other = [table for run in days.in_runs(born, some, 5) for table in run]
    monkeypatch.setattr(days, "_LONG_HISTORY", 10)
    assert [table for run in days.in_runs(born, some, 5) for table in run] == one_after_the_other
    assert sum(rows for *_, rows in one_after_the_other) > 100
