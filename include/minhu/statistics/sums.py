"""What sums tell of hidden figures: the least and the greatest that each can be, by interval arithmetic.

Bounds are tightened relation by relation until nothing changes (constraint propagation; Davis 1987, Artificial Intelligence 32,
281-331). What it finds is certain; what follows only from several relations solved together it does not find: that is left to
the exact attack of ``benchmarks/disclosure.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from minhu.statistics.suppression import Cell

_ROUNDS = 40
_LEAST_WIDTH = 0.5
_Floats = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Relation:
    """``low <= first cell - sum of the others <= high``; ``is_of_one_period`` if places in one period are added up."""

    cells: Sequence[Cell]
    low: float = 0.0
    high: float = 0.0
    is_of_one_period: bool = False


@dataclass(frozen=True)
class Told:
    """Hidden cells that can be one figure only, and the relations that say so without the others."""

    cells: frozenset[Cell]
    directly: frozenset[Relation]


class Sums:
    """Relations between cells, of which some are hidden."""

    def __init__(self, relations: Sequence[Relation]) -> None:
        self.relations = list(relations)
        self.cells = list(dict.fromkeys(cell for relation in relations for cell in relation.cells))
        number = {cell: at for at, cell in enumerate(self.cells)}
        lengths = [len(relation.cells) for relation in self.relations]
        self._relation = np.repeat(np.arange(len(lengths)), lengths)
        self._cell = np.array([number[cell] for relation in self.relations for cell in relation.cells], dtype=np.int64)
        self._sign = np.full(len(self._cell), -1.0)
        self._sign[np.cumsum([0, *lengths[:-1]])] = 1.0
        self._low = np.array([relation.low for relation in self.relations])
        self._high = np.array([relation.high for relation in self.relations])
        self._counted = np.array([cell.counted for cell in self.cells])
        self._is_whole = np.mod(self._counted, 1) == 0
        most = 1e6 + 4 * self._counted.max()
        self._cap = np.array([cell.size if cell.is_capped else most for cell in self.cells])

    def told(self) -> Told:
        """What follows from all figures that are not hidden now."""
        is_hidden = np.array([cell.is_hidden for cell in self.cells])
        low, high = np.where(is_hidden, 0.0, self._counted), np.where(is_hidden, self._cap, self._counted)
        has_hidden = np.zeros(len(self.relations), dtype=bool)
        has_hidden[self._relation[is_hidden[self._cell]]] = True
        use = has_hidden[self._relation]
        relation, cell, sign = self._relation[use], self._cell[use], self._sign[use]
        directly: _Flags | None = None
        for _ in range(_ROUNDS):
            least, greatest = self._of_each_alone(relation, cell, sign, low, high)
            if directly is None:
                width = np.minimum(greatest, high[cell]) - np.maximum(least, low[cell])
                directly = (width < _LEAST_WIDTH) & is_hidden[cell]
            tighter_low, tighter_high = low.copy(), high.copy()
            np.maximum.at(tighter_low, cell, least)
            np.minimum.at(tighter_high, cell, greatest)
            is_same = np.array_equal(tighter_low, low) and np.array_equal(tighter_high, high)
            low, high = np.where(is_hidden, tighter_low, low), np.where(is_hidden, tighter_high, high)
            if is_same:
                break
        found = np.flatnonzero(is_hidden & (high - low < _LEAST_WIDTH))
        saying = set(relation[directly].tolist()) if directly is not None else set()
        return Told(frozenset(self.cells[at] for at in found), frozenset(self.relations[at] for at in saying))

    def _of_each_alone(
        self, relation: npt.NDArray[np.int64], cell: npt.NDArray[np.int64], sign: _Floats, low: _Floats, high: _Floats
    ) -> tuple[_Floats, _Floats]:
        """The least and the greatest that each relation leaves each of its cells, the others being what they can be."""
        count = len(self.relations)
        lows, highs = np.where(sign > 0, low[cell], -high[cell]), np.where(sign > 0, high[cell], -low[cell])
        sum_low, sum_high = (np.bincount(relation, ends, count)[relation] for ends in (lows, highs))
        signed_low, signed_high = self._low[relation] - (sum_high - highs), self._high[relation] - (sum_low - lows)
        least, greatest = np.where(sign > 0, signed_low, -signed_high), np.where(sign > 0, signed_high, -signed_low)
        is_whole = self._is_whole[cell]
        return np.where(is_whole, np.ceil(least - 1e-6), least), np.where(is_whole, np.floor(greatest + 1e-6), greatest)
