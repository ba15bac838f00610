"""Street and department effects against layouts solved by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from minhu.statistics.rating_effects import rating_effects

QUARTER, BEFORE = date(2026, 10, 1), date(2026, 7, 1)
Score = tuple[date, str, str, float]


def effects(*scores: Score) -> dict[tuple[date, str, str], tuple[float, ...]]:
    """(grand mean, row effect, column effect, residual) of every score."""
    columns = list(zip(*scores, strict=True)) if scores else [[], [], [], []]
    types = (pa.date32(), pa.string(), pa.string(), pa.float64())
    names = ("quarter_start", "street_code", "unit_code", "score")
    made = rating_effects(
        pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    ).to_pylist()
    return {
        (r["quarter_start"], r["street_code"], r["unit_code"]): (
            r["grand_mean"], r["row_effect"], r["column_effect"], r["residual"],
        )
        for r in made
    }  # fmt: skip


def test_two_streets_and_two_departments() -> None:
    # mean 296 / 4 = 74; streets 66 - 74 and 82 - 74; departments 70 - 74 and 78 - 74; 60 - (74 - 8 - 4) = -2 and so on
    made = effects(
        (QUARTER, "severe", "u", 60), (QUARTER, "severe", "w", 72), (QUARTER, "mild", "u", 80), (QUARTER, "mild", "w", 84)
    )  # fmt: skip
    assert made == {
        (QUARTER, "severe", "u"): (74, -8, -4, -2), (QUARTER, "severe", "w"): (74, -8, 4, 2),
        (QUARTER, "mild", "u"): (74, 8, -4, 2), (QUARTER, "mild", "w"): (74, 8, 4, -2),
    }  # fmt: skip


def test_a_department_that_only_the_severe_street_rated() -> None:
    # severe is 20 below mild (60 and 80 for u), w 10 above u; effects add up to 0 over the scores, nothing is left
    made = effects((QUARTER, "severe", "u", 60), (QUARTER, "severe", "w", 70), (QUARTER, "mild", "u", 80))
    assert made[QUARTER, "severe", "w"] == pytest.approx((70, -20 / 3, 20 / 3, 0), abs=1e-8)
    assert made[QUARTER, "mild", "u"] == pytest.approx((70, 40 / 3, -10 / 3, 0), abs=1e-8)


def test_a_long_chain_of_streets_that_share_one_department_with_the_next() -> None:
    """Forty streets, each ten points milder than the one before, each department six above the one before."""
    chain = [(QUARTER, f"s{n:02d}", f"u{n + k:02d}", 10.0 * n + 6.0 * (n + k)) for n in range(40) for k in (0, 1)]
    made = effects(*chain)
    figures = [figure for row in made.values() for figure in row]
    assert figures == [round(figure, 9) for figure in figures], "the last digits hang on the order of adding"
    assert {str(figure) for figure in figures if figure == 0} == {"0.0"}, "no negative zero is published"
    assert all(abs(row[3]) < 1e-8 for row in made.values())
    steps = [
        made[QUARTER, f"s{n + 1:02d}", f"u{n + 1:02d}"][1] - made[QUARTER, f"s{n:02d}", f"u{n:02d}"][1]
        for n in range(39)
    ]
    assert np.allclose(steps, 10.0)


def test_quarters_stand_for_themselves_and_one_in_which_all_agree_has_no_effects() -> None:
    made = effects((BEFORE, "a", "u", 80), (BEFORE, "b", "u", 80), (QUARTER, "a", "u", 60), (QUARTER, "b", "u", 70))
    assert made[BEFORE, "a", "u"] == made[BEFORE, "b", "u"] == (80, 0, 0, 0)
    assert made[QUARTER, "a", "u"] == (65, -5, 0, 0)


def test_departments_without_a_common_street_do_not_borrow_from_one_another() -> None:
    made = effects(
        (QUARTER, "a", "u", 60), (QUARTER, "a", "v", 64), (QUARTER, "b", "w", 90), (QUARTER, "b", "x", 98)
    )  # fmt: skip
    difference = made[QUARTER, "a", "v"][2] - made[QUARTER, "a", "u"][2]
    assert difference == pytest.approx(4) and all(abs(row[3]) < 1e-8 for row in made.values())


def test_no_scores_give_an_empty_table_with_its_columns() -> None:
    assert effects() == {}
