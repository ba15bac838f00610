"""An attacker who subtracts: with every total, every denominator and the night before, no hidden figure is solved."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from minhu.statistics.complements import complements
from tests.fixtures.attacker import Night, solved

FLOOR = 10


def leaves(rng: np.random.Generator) -> pd.DataFrame:
    """Communities with cases counted and solved, some in no known community, each worked on by one department."""
    rows = []
    share = rng.choice([0.0, 0.3, 0.9, 1.0], p=[0.1, 0.2, 0.5, 0.2])
    for d in range(rng.integers(2, 5)):
        for s in range(rng.integers(1, 5)):
            for c in range(rng.integers(1, 5)):
                size = int(rng.choice([0, 1, 3, 8, 12, 25, 60]))
                place = {"d": f"d{d}", "s": f"d{d}s{s}", "c": f"d{d}s{s}c{c}" if rng.random() > 0.05 else None}
                rows.append({**place, "u": f"u{rng.integers(0, 4)}", "n": size, "x": int(rng.binomial(size, share))})
    return pd.DataFrame(rows)


def grown(places: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same places a night later: some have more cases, others lost a few that were withdrawn."""
    is_touched = rng.random(len(places)) < 0.3
    more = np.where(is_touched, rng.choice([-2, 1, 2, 15], len(places)), 0)
    size = (places["n"] + more).clip(lower=0)
    solved_more = np.where(more > 0, rng.binomial(np.maximum(more, 0), 0.9), 0)
    return places.assign(n=size, x=(places["x"] + solved_more).clip(upper=size))


def cells_of(places: pd.DataFrame, deep: bool = True) -> Night:
    """City, districts, streets and, if ``deep``, communities, and departments beside them."""
    sums = {name: places.groupby(name)[["n", "x"]].sum() for name in ("d", "s", "c", "u")}
    cells: list[tuple[object, ...]] = [("city", "city", None, None, places["n"].sum(), places["x"].sum())]
    cells += [("district", code, "city", "city", n, x) for code, n, x in sums["d"].itertuples()]
    cells += [("street", code, "district", code[:2], n, x) for code, n, x in sums["s"].itertuples()]
    if deep:
        cells += [("community", code, "street", code[:4], n, x) for code, n, x in sums["c"].itertuples()]
    cells += [("unit", code, "city", "city", n, x) for code, n, x in sums["u"].itertuples()]
    return night(cells)


def night(cells: list[tuple[object, ...]]) -> Night:
    frame = pd.DataFrame(
        cells, columns=["unit_type", "unit_code", "parent_type", "parent_code", "denominator", "numerator"]
    )
    family: Any = {
        "kpi_id": "H06",
        "variant": "main",
        "caliber": "full",
        "period_type": "month",
        "period_start": date(2026, 10, 1),
        "period_end": date(2026, 10, 31),
    }
    return frame.assign(
        **family,
        is_small=frame["denominator"].between(1, FLOOR - 1),
        is_withheld=False,
        is_capped=True,
        is_unchanged=False,
        was_hidden=False,
        was_exposed=False,
        floor=FLOOR,
    )


def hidden(cells: Night, found: pd.DataFrame) -> set[str]:
    return {*cells.loc[cells["is_small"], "unit_code"], *found["unit_code"]}


def is_told_by_the_city(cells: Night) -> bool:
    """All or none of the city's cases: then all or none of every part's, whatever is hidden."""
    city = cells.iloc[0]
    return bool(city["numerator"] in (0, city["denominator"]))


@pytest.mark.parametrize("seed", range(80))
def test_no_small_cell_is_solved_from_the_totals(seed: int) -> None:
    cells = cells_of(leaves(np.random.default_rng(seed)), deep=seed % 3 > 0)
    found = complements(cells)
    exposed = set(found.loc[found["role"] == "exposed", "unit_code"])
    if is_told_by_the_city(cells):
        assert exposed == set(cells.loc[cells["is_small"], "unit_code"])
        return
    assert {code for _, code in solved([(cells, hidden(cells, found))])} <= exposed
    assert not exposed or "city" in hidden(cells, found)  # said too often only where even the city had to be hidden


def test_the_attack_solves_cells_that_nothing_else_hides() -> None:
    attacks = [cells_of(leaves(np.random.default_rng(seed))) for seed in range(20)]
    assert sum(len(solved([(cells, set(cells.loc[cells["is_small"], "unit_code"]))])) for cells in attacks) > 50


def remembering(first: Night, second: Night) -> Night:
    """The second night with what the first showed of each cell."""
    before = dict(zip(first["unit_code"], zip(first["denominator"], first["numerator"], strict=True), strict=True))
    figures = zip(second["unit_code"], second["denominator"], second["numerator"], strict=True)
    return second.assign(
        is_unchanged=[before.get(code) == (size, counted) for code, size, counted in figures],
        was_hidden=second["unit_code"].isin(hidden(first, complements(first))),
    )


def two_nights(seed: int, remembers: bool) -> tuple[int, int, int]:
    """Small cells of two nights, how many of them both nights together solve, and how many of these were not noticed."""
    rng = np.random.default_rng(seed)
    places = leaves(rng)
    first, second = cells_of(places), cells_of(grown(places, rng))
    if is_told_by_the_city(first) or is_told_by_the_city(second):
        return 0, 0, 0
    secret = hidden(first, complements(first))
    if remembers:
        second = remembering(first, second)
    found = complements(second)
    told = {code for _, code in solved([(first, secret), (second, hidden(second, found))])}
    exposed = set(found.loc[found["role"] == "exposed", "unit_code"])
    return int(first["is_small"].sum() + second["is_small"].sum()), len(told), len(told - exposed)


