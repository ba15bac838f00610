"""Built work files: real landing, real dbt, no simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from minhu.settings import Settings
from tests.fixtures import floors
from tests.fixtures.homes import build, query, settings_at
from tests.fixtures.landed import NIGHT


@pytest.fixture(scope="session")
def city_of_floors(tmp_path_factory: pytest.TempPathFactory, build_once: Callable[[str], None]) -> Settings:
    """The city of ``floors``, built and not judged. Whoever changes it takes a copy."""
    build_once("the city of floors")
    settings = settings_at(tmp_path_factory.mktemp("floors") / "home")
    floors.first_delivery().land(settings)
    build(settings, NIGHT)
    return settings


@pytest.fixture
def ask(built: Settings) -> Callable[..., list[tuple[Any, ...]]]:
    """Query the module's built work file."""
    return lambda statement, *parameters: query(built, statement, *parameters)
