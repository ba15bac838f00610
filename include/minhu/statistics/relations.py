"""Which cells of a KPI add up to which: places in one period, periods in longer ones, and the two calibers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]

#: Types of periods of which the first is the sum of the second.
PERIODS = (
    ("week", "day"), ("month", "day"), ("assessment_month", "day"),
    ("quarter", "month"), ("half_year", "quarter"), ("year", "half_year"),
)  # fmt: skip
_SAME = 1e-6


@dataclass(frozen=True)
class Relations:
    """Relations of one kind: ``low <= first figure - sum of the others <= high``.

    Attributes:
        cells: numbers of cells, of one relation after the other, the total of each first.
        lengths: how many of them each relation has.
        low, high: of each relation.
        is_of_one_period: places in one period are added up, not periods or calibers.
        is_of_days: days are added up, for which no longer period is hidden.
    """

    cells: Numbers
    lengths: Numbers
    low: Floats
    high: Floats
    is_of_one_period: bool = False
    is_of_days: bool = False


class _Family(NamedTuple):
    """What the cells of a period have in common."""

    caliber: str
    period_type: str
    period_start: date
    period_end: date

    def is_in(self, longer: _Family) -> bool:
        return longer.period_start <= self.period_start and self.period_end <= longer.period_end


class Columns:
    """The cells of one KPI and variant as columns; rows of ``cells``, sorted by family, are their numbers."""

    def __init__(self, cells: pd.DataFrame) -> None:
        kind, code, parent_kind, parent_code = (  # as lists at once: one by one they leave Arrow ten times slower
            cells[name].to_numpy(dtype=object).tolist()
            for name in ("unit_type", "unit_code", "parent_type", "parent_code")
        )
        self.key = list(zip(kind, code, strict=True))
        self.parent = list(zip(parent_kind, parent_code, strict=True))
        self.counted, self.size, self.floor = (
            cells[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator", "floor")
        )
        self.is_small, self.is_capped, self.is_unchanged, self.was_hidden, self.was_exposed, is_withheld = (
            cells[name].to_numpy(dtype=bool)
            for name in ("is_small", "is_capped", "is_unchanged", "was_hidden", "was_exposed", "is_withheld")
        )
        self.is_fixed = is_withheld | (self.is_unchanged & ~self.was_hidden)
        self.is_city = np.array([unit_type == "city" for unit_type, _ in self.key])
        self.is_kept = self.is_small | (self.is_unchanged & self.was_hidden)
        family = cells.groupby(list(_Family._fields[:3])).ngroup().to_numpy()  # sorted as the cells are
        self.first = np.flatnonzero(np.diff(family, prepend=-1))
        self.last = np.append(self.first[1:], len(cells))
        self.family: list[int] = family.tolist()
        self._families = [
            _Family(*row) for row in cells[list(_Family._fields)].iloc[self.first].itertuples(index=False)
        ]
        number: dict[tuple[str, str], int] = {}
        self._unit = np.array([number.setdefault(key, len(number)) for key in self.key], dtype=np.int64)
        self._parent = np.array([number.get(key, -1) for key in self.parent], dtype=np.int64)
        #: The cell of each family and unit, -1 for none.
        self._cell = np.full((len(self.first), len(number)), -1)
        self._cell[self.family, self._unit] = np.arange(len(cells))

    def places(self) -> Relations:
        """What lies in no known place counts as known, but not of a total that is itself small."""
        total = np.where(self._parent >= 0, self._cell[self.family, self._parent], -1)
        kind = np.unique([unit_type for unit_type, _ in self.key], return_inverse=True)[1]
        part = np.flatnonzero(total >= 0)
        part = part[np.lexsort((kind[part], total[part]))]
        is_first = np.diff(total[part], prepend=-1).astype(bool) | np.diff(kind[part], prepend=-1).astype(bool)
        first, group = np.flatnonzero(is_first), np.cumsum(is_first) - 1
        of = total[part[first]]
        sums = [np.bincount(group, column[part], len(first)) for column in (self.counted, self.size)]
        is_open = np.bincount(group, ~self.is_capped[part], len(first)) > 0
        rest = self.counted[of] - sums[0]
        most = np.where(is_open, np.inf, np.maximum(rest, self.size[of] - sums[1]))
        is_small = self.is_small[of]
        return Relations(
            np.insert(part, first, of),
            np.diff(np.append(first, len(part))) + 1,
            np.where(is_small, 0.0, rest),
            np.where(is_small, most, rest),
            is_of_one_period=True,
        )

    def across(self) -> list[Relations]:
        """Sums over time and over calibers."""
        return [*self._times(), *self._calibers()]

    def _times(self) -> Iterator[Relations]:
        """Of each unit, where the counts of a period are those of the shorter ones in it."""
        by_type: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, family in enumerate(self._families):
            by_type[family.caliber, family.period_type].append(number)
        for longer, shorter in PERIODS:
            for number, total in enumerate(self._families):
                if total.period_type == longer:
                    within = [part for part in by_type[total.caliber, shorter] if self._families[part].is_in(total)]
                    if within:
                        yield self._of_units(self._cell[number], self._cell[within], shorter == "day")

    def _of_units(self, total: Numbers, parts: Numbers, is_of_days: bool) -> Relations:
        is_whole = (total >= 0) & (parts >= 0).any(axis=0)
        for column in (self.counted, self.size):
            with_none = np.append(column, 0.0)
            is_whole &= np.abs(with_none[total] - with_none[parts].sum(axis=0)) < _SAME
        block = np.vstack([total, parts])[:, is_whole].T
        is_there = block >= 0
        none = np.zeros(len(block))
        return Relations(block[is_there], is_there.sum(axis=1), none, none, is_of_days=is_of_days)

    def _calibers(self) -> Iterator[Relations]:
        """What counts in the assessed caliber counts in the full one; no more is left than cases are."""
        number_of = {family[:3]: number for number, family in enumerate(self._families)}
        for number, family in enumerate(self._families):
            of_part = number_of.get(("assessed", family.period_type, family.period_start))
            if family.caliber != "full" or of_part is None:
                continue
            total, part = self._cell[number], self._cell[of_part]
            is_both = (total >= 0) & (part >= 0)
            total, part = total[is_both], part[is_both]
            left, out = self.size[total] - self.size[part], self.counted[total] - self.counted[part]
            use = self.is_capped[total] & (out >= 0) & (out <= left)
            cells = np.column_stack([total[use], part[use]])
            yield Relations(cells.ravel(), np.full(len(cells), 2), np.zeros(len(cells)), left[use])
