"""Two nights of a simulated city, landed, built, judged and published: one home for all tests of the folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.standalone import postgres
from tests.fixtures.homes import settings_at
from tests.fixtures.nights import publish_night_here

FIRST, LAST = date(2026, 11, 19), date(2026, 11, 20)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Release, Release]]:
    home = settings_at(tmp_path_factory.mktemp("explain") / "home")
    home.home.mkdir(parents=True)
    postgres.start(home.postgres_dir)
    first = publish_night_here(home, FIRST, days=35)
    last = publish_night_here(home, LAST)
    postgres.stop(home.postgres_dir)
    yield settings_at(home.home), first, last
