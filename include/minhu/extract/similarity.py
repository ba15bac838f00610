"""Similarity hashes of many texts at once: simhash over trigrams (Charikar 2002)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

BITS = 64
_SHINGLE = 3
#: Bits of a letter's number in the number of a trigram; Unicode has fewer letters, and 0 is none.
_LETTER_BITS = 21
#: So many ones fit into a byte: the bits of eight counters are added up as one number of 64 bits.
_MOST_IN_A_BYTE = 255

_Numbers = npt.NDArray[np.int64]


def simhashes(texts: Sequence[str], digest: Callable[[str], bytes]) -> list[str | None]:
    """The hash of each text as 16 hex digits, None for an empty one; needs about 50 bytes per character.

    A bit is set where most of a text's trigrams have it set in their digest. Shorter texts are their own trigram.

    Args:
        texts: without white space.
        digest: 64 bits of a trigram; called once for each distinct one.

    Raises:
        UnicodeEncodeError: half a character stands in a text.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    filled = np.flatnonzero(lengths)
    if not len(filled):
        return [None] * len(texts)
    counts = np.maximum(lengths[filled] - _SHINGLE + 1, 1)
    numbers, places = _distinct(_trigrams("".join(texts), lengths[filled], counts))
    digests = np.frombuffer(b"".join(map(digest, _written(numbers))), dtype=np.uint8)
    majority = np.packbits(2 * _added_up(digests, places, counts) > counts[:, None], axis=1)
    hashes: list[str | None] = [None] * len(texts)
    for place, row in zip(filled.tolist(), majority, strict=True):
        hashes[place] = row.tobytes().hex()
    return hashes


def _trigrams(joined: str, lengths: _Numbers, counts: _Numbers) -> _Numbers:
    """A number for each trigram of each text, in order."""
    letters = np.frombuffer(joined.encode("utf-32-le"), dtype="<u4").astype(np.int64) + 1
    letters = np.concatenate([letters, np.zeros(_SHINGLE - 1, np.int64)])
    starts, begins = np.cumsum(lengths) - lengths, np.cumsum(counts) - counts
    first = np.arange(counts.sum()) + np.repeat(starts - begins, counts)
    numbers: _Numbers = (letters[first] << 2 * _LETTER_BITS) | (letters[first + 1] << _LETTER_BITS) | letters[first + 2]
    for length in range(1, _SHINGLE):  # what stands behind a short text is of another one
        short = begins[lengths == length]
        numbers[short] &= -1 << _LETTER_BITS * (_SHINGLE - length)
    return numbers


def _distinct(numbers: _Numbers) -> tuple[_Numbers, npt.NDArray[np.int32]]:
    encoded = pa.array(numbers).dictionary_encode()
    return encoded.dictionary.to_numpy(), encoded.indices.to_numpy()


def _written(numbers: _Numbers) -> list[str]:
    """The trigrams themselves."""
    shifts = [_LETTER_BITS * place for place in reversed(range(_SHINGLE))]
    letters = np.stack([numbers >> shift & (1 << _LETTER_BITS) - 1 for shift in shifts], axis=1)
    joined = (letters[letters > 0] - 1).astype("<u4").tobytes().decode("utf-32-le")
    ends = np.cumsum((letters > 0).sum(axis=1)).tolist()
    return [joined[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]


def _added_up(digests: npt.NDArray[np.uint8], places: npt.NDArray[np.int32], counts: _Numbers) -> _Numbers:
    """How many of each text's trigrams have each bit set; one row per text.

    Texts are added up in blocks of at most 255 trigrams, for then no counter of a byte runs over into the next one.
    """
    eights = np.ascontiguousarray(np.unpackbits(digests.reshape(-1, BITS // 8), axis=1).view(np.uint64).T)
    blocks = -(-counts // _MOST_IN_A_BYTE)
    first_blocks = np.cumsum(blocks) - blocks
    within = np.arange(blocks.sum()) - np.repeat(first_blocks, blocks)
    begins = np.repeat(np.cumsum(counts) - counts, blocks) + _MOST_IN_A_BYTE * within
    added = np.stack([np.add.reduceat(eight[places], begins) for eight in eights], axis=1)
    return np.add.reduceat(added.view(np.uint8), first_blocks, axis=0, dtype=np.int64)
