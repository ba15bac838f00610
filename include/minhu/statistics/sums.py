"""What sums tell of hidden figures: the least and the greatest that each can be, by interval arithmetic.

Bounds are tightened relation by relation until nothing changes (constraint propagation; Davis 1987, Artificial Intelligence 32,
281-331). What it finds is certain; what follows only from several relations solved together it does not find: that is left to
the exact attack of ``benchmarks/disclosure.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minhu.statistics.relations import Flags, Floats, Numbers, Relations

_ROUNDS = 40
_LEAST_WIDTH = 0.5


@dataclass(frozen=True)
class Told:
    """By cell: hidden, but one figure only is left; by relation: it says so without the others."""

    cells: Flags
    directly: Flags


class Sums:
    """Relations between cells, of which some are hidden."""

    def __init__(self, kinds: Sequence[Relations], counted: Floats, size: Floats, is_capped: Flags) -> None:
        lengths = np.concatenate([kind.lengths for kind in kinds])
        self._cell = np.concatenate([kind.cells for kind in kinds])
        self._first = np.concatenate([[0], np.cumsum(lengths)])
        self._relation = np.repeat(np.arange(len(lengths)), lengths)
        self._sign = np.full(len(self._cell), -1.0)
        self._sign[self._first[:-1]] = 1.0
        self._low = np.concatenate([kind.low for kind in kinds])
        self._high = np.concatenate([kind.high for kind in kinds])
        self.is_of_one_period = np.concatenate([np.full(len(kind.low), kind.is_of_one_period) for kind in kinds])
        self.is_of_days = np.concatenate([np.full(len(kind.low), kind.is_of_days) for kind in kinds])
        self.is_hidden = np.zeros(len(counted), dtype=bool)
        self._hidden_in = np.zeros(len(self._low), dtype=np.int64)
        self._counted = counted
        self._is_whole = np.mod(counted, 1) == 0
        self._cap = np.where(is_capped, size, 1e6 + 4 * counted.max(initial=0.0))
        by_cell = np.argsort(self._cell, kind="stable")
        self._by_cell = self._relation[by_cell]
        self._first_of_cell = np.searchsorted(self._cell[by_cell], np.arange(len(counted) + 1))

    def cells_of(self, relation: int) -> Numbers:
        """The total and its parts."""
        return self._cell[self._first[relation] : self._first[relation + 1]]

    def relations_of(self, cell: int) -> Numbers:
        return self._by_cell[self._first_of_cell[cell] : self._first_of_cell[cell + 1]]

    def hide(self, first: int, is_hidden: Flags) -> None:
        """Take note of which cells from ``first`` on are hidden now."""
        last = first + len(is_hidden)
        for cell in np.flatnonzero(self.is_hidden[first:last] != is_hidden).tolist():
            self._hidden_in[self.relations_of(first + cell)] += 1 if is_hidden[cell] else -1
        self.is_hidden[first:last] = is_hidden

    def have_hidden_kin(self, first: int, last: int) -> Flags:
        """Which of the cells ``first:last`` stand in a sum over periods or calibers in which a cell is hidden."""
        of_cells = self._first_of_cell[first : last + 1]
        relations = self._by_cell[of_cells[0] : of_cells[-1]]
        has_hidden = (self._hidden_in[relations] > 0) & ~self.is_of_one_period[relations]
        cell = np.repeat(np.arange(last - first), np.diff(of_cells))
        return np.bincount(cell, has_hidden, last - first) > 0

    def told(self, also: Flags | None = None) -> Told:
        """What follows from all figures that are not hidden, were ``also`` hidden as well."""
        is_hidden = self.is_hidden if also is None else self.is_hidden | also
        low, high = np.where(is_hidden, 0.0, self._counted), np.where(is_hidden, self._cap, self._counted)
        directly = np.zeros(len(self._low), dtype=bool)
        has_hidden = directly.copy()
        has_hidden[self._relation[is_hidden[self._cell]]] = True
        use = has_hidden[self._relation]
        relation, cell, sign = self._relation[use], self._cell[use], self._sign[use]
        for at in range(_ROUNDS):
            least, greatest = self._of_each_alone(relation, cell, sign, low, high)
            if at == 0:
                width = np.minimum(greatest, high[cell]) - np.maximum(least, low[cell])
                directly[relation[(width < _LEAST_WIDTH) & is_hidden[cell]]] = True
            tighter_low, tighter_high = low.copy(), high.copy()
            np.maximum.at(tighter_low, cell, least)
            np.minimum.at(tighter_high, cell, greatest)
            is_same = np.array_equal(tighter_low, low) and np.array_equal(tighter_high, high)
            low, high = np.where(is_hidden, tighter_low, low), np.where(is_hidden, tighter_high, high)
            if is_same:
                break
        return Told(is_hidden & (high - low < _LEAST_WIDTH), directly)

    def _of_each_alone(
        self, relation: Numbers, cell: Numbers, sign: Floats, low: Floats, high: Floats
    ) -> tuple[Floats, Floats]:
        """The least and the greatest that each relation leaves each of its cells, the others being what they can be."""
        lows, highs = np.where(sign > 0, low[cell], -high[cell]), np.where(sign > 0, high[cell], -low[cell])
        sum_low, sum_high = (np.bincount(relation, ends, len(self._low))[relation] for ends in (lows, highs))
        signed_low, signed_high = self._low[relation] - (sum_high - highs), self._high[relation] - (sum_low - lows)
        least, greatest = np.where(sign > 0, signed_low, -signed_high), np.where(sign > 0, signed_high, -signed_low)
        is_whole = self._is_whole[cell]
        return np.where(is_whole, np.ceil(least - 1e-6), least), np.where(is_whole, np.floor(greatest + 1e-6), greatest)
