"""Hidden figures do not follow from longer or shorter periods, nor from the other caliber: small examples, and an attack."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.disclosure import attack
from minhu.statistics.complements import complements

FLOOR = 10
MONTH_ENDS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30}
LENGTHS = {"day": 1, "month": 1, "quarter": 3, "half_year": 6}
Figures = dict[str, tuple[float, float]]
UNITS = {"city": None, "a": "city", "b": "city", "c": "city"}


def cell(unit: str, counted: float, size: float, period: str = "month", month: int = 1, **more: Any) -> dict[str, Any]:
    """A unit that is not in UNITS has no total."""
    last = month + LENGTHS[period] - 1
    parent = UNITS.get(unit)
    return {
        "kpi_id": "H06", "variant": "main", "caliber": "full", "period_type": period, "period_start": date(2026, month, 1),
        "period_end": date(2026, last, MONTH_ENDS[last]), "unit_type": "city" if unit == "city" else "unit", "unit_code": unit,
        "parent_type": parent, "parent_code": parent, "numerator": float(counted), "denominator": float(size), "floor": FLOOR,
        "is_small": 0 < size < FLOOR, "is_withheld": False, "is_capped": True, "is_unchanged": False, "was_hidden": False,
        "was_exposed": False, **more,
    }  # fmt: skip


def family(period: str, month: int, figures: Figures, **more: Any) -> list[dict[str, Any]]:
    city = tuple(sum(pair[at] for pair in figures.values()) for at in (0, 1))
    return [cell(unit, *pair, period=period, month=month, **more) for unit, pair in {"city": city, **figures}.items()]


def roles(*families: list[dict[str, Any]]) -> set[tuple[str, date, str, str]]:
    found = complements(pd.DataFrame([row for rows in families for row in rows]))
    return set(found[["period_type", "period_start", "unit_code", "role"]].itertuples(index=False, name=None))


MONTHS: list[Figures] = [
    {"a": (20, 24), "b": (30, 40), "c": (60, 80)},
    {"a": (4, 6), "b": (31, 41), "c": (61, 81)},
    {"a": (21, 25), "b": (32, 42), "c": (62, 82)},
]


def summed(figures: list[Figures]) -> Figures:
    units = sorted({unit for each in figures for unit in each})
    return {unit: tuple(sum(each[unit][at] for each in figures) for at in (0, 1)) for unit in units}  # type: ignore[misc]


def test_a_month_does_not_follow_from_its_quarter() -> None:
    months = [family("month", month, figures) for month, figures in enumerate(MONTHS, start=1)]
    first = date(2026, 1, 1)
    assert roles(*months, family("quarter", 1, summed(MONTHS))) == {
        ("month", date(2026, 2, 1), "b", "complement"),
        ("quarter", first, "a", "complement"),
        ("quarter", first, "b", "complement"),  # of the city's quarter the hidden part would follow from the others
    }


def test_what_holds_a_hidden_period_is_hidden_up_to_the_year() -> None:
    months = [family("month", month, figures) for month, figures in enumerate(MONTHS, start=1)]
    quarters = [family("quarter", 1, summed(MONTHS)), family("quarter", 4, MONTHS[0])]
    half = family("half_year", 1, summed([*MONTHS, MONTHS[0]]))
    found = {(period, start.month, unit) for period, start, unit, _ in roles(*months, *quarters, half)}
    assert {("quarter", 1, "a"), ("half_year", 1, "a")} <= found
    assert ("quarter", 4, "a") not in found


def test_a_quarter_that_was_shown_cannot_hide_a_month_that_changed() -> None:
    """Where a month that may be hidden is left it hides the other; where none is, the small cell is marked."""

    def told(free: int) -> set[tuple[str, date, str, str]]:
        shown = {"is_unchanged": True}
        months = [
            family("month", month, figures, **({} if month in (2, free) else shown))
            for month, figures in enumerate(MONTHS, start=1)
        ]
        return {each for each in roles(*months, family("quarter", 1, summed(MONTHS), **shown)) if each[2] == "a"}

    assert told(free=3) == {("month", date(2026, 3, 1), "a", "complement")}
    assert told(free=2) == {("month", date(2026, 2, 1), "a", "exposed")}


def test_figures_of_the_city_are_shown_whatever_they_tell() -> None:
    """Two orders of a month that follow from the city's quarter are marked; so are all of a unit that is the only one."""
    months = [[cell("city", 40, 48)], [cell("city", 4, 6, month=2)], [cell("city", 41, 49, month=3)]]
    assert roles(*months, [cell("city", 85, 103, period="quarter")]) == {("month", date(2026, 2, 1), "city", "exposed")}
    only = [family("month", month, {"a": figures["a"]}) for month, figures in enumerate(MONTHS, start=1)]
    found = roles(*only, family("quarter", 1, summed([{"a": figures["a"]} for figures in MONTHS])))
    assert {role for *_, role in found} == {"exposed"}


