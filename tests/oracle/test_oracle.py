"""Four nights of a small city with late changes: every published figure is what the oracle makes of the same rows."""

from __future__ import annotations

import re
from math import isclose
from pathlib import Path

import pytest

from tests.oracle import contract
from tests.oracle.conftest import Told
from tests.oracle.counts import DEFINITIONS, Cell, Figure
from tests.oracle.disputes import DISPUTES

pytestmark = pytest.mark.nights(4)

#: A claim of a city about itself is no figure of the catalogue.
NOT_COVERED = {("H06", "claimed")}
#: Counts are kept with four decimals and a mean headcount adds up from rounded ones; values have six at least.
COUNTS_APART, VALUES_APART = 2e-4, 1e-6
SHOWN = ("PUBLISHED", "PUBLISHED_WITH_NOTE", "BAND_ONLY")


def test_the_oracle_knows_nothing_of_the_product() -> None:
    """Neither its code nor the fixtures that use it; only the story and the tests do."""
    families = [path for path in Path(__file__).parent.glob("*.py") if not path.name.startswith(("test_", "conftest"))]
    assert len(families) > 15
    for path in families:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if re.match(r"\s*(from|import) (minhu|tests\.(?!oracle))", line)] == [], (
            path.name
        )
        assert [line for line in lines if "import" in line and "tests.oracle.story" in line] == [], path.name


def test_every_kpi_of_the_contract_is_covered() -> None:
    assert set(DEFINITIONS) == contract.kpis() - NOT_COVERED
    assert len({kpi_id for kpi_id, _ in DEFINITIONS}) == 60


def test_every_figure_made_is_what_the_oracle_knows(told: list[Told]) -> None:
    for night in told:
        assert _differences(night.expected, night.made) == [], f"{night.night}: cell, the oracle, the product"


def test_every_figure_shown_is_what_the_oracle_knows(told: list[Told]) -> None:
    """The numerator of a hidden cell is hidden, but the cell is there."""
    for night in told:
        shown = {cell: figure for cell, (verdict, figure) in night.published.items() if verdict in SHOWN}
        assert len(shown) > 2000, "a night that hides all proves nothing"
        hidden = night.published.keys() - shown.keys()
        expected = {cell: f._replace(sample_size=None) for cell, f in night.expected.items() if cell not in hidden}
        assert _differences(expected, shown) == [], f"{night.night}: cell, the oracle, the product"


def test_a_settled_dispute_is_no_dispute(told: list[Told]) -> None:
    """Where the product has come round to the oracle, its entry in ``disputes`` has to go."""
    disputed = {
        (cell.kpi_id, cell.variant) for night in told for cell, _, _ in _differences(night.known, night.made, most=None)
    }
    assert disputed == set(DISPUTES)


def test_the_story_tells_of_every_kpi(told: list[Told]) -> None:
    """A KPI of zeros alone would agree with anything."""
    telling = {(cell.kpi_id, cell.variant) for cell, figure in told[-1].known.items() if figure.value}
    assert telling == set(DEFINITIONS)


def _differences(
    known: dict[Cell, Figure], made: dict[Cell, Figure], most: int | None = 20
) -> list[tuple[Cell, Figure | None, Figure | None]]:
    """The first cells that differ; one with nothing in it may be left away."""
    nothing = Figure(0, 0, 0, None)
    different = [
        (cell, known.get(cell), made.get(cell))
        for cell in sorted(known | made)
        if (cell.kpi_id, cell.variant) not in NOT_COVERED
        and not (_is_empty(known.get(cell, nothing)) and _is_empty(made.get(cell, nothing)))
        and not (cell in known and cell in made and _is_same(known[cell], made[cell]))
    ]
    return different[:most]


def _is_empty(figure: Figure) -> bool:
    return not (figure.numerator or figure.denominator or figure.value)


def _is_same(known: Figure, made: Figure) -> bool:
    apart = (COUNTS_APART, COUNTS_APART, COUNTS_APART, VALUES_APART)
    return all(map(_is_near, known, made, apart))


def _is_near(known: float | None, made: float | None, apart: float) -> bool:
    if known is None or made is None:
        return known is made
    return isclose(known, made, rel_tol=0, abs_tol=apart)
