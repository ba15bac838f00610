"""Ranks of units whose true order is known."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from minhu.statistics import rank_intervals
from minhu.statistics.rank_intervals import likely_ranks

DRAWS, SEED = 400, 7


def cells(units: dict[str, tuple[float, float]], **same: Any) -> pd.DataFrame:
    """Shares of one group: unit to (numerator, denominator)."""
    known = {
        "kpi_id": "H06", "variant": "main", "unit_type": "district", "period_type": "month",
        "period_start": date(2026, 11, 1), "caliber": "full", "peer_group": "p", "direction": "up",
        "interval_method": "wilson", "ci_low": np.nan, "ci_high": np.nan,
    }  # fmt: skip
    rows = [{"unit_code": unit, "value": x / n, "sample_size": n} for unit, (x, n) in units.items()]
    return pd.DataFrame(rows).assign(**{**known, **same})


def ranks(frame: pd.DataFrame) -> dict[str, tuple[int, int, int]]:
    made = likely_ranks(frame, DRAWS, SEED)
    return {row.unit_code: (row.rank_likely, row.rank_likely_best, row.rank_likely_worst) for row in made.itertuples()}


def test_units_far_apart_have_sharp_ranks_in_the_direction_of_the_kpi() -> None:
    apart = {"a": (900.0, 1000.0), "b": (500.0, 1000.0), "c": (700.0, 1000.0)}
    assert ranks(cells(apart)) == {"a": (1, 1, 1), "b": (3, 3, 3), "c": (2, 2, 2)}
    assert ranks(cells(apart, direction="down")) == {"a": (3, 3, 3), "b": (1, 1, 1), "c": (2, 2, 2)}


def test_a_zone_with_22_of_22_is_not_surely_first() -> None:
    """Acceptance case 6: Panjin's zone beside districts of thousands of orders."""
    made = ranks(cells({"zone": (22.0, 22.0), **{f"d{n}": (6450.0 + n, 6530.0) for n in range(4)}}))
    assert made["zone"][2] > 1


def test_equal_units_share_all_ranks() -> None:
    made = ranks(cells({f"u{n}": (90.0, 100.0) for n in range(10)}))
    assert all(best <= 2 and worst >= 9 for _, best, worst in made.values())


def test_a_rank_interval_holds_the_true_rank_as_often_as_it_says() -> None:
    """Fifteen units with known rates, measured two hundred times: at least 19 of 20 intervals hold the true rank."""
    rng = np.random.default_rng(1)
    true = np.linspace(0.80, 0.96, 15)
    held = 0
    for _ in range(200):
        drawn = rng.binomial(300, true)
        made = ranks(cells({f"u{n:02d}": (float(x), 300.0) for n, x in enumerate(drawn)}))
        held += sum(made[f"u{n:02d}"][1] <= 15 - n <= made[f"u{n:02d}"][2] for n in range(15))
    assert 0.93 <= held / 3000 <= 0.995


@pytest.mark.parametrize("method", ["poisson", "composed"])
def test_counts_and_estimates_are_ranked_on_their_own_scale(method: str) -> None:
    frame = cells({"a": (50.0, 1000.0), "b": (52.0, 1000.0), "c": (500.0, 1000.0)}, interval_method=method)
    frame = frame.assign(ci_low=frame["value"] - 0.02, ci_high=frame["value"] + 0.02)
    made = ranks(frame)
    assert made["c"] == (1, 1, 1)
    assert made["a"][1:] == made["b"][1:] == (2, 3)


def test_an_estimate_is_as_sharp_as_its_interval_of_95_percent_says() -> None:
    """Two estimates of deviation 1 change places with probability 1 - Φ(distance / √2): 6 % at 2.2, 1 % at 3.3."""
    for distance, is_sharp in ((2.2, False), (3.3, True)):
        frame = cells({"a": (distance, 1.0), "b": (0.0, 1.0)}, interval_method="composed")
        frame = frame.assign(ci_low=frame["value"] - 1.96, ci_high=frame["value"] + 1.96)
        assert ranks(frame) == ({"a": (1, 1, 1), "b": (2, 2, 2)} if is_sharp else {"a": (1, 1, 2), "b": (2, 1, 2)})


def test_a_count_is_as_sharp_as_its_size_says_whatever_interval_stands_beside_it() -> None:
    """The root of a count has deviation 1/2: 100 and 64 change places in 0.2 % of draws, 81 and 64 in 8 %."""
    for count, is_sharp in ((100.0, True), (81.0, False)):
        made = ranks(cells({"a": (count, 1000.0), "b": (64.0, 1000.0)}, interval_method="poisson"))
        assert made["a"] == ((1, 1, 1) if is_sharp else (1, 1, 2))


@pytest.mark.parametrize(("draws", "is_seen"), [(40, True), (80, False)])
def test_the_central_95_percent_leave_out_what_one_draw_of_eighty_says_and_keep_one_of_forty(
    draws: int, is_seen: bool
) -> None:
    noise = np.zeros((2, draws))
    noise[0, draws // 2] = 3.0
    made = rank_intervals._ranks(np.array([0.0, 1.0]), np.array([1.0, 1.0]), noise)
    assert made.tolist() == ([[1, 1, 2], [2, 1, 2]] if is_seen else [[1, 1, 1], [2, 2, 2]])


def test_a_group_of_one_has_no_rank_and_groups_do_not_touch_one_another() -> None:
    alone, pair = cells({"a": (9.0, 10.0)}, kpi_id="H07"), cells({"a": (90.0, 100.0), "b": (80.0, 100.0)})
    together = likely_ranks(pd.concat([alone, pair]), DRAWS, SEED)
    assert set(together["kpi_id"]) == {"H06"}
    crowd = cells({f"x{n}": (50.0 + n, 100.0) for n in range(40)}, kpi_id="H13", direction="down")
    beside = likely_ranks(pd.concat([crowd, pair]), DRAWS, SEED)
    assert beside[beside["kpi_id"] == "H06"].reset_index(drop=True).equals(together)


def test_calibers_that_do_not_differ_have_the_same_ranks() -> None:
    pair = cells({"a": (90.0, 100.0), "b": (80.0, 100.0)})
    made = likely_ranks(pd.concat([pair, pair.assign(caliber="current")]), DRAWS, SEED)
    one, other = (group.drop(columns="caliber").to_numpy().tolist() for _, group in made.groupby("caliber"))
    assert one == other and len(one) == 2


def test_nothing_to_rank_gives_an_empty_table() -> None:
    assert len(likely_ranks(cells({"a": (1.0, 2.0)}).iloc[:0], DRAWS, SEED)) == 0