def test_one_corrected_order_hides_nothing_that_hides_nothing() -> None:
    """The corrected month, its quarter and the city's changed; all the rest was shown before, and tells what they were."""
    shown = {"is_unchanged": True}
    changed = {"a", "city"}
    months = [
        [
            row | (shown if month != 2 or row["unit_code"] not in changed else {})
            for row in family("month", month, figures)
        ]
        for month, figures in enumerate(MONTHS, start=1)
    ]
    quarter = [row | (shown if row["unit_code"] not in changed else {}) for row in family("quarter", 1, summed(MONTHS))]
    assert roles(*months, quarter) == {("month", date(2026, 2, 1), "a", "exposed")}


def test_periods_that_do_not_add_up_cost_nothing() -> None:
    months = [family("month", month, figures) for month, figures in enumerate(MONTHS, start=1)]
    assert roles(*months, family("quarter", 1, MONTHS[0])) == {("month", date(2026, 2, 1), "b", "complement")}


def test_two_small_months_hide_one_another_unless_their_sum_tells_both() -> None:
    def hidden(second: float, third: float) -> set[str]:
        months = [[cell("alone", 20, 24)], [cell("alone", second, 6, month=2)], [cell("alone", third, 7, month=3)]]
        found = roles(*months, [cell("alone", 20 + second + third, 37, period="quarter")])
        return {period for period, *_ in found}

    assert [hidden(4, 5), hidden(0, 0), hidden(6, 7)] == [set(), {"quarter"}, {"quarter"}]


@pytest.mark.parametrize(
    ("full", "is_told"), [((12, 12), True), ((0, 12), True), ((11, 12), False)], ids=["all", "none", "one open"]
)
def test_the_full_caliber_does_not_tell_the_assessed_one(full: tuple[int, int], is_told: bool) -> None:
    assessed = cell("alone", min(full[0], 8), 8, caliber="assessed")
    assert roles([cell("alone", *full)], [assessed]) == (
        {("month", date(2026, 1, 1), "alone", "complement")} if is_told else set()
    )


def test_what_did_not_change_keeps_its_decision_beside_a_quarter_that_did() -> None:
    """A settled month is judged again only when something asks for it, and then as before."""
    settled = [
        row | {"was_hidden": row["unit_code"] in "ab", "is_unchanged": True} for row in family("month", 2, MONTHS[1])
    ]
    others = [family("month", month, MONTHS[month - 1], is_unchanged=True) for month in (1, 3)]
    found = roles(*others, settled, family("quarter", 1, summed(MONTHS)))
    assert {each for each in found if each[0] == "month"} == {("month", date(2026, 2, 1), "b", "complement")}
    assert {each[2] for each in found if each[0] == "quarter"} == {"a", "b"}


def without_excluded(figures: Figures, rng: np.random.Generator) -> Figures:
    """What is left of each unit in the assessed caliber."""
    left: Figures = {}
    for unit, (counted, size) in figures.items():
        out = min(size, int(rng.choice([0, 0, 1, 5])))
        left[unit] = (max(0, counted - max(0, out - (size - counted))), size - out)
    return left


