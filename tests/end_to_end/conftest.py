"""A few real nights of one small city, told in order: each is run once and looked at by several tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from minhu.standalone import postgres
from tests.cli.processes import Ended, Running, minhu, processes_of, start
from tests.fixtures.waiting import PATIENCE

FIRST, SECOND, THIRD = "2026-11-20", "2026-11-21", "2026-11-22"
CITY = ("--scale", "0.01", "--seed", "7")


@dataclass
class City:
    """The home of the nights."""

    home: Path

    def nightly(self, day: str) -> Ended:
        return minhu(self.home, "nightly", "--date", day, *CITY)

    def begin_night(self, day: str) -> Running:
        return start(self.home, "nightly", "--date", day, *CITY)

    def status(self) -> dict[str, Any]:
        done = minhu(self.home, "status", "--json")
        assert done.code == 0, done.said
        return dict(json.loads(done.out))

    def sql(self, statement: str) -> list[dict[str, Any]]:
        """Rows of the current release, through ``minhu sql``."""
        done = minhu(self.home, "sql", statement, "--format", "json")
        assert done.code == 0, done.said
        return list(json.loads(done.out))

    def releases(self) -> list[str]:
        """Lines of the ledger."""
        return minhu(self.home, "releases").out.splitlines()


@dataclass
class Night:
    """One night that was run to its end, and what was public after it."""

    ended: Ended
    status: dict[str, Any]
    ledger: list[str]
    left_running: list[str]

    @property
    def release_id(self) -> str:
        return str(self.status["release_id"])


@dataclass
class Reader:
    """Asks the published view again and again, as a dashboard does, and keeps what it saw."""

    uri: str
    seen: list[tuple[Any, ...]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @contextmanager
    def reading(self) -> Iterator[None]:
        done = threading.Event()
        thread = threading.Thread(target=self._read, args=(done,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(timeout=PATIENCE)

    def _read(self, done: threading.Event) -> None:
        try:
            with psycopg.connect(self.uri, autocommit=True) as connection:
                while not done.wait(0.05):
                    rows = connection.execute(
                        "select release_id, count(*), count(*) filter (where is_stale), sum(numerator), max(as_of)"
                        " from published.kpi_results group by release_id"
                    ).fetchall()
                    if not self.seen or self.seen[-1] != tuple(rows):
                        self.seen.append(tuple(rows))
        except psycopg.Error as error:
            self.errors.append(repr(error))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A home in which nothing has run."""
    home = tmp_path_factory.mktemp("night")
    try:
        yield City(home)
    finally:
        postgres.stop(home / "postgres")


def looked_at(city: City, ended: Ended) -> Night:
    left = processes_of(city.home)
    return Night(ended, city.status(), city.releases(), left)
