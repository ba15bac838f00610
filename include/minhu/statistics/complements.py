"""Which cells of a night are hidden beside those below the floor: places of each period first, then sums over time.

The counts of a quarter are those of its months, and what is counted in the assessed caliber is part of the full one: a hidden
month follows from its quarter and the other months. Where such a sum tells a hidden figure, one more figure of the unit is
hidden, the longer period before another part, and what that needs among the places of its own period. What is told still, for
all that could hide it was shown before, is marked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from minhu.statistics.sums import Relation, Sums, Told
from minhu.statistics.suppression import COMPLEMENT, EXPOSED, Cell, protect

FAMILY = ["kpi_id", "variant", "caliber", "period_type", "period_start"]
CELL = ["unit_type", "unit_code"]
#: Types of the answer, for one without rows has none of its own.
SCHEMA = pa.schema(
    [(name, pa.date32() if name == "period_start" else pa.string()) for name in [*FAMILY, *CELL, "role"]]
)
#: Types of periods of which the first is the sum of the second.
PERIODS = (
    ("week", "day"), ("month", "day"), ("assessment_month", "day"),
    ("quarter", "month"), ("half_year", "quarter"), ("year", "half_year"),
)  # fmt: skip
_SAME = 1e-6
_ROUNDS = 12
_Key = tuple[str, str]


@dataclass(eq=False)
class _Family:
    """The cells of one KPI, variant, caliber and period."""

    rows: Sequence[_Row]
    cells: dict[_Key, Cell]
    roles: dict[_Key, str] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Nothing changed since the release before: its decisions stand, so that judging it again, whenever, gives the same."""
        return all(row.is_unchanged for row in self.rows)

    def protect(self) -> None:
        if not self.is_same:
            found = protect(list(self.cells.values()), self.rows[0].floor)
            self.roles = {cell.key: role for cell, role in found}
        self.roles |= _standing(self.rows)


def complements(cells: pd.DataFrame) -> pd.DataFrame:
    """Which cells are hidden beside those below the floor.

    Args:
        cells: one row per cell, columns of ``FAMILY`` and ``CELL``, ``period_end``, ``parent_type`` and ``parent_code``
            (null: a total), ``numerator``, ``denominator``, ``floor`` (the least number of cases that may be shown, one of
            a family), ``is_small``, ``is_withheld``, ``is_capped``; ``is_unchanged`` (the release before had the same
            figures), ``was_hidden`` and ``was_exposed`` (there).

    Returns:
        ``FAMILY``, ``CELL`` and ``role``: ``complement`` (hide it too) or ``exposed`` (a small cell that follows from
        what was published before; nothing can be done). Sorted; the same cells give the same rows in any order.
    """
    ordered = cells.sort_values([*FAMILY, *CELL], ignore_index=True)
    columns = [ordered[name].tolist() for name in _Row._fields]
    rows = map(_Row._make, zip(*columns, strict=True))
    found: list[tuple[object, ...]] = []
    for _, of_kpi in groupby(rows, key=lambda row: (row.kpi_id, row.variant)):
        families = {name: _family(list(of_family)) for name, of_family in groupby(of_kpi, key=lambda row: row[:5])}
        _protect_all(list(families.values()))
        found += [(*name, *key, role) for name, family in families.items() for key, role in family.roles.items()]
    result = pd.DataFrame(found, columns=[*FAMILY, *CELL, "role"])
    return result.sort_values([*FAMILY, *CELL], ignore_index=True)


class _Row(NamedTuple):
    """A row of the table of cells: ``FAMILY`` and ``CELL`` first."""

    kpi_id: str
    variant: str
    caliber: str
    period_type: str
    period_start: date
    unit_type: str
    unit_code: str
    period_end: date
    parent_type: str
    parent_code: str
    numerator: float
    denominator: float
    floor: float
    is_small: bool
    is_withheld: bool
    is_capped: bool
    is_unchanged: bool
    was_hidden: bool
    was_exposed: bool

    @property
    def key(self) -> _Key:
        return self.unit_type, self.unit_code


def _family(rows: Sequence[_Row]) -> _Family:
    """The cells of one family, each under the total it is a part of."""
    cells: dict[_Key, Cell] = {}
    above: dict[_Key, _Key] = {}
    for row in rows:
        is_fixed = row.is_withheld or (row.is_unchanged and not row.was_hidden)
        cell = Cell(
            row.key,
            row.denominator,
            row.numerator,
            row.is_small,
            is_fixed,
            row.is_capped,
            row.is_unchanged,
            row.was_hidden,
        )
        cell.is_hidden = cell.is_secret
        cells[row.key] = cell
        above[row.key] = (row.parent_type, row.parent_code)
    for key, cell in cells.items():
        parent = cells.get(above[key])
        if parent is not None:
            cell.parent = parent
            parent.groups[key[0]].append(cell)
    return _Family(rows, cells)


def _standing(rows: Sequence[_Row]) -> dict[_Key, str]:
    """Decisions of the release before that are not taken back: nothing changed, or it was told already."""
    is_same = all(row.is_unchanged for row in rows)
    beside = {row.key: COMPLEMENT for row in rows if is_same and row.was_hidden and not row.is_small}
    return beside | {row.key: EXPOSED for row in rows if row.was_exposed and row.is_unchanged}