def city_of(seed: int) -> pd.DataFrame:
    """Three months of three units and the city in both calibers, and their quarter."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([0, 2, 6, 9, 15, 40], size=(3, 3))
    months: list[Figures] = [
        {unit: (int(rng.binomial(size, 0.8)), int(size)) for unit, size in zip("abc", of_month, strict=True)}
        for of_month in sizes
    ]
    rows = []
    for caliber, each in (("full", months), ("assessed", [without_excluded(figures, rng) for figures in months])):
        for month, figures in enumerate(each, start=1):
            rows += family("month", month, figures, caliber=caliber)
        rows += family("quarter", 1, summed(each), caliber=caliber)
    return pd.DataFrame(rows)


def attacked(cells: pd.DataFrame, found: pd.DataFrame) -> Any:
    key = ["caliber", "period_type", "period_start", "unit_code"]
    both = cells.merge(found[[*key, "role"]], how="left", on=key, validate="one_to_one")
    return attack(
        both.assign(is_hidden=both["is_small"] | both["role"].notna(), is_marked=both["role"].eq("exposed")),
    )


def test_of_random_cities_hardly_a_small_cell_is_solved_unmarked() -> None:
    """Sums are followed one after the other, not solved together: what is left is measured, not assumed."""
    cities = [city_of(seed) for seed in range(12)]
    outcomes = [attacked(cells, complements(cells)) for cells in cities]
    naive = [attacked(cells, complements(cells).iloc[:0]) for cells in cities]
    small, left, before = (
        sum(found)
        for found in (
            [each.small for each in outcomes],
            [each.unmarked for each in outcomes],
            [each.solved for each in naive],
        )
    )
    assert small > 100
    assert before > 0.4 * small
    assert left <= 0.1 * before, f"{left} of {small} are solved unmarked"


def test_no_month_is_hidden_for_its_days() -> None:
    """Ten days of one order each, all counted in the month's ten of ten: they are marked, and the month is shown."""
    days = [
        [cell("alone", 1, 1, "day") | {"period_start": date(2026, 1, day), "period_end": date(2026, 1, day)}]
        for day in range(1, 11)
    ]
    found = roles(*days, [cell("alone", 10, 10)])
    assert {(period, role) for period, *_, role in found} == {("day", "exposed")} and len(found) == 10


def moved(cells: pd.DataFrame, years: int) -> pd.DataFrame:
    """The same months in another year, as the release before had them."""
    other = {
        name: [day.replace(year=day.year + years) for day in cells[name]] for name in ("period_start", "period_end")
    }
    found = complements(cells)
    key = ["caliber", "period_type", "period_start", "unit_type", "unit_code"]
    role = cells.merge(found[[*key, "role"]], how="left", on=key)["role"].to_numpy()
    before = {
        "was_hidden": cells["is_small"].to_numpy() | (role == "complement"), "was_exposed": role == "exposed",
        "is_unchanged": True,
    }  # fmt: skip
    return cells.assign(**other, **before)


@pytest.mark.parametrize("seed", range(35, 75))
def test_what_is_decided_in_a_year_does_not_depend_on_the_other_years_beside_it(seed: int) -> None:
    """A night looks at the years of what it judged; a release that is made again looks at all of them.

    The years before hold figures that are told and were not marked, as those of releases from before there were such marks.
    """
    tonight = city_of(seed)
    before = pd.concat([moved(city_of(1000 + 10 * seed + back), -1 - back) for back in range(4)]).assign(
        was_exposed=False
    )
    alone, beside_it = complements(tonight), complements(pd.concat([before, tonight], ignore_index=True))
    is_of_tonight = beside_it["period_start"].isin(tonight["period_start"])
    assert len(alone) and not is_of_tonight.all(), "both years have something to decide"
    pd.testing.assert_frame_equal(beside_it[is_of_tonight].reset_index(drop=True), alone)
    pd.testing.assert_frame_equal(beside_it[~is_of_tonight].reset_index(drop=True), complements(before))
