"""How sharp a rank is: the ranks a unit likely has among its peers, by parametric bootstrap with a fixed seed.

Every unit's figure is drawn again from the spread its own counts give it, all units are ranked in every draw, and the
ranks of a unit over all draws are its interval: "rank 12, likely 6 to 23". After Goldstein and Spiegelhalter (1996),
JRSS A 159, 385-443, and Marshall and Spiegelhalter (1998), BMJ 316, 1701-1704.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

GROUP = ["kpi_id", "variant", "unit_type", "period_type", "period_start", "caliber", "peer_group"]
RANKS = ["rank_likely", "rank_likely_best", "rank_likely_worst"]
_Z95 = 1.959963984540054
Floats = npt.NDArray[np.float64]


def likely_ranks(cells: pd.DataFrame, draws: int, seed: int) -> pd.DataFrame:
    """Median rank and central 95 % of the ranks of every cell among the cells of its group; 1 is best.

    A group of one has no rank and is left out. The same cells give the same ranks, whatever stands beside them.

    Args:
        cells: columns of ``GROUP``, ``unit_code``, ``direction`` (up or down), ``interval_method``, ``sample_size``,
            ``value``, ``ci_low``, ``ci_high``.
        draws: how often all units are drawn and ranked.
        seed: of the draws.

    Returns:
        ``GROUP``, ``unit_code`` and ``RANKS``, one row per cell.
    """
    ordered = cells.sort_values([*GROUP, "unit_code"], ignore_index=True)
    centre, spread = _on_ranking_scale(ordered)
    numbers = ordered.groupby(GROUP, sort=False).indices
    largest = max((len(rows) for rows in numbers.values()), default=0)
    # one set of draws for all groups: each is as good as another, and a group's result does not depend on the others
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal((largest, draws))
    made = np.zeros((len(ordered), 3))
    known: dict[bytes, Floats] = {}  # calibers that do not differ have the same ranks
    for rows in numbers.values():
        if len(rows) > 1:
            content = centre[rows].tobytes() + spread[rows].tobytes()
            if content not in known:
                known[content] = _ranks(centre[rows], spread[rows], noise[: len(rows)])
            made[rows] = known[content]
    result = ordered[[*GROUP, "unit_code"]].assign(**{name: made[:, i].astype(int) for i, name in enumerate(RANKS)})
    return result[made[:, 0] > 0].reset_index(drop=True)


def _on_ranking_scale(cells: pd.DataFrame) -> tuple[Floats, Floats]:
    """Centre and standard deviation of each figure on a scale that keeps its order, lower being better.

    Shares on the arcsine scale and counts on the square-root scale have a spread that depends on their sample alone
    (Anscombe (1948), Biometrika 35, 246-254), so that 22 of 22 is not certain to be first; others are normal with the
    width of their interval.
    """
    value, size, low, high = (
        cells[name].astype(float).to_numpy() for name in ("value", "sample_size", "ci_low", "ci_high")
    )
    share, count = (cells["interval_method"] == "wilson").to_numpy(), (cells["interval_method"] == "poisson").to_numpy()
    safe = np.maximum(np.nan_to_num(size), 1.0)
    successes = np.clip(value, 0, 1) * safe
    arcsine = np.arcsin(np.sqrt((successes + 0.375) / (safe + 0.75)))
    root = np.sqrt((np.clip(value, 0, None) * safe + 0.375) / safe)
    centre = np.where(share, arcsine, np.where(count, root, value))
    spread = np.where(share | count, 0.5 / np.sqrt(safe + 0.5), (high - low) / (2 * _Z95))
    sign = np.where(cells["direction"].to_numpy() == "up", -1.0, 1.0)
    return sign * centre, spread


def _ranks(centre: Floats, spread: Floats, noise: Floats) -> Floats:
    """Median, 2.5 % and 97.5 % quantile of each row's rank over the columns of ``noise``."""
    drawn = centre[:, None] + spread[:, None] * noise
    order = np.argsort(drawn, axis=0, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, len(centre) + 1)[:, None], axis=0)
    ranks.sort(axis=1)
    last = ranks.shape[1] - 1
    picked: Any = ranks[:, [last // 2, int(0.025 * last), -(-39 * last // 40)]]
    return np.asarray(picked, dtype=np.float64)
