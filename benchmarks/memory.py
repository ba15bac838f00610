"""The most memory that something took while it ran, looked at again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Peak:
    """The highest figure that was seen, in the bytes of who looked."""

    bytes: int = 0


@contextmanager
def peak(look: Callable[[], int], every_s: float) -> Iterator[Peak]:
    """What ``look`` gives at its highest, asked every so many seconds until the end."""
    found = Peak()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every_s):
            found.bytes = max(found.bytes, look())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()
