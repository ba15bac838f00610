"""What subtraction still tells of a published night: small cells that follow from places, from time, from the two calibers.

The attacker of ``tests/fixtures/attacker.py`` knows places in one period, on one or two nights. This one knows one night and also
adds months up to quarters, quarters to half-years and years, days to weeks and months, and knows that what is counted in the
assessed caliber is part of the full one. Suppression follows these sums one after the other; this solves all of them at once.
For figures of ``docs/evidence.md``; it judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from minhu.settings import Settings
from minhu.warehouse import work_file

#: Total and part, by type of period.
PERIODS = (
    ("quarter", "month"), ("half_year", "quarter"), ("year", "half_year"),
    ("week", "day"), ("month", "day"), ("assessment_month", "day"),
)  # fmt: skip
RELATIONS = ("places", "time", "calibers")
_FAMILY = ["kpi_id", "variant", "caliber", "period_type", "period_start"]
_MOST = 1e6
_CELLS = """
select cells.kpi_id, cells.variant, cells.caliber, cells.unit_type, cells.unit_code, cells.period_type, cells.period_start,
    cells.period_end, cast(coalesce(cells.numerator, 0) as double) as numerator, cast(cells.denominator as double) as denominator,
    guarded.parent_type, guarded.parent_code, coalesce(guarded.is_small, false) as is_small,
    coalesce(guarded.is_capped, true) as is_capped, results.verdict in ('SUPPRESSED', 'WITHHELD') as is_hidden,
    results.rule_id = 'L4-KPI-010' as is_marked
from kpis.kpi_cell_verdicts as cells
inner join publish.kpi_results as results
    using (kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber)
left join kpis.kpi_cells_to_protect as guarded
    using (kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber)
