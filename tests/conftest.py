"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import pytest

from minhu import settings
from minhu.settings import Settings
from minhu.standalone import postgres

#: What takes longest, the longest first: begun last, it would leave the other processes with nothing to do.
LONGEST = (
    "tests/release/test_restatements.py", "tests/end_to_end/test_night.py", "tests/dbt/test_incremental_property.py",
    "tests/dossier", "tests/release/test_replay.py", "tests/dbt/test_verdicts.py", "tests/dbt/test_organisation.py",
    "tests/end_to_end/test_faulty_month.py", "tests/end_to_end/test_backfill_by_airflow.py",
    "tests/nightly/test_backfill.py", "tests/end_to_end/test_scheduler.py", "tests/end_to_end/test_sign_off.py",
    "tests/dbt/test_comparisons.py", "tests/dbt/test_incremental.py", "tests/dbt/test_return_restatements.py",
    "tests/end_to_end/test_truth.py", "tests/dbt/test_project_shape.py", "tests/dbt/test_waivers.py",
    "tests/simulator/test_simulate.py",
)  # fmt: skip


def share(nodeid: str) -> str:
    """What one process runs as a whole: a file, with the fixtures of its module; or a folder that shares one night."""
    path = nodeid.split("::")[0]
    return "tests/dossier" if path.startswith("tests/dossier/") else path


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # one process of several
        places = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(share(item.nodeid), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """``--dist loadfile`` with shares instead of files."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByShare(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share(nodeid)

    return ByShare(config, log)


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
        connection.execute(resources.files("minhu").joinpath("extract", "hotline", "hotline.sql").read_bytes())
    yield uri
    with psycopg.connect(uri) as connection:
        connection.execute("drop schema hotline cascade")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Settings of an empty home, free of the environment."""
    return settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
