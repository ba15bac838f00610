"""Which cells of a night are hidden beside those below the floor: places of each period first, then sums over time.

The counts of a quarter are those of its months, and what is counted in the assessed caliber is part of the full one: a hidden
month follows from its quarter and the other months. Where such a sum tells a hidden figure, one more figure of the unit is
hidden, the longer period before another part, and what that needs among the places of its own period. Figures of the whole city
are never hidden for it, nor is any week or month for its days. What is told all the same is marked; nothing is hidden for what would be
told even if all that may be hidden were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby

import numpy as np
import pandas as pd
import pyarrow as pa

from minhu.statistics.relations import Columns, Flags
from minhu.statistics.sums import Sums, Told
from minhu.statistics.suppression import COMPLEMENT, EXPOSED, Cell, protect

FAMILY = ["kpi_id", "variant", "caliber", "period_type", "period_start"]
CELL = ["unit_type", "unit_code"]
#: Types of the answer, for one without rows has none of its own.
SCHEMA = pa.schema(
    [(name, pa.date32() if name == "period_start" else pa.string()) for name in [*FAMILY, *CELL, "role"]]
)
_ROUNDS = 12
_Key = tuple[str, str]


def complements(cells: pd.DataFrame) -> pd.DataFrame:
    """Which cells are hidden beside those below the floor.

    Args:
        cells: one row per cell, columns of ``FAMILY`` and ``CELL``, ``period_end``, ``parent_type`` and ``parent_code``
            (null: a total), ``numerator``, ``denominator``, ``floor`` (the least number of cases that may be shown, one of
            a family), ``is_small``, ``is_withheld``, ``is_capped``; ``is_unchanged`` (the release before had the same
            figures), ``was_hidden`` and ``was_exposed`` (there).

    Returns:
        ``FAMILY``, ``CELL`` and ``role``: ``complement`` (hide it too) or ``exposed`` (a small cell that follows from
        what is shown; nothing can be done). Sorted; the same cells give the same rows in any order.
    """
    ordered = cells.sort_values([*FAMILY, *CELL], ignore_index=True)
    roles = _as_before(ordered)
    for rows in ordered[_in_years_of_change(ordered)].groupby(FAMILY[:2]).groups.values():
        roles.loc[rows] = _Kpi(ordered.loc[rows]).roles()
    found: pd.DataFrame = ordered.assign(role=roles)[roles.notna()]
    return found[[*FAMILY, *CELL, "role"]].reset_index(drop=True)


def _as_before(cells: pd.DataFrame) -> pd.Series:
    """What the release before decided of cells that are the same as there, as roles."""
    roles = pd.Series(None, index=cells.index, dtype=object)
    roles[cells["was_hidden"] & ~cells["is_small"]] = COMPLEMENT
    roles[cells["was_exposed"] & cells["is_unchanged"]] = EXPOSED
    return roles


def _in_years_of_change(cells: pd.DataFrame) -> pd.Series:
    """Whether a cell stands in a calendar year of which some figure of its KPI is another than in the release before.

    Decisions of other years stand. Were they looked at again together with this one, what is hidden in it would depend on how
    many years a night looks at, and a release made again, which looks at all of them, would be another.
    """
    chosen = pd.Series(False, index=cells.index)
    first, last = (pd.to_datetime(cells[name]).dt.year for name in ("period_start", "period_end"))
    is_same = cells.groupby(FAMILY)["is_unchanged"].transform("all").astype(bool)
    for rows in cells.groupby(FAMILY[:2]).groups.values():
        changed = rows[~is_same.loc[rows]]
        years = {
            year
            for ends in zip(first.loc[changed], last.loc[changed], strict=True)
            for year in range(ends[0], ends[1] + 1)
        }
        chosen.loc[rows] = first.loc[rows].isin(years) | last.loc[rows].isin(years)
    return chosen


class _Family:
    """The cells of one caliber and period, the numbers ``first:last`` of their KPI."""

    def __init__(self, columns: Columns, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.floor = columns.floor[first]
        #: Nothing changed since the release before: its decisions stand, so that judging it again, whenever, gives the same.
        self.is_same = bool(columns.is_unchanged[first:last].all())
        self.roles: dict[_Key, str] = {}
        self._columns = columns

    @property
    def is_built(self) -> bool:
        return "cells" in vars(self)

    @cached_property
    def cells(self) -> list[Cell]:
        """Each under the total it is a part of."""
        columns = self._columns
        cells = [
            Cell(
                columns.key[row],
                columns.size[row],
                columns.counted[row],
                columns.is_small[row],
                columns.is_fixed[row],
                columns.is_capped[row],
                columns.is_unchanged[row],
                columns.was_hidden[row],
            )
            for row in range(self.first, self.last)
        ]
        by_key = {cell.key: cell for cell in cells}
        for row, cell in enumerate(cells, start=self.first):
            cell.is_hidden = cell.is_kept
            cell.parent = by_key.get(columns.parent[row])
            if cell.parent is not None:
                cell.parent.groups[cell.key[0]].append(cell)
        return cells

    def protect(self) -> None:
        """Decide, or as the release before decided: where nothing changed, and for what was told already."""
        if not self.is_same:
            self.roles = {cell.key: role for cell, role in protect(self.cells, self.floor)}
        for row, cell in enumerate(self.cells, start=self.first):
            if cell.is_exposed or (cell.is_unchanged and self._columns.was_exposed[row]):
                self.roles[cell.key] = EXPOSED
            elif self.is_same and cell.was_hidden and not cell.is_small:
                self.roles[cell.key] = COMPLEMENT

    def give_up(self, cells: Iterable[Cell]) -> None:
        """Start again without these."""
        for cell in cells:
            cell.is_exposed = True
        for cell in self.cells:
            cell.is_hidden = cell.is_kept
            cell.stands_for_others = cell.needs_change = False


class _Kpi:
    """The cells of one KPI and variant: of each family by itself, and then what their sums tell."""

    def __init__(self, cells: pd.DataFrame) -> None:
        self._columns = columns = Columns(cells)
        self._families = [
            _Family(columns, *ends) for ends in zip(columns.first.tolist(), columns.last.tolist(), strict=True)
        ]
        self._across = columns.across()
        self._sums = Sums([*self._across, columns.places()], columns.counted, columns.size, columns.is_capped)
        self._sums.hide(0, columns.is_kept)

    def roles(self) -> list[str | None]:
        """Of each cell."""
        for family, _ in self._by_family(self._columns.is_kept):
            self._protect(family)
        if self._across:
            self._give_up()
            self._hide_more()
        keys = self._columns.key
        return [family.roles.get(key) for family in self._families for key in keys[family.first : family.last]]

    def _protect(self, family: _Family) -> None:
        kin = self._sums.have_hidden_kin(family.first, family.last)
        for cell, has_hidden_kin in zip(family.cells, kin.tolist(), strict=True):
            cell.has_hidden_kin = has_hidden_kin
        family.protect()
        self._sums.hide(family.first, np.array([cell.is_hidden for cell in family.cells]))

    def _give_up(self) -> None:
        """Mark figures that are told whatever is hidden, and hide nothing for them."""
        self._keep_city()
        told = self._sums.told(~self._columns.is_fixed).cells & self._columns.is_kept
        for family, rows in self._by_family(told):
            if not family.is_same:
                family.give_up(family.cells[row - family.first] for row in rows)
                self._protect(family)
        self._keep_city()

    def _keep_city(self) -> None:
        """What the city does is shown, whatever else that tells: it is what all are published for."""
        columns = self._columns
        is_kept = columns.is_city & ~self._sums.is_hidden
        columns.is_fixed |= is_kept
        for family, rows in self._by_family(is_kept):
            for row in rows if family.is_built else ():
                family.cells[row - family.first].is_fixed = True

    def _hide_more(self) -> None:
        """One more figure for each sum that tells a hidden one, and what that needs in its period; mark what is told still."""
        for _ in range(_ROUNDS):
            told, exposed = self._exposed()
            small = [row for row in exposed if self._columns.is_small[row]]
            chosen = self._company(small, told) or self._company(exposed, told)
            if not chosen:
                break
            for family, rows in self._by_family(_flags(chosen, len(told.cells))):
                for row in rows:
                    cell = family.cells[row - family.first]
                    cell.is_hidden = cell.stands_for_others = True
                self._protect(family)
        else:  # what the last round hid has changed what is told
            _, exposed = self._exposed()
        for row in exposed:
            family = self._families[self._columns.family[row]]
            if not family.is_same:
                family.roles[self._columns.key[row]] = EXPOSED

    def _exposed(self) -> tuple[Told, list[int]]:
        """What is told now, and of it the cells that must not be and are not marked."""
        told = self._sums.told()
        rows = np.flatnonzero(told.cells & self._columns.is_kept).tolist()
        return told, [row for row in rows if self._is_unmarked(row)]

    def _is_unmarked(self, row: int) -> bool:
        return self._families[self._columns.family[row]].roles.get(self._columns.key[row]) != EXPOSED

    def _company(self, exposed: Sequence[int], told: Told) -> list[int]:
        """A figure for each sum over periods or calibers that tells these, or what they are added up with."""
        reached, waiting, met = set(exposed), list(exposed), set()
        while waiting:
            for relation in self._sums.relations_of(waiting.pop()).tolist():
                if relation not in met:
                    met.add(relation)
                    new = [cell for cell in self._sums.cells_of(relation).tolist() if told.cells[cell]]
                    waiting += [cell for cell in new if cell not in reached]
                    reached.update(new)
        is_other = self._sums.is_of_one_period | self._sums.is_of_days
        across = sorted(relation for relation in met if not is_other[relation])
        directly = [relation for relation in across if told.directly[relation]]
        nearest = [relation for relation in directly if not {*self._sums.cells_of(relation)}.isdisjoint(exposed)]
        chosen: set[int] = set()
        for relation in nearest or directly or across:
            cells = self._sums.cells_of(relation).tolist()
            if chosen.isdisjoint(cells):
                chosen.update(self._best(cells))
        return sorted(chosen)

    def _best(self, cells: Sequence[int]) -> list[int]:
        """The total, else the smallest part that could be higher and lower; none where all was shown before."""
        columns = self._columns
        free = [cell for cell in cells if not (self._sums.is_hidden[cell] or columns.is_fixed[cell])]
        if cells[0] in free:
            return [cells[0]]
        fit = [
            cell
            for cell in free
            if columns.counted[cell] >= 1
            and (not columns.is_capped[cell] or columns.counted[cell] < columns.size[cell])
        ]
        return sorted(fit, key=lambda cell: (not columns.was_hidden[cell], columns.size[cell], cell))[:1]

    def _by_family(self, is_chosen: Flags) -> Iterator[tuple[_Family, list[int]]]:
        rows = np.flatnonzero(is_chosen)
        for family, of_family in groupby(rows.tolist(), key=self._columns.family.__getitem__):
            yield self._families[family], list(of_family)


def _flags(rows: Sequence[int], length: int) -> Flags:
    found = np.zeros(length, dtype=bool)
    found[list(rows)] = True
    return found
