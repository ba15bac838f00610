"""The night that was really published, and the pages that publishing it left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.reports import dossier
from minhu.settings import Settings


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
