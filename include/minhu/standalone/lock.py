"""One night at a time per city."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import filelock

from minhu import atomic
from minhu.errors import Busy


@contextmanager
def exclusive_night(home: Path, business_date: date, doing: str = "") -> Iterator[None]:
    """Hold the city's night; the lock goes with the process, also when it is killed.

    Args:
        home: of the city.
        business_date: the night.
        doing: what holds it, for whoever comes second; by default that night.

    Raises:
        Busy: another night holds it; the message names its process and date.
    """
    home.mkdir(parents=True, exist_ok=True)
    owner = home / "night.json"
    lock = filelock.FileLock(home / "night.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Busy(
            f"start the night of {business_date}",
            f"{_holder(owner)} in {home}",
            "wait until it has ended, then try again",
        ) from None
    try:
        held = {"pid": os.getpid(), "business_date": business_date.isoformat()}
        atomic.write_json(owner, {**held, "doing": doing or f"the night of {business_date}"})
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _holder(owner: Path) -> str:
    """Who holds the lock, in words; a night that is just beginning or ending has no record."""
    held = atomic.read_json(owner)
    if isinstance(held, dict) and {"pid", "doing"} <= set(held):
        return f"process {held['pid']} is running {held['doing']}"
    return "another process is beginning or ending a night"
