"""Readers of cells on a whole column: ordinary texts at once, each other text once, what is no text one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
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
        of_texts: the same of distinct texts, null for those it does not know.
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
        encoded = cells.texts.dictionary_encode()
        values, faults_of_texts = self._distinct(encoded.dictionary)
        column = values.take(encoded.indices)
        faults: dict[int, Fault] = {}
        if faults_of_texts:
            indices = np.array(encoded.indices.fill_null(-1))
            for place in np.flatnonzero(np.isin(indices, list(faults_of_texts))).tolist():
                faults[place] = faults_of_texts[int(indices[place])]
        if cells.others:
            row_by_row = column.to_pylist()
            for place, cell in cells.others.items():
                row_by_row[place], what = self._of_cell(cell)
                if what is not None:
                    faults[place] = what
            column = pa.array(row_by_row, self.kind)
        return column, faults

    def _distinct(self, texts: pa.StringArray) -> tuple[pa.Array, dict[int, Fault]]:
        values = self.of_texts(texts)
        unknown = np.flatnonzero(np.array(values.is_null())).tolist()
        if not unknown:
            return values, {}
        faults: dict[int, Fault] = {}
        found = []
        for place, text in zip(unknown, texts.take(pa.array(unknown)).to_pylist(), strict=True):
            value, what = self._of_cell(text)
            found.append(value)
            if what is not None:
                faults[place] = what
        return pc.replace_with_mask(values, values.is_null(), pa.array(found, self.kind)), faults

    def _of_cell(self, cell: Any) -> tuple[Any, Fault | None]:
        try:
            return self.of_cell(cell), None
        except (ValueError, TypeError, OverflowError) as error:
            return None, fault_of(error)
