"""What is hidden beside small cells, case by case: each of a few cells, so that a fault in a rule shows at once.

That nothing can be solved is what ``test_suppression.py`` tries with an attacker; this says what hiding may cost.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from minhu.statistics.complements import complements
from tests.fixtures.attacker import Night, solved
from tests.kpis.test_suppression import FLOOR, cells_of, grown, hidden, night, remembering

#: A cell: its code, how many cases it has, and how many of them count.
Part = tuple[str, int, int]


def of_a_city(*parts: Part, rest: int = 0, **flags: set[str]) -> pd.DataFrame:
    """A city and its districts; ``rest`` cases, half of which count, lie in none. A flag names the cells that have it."""
    size, counted = sum(n for _, n, _ in parts) + rest, sum(x for *_, x in parts) + rest // 2
    return flagged(
        night(
            [("city", "city", None, None, size, counted), *(("district", c, "city", "city", n, x) for c, n, x in parts)]
        ),
        **flags,
    )


def in_districts(districts: dict[str, list[Part]], **flags: set[str]) -> pd.DataFrame:
    """A city, its districts and their streets."""
    sums = {code: (sum(n for _, n, _ in parts), sum(x for *_, x in parts)) for code, parts in districts.items()}
    rows: list[tuple[object, ...]] = [
        ("city", "city", None, None, sum(n for n, _ in sums.values()), sum(x for _, x in sums.values()))
    ]
    rows += [("district", code, "city", "city", n, x) for code, (n, x) in sums.items()]
    rows += [("street", c, code, code, n, x) for code, parts in districts.items() for c, n, x in parts]
    cells = night(rows)
    cells.loc[cells["unit_type"] == "street", "parent_type"] = "district"
    cells.loc[cells["unit_type"] == "district", "parent_type"] = "city"
    return flagged(cells, **flags)


def flagged(cells: pd.DataFrame, **flags: set[str]) -> pd.DataFrame:
    cells.loc[cells["parent_code"] == "city", "parent_type"] = "city"
    for name, codes in flags.items():
        cells[name] = cells["unit_code"].isin(codes)
    return cells


def decided(cells: pd.DataFrame) -> dict[str, str]:
    found = complements(cells)
    return dict(zip(found["unit_code"], found["role"], strict=True))


TINY: Part = ("tiny", 5, 3)
#: On two nights of sixty cities of six streets; fewer would be welcome.
MOST_COMPLEMENTS = 173


@pytest.mark.parametrize(
    ("others", "hidden"),
    [
        ([("a", 30, 20), ("b", 40, 20)], {"a"}),
        ([("b", 30, 20), ("a", 30, 20)], {"a"}),
        ([("a", FLOOR, 5), ("b", 40, 20)], {"a"}),
        ([("a", 30, 30), ("b", 40, 20)], {"b"}),
        ([("a", 30, 0), ("b", 40, 20)], {"b"}),
        ([("a", 30, 29), ("b", 40, 20)], {"a"}),
        ([("a", 30, 1), ("b", 40, 20)], {"a"}),
        ([("none", 0, 0), ("b", 40, 20)], {"b"}),
    ],
    ids=[
        "smallest",
        "first of equals",
        "of the floor",
        "not all",
        "not none",
        "all but one",
        "one",
        "not an empty one",
    ],
)
def test_the_part_that_is_hidden_beside_a_small_one(others: list[Part], hidden: set[str]) -> None:
    assert decided(of_a_city(TINY, *others)) == dict.fromkeys(hidden, "complement")


@pytest.mark.parametrize("flag", ["is_withheld", "is_unchanged"])
def test_what_is_shown_for_good_hides_nothing(flag: str) -> None:
    assert decided(of_a_city(TINY, ("a", 30, 20), ("b", 40, 20), **{flag: {"a"}})) == {"b": "complement"}


def test_what_was_hidden_before_is_hidden_again_before_a_smaller_one() -> None:
    cells = of_a_city(TINY, ("a", 30, 20), ("b", 40, 20), ("c", 50, 20), was_hidden={"c"})
    assert decided(cells) == {"c": "complement"}


def test_a_part_without_parts_is_hidden_before_a_smaller_one_with_parts() -> None:
    cells = in_districts({"d": [("s1", 15, 8), ("s2", 15, 8)], "e": []})
    cells = pd.concat([cells[cells["unit_code"] != "e"], of_a_city(TINY, ("big", 90, 40)).iloc[1:]], ignore_index=True)
    cells.loc[0, ["denominator", "numerator"]] = [125, 59]
    assert decided(cells) == {"big": "complement"}


def test_a_total_that_is_hidden_hides_one_of_its_parts() -> None:
    cells = in_districts({"d": [("s1", 12, 8), ("s2", 15, 8)], "e": [("t1", 5, 3)]})
    assert decided(cells) == {"d": "complement", "s1": "complement"}


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [
        ([("x", 5, 3), ("y", 5, 3)], set()),
        ([("x", 5, 3), ("y", 4, 3)], {"big"}),
        ([("x", 5, 5), ("y", 5, 5)], {"big"}),
        ([("x", 5, 0), ("y", 5, 0)], {"big"}),
        ([("x", 5, 5), ("y", 5, 0)], set()),
        ([("x", 5, 5), ("y", 5, 4)], set()),
    ],
    ids=["of the floor together", "below it", "all count", "none counts", "all and none", "all and all but one"],
)
def test_small_parts_protect_each_other_where_no_other_can(parts: list[Part], hidden: set[str]) -> None:
    """``big`` cannot hide beside them: it is withheld, so it is the total above that must be hidden."""
    cells = in_districts({"d": [*parts, ("shown", 30, 20)], "big": [("t", 40, 20)]}, is_withheld={"shown", "city"})
    expected = {"d": "complement", **dict.fromkeys(hidden, "complement")} if hidden else {}
    assert {code: role for code, role in decided(cells).items() if code != "t"} == expected


def test_a_small_cell_that_nothing_can_hide_is_told() -> None:
    assert decided(of_a_city(TINY, ("a", 30, 20), is_withheld={"a", "city"})) == {"tiny": "exposed"}
    assert decided(of_a_city(TINY, ("a", 30, 30), is_withheld={"city"})) == {"tiny": "exposed"}


def test_a_city_without_another_part_is_hidden_itself() -> None:
    assert decided(of_a_city(TINY, ("a", 30, 30))) == {"city": "complement"}


@pytest.mark.parametrize("counted", [0, 1])
def test_all_or_none_of_the_city_tells_of_every_part(counted: int) -> None:
    cells = of_a_city(("tiny", 5, 5 * counted), ("a", 30, 30 * counted))
    assert decided(cells) == {"tiny": "exposed"}
    assert decided(cells.assign(is_capped=False)) == {"a" if counted else "city": "complement"}, (
        "more may count than there are"
    )


def test_without_a_small_cell_nothing_is_hidden() -> None:
    assert decided(of_a_city(("a", 30, 20), ("b", 40, 20))) == {}
    assert decided(of_a_city(("a", 3, 2), ("b", 4, 2))) == {}, "the city is small itself"


def test_families_are_decided_by_themselves_and_rows_come_sorted() -> None:
    one = of_a_city(TINY, ("a", 30, 20), ("b", 40, 20))
    cells = pd.concat(
        [one.assign(kpi_id="H07"), one.assign(kpi_id="A01", denominator=one["denominator"] + 40, is_small=False), one]
    )
    found = complements(cells)
    assert found[["kpi_id", "unit_code", "role"]].to_numpy().tolist() == [
        ["H06", "a", "complement"],
        ["H07", "a", "complement"],
    ]
    assert list(found.index) == [0, 1]


def test_what_did_not_change_stands_as_it_was_decided() -> None:
    parts = [TINY, ("a", 30, 20), ("b", 40, 20)]
    everything = {"city", "tiny", "a", "b"}
    cells = of_a_city(*parts, is_unchanged=everything, was_hidden={"tiny", "b"}, was_exposed=set())
    assert decided(cells) == {"b": "complement"}, "though a is smaller"
    cells = of_a_city(*parts, is_unchanged=everything, was_hidden={"tiny"}, was_exposed={"tiny"})
    assert decided(cells) == {"tiny": "exposed"}
    cells = of_a_city(*parts, is_unchanged=everything - {"b", "city"}, was_hidden={"tiny"}, was_exposed={"tiny"})
    assert decided(cells)["tiny"] == "exposed", "what was told once stays told"
    cells = of_a_city(*parts, is_unchanged=set(), was_hidden={"tiny"}, was_exposed={"tiny"})
    assert decided(cells) == {"a": "complement"}, "other figures are no longer what was told"


def test_a_part_hidden_before_that_did_not_change_stays_a_secret() -> None:
    """It would tell the small one of the night before."""
    cells = of_a_city(("once", 12, 7), ("a", 30, 20), ("b", 40, 20), is_unchanged={"once"}, was_hidden={"once"})
    found = decided(cells)
    assert found["once"] == "complement" and len(found) >= 2, "something must hide it"


def few_places(seed: int) -> tuple[Night, Night]:
    """Two nights of a few places, the second remembering the first."""
    rng = np.random.default_rng(seed)
    rows = [
        {
            "d": f"d{d}",
            "s": f"d{d}s{s}",
            "c": f"d{d}s{s}c0",
            "u": f"u{(d + s) % 2}",
            "n": int(n),
            "x": int(rng.integers(0, n + 1)),
        }
        for d in range(2)
        for s in range(3)
        for n in [rng.choice([3, 6, 8, 12, 25])]
    ]
    places = pd.DataFrame(rows)
    first = cells_of(places, deep=False)
    return first, remembering(first, cells_of(grown(places, rng), deep=False))


def test_two_nights_of_a_few_places_tell_no_small_cell_unnoticed_and_hide_no_more_than_they_must() -> None:
    complemented = 0
    for seed in range(60):
        first, second = few_places(seed)
        before, found = complements(first), complements(second)
        told = {code for _, code in solved([(first, hidden(first, before)), (second, hidden(second, found))])}
        assert not told - set(found.loc[found["role"] == "exposed", "unit_code"]), seed
        complemented += len(before) + len(found)
    assert complemented <= MOST_COMPLEMENTS, "what is hidden costs readers a figure"
