"""Four nights of a small city with late changes: every published figure is what the oracle makes of the same rows."""

from __future__ import annotations

import re
from collections import defaultdict
from math import isclose
from pathlib import Path

import pytest

from tests.oracle import contract
from tests.oracle.breakdowns import BROKEN_DOWN
from tests.oracle.conftest import PublishedPart, Told
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


def test_every_part_shown_is_what_the_oracle_knows(told: list[Told]) -> None:
    """Of months that are settled and covered; what a night before showed is not of tonight."""
    shown_count = 0
    for night in told:
        fresh = {part: row for part, row in night.published_parts.items() if not row.is_stale}
        shown = {part: row.figure for part, row in fresh.items() if row.verdict in SHOWN}
        shown_count += len(shown)
        tables = {(part.cell.kpi_id, part.cell.period_start) for part in fresh}
        known = {
            part: figure
            for part, figure in night.known_parts.items()
            if (part.cell.kpi_id, part.cell.period_start) in tables and not _is_empty(figure)
        }
        if len(fresh) == len(night.published_parts):
            assert known.keys() == fresh.keys()
        differing = [
            (part, known.get(part), figure)
            for part, figure in shown.items()
            if part not in known or not _is_same(known[part]._replace(sample_size=None), figure)
        ]
        assert differing == [], f"{night.night}: part, the oracle, the product"
        assert {kpi for kpi, _ in tables} == set(BROKEN_DOWN)
    assert shown_count > 500, "nights that hide all prove nothing"


def test_parts_add_up_to_their_cell(told: list[Told]) -> None:
    """What is hidden is left out of the sum: where nothing is, it is the cell."""
    seen = 0
    for night in told:
        sums: dict[tuple[Cell, str], list[PublishedPart]] = defaultdict(list)
        for part, row in night.published_parts.items():
            sums[part.cell, part.breakdown].append(row)
        for (cell, _), rows in sums.items():
            verdict, figure = night.published[cell]
            if verdict in SHOWN and all(row.verdict in SHOWN and not row.is_stale for row in rows):
                assert isclose(
                    sum(row.figure.numerator or 0 for row in rows), figure.numerator or 0, abs_tol=COUNTS_APART
                )
                seen += 1
            if verdict not in SHOWN:
                assert not any(row.verdict in SHOWN for row in rows), cell
    assert seen > 50


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
