"""Work side by side in processes that end with the one that asked for it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from minhu.errors import TransientError

T = TypeVar("T")
R = TypeVar("R")

#: Pieces of work each process may have made or waiting ahead of the one that takes them, so that memory stays bounded.
_AHEAD = 2


@contextmanager
def pool(tried: str, most: int | None = None) -> Iterator[ProcessPoolExecutor]:
    """Processes that start afresh, one a core and ``most`` at most: a fork would share locks of threads (Arrow, progress bars).

    They end with their parent, however that ends. What they run must be importable, and a script that asks for them guarded by
    ``if __name__ == "__main__"``.

    Args:
        tried: what they are for, as an error says it.
        most: processes.

    Raises:
        TransientError: one of them was ended from outside.
    """
    cores = os.cpu_count() or 1
    spawning = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(min(most or cores, cores), spawning, initializer=_end_with_parent) as workers:
            yield workers
    except BrokenProcessPool as error:
        raise TransientError(
            tried, "a process that did a part of it was ended from outside",
            "see that there is memory enough and begin again: what is complete is not done again",
        ) from error  # fmt: skip


def in_order(tried: str, function: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
    """``function`` of every piece, made side by side and given in the order of the pieces.

    Raises:
        TransientError: a process was ended from outside.
    """
    with pool(tried) as workers:
        running: deque[Future[R]] = deque()
        for piece in pieces:
            running.append(workers.submit(function, piece))
            if len(running) > _AHEAD * (os.cpu_count() or 1):
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
