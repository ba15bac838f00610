"""A column of cells: its texts as Arrow holds them, and what is no text by its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Cells(Sequence[Any]):
    """Cleaned cells. To its readers it is a sequence of what stands in them, None where nothing does.

    Attributes:
        texts: the texts, null where a cell is empty or no text.
        others: cells that are no text (numbers, dates, damaged and merged ones), by place.
    """

    texts: pa.StringArray
    others: Mapping[int, Any]

    @classmethod
    def of(cls, cells: Sequence[Any]) -> Cells:
        """The column of some cells, each cleaned."""
        others = {place: cell for place, cell in enumerate(cells) if cell is not None and type(cell) is not str}
        texts = [None if place in others else cell for place, cell in enumerate(cells)] if others else cells
        return cls(pa.array(texts, pa.string()), others)

    @classmethod
    def joined(cls, columns: Sequence[Cells]) -> Cells:
        """Several columns, one under the other."""
        others: dict[int, Any] = {}
        start = 0
        for column in columns:
            others.update((start + place, cell) for place, cell in column.others.items())
            start += len(column)
        return cls(pa.chunked_array([column.texts for column in columns], pa.string()).combine_chunks(), others)

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return list(self)[place]
        own = place if place >= 0 else len(self) + place
        return self.others[own] if own in self.others else self.texts[place].as_py()

    def __iter__(self) -> Iterator[Any]:
        cells = self.texts.to_pylist()
        for place, cell in self.others.items():
            cells[place] = cell
        return iter(cells)

    def __eq__(self, other: object) -> bool:
        """Equal cells in equal order, whatever holds them."""
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def is_filled(self) -> npt.NDArray[np.bool_]:
        """Which cells are not empty."""
        filled = np.array(self.texts.is_valid())
        filled[list(self.others)] = True
        return filled

    def kept(self, keep: npt.NDArray[np.bool_]) -> Cells:
        """The cells at the places that are True."""
        places = np.cumsum(keep) - 1
        others = {int(places[place]): cell for place, cell in self.others.items() if keep[place]}
        return Cells(self.texts.filter(pa.array(keep)), others)
