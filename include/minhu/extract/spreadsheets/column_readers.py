"""Readers of cells on a whole column: ordinary texts at once, each other text once, what is no text one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract.spreadsheets.at_once import READERS, AtOnce
from minhu.extract.spreadsheets.cells import Cells
from minhu.extract.spreadsheets.problems import Fault, fault_of


@dataclass(frozen=True)
class ColumnReader:
    """A reader of cells and the same of many texts.

    Attributes:
        of_cell: of one cell, None for an empty one; it raises where the cell is something else.
        of_texts: the same of many texts, null for those it does not know.
        kind: type of what they give.
    """

    of_cell: Callable[[Any], Any]
    of_texts: AtOnce
    kind: pa.DataType

    @classmethod
    def of(cls, reader: Callable[[Any], Any], kind: pa.DataType) -> ColumnReader:
        """The reader of cells with what is known of it for many texts."""
        return cls(reader, READERS.get(reader, lambda texts: pa.nulls(len(texts), kind)), kind)

    def read(self, cells: Cells) -> tuple[pa.Array, dict[int, Fault]]:
        """Values of the cells, null where one is empty or cannot be read, and what is wrong with these by their place."""
        column = self.of_texts(cells.texts)
        is_unknown = pc.and_(column.is_null(), cells.texts.is_valid())
        faults: dict[int, Fault] = {}
        if pc.any(is_unknown).as_py():
            values, faults = self._one_by_one(cells.texts.filter(is_unknown), np.flatnonzero(is_unknown))
            column = pc.replace_with_mask(column, is_unknown, values)
        if cells.others:
            row_by_row = column.to_pylist()
            for place, cell in cells.others.items():
                row_by_row[place], what = self._of_cell(cell)
                if what is not None:
                    faults[place] = what
            column = pa.array(row_by_row, self.kind)
        return column, faults

    def _one_by_one(self, texts: pa.StringArray, places: npt.NDArray[np.int64]) -> tuple[pa.Array, dict[int, Fault]]:
        """Each text once, and what is wrong by the places in the column."""
        encoded = texts.dictionary_encode()
        values, faults = zip(*map(self._of_cell, encoded.dictionary.to_pylist()), strict=True)
        indices = np.array(encoded.indices)
        wrong = np.flatnonzero(np.array([what is not None for what in faults])[indices])
        found = dict(zip(places[wrong].tolist(), (faults[index] for index in indices[wrong].tolist()), strict=True))
        return pa.array(values, self.kind).take(encoded.indices), found

    def _of_cell(self, cell: Any) -> tuple[Any, Fault | None]:
        try:
            return self.of_cell(cell), None
        except (ValueError, TypeError, OverflowError) as error:
            return None, fault_of(error)
