"""Two nights of a simulated city, landed, built, judged and published: one home for all tests of the folder."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.settings import Settings
from tests.fixtures.homes import settings_at
from tests.fixtures.landed import NIGHT
from tests.fixtures.nights import embedded_server, publish_night_here

LAST = date(2026, 11, 21)


@pytest.fixture(scope="module")
def nights(home_of_a_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Release, Release]:
    first = releases.current(home_of_a_night)
    assert first.business_date == NIGHT < LAST
    home = settings_at(tmp_path_factory.mktemp("explain") / "home")
    shutil.copytree(home_of_a_night.home, home.home, symlinks=True)
    with embedded_server(home):
        last = publish_night_here(home, LAST)
    return settings_at(home.home), first, last
