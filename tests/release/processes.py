"""Publishing in processes of its own, so that one can be killed or race another."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.context import ForkServerContext
from pathlib import Path

import duckdb

from minhu.landing.night import Night
from minhu.release import publisher

from .conftest import IDENTITY, LANDING, Home

NEVER = -1


def context() -> ForkServerContext:
    """Processes that start in milliseconds: the server they fork from has imported everything."""
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(["minhu.release.publisher", "tests.release.processes"])
    return chosen


def publish_and_die(home: Home, day: str, step: int) -> None:
    """Publish a night and SIGKILL this very process after ``step`` progress lines."""
    from datetime import date

    seen = 0

    def progress(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    publisher.publish(Night(home.settings, date.fromisoformat(day)), home.uri, IDENTITY, LANDING, progress)


def publish_another_content(home: Home, day: str, lock_sha256: str) -> None:
    """Publish a night as another set of libraries would have made it: the same date, another release."""
    from dataclasses import replace
    from datetime import date

    identity = replace(IDENTITY, lock_sha256=lock_sha256)
    publisher.publish(Night(home.settings, date.fromisoformat(day)), home.uri, identity, LANDING)


def roll_back_and_die(home: Home, release_id: str, step: int) -> None:
    """Roll back and SIGKILL this very process after ``step`` progress lines."""
    seen = 0

    def progress(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)

    publisher.rollback(home.settings, home.uri, release_id, progress)


def hold_work_file(path: Path, ready: object, done: object) -> None:
    """Keep the work file open for writing, as a build does."""
    with duckdb.connect(str(path)):
        ready.set()  # type: ignore[attr-defined]
        done.wait(30)  # type: ignore[attr-defined]
