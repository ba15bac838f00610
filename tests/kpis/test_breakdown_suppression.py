"""Breakdowns of a KPI by values and places: no small cell follows from totals, shown figures and the night before."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from minhu.statistics.breakdown_suppression import CLOSED, HIDDEN, STALE, roles
from tests.fixtures.breakdown_attacker import CITY, Told, solved

FLOOR = 10
KEY = ["unit_code", "value_code"]


def rows_of(rng: np.random.Generator) -> pd.DataFrame:
    """Cases of a city by district (None: not known) and value; in half of the cities some count for a part."""
    part = rng.choice([0.0, 0.3])
    share = rng.choice([0.3, 0.85, 0.97])
    sizes = rng.choice([0, 1, 2, 5, 9, 12, 20, 45, 80], size=(rng.integers(2, 5), rng.integers(2, 7)))
    found = []
    for d, of_district in enumerate([*sizes.tolist(), rng.choice([0, 0, 0, 1, 2], size=sizes.shape[1]).tolist()]):
        for v, n in enumerate(of_district):
            if n:
                whole = rng.binomial(n, share)
                for_part = rng.binomial(n - whole, part)
                found.append((f"d{d}" if d < len(sizes) else None, f"v{v}", n, whole, for_part))
    return pd.DataFrame(found, columns=["place", "value", "n", "whole", "part"])


def grown(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same some nights later: orders that came late, one that was withdrawn, one that was solved after all."""
    rows = rows.copy()
    for at in rows.index[rng.random(len(rows)) < rng.choice([0.1, 0.5, 0.9])]:
        change = rng.choice(["late", "late_and_counts", "gone", "solved"])
        free = rows.loc[at, "n"] - rows.loc[at, "whole"] - rows.loc[at, "part"]
        if change.startswith("late"):
            rows.loc[at, "n"] += 1
            rows.loc[at, "whole"] += change != "late"
        elif change == "gone" and free and rows.loc[at, "n"] > 1:
            rows.loc[at, "n"] -= 1
        elif change == "solved" and free:
            rows.loc[at, "whole"] += 1
    return rows


def cells_of(rows: pd.DataFrame, hidden_totals: set[str] | frozenset[str] = frozenset()) -> pd.DataFrame:
    districts = rows.dropna(subset=["place"]).assign(unit_type="district")
    cells = pd.concat([districts, rows.assign(place=CITY, unit_type="city")]).rename(
        columns={"place": "unit_code", "value": "value_code"}
    )
    summed = cells.groupby(["unit_type", *KEY], as_index=False)[["n", "whole", "part"]].sum()
    return summed.assign(
        kpi_id="H09",
        caliber="full",
        period_start=date(2026, 10, 1),
        breakdown="category",
        denominator=summed["n"].astype(float),
        numerator=summed["whole"] + 0.9 * summed["part"],
        whole_count=summed["whole"],
        any_count=summed["whole"] + summed["part"],
        suppress_below=FLOOR,
        is_total_hidden=summed["unit_code"].isin(hidden_totals),
        is_told_elsewhere=False,
        was_published=False,
        denominator_before=np.nan,
        numerator_before=np.nan,
        was_hidden=False,
    )


def in_two_calibers(rng: np.random.Generator) -> pd.DataFrame:
    """Rows of assessed cases, and of the few that are kept out of the assessment."""
    assessed = rows_of(rng)
    size = rng.choice([0, 0, 1, 2, 6], len(assessed))
    whole = rng.binomial(size, 0.6)
    others = assessed.assign(n=size, whole=whole, part=0)
    return pd.concat([assessed.assign(is_assessed=True), others[size > 0].assign(is_assessed=False)], ignore_index=True)


def hidden_of(found: pd.DataFrame) -> set[tuple[str, str]]:
    return set(found[KEY].itertuples(index=False, name=None))


def role_of(found: pd.DataFrame) -> str:
    """Of the whole table, if it has one."""
    told = set(found["role"]) - {HIDDEN}
    assert len(told) <= 1
    return told.pop() if told else ""


def remembering(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """The second night with what the first showed."""
    found = roles(first)
    hidden, is_closed = hidden_of(found), role_of(found) == CLOSED
    before: dict[Any, Any] = {(row.unit_code, row.value_code): row for row in first.itertuples()}
    cells: list[Any] = list(second[KEY].itertuples(index=False, name=None))
    known = [before.get(cell) for cell in cells]
    return second.assign(
        was_published=True,
        was_hidden=[cell in hidden for cell in cells],
        denominator_before=[np.nan if was is None or is_closed else was.denominator for was in known],
        numerator_before=[
            np.nan if was is None or cell in hidden else was.numerator for cell, was in zip(cells, known, strict=True)
        ],
    )


@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in range(0, 60, 10)])
def test_no_small_cell_is_solved(seeds: range) -> None:
    for seed in seeds:
        rows = rows_of(np.random.default_rng(seed))
        found = roles(cells_of(rows))
        if role_of(found) != CLOSED:
            assert solved([Told(rows, hidden_of(found))], FLOOR) == set(), seed


