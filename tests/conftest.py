"""Fixtures that several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import filelock
import hypothesis
import psycopg
import pytest

from minhu import settings
from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.standalone import postgres
from minhu.warehouse import dbt_build, parsed_project
from tests.fixtures.landed import NIGHT
from tests.fixtures.nights import embedded_server, publish_night_here

# How long an example takes says how busy the machine is; the same ones each time, or a failure would come and go.
hypothesis.settings.register_profile("minhu", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("minhu")


def nights(item: pytest.Item) -> int:
    """How many nights the file of a test builds, as it says itself."""
    mark = item.get_closest_marker("nights")
    return int(mark.args[0]) if mark else 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that build most nights first: begun last, they would leave the other processes with nothing to do."""
    items.sort(key=nights, reverse=True)


#: Folders and files whose tests read what is built once a session: they go to one process, or each would build it.
SHARING = {
    "a night of a simulated city": (
        "tests/dossier/",
        "tests/analysis/",
        "tests/dbt/test_plans.py",
        "tests/release/test_kept_files.py",
    ),
    "four nights of the oracle": ("tests/oracle/",),
    "the city of floors": ("tests/dbt/test_verdicts.py", "tests/dbt/test_waivers.py"),
}


def process_group(nodeid: str) -> str:
    """What a test goes to a process with: the tests of its file, or all that share what theirs build.

    pytest-xdist's own mark for this writes into a name that pytest no longer lets it change, and has no effect.
    """
    path = nodeid.split("::")[0]
    return next((group for group, paths in SHARING.items() if path.startswith(paths)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """``--dist loadscope`` by :func:`process_group`."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return process_group(nodeid)

    return ByGroup(config, log)


def of_all_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that the processes of a run have in common."""
    root = tmp_path_factory.getbasetemp()
    return root.parent if "PYTEST_XDIST_WORKER" in os.environ else root


@pytest.fixture(scope="session")
def build_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Called by what is built once a session: a second process that builds it too is one that ``SHARING`` should spare."""

    def build(group: str) -> None:
        marker = of_all_processes(tmp_path_factory) / f"{group}.built"
        try:
            marker.open("x").close()
        except FileExistsError:
            pytest.fail(
                f"{group} is built by two processes: name the files that read it in SHARING of tests/conftest.py"
            )

    return build


@pytest.fixture(scope="session")
def read_project(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which dbt has written what it read of the project, which takes as long as a night: once for all processes.

    What was read is kept beside the project, where every night of these files finds it.
    """
    root = of_all_processes(tmp_path_factory)
    home = settings.load(environ={"MINHU_HOME": str(root / "read")})
    key = parsed_project.key(home)
    target = home.home / "dbt" / "target"
    with filelock.FileLock(root / "read.lock"):
        if not parsed_project.is_described(target, key):
            state = {"previous_business_date": NIGHT, "previous_load_no": 0, "city_code": "610100"}
            dbt_build.run_dbt(Night(home, NIGHT), ["parse"], state)
            parsed_project.keep(home, key, target)
            parsed_project.describe(target, key)
    return home


@pytest.fixture(scope="module", autouse=True)
def project_is_read(request: pytest.FixtureRequest) -> None:
    """Files that build nights begin with a project that is read."""
    if request.node.get_closest_marker("nights"):
        request.getfixturevalue("read_project")


@pytest.fixture(scope="session")
def home_of_a_night(tmp_path_factory: pytest.TempPathFactory, build_once: Callable[[str], None]) -> Settings:
    """One night that was really landed, built, judged and published, with its reports. Whoever changes it takes a copy."""
    build_once("a night of a simulated city")
    home = settings.load(environ={"MINHU_HOME": str(tmp_path_factory.mktemp("a_night") / "home")})
    home.home.mkdir(parents=True)
    with embedded_server(home):
        publish_night_here(home, NIGHT, days=35)
    return home


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
    uri = postgres.uri(postgres_folder, "source")
    with psycopg.connect(uri) as connection:
        connection.execute(resources.files("minhu").joinpath("extract", "hotline", "hotline.sql").read_bytes())
    yield uri
    with psycopg.connect(uri) as connection:
        connection.execute("drop schema hotline cascade")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Settings of an empty home, free of the environment."""
    return settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
