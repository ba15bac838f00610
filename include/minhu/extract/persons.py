"""Pseudonyms of a column of persons: numbers as nearly all are written at once, every other one as it comes."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract.privacy import Pseudonyms

#: Numbers that :func:`minhu.extract.normal.person` leaves as they are, by kind. No E, for 1E5 is a number that was rounded; 18
#: digits that end in three zeros may be one.
_AS_WRITTEN = {
    "phone": r"^(?:1[3-9][0-9]{9}|0[2-9][0-9]{8,10})$",
    "id_number": r"^[0-9]{14}(?:[0-9]{3}[1-9X]|[0-9][1-9][0-9]0|[0-9]0[1-9]0)$",
    "staff": r"^[0-9A-DF-Z-]{1,14}$",
}
#: One digit and nothing else stands for nobody.
_NOBODY = "|".join(f"^{digit}+$" for digit in range(10))


def as_written(kind: str, texts: pa.StringArray) -> pa.BooleanArray:
    """Which texts are a person as they are written, whom :meth:`Pseudonyms.of_many` may be told as such.

    Args:
        kind: ``phone``, ``id_number`` or ``staff``.
        texts: without nulls.
    """
    is_usual = pc.match_substring_regex(texts, _AS_WRITTEN[kind])
    return is_usual if kind == "staff" else pc.and_not(is_usual, pc.match_substring_regex(texts, _NOBODY))


def keys_of(pseudonyms: Pseudonyms, kind: str, texts: pa.StringArray) -> pa.StringArray:
    """Pseudonyms of distinct texts, null for nobody; see :meth:`Pseudonyms.person`."""
    is_usual = as_written(kind, texts)
    keys = pa.nulls(len(texts), pa.string())
    usual = pseudonyms.of_many(kind, texts.filter(is_usual).to_pylist())
    keys = pc.replace_with_mask(keys, is_usual, pa.array(usual, pa.string()))
    is_strange = pc.invert(is_usual)
    strange = [pseudonyms.person(kind, text) for text in texts.filter(is_strange).to_pylist()]
    return pc.replace_with_mask(keys, is_strange, pa.array(strange, pa.string()))
