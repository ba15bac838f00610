"""Work side by side in processes that end with the one that asked for it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Pieces of work each process may have made or waiting ahead of the one that takes them, so that memory stays bounded.
_AHEAD = 2


def pool(most: int | None = None) -> ProcessPoolExecutor:
    """Processes that start afresh, one a core and ``most`` at most: a fork would share locks of threads (Arrow, progress bars).

    They end with their parent, however that ends. What they run must be importable, and a script that asks for them guarded by
    ``if __name__ == "__main__"``.
    """
    cores = os.cpu_count() or 1
    return ProcessPoolExecutor(
        min(most or cores, cores), multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )


def in_order(function: Callable[[T], R], pieces: Iterable[T]) -> Iterator[R]:
    """``function`` of every piece, made side by side and given in the order of the pieces.

    Raises:
        BrokenProcessPool: a process was ended from outside.
    """
    with pool() as workers:
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