where cells.denominator is not null
"""


class Rule(NamedTuple):
    """``low <= sum of signs times figures <= high``, over rows of the table of cells."""

    signs: dict[int, float]
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """How many small cells there are, and how many of them have one possible figure, marked as exposed or not."""

    small: int
    solved: int
    unmarked: int


def measure(settings: Settings) -> dict[str, Any]:
    """Small cells of the last night of a home that are solved, by the relations that the attacker uses."""
    with work_file.connect(settings, read_only=True) as db:
        cells = db.execute(_CELLS).df()
    chosen = {"places": ("places",), "places and time": RELATIONS[:2], "places and calibers": ("places", "calibers"),
              "all": RELATIONS}  # fmt: skip
    return {name: vars(attack(cells, relations)) for name, relations in chosen.items()}


def attack(cells: pd.DataFrame, relations: Sequence[str] = RELATIONS) -> Outcome:
    """Find the small cells whose figure is certain.

    Args:
        cells: one row per cell as ``_CELLS`` gives them; ``numerator`` is the true figure, of hidden cells too.
        relations: which of ``RELATIONS`` are known.
    """
    cells = cells.reset_index(drop=True)
    makers = {"places": _of_places, "time": _of_time, "calibers": _of_calibers}
    rules = [rule for name in relations for rule in makers[name](cells)]
    figures, is_hidden = cells["numerator"].to_numpy(), cells["is_hidden"].to_numpy()
    open_rules = [_without_known(rule, figures, is_hidden) for rule in rules]
    small = set(cells.index[cells["is_small"] & is_hidden])
    found = {
        cell
        for group in _connected([rule for rule in open_rules if rule.signs])
        for cell in _certain(cells, group, small)
    }
    return Outcome(len(small), len(found), len(found - set(cells.index[cells["is_marked"]])))


def _of_places(cells: pd.DataFrame) -> Iterable[Rule]:
    """A total is the sum of its parts and of what lies in no known part; that is known but of a small total."""
    place = {
        key: at for at, key in enumerate(zip(*(cells[c] for c in [*_FAMILY, "unit_type", "unit_code"]), strict=True))
    }
    grouped = cells.dropna(subset=["parent_code"]).groupby([*_FAMILY, "parent_type", "parent_code", "unit_type"])
    for key, parts in grouped:
        total = place.get(tuple(key[:-1]))
        if total is None:
            continue
        rest = cells.at[total, "numerator"] - parts["numerator"].sum()
        high = rest
        if cells.at[total, "is_small"]:
            rest, high = 0.0, max(rest, cells.at[total, "denominator"] - parts["denominator"].sum())
            high = high if parts["is_capped"].all() else _MOST
        yield Rule({total: 1.0} | dict.fromkeys(parts.index, -1.0), rest, high)


def _of_time(cells: pd.DataFrame) -> Iterable[Rule]:
    """Where the counts of a unit add up over the shorter periods in a longer one, the longer is their sum."""
    of_unit = cells.groupby(["kpi_id", "variant", "caliber", "unit_type", "unit_code"]).indices
    types, starts, ends = (cells[name].to_numpy() for name in ("period_type", "period_start", "period_end"))
    figures = cells[["numerator", "denominator"]].to_numpy()
    for rows in of_unit.values():
        by_type: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            by_type[types[row]].append(int(row))
        for long, short in PERIODS:
            for total in by_type.get(long, []):
                parts = [p for p in by_type.get(short, []) if starts[total] <= starts[p] and ends[p] <= ends[total]]
                if parts and np.allclose(figures[parts].sum(axis=0), figures[total], rtol=0, atol=1e-6):
                    yield Rule({total: 1.0} | dict.fromkeys(parts, -1.0), 0.0, 0.0)


def _of_calibers(cells: pd.DataFrame) -> Iterable[Rule]:
    """What counts in the assessed caliber counts in the full one; no more is left than cases are."""
    key = [*(name for name in _FAMILY if name != "caliber"), "unit_type", "unit_code"]
    capped = cells[cells["is_capped"]].assign(row=lambda found: found.index)
    full, assessed = (capped[capped["caliber"] == caliber] for caliber in ("full", "assessed"))
    for pair in full.merge(assessed, on=key, suffixes=("", "_part")).itertuples():
        left = pair.denominator - pair.denominator_part
        if 0 <= pair.numerator - pair.numerator_part <= left:
            yield Rule({pair.row: 1.0, pair.row_part: -1.0}, 0.0, left)


def _without_known(rule: Rule, figures: np.ndarray, is_hidden: np.ndarray) -> Rule:
    known = sum(sign * figures[cell] for cell, sign in rule.signs.items() if not is_hidden[cell])
    signs = {cell: sign for cell, sign in rule.signs.items() if is_hidden[cell]}
    return Rule(signs, rule.low - known, rule.high - known)


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules that have hidden cells in common, directly or through others, together."""
    above: dict[int, int] = {}

    def top(cell: int) -> int:
        while above.setdefault(cell, cell) != cell:
            above[cell] = cell = above[above[cell]]
        return cell

    for rule in rules:
        first, *others = rule.signs
        for other in others:
            above[top(other)] = top(first)
    groups: dict[int, list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[top(next(iter(rule.signs)))].append(rule)
    return list(groups.values())


def _certain(cells: pd.DataFrame, rules: Sequence[Rule], small: set[int]) -> set[int]:
    """Small cells that the rules leave one figure."""
    hidden = sorted({cell for rule in rules for cell in rule.signs})
    wanted = [cell for cell in hidden if cell in small]
    if not wanted:
        return set()
    column = {cell: at for at, cell in enumerate(hidden)}
    matrix = np.zeros((len(rules), len(hidden)))
    for at, rule in enumerate(rules):
        for cell, sign in rule.signs.items():
            matrix[at, column[cell]] = sign
    limits = LinearConstraint(matrix, np.array([r.low for r in rules]) - 1e-7, np.array([r.high for r in rules]) + 1e-7)
    block = cells.loc[hidden]
    bounds = Bounds(np.zeros(len(hidden)), np.where(block["is_capped"], block["denominator"], _MOST))
    is_whole = ((block["numerator"] % 1) == 0).to_numpy().astype(int)
    truth = block["numerator"].to_numpy()
    left = dict.fromkeys(wanted)

    def vary(goal: np.ndarray) -> None:
        """Drop the cells that are another figure in an answer than in truth: they are not certain."""
        end = milp(goal, constraints=limits, bounds=bounds, integrality=is_whole)
        assert end.success, block.iloc[0].to_dict()
        for cell in [cell for cell in left if abs(end.x[column[cell]] - truth[column[cell]]) >= 0.5]:
            del left[cell]

    for sign in (1.0, -1.0):
        vary(np.array([sign if cell in left else 0.0 for cell in hidden]))
    for cell in wanted:
        for sign in (1.0, -1.0):
            if cell in left:
                vary(np.array([sign if cell == other else 0.0 for other in hidden]))
    return set(left)
