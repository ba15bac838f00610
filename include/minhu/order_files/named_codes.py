"""Codes made from names: the same wherever the name stands, and never the same for two names or two places of a tree.

Between levels stands ``-``, between words of a name ``_``, and a hash behind ``.`` follows where letters and digits alone
would not tell two names apart. So ``East Side > Park`` is ``east_side-park`` and ``East > Side Park`` ``east-side_park``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pandas as pd

#: Reserved: what says that nothing is known. A name or an id like it gets a hash.
UNKNOWN = "unknown"
_NONE = "_"
_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
_LONGEST_PLAIN = 40
_ID = re.compile(r"[^\s-]+")


def code_of(name: str, beside_ids: bool = False) -> str:
    """A code for a name; upper and lower case, widths and blanks make no difference.

    Args:
        name: any text that is not empty.
        beside_ids: the code stands among ids of the file, and must be none of them.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not beside_ids and plain != UNKNOWN and len(plain) <= _LONGEST_PLAIN and _PLAIN.fullmatch(plain):
        return plain.replace(" ", "_")
    readable = re.sub(r"[^a-z0-9]+", "_", plain[:_LONGEST_PLAIN]).strip("_") if plain.isascii() else ""
    return f"{readable}.{_hash(plain)}" if readable else _hash(plain)


def of_level(own: pd.Series) -> pd.Series:
    """Codes as parts of longer ones: an id that is written like several levels, or like a reserved word, gets a hash."""
    parts = {code: code if _is_part(code) else f"{_readable(code)}.{_hash(code)}" for code in own.dropna().unique()}
    return own.map(parts).astype(object).where(own.notna(), _NONE)


def below(above: pd.Series, own: pd.Series) -> pd.Series:
    """Codes that hold the code above them; a mark stands for a level that is missing."""
    return above.astype(object) + "-" + of_level(own)


def _is_part(code: str) -> bool:
    return bool(_ID.fullmatch(code)) and code not in (UNKNOWN, _NONE)


def _readable(code: str) -> str:
    return re.sub(r"[\s-]+", "_", code).strip("_")[:_LONGEST_PLAIN]


def _hash(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()