def test_two_nights_together_hardly_ever_solve_a_small_cell() -> None:
    """Differencing is found group by group, not by solving all nights at once: what is left is measured, not assumed."""
    remembered = np.array([two_nights(seed, remembers=True) for seed in range(100, 200)]).sum(axis=0)
    forgotten = np.array([two_nights(seed, remembers=False) for seed in range(100, 200)]).sum(axis=0)
    assert remembered[0] > 500
    assert remembered[2] <= 0.01 * remembered[0], f"{remembered[2]} of {remembered[0]} are solved unnoticed"
    assert forgotten[1] > 10 * remembered[2], "without a memory of the night before many more would be"


def test_what_was_shown_and_did_not_change_is_never_hidden() -> None:
    """Its figure is known from the night before, so it would protect nothing."""
    known = 0
    for seed in range(100, 140):
        rng = np.random.default_rng(seed)
        places = leaves(rng)
        second = remembering(cells_of(places), cells_of(grown(places, rng)))
        is_known = second["is_unchanged"] & ~second["was_hidden"] & ~second["is_small"]
        assert not set(second.loc[is_known, "unit_code"]) & set(complements(second)["unit_code"]), seed
        known += int(is_known.sum())
    assert known > 100


def test_the_smallest_sibling_that_says_nothing_is_hidden() -> None:
    cells = night(
        [
            ("city", "city", None, None, 155, 130),
            ("district", "tiny", "city", "city", 5, 4),
            ("district", "all_on_time", "city", "city", 20, 20),
            ("district", "usual", "city", "city", 30, 26),
            ("district", "large", "city", "city", 100, 80),
        ]
    )
    found = complements(cells)
    assert found[["unit_code", "role"]].to_numpy().tolist() == [["usual", "complement"]]


def test_small_cells_that_hide_one_another_cost_nothing_more() -> None:
    rows = [("street", f"s{i}", "district", "d", 5, 3) for i in range(4)]
    districts = [("district", "d", "city", "city", 20, 12), ("district", "e", "city", "city", 40, 28)]
    cells = night([("city", "city", None, None, 60, 40), *districts, *rows])
    assert complements(cells).empty
    is_other = cells["unit_code"].isin(["city", "e"])
    all_on_time = cells.assign(numerator=cells["numerator"].where(is_other, cells["denominator"]))
    all_on_time.loc[0, "numerator"] = 48
    assert complements(all_on_time)["unit_code"].tolist() == ["d", "e"]


def test_a_volume_without_a_cap_needs_only_to_be_lower() -> None:
    cells = night(
        [
            ("city", "city", None, None, 40, 90),
            ("unit", "a", "city", "city", 9, 20),
            ("unit", "b", "city", "city", 31, 70),
        ]
    ).assign(is_capped=False)
    assert complements(cells)["unit_code"].tolist() == ["b"]


def test_what_was_shown_before_hides_nothing() -> None:
    rows = [
        ("unit", "a", "city", "city", 9, 5),
        ("unit", "b", "city", "city", 31, 20),
        ("unit", "c", "city", "city", 40, 30),
    ]
    cells = night([("city", "city", None, None, 80, 55), *rows])
    cells["is_unchanged"] = cells["unit_code"].isin(["b", "city"])
    assert complements(cells)[["unit_code", "role"]].to_numpy().tolist() == [["c", "complement"]]
    cells["is_withheld"] = cells["unit_code"] != "a"
    assert complements(cells)[["unit_code", "role"]].to_numpy().tolist() == [["a", "exposed"]]


def test_a_city_that_is_hidden_itself_gives_nothing_away() -> None:
    rows = [("unit", "a", "city", "city", 3, 3), ("unit", "b", "city", "city", 4, 4)]
    assert complements(night([("city", "city", None, None, 7, 7), *rows])).empty


@pytest.mark.parametrize("seed", range(200, 220))
def test_what_did_not_change_is_decided_as_before(seed: int) -> None:
    """Also judged again from nothing, or a release could not be made again."""
    rng = np.random.default_rng(seed)
    places = leaves(rng)
    first = cells_of(places)
    second = cells_of(grown(places, rng)).merge(
        first[["unit_code", "denominator", "numerator"]],
        on="unit_code",
        suffixes=("", "_before"),
        validate="one_to_one",
    )
    second["is_unchanged"] = (second["denominator"] == second["denominator_before"]) & (
        second["numerator"] == second["numerator_before"]
    )
    second["was_hidden"] = second["unit_code"].isin(hidden(first, complements(first)))
    found = complements(second)
    third = second.assign(
        is_unchanged=True,
        was_hidden=second["unit_code"].isin(hidden(second, found)),
        was_exposed=second["unit_code"].isin(set(found.loc[found["role"] == "exposed", "unit_code"])),
    )
    assert not found.empty or not second["is_small"].any() or not solved([(second, hidden(second, found))])
    pd.testing.assert_frame_equal(complements(third), found)


def test_rows_in_any_order_give_the_same_answer() -> None:
    cells = cells_of(leaves(np.random.default_rng(7)))
    shuffled = cells.sample(frac=1, random_state=1)
    found = complements(cells)
    assert not found.empty
    pd.testing.assert_frame_equal(found, complements(shuffled))
    assert complements(cells.iloc[:0]).empty
