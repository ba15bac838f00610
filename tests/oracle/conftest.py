"""Four nights of a small city with late changes, built once for the tests of counts and those of intervals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from minhu.settings import Settings
from minhu.standalone import postgres
from tests.fixtures.homes import build_and_publish, query, settings_at
from tests.oracle import breakdowns, oracle
from tests.oracle.breakdowns import Part
from tests.oracle.counts import Cell, Figure
from tests.oracle.sources import Night
from tests.oracle.story import told as story

KEY = "kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber"


class PublishedPart(NamedTuple):
    """A row of kpi_breakdowns; a stale one is of a night before."""

    verdict: str
    is_stale: bool
    figure: Figure


class Told(NamedTuple):
    """What a night published, what it made before verdicts, what the oracle says, and that with disputes as they stand."""

    night: date
    published: dict[Cell, tuple[str, Figure]]
    made: dict[Cell, Figure]
    known: dict[Cell, Figure]
    expected: dict[Cell, Figure]
    published_parts: dict[Part, PublishedPart]
    known_parts: dict[Part, Figure]


@pytest.fixture(scope="session")
def city_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Where the nights are built; after ``told`` it holds the last of them."""
    return settings_at(tmp_path_factory.mktemp("oracle"))


@pytest.fixture(scope="session")
def told(city_home: Settings, postgres_folder: Path, build_once: Callable[[str], None]) -> list[Told]:
    """Four nights, each published on the one before."""
    build_once("four nights of the oracle")
    uri = postgres.uri(postgres_folder, "publisher")
    nights: list[Night] = []
    found = []
    for night, city in story.nights():
        nights.append((night, city.told))
        city.land(city_home, night)
        build_and_publish(city_home, uri, night)
        published = {
            Cell(*row[:7]): (row[7], _figure(row[8], row[9], None, row[10]))
            for row in query(
                city_home, f"select {KEY}, verdict, numerator, denominator, value from publish.kpi_results"
            )
        }
        made = {
            Cell(*row[:7]): _figure(*row[7:])
            for row in query(
                city_home, f"select {KEY}, numerator, denominator, sample_size, value from kpis.kpi_values"
            )
        }
        published_parts = {
            Part(Cell(*row[:7]), *row[7:9]): PublishedPart(row[9], row[10], _figure(row[11], row[12], None, row[13]))
            for row in query(
                city_home,
                f"select {KEY}, breakdown, value_code, verdict, is_stale, numerator, denominator, value "
                "from publish.kpi_breakdowns",
            )
        }
        known = oracle.cells(nights, night)
        expected = oracle.cells_with_disputes(nights, night, known)
        known_parts = breakdowns.parts(nights, night)
        found.append(Told(night, published, made, known, expected, published_parts, known_parts))
    return found


def _figure(*numbers: object) -> Figure:
    return Figure(*(None if number is None else float(number) for number in numbers))  # type: ignore[arg-type]