def _protect_all(families: Sequence[_Family]) -> None:
    """Protect the families of one KPI, each for itself and then from their sums."""
    across = [*_sums_over_time(families), *_parts_of_calibers(families)]
    for relation in across:
        for cell in relation.cells:
            cell.kin.append(relation.cells)
    for family in families:
        family.protect()
    if not across:
        return
    sums = Sums([*across, *(relation for family in families for relation in _sums_of_places(family))])
    family_of = {cell: family for family in families for cell in family.cells.values()}
    for _ in range(_ROUNDS):
        told = sums.told()
        exposed = [cell for cell in sums.cells if cell in told.cells and _is_unmarked(cell, family_of[cell])]
        chosen = _company([cell for cell in exposed if cell.is_small] or exposed, sums, told)
        if not chosen:
            break
        for cell in chosen:
            cell.is_hidden = cell.stands_for_others = True
        for family in dict.fromkeys(family_of[cell] for cell in chosen):
            family.protect()
    for cell in exposed:
        if not family_of[cell].is_same:
            family_of[cell].roles[cell.key] = EXPOSED


def _is_unmarked(cell: Cell, family: _Family) -> bool:
    return cell.is_secret and family.roles.get(cell.key) != EXPOSED


def _company(exposed: Sequence[Cell], sums: Sums, told: Told) -> list[Cell]:
    """One more cell for each sum across periods or calibers that tells these cells, or what they are added up with."""
    if not exposed:
        return []
    reached, waiting = set(exposed), list(exposed)
    relations_of = defaultdict(list)
    for relation in sums.relations:
        for cell in relation.cells:
            if cell in told.cells:
                relations_of[cell].append(relation)
    met: dict[Relation, None] = {}
    while waiting:
        for relation in relations_of[waiting.pop()]:
            met[relation] = None
            new = [cell for cell in relation.cells if cell in told.cells and cell not in reached]
            reached.update(new)
            waiting += new
    across = [relation for relation in met if not relation.is_of_one_period]
    directly = [relation for relation in across if relation in told.directly]
    telling = (
        [relation for relation in directly if any(cell in exposed for cell in relation.cells)] or directly or across
    )
    chosen: dict[Cell, None] = {}
    for relation in telling:
        if not any(cell in chosen for cell in relation.cells):
            chosen |= dict.fromkeys(_best(relation))
    return list(chosen)


def _best(relation: Relation) -> list[Cell]:
    """The total, else the smallest part that could be higher and lower; none where all was shown before."""
    total, *parts = relation.cells
    if not (total.is_hidden or total.is_fixed):
        return [total]
    fit = [
        cell
        for cell in parts
        if not (cell.is_hidden or cell.is_fixed)
        and cell.counted >= 1
        and (not cell.is_capped or cell.counted < cell.size)
    ]
    return sorted(fit, key=lambda cell: (not cell.was_hidden, cell.size))[:1]


def _sums_of_places(family: _Family) -> Iterator[Relation]:
    """What lies in no known place counts as known, but not of a total that is itself small."""
    for total in family.cells.values():
        for parts in total.groups.values():
            rest = high = total.counted - sum(part.counted for part in parts)
            if total.is_small:
                rest, high = 0.0, max(rest, total.size - sum(part.size for part in parts))
                high = high if all(part.is_capped for part in parts) else float("inf")
            yield Relation([total, *parts], rest, high, is_of_one_period=True)


def _sums_over_time(families: Sequence[_Family]) -> Iterator[Relation]:
    """Of each unit, where the counts of a period are those of the shorter ones in it."""
    by_type: dict[tuple[str, str], list[_Family]] = defaultdict(list)
    for family in families:
        by_type[family.rows[0].caliber, family.rows[0].period_type].append(family)
    for (caliber, longer), totals in by_type.items():
        for shorter in (short for long, short in PERIODS if long == longer):
            for total in totals:
                first = total.rows[0]
                within = [
                    family
                    for family in by_type.get((caliber, shorter), [])
                    if first.period_start <= family.rows[0].period_start
                    and family.rows[0].period_end <= first.period_end
                ]
                yield from _of_units(total, within) if within else ()


def _of_units(total: _Family, within: Sequence[_Family]) -> Iterator[Relation]:
    for key, cell in total.cells.items():
        parts = [family.cells[key] for family in within if key in family.cells]
        if (
            abs(cell.counted - sum(part.counted for part in parts)) < _SAME
            and abs(cell.size - sum(part.size for part in parts)) < _SAME
        ):
            yield Relation([cell, *parts])


def _parts_of_calibers(families: Sequence[_Family]) -> Iterator[Relation]:
    """What counts in the assessed caliber counts in the full one; no more is left than cases are."""
    by_caliber: dict[tuple[object, ...], dict[str, _Family]] = defaultdict(dict)
    for family in families:
        by_caliber[family.rows[0].period_type, family.rows[0].period_start][family.rows[0].caliber] = family
    for pair in by_caliber.values():
        if {"full", "assessed"} <= pair.keys():
            for key, part in pair["assessed"].cells.items():
                total = pair["full"].cells.get(key)
                left = total.size - part.size if total else 0.0
                if total and total.is_capped and 0 <= total.counted - part.counted <= left:
                    yield Relation([total, part], 0.0, left)
