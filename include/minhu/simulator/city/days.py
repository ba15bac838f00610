"""The days of a long history are made side by side: each is a function of itself alone, so nobody sees the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TypeVar

from minhu import processes

R = TypeVar("R")
#: Below it, starting processes costs more than they save.
_LONG_HISTORY = 200
_TRIED = "make the history of the simulated city"
#: Days that follow one another and go to one process, for deliveries look back over a month that is then made once.
_RUN = 60


def in_runs(function: Callable[[list[date]], R], days: Sequence[date], length: int = _RUN) -> Iterator[R]:
    """``function`` of every run of days, in their order; by several processes where there are many days.

    Args:
        function: must be picklable, as must be what it gives.
        days: in order.
        length: of a run.
    """
    runs = [list(days[first : first + length]) for first in range(0, len(days), length)]
    return processes.in_order(_TRIED, function, runs) if len(days) >= _LONG_HISTORY else map(function, runs)