@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in range(400, 430, 10)])
def test_one_caliber_does_not_tell_the_other(seeds: range) -> None:
    for seed in seeds:
        rows = in_two_calibers(np.random.default_rng(seed))
        assessed = cells_of(rows[rows["is_assessed"]]).assign(caliber="assessed")
        found = roles(pd.concat([cells_of(rows), assessed]))
        if role_of(found) != CLOSED:
            assert solved([Told(rows, hidden_of(found))], FLOOR) == set(), seed


def test_calibers_apart_would_tell_one_another() -> None:
    told = 0
    for seed in range(400, 430):
        rows = in_two_calibers(np.random.default_rng(seed))
        found = roles(cells_of(rows))
        if role_of(found) != CLOSED:
            told += len(solved([Told(rows, hidden_of(found))], FLOOR))
    assert told > 0, "hidden for all cases alone"


def test_hidden_totals_of_two_districts_are_no_way_in() -> None:
    """Of a small district, and of the one that hides it; what is hidden of the KPI, its breakdown does not tell."""
    for seed in range(20):
        rows = rows_of(np.random.default_rng(seed))
        totals = {"d0", "d1"}
        found = roles(cells_of(rows, totals))
        assert hidden_of(found) == set(cells_of(rows)[KEY].itertuples(index=False, name=None)), seed
        if role_of(found) != CLOSED:
            assert solved([Told(rows, hidden_of(found), totals)], FLOOR) == set(), seed


def test_the_attack_solves_what_nothing_else_hides() -> None:
    cities = [rows_of(np.random.default_rng(seed)) for seed in range(20)]
    small = [cells_of(rows).query("denominator < @FLOOR") for rows in cities]
    told = [Told(rows, hidden_of(cells)) for rows, cells in zip(cities, small, strict=True)]
    assert sum(len(solved([night], FLOOR)) for night in told) > 50


def test_most_tables_are_told() -> None:
    found = Counter(role_of(roles(cells_of(rows_of(np.random.default_rng(seed))))) for seed in range(200))
    assert found[""] > found[CLOSED]


@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in range(300, 340, 10)])
def test_two_nights_together_solve_no_small_cell(seeds: range) -> None:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        rows = rows_of(rng)
        later = grown(rows, rng)
        first, second = cells_of(rows), cells_of(later)
        before = roles(first)
        found = roles(remembering(first, second))
        if role_of(before) == CLOSED:
            assert role_of(found) == CLOSED, seed
        elif role_of(found) != STALE:
            nights = [Told(rows, hidden_of(before)), Told(later, hidden_of(found))]
            assert hidden_of(before) <= hidden_of(found), seed
            assert solved(nights, FLOOR) == set(), seed


def test_what_did_not_change_is_told_as_before() -> None:
    for seed in range(40):
        first = cells_of(rows_of(np.random.default_rng(seed)))
        pd.testing.assert_frame_equal(roles(remembering(first, first)), roles(first))


def test_a_late_order_of_a_small_cell_leaves_the_table_as_it_was() -> None:
    """Alone it changed, so its change is that of the total; the totals of the place are told in any case."""
    sizes = [
        ("d0", "v0", 3, 2),
        ("d0", "v1", 40, 30),
        ("d0", "v2", 50, 40),
        ("d1", "v0", 4, 2),
        ("d1", "v1", 30, 20),
        ("d1", "v2", 60, 40),
    ]
    rows = pd.DataFrame([(*row, 0) for row in sizes], columns=["place", "value", "n", "whole", "part"])
    late = pd.concat([rows, pd.DataFrame([("d0", "v3", 1, 1, 0)], columns=rows.columns)], ignore_index=True)
    assert role_of(roles(cells_of(rows))) == ""
    assert role_of(roles(remembering(cells_of(rows), cells_of(late)))) == STALE


def test_what_another_table_tells_hides_nothing() -> None:
    sizes = [("d0", "v0", 3, 2), ("d0", "v1", 40, 30), ("d1", "v0", 4, 2), ("d1", "v1", 30, 20)]
    rows = pd.DataFrame([(*row, 0) for row in sizes], columns=["place", "value", "n", "whole", "part"])
    cells = cells_of(rows)
    assert hidden_of(roles(cells)) == {(place, value) for place in ("d0", "d1", CITY) for value in ("v0", "v1")}
    told = cells.assign(is_told_elsewhere=cells["value_code"] == "v1")
    assert set(roles(told)["role"]) == {CLOSED}


def test_nothing_is_hidden_without_a_floor_or_a_small_cell() -> None:
    sizes = [("d0", "v0", 30, 20), ("d0", "v1", 40, 30), ("d1", "v1", 30, 20)]
    cells = cells_of(pd.DataFrame([(*row, 0) for row in sizes], columns=["place", "value", "n", "whole", "part"]))
    assert roles(cells).empty
    assert roles(cells.assign(denominator=1.0, suppress_below=0)).empty
    assert list(roles(cells.iloc[:0]).columns) == list(roles(cells).columns)


def test_rows_in_any_order_give_the_same_answer() -> None:
    cells = pd.concat([cells_of(rows_of(np.random.default_rng(3))).assign(kpi_id=kpi) for kpi in ("H06", "H08")])
    found = roles(cells)
    assert set(found["kpi_id"]) == {"H06", "H08"}
    pd.testing.assert_frame_equal(found, roles(cells.sample(frac=1, random_state=1)))
