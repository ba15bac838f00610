"""The bytes of a column of texts, for questions that hold for nearly all columns and can be asked of all texts together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]


def bytes_of(texts: pa.StringArray) -> tuple[Bytes, npt.NDArray[np.int32]]:
    """All texts as UTF-8, one behind the other, and where each begins, with the end of the last.

    Nulls may have bytes of their own, which mean nothing: what no byte shows is in no text, but not the other way round.
    """
    _, offsets_buffer, data = texts.buffers()
    if not len(texts) or offsets_buffer is None:
        return np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int32)
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    letters = np.zeros(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
    return letters[offsets[0] : offsets[-1]], offsets - offsets[0]


def lie_within(letters: Bytes, first: int, last: int) -> bool:
    """Whether all bytes are from ``first`` to ``last``."""
    return not ((letters - np.uint8(first)) > last - first).any()  # smaller ones run over and are large


def hold(letters: Bytes, some: bytes) -> bool:
    """Whether one of some bytes is among them."""
    return any((letters == letter).any() for letter in some)
