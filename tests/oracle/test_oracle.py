"""Four nights of a small city with late changes: every published figure is what the oracle makes of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import isclose
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from minhu.standalone import postgres
from tests.fixtures.homes import build_and_publish, query, settings_at
from tests.oracle import contract, oracle
from tests.oracle.counts import DEFINITIONS, Cell, Figure
from tests.oracle.sources import Night
from tests.oracle.story import NIGHTS, ToldCity, places, returned
from tests.oracle.story.grid import Grid
from tests.oracle.story.hotline import Hotline
from tests.oracle.story.stations import Stations

pytestmark = pytest.mark.nights(4)

#: A claim of a city about itself is no figure of the catalogue.
NOT_COVERED = {("H06", "claimed")}
KEY = "kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber"
SHOWN = ("PUBLISHED", "PUBLISHED_WITH_NOTE", "BAND_ONLY")


class Told(NamedTuple):
    """What a night published, what it holds before verdicts, and what the oracle says."""

    night: date
    published: dict[Cell, tuple[str, Figure]]
    made: dict[Cell, Figure]
    known: dict[Cell, Figure]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, postgres_folder: Path) -> list[Told]:
    home = settings_at(tmp_path_factory.mktemp("oracle"))
    uri = postgres.uri(postgres_folder, "minhu")
    rng = Random(20261230)
    hotline, grid, stations = Hotline(rng), Grid(rng), Stations(rng)
    nights: list[Night] = []
    found = []
    for night in NIGHTS:
        city = ToldCity()
        places(city, night)
        hotline.tell(city, night)
        grid.tell(city, night)
        stations.tell(city, night)
        returned.tell(rng, city, night)
        nights.append((night, city.told))
        city.land(home, night)
        build_and_publish(home, uri, night)
        published = {
            Cell(*row[:7]): (row[7], _figure(row[8], row[9], None, row[10]))
            for row in query(home, f"select {KEY}, verdict, numerator, denominator, value from publish.kpi_results")
        }
        made = {
            Cell(*row[:7]): _figure(*row[7:])
            for row in query(home, f"select {KEY}, numerator, denominator, sample_size, value from kpis.kpi_values")
        }
        found.append(Told(night, published, made, oracle.cells(nights, night)))
    return found


def _figure(*numbers: object) -> Figure:
    return Figure(*(None if number is None else float(number) for number in numbers))  # type: ignore[arg-type]


def test_every_kpi_of_the_contract_is_covered() -> None:
    assert set(DEFINITIONS) == contract.kpis() - NOT_COVERED
    assert len({kpi_id for kpi_id, _ in DEFINITIONS}) == 60


def test_every_figure_made_is_what_the_oracle_knows(told: list[Told]) -> None:
    for night in told:
        assert _differences(night.known, night.made, _hold) == [], f"{night.night}: cell, the oracle, the product"


def test_every_figure_shown_is_what_the_oracle_knows(told: list[Told]) -> None:
    """The counts of a hidden cell are hidden, but it is there."""
    for night in told:
        shown = {cell: figure for cell, (verdict, figure) in night.published.items() if verdict in SHOWN}
        assert len(shown) > len(night.published) / 10
        hidden = night.published.keys() - shown.keys()
        known = {cell: figure for cell, figure in night.known.items() if cell not in hidden}
        assert _differences(known, shown, _show) == [], f"{night.night}: cell, the oracle, the product"


def test_the_story_tells_of_every_kpi(told: list[Told]) -> None:
    """A KPI of zeros alone would agree with anything."""
    last = told[-1].known
    telling = {(cell.kpi_id, cell.variant) for cell, figure in last.items() if figure.value}
    assert telling == set(DEFINITIONS)


def _differences(
    known: dict[Cell, Figure], made: dict[Cell, Figure], compare: Callable[[Figure, Figure], bool]
) -> list[tuple[Cell, Figure | None, Figure | None]]:
    """The first twenty cells that differ; one with nothing in it may be left away."""
    nothing = Figure(0, 0, 0, None)
    different = [
        (cell, known.get(cell), made.get(cell))
        for cell in sorted(known | made)
        if (cell.kpi_id, cell.variant) not in NOT_COVERED
        and not (_is_empty(known.get(cell, nothing)) and _is_empty(made.get(cell, nothing)))
        and not (cell in known and cell in made and compare(known[cell], made[cell]))
    ]
    return different[:20]


def _is_empty(figure: Figure) -> bool:
    return not (figure.numerator or figure.denominator or figure.value)


def _hold(known: Figure, made: Figure) -> bool:
    return all(map(_is_near, known, made))


def _show(known: Figure, made: Figure) -> bool:
    return _hold(known._replace(sample_size=None), made)


def _is_near(known: float | None, made: float | None) -> bool:
    if known is None or made is None:
        return known is made
    return isclose(known, made, rel_tol=1e-9, abs_tol=1e-9)
