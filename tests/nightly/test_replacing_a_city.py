"""A synthetic city that was published is not replaced by another one; what is not said goes on as it is."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from minhu import settings as settings_module
from minhu.errors import UsageError
from minhu.settings import Settings
from minhu.simulator.simulate import read_city
from minhu.standalone import postgres
from minhu.standalone.nightly import Simulation, prepare_sources
from tests.fixtures.landed import NIGHT

TINY = Simulation(days=1, scale=0.001, seed=5)


@pytest.fixture
def tiny(home: Settings, postgres_folder: Path) -> Settings:
    """A home with a tiny city that was landed."""
    with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
        connection.execute("drop database if exists simulated")
        connection.execute("create database simulated")
    hotline_uri = postgres.superuser_uri(postgres_folder, "simulated")
    settings = replace(home, hotline_uri=hotline_uri, published_uri=hotline_uri)
    prepare(settings, TINY)
    (settings.landing_dir / "hotline").mkdir(parents=True)
    return settings


def prepare(settings: Settings, simulation: Simulation) -> list[str]:
    told: list[str] = []
    settings = replace(settings, city=settings_module.read_profile(settings.home, settings.city.code))
    with ExitStack() as stack:
        prepare_sources(settings, NIGHT, simulation, stack, told.append)
    return told


@pytest.mark.parametrize("other", [Simulation(scale=0.002), Simulation(seed=6), Simulation(days=9)])
def test_a_city_with_releases_is_not_replaced(tiny: Settings, other: Simulation) -> None:
    (tiny.releases_dir / "2026-11-20-0123456789").mkdir(parents=True)
    before = json.loads((tiny.home / "city.json").read_text(encoding="utf-8"))
    with pytest.raises(UsageError, match=r"holds releases of the one of scale 0\.001 and seed 5.*MINHU_HOME"):
        prepare(tiny, other)
    assert json.loads((tiny.home / "city.json").read_text(encoding="utf-8")) == before
    assert (tiny.landing_dir / "hotline").is_dir(), "landing stays where releases look for it"
    assert not (tiny.home / "set-aside").exists()


def test_what_is_not_said_goes_on_as_it_is(tiny: Settings) -> None:
    (tiny.releases_dir / "2026-11-20-0123456789").mkdir(parents=True)
    told = prepare(tiny, Simulation())
    assert told[0].startswith("synthetic city: scale 0.001, seed 5, 1 days")
    city = read_city(tiny.home)
    assert city is not None and (city.scale, city.seed) == (0.001, 5)


def test_a_city_nothing_was_published_of_is_set_aside(tiny: Settings) -> None:
    told = prepare(tiny, Simulation(days=1, scale=0.001, seed=6))
    assert (tiny.home / "set-aside" / "001" / "landing" / "hotline").is_dir()
    assert any("another simulated city was asked for" in line for line in told)
