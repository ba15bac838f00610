"""One night that was really landed, built, judged and published, for all tests of the dossier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from minhu import settings as settings_module
from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.reports import dossier
from minhu.settings import Settings
from minhu.standalone import postgres
from tests.fixtures.nights import publish_night_here

NIGHT = date(2026, 11, 20)


@pytest.fixture(scope="session")
def home_of_a_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = settings_module.load(environ={"MINHU_HOME": str(tmp_path_factory.mktemp("dossier") / "home")})
    home.home.mkdir(parents=True)
    postgres.start(home.postgres_dir)
    publish_night_here(home, NIGHT, days=35)
    postgres.stop(home.postgres_dir)
    yield home


@pytest.fixture(scope="session")
def night(home_of_a_night: Settings) -> Release:
    return releases.current(home_of_a_night)


@pytest.fixture(scope="session")
def pages(home_of_a_night: Settings, night: Release) -> Path:
    """The folder that publishing the night left behind."""
    folder = home_of_a_night.home / "reports" / night.release_id
    assert folder.is_dir(), "publishing a night writes its dossier"
    return folder


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "pages"


def write(home: Settings, folder: Path, release_id: str | None = None) -> Path:
    return dossier.write(home, release_id, folder).index.parent
