"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from minhu import postgres, settings
from minhu.settings import Settings


@pytest.fixture(scope="session")
def postgres_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A running embedded PostgreSQL; the data folder is short, or its socket would not fit."""
    folder = tmp_path_factory.mktemp("pg") / "data"
    postgres.start(folder)
    yield folder
    postgres.stop(folder)


@pytest.fixture
def hotline_uri(postgres_folder: Path) -> Iterator[str]:
    """An empty hotline as the contract has it; gone after the test."""
    uri = postgres.uri(postgres_folder, "hotline")
    with psycopg.connect(uri) as connection:
        connection.execute(resources.files("minhu").joinpath("sql", "hotline.sql").read_bytes())
    yield uri
    with psycopg.connect(uri) as connection:
        connection.execute("drop schema hotline cascade")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Settings of an empty home, free of the environment."""
    return settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
