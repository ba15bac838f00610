"""What subtraction still tells of a published night: small cells that follow from places, from time, from the two calibers.

The attacker of the tests (``tests/fixtures/attacker.py``) knows the relations that suppression guards, places in one period. This one
also adds months up to quarters, quarters to half-years and years, days to weeks and months, and knows that what is counted
in the assessed caliber is part of the full one. For figures of ``docs/evidence.md``; it judges nothing.
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
    ("quarter", "month"), ("half_year", "quarter"), ("year", "half_year"), ("week", "day"), ("month", "day"),
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
    """Where all counts of a KPI add up over two types of periods, the longer is the sum of the shorter."""
    unit = ["caliber", "unit_type", "unit_code"]
    for _, kpi in cells.groupby(["kpi_id", "variant"]):
        by_type = dict(iter(kpi.groupby("period_type")))
        for long, short in PERIODS:
            if long not in by_type or short not in by_type:
                continue
            rules, adds_up = [], True
            parts_of = dict(iter(by_type[short].groupby(unit)))
            for total in by_type[long].itertuples():
                of_unit = parts_of.get((total.caliber, total.unit_type, total.unit_code))
                if of_unit is None:
                    adds_up = False
                    break
                parts = of_unit[
                    (of_unit["period_start"] >= total.period_start) & (of_unit["period_end"] <= total.period_end)
                ]
                sums = parts[["numerator", "denominator"]].sum()
                if (
                    abs(sums["numerator"] - total.numerator) > 1e-6
                    or abs(sums["denominator"] - total.denominator) > 1e-6
                ):
                    adds_up = False
                    break
                rules.append(Rule({total.Index: 1.0} | dict.fromkeys(parts.index, -1.0), 0.0, 0.0))
            if adds_up:
                yield from rules


def _of_calibers(cells: pd.DataFrame) -> Iterable[Rule]:
    """What counts in the assessed caliber counts in the full one; no more is left than cases are."""
    key = [*(name for name in _FAMILY if name != "caliber"), "unit_type", "unit_code"]
    for _, pair in cells[cells["is_capped"]].groupby(key):
        by_caliber = {row.caliber: row for row in pair.itertuples()}
        if {"full", "assessed"} <= by_caliber.keys():
            full, assessed = by_caliber["full"], by_caliber["assessed"]
            left = full.denominator - assessed.denominator
            if 0 <= full.numerator - assessed.numerator <= left:
                yield Rule({full.Index: 1.0, assessed.Index: -1.0}, 0.0, left)


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
    found = set()
    for cell in wanted:
        goal = np.zeros(len(hidden))
        goal[column[cell]] = 1.0
        ends = [milp(sign * goal, constraints=limits, bounds=bounds, integrality=is_whole) for sign in (1, -1)]
        assert all(end.success for end in ends), cells.loc[cell].to_dict()
        if abs(ends[0].fun + ends[1].fun) < 0.5:
            found.add(cell)
    return found
