"""A small city, and a real PostgreSQL to play its hotline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from minhu.simulator.city.city import City
from minhu.standalone import postgres

LAST = date(2026, 11, 20)


@pytest.fixture(scope="session")
def city() -> City:
    """Two hundredths of Xi'an, seven days up to ``LAST``; the assessment month turns on the sixth of them."""
    return City(seed=7, scale=0.02, start=date(2026, 11, 14))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("pg") / "postgres"
    postgres.start(folder)
    try:
        yield postgres.uri(folder, "source")
    finally:
        postgres.stop(folder)


@pytest.fixture
def hotline(server: str) -> Iterator[str]:
    """Connection string of a database without a hotline schema."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop schema if exists hotline cascade")
    yield server
