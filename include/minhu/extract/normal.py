"""One way to write a code or a person, whatever a source, a spreadsheet or an input method made of it.

Upper and lower case stay apart in codes: there are ids in which they are two things. In persons they are one.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

#: What a spreadsheet makes of a number too long for its column: many numbers become one.
ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE | re.ASCII)
#: What a spreadsheet, or a program that knows one empty cell in a column, makes of a whole number written in digits. Shorter
#: ones are left as they are: ``1.0`` may be the name of an edition.
_AS_DECIMAL = re.compile(r"(\d{4,})\.0+", re.ASCII)
#: What stands before an extension of a telephone.
_EXTENSION = re.compile(r"(?<=\d{7})(?:转|分机|EXT\.?|#|,|X)\d{1,6}$", re.ASCII)
#: A spreadsheet keeps so many digits of a number and puts zeros behind them.
EXACT_DIGITS = 15
#: Marks without width that are letters to Unicode or change the one before: joiners, fillers, variation selectors.
_NO_WIDTH = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BLANKS = re.compile("[\u2800\\s]+")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def plain(text: str) -> str:
    """A text with half-width digits and letters, without blanks around it and without marks that nobody sees.

    These are marks of direction (U+200E, U+202A to U+202E), soft hyphens, joiners and byte order marks. Numbers in a
    circle, raised, or in fractions stay what they are: ``①`` is a mark in a list and not the number 1.
    """
    return text.strip() if text.isascii() else _plain(text)


@lru_cache(maxsize=50_000)
def _plain(text: str) -> str:
    seen = "".join(c for c in _NO_WIDTH.sub("", text) if unicodedata.category(c) != "Cf").replace("\u2800", " ")
    pieces = groupby(seen, key=lambda character: unicodedata.category(character) == "No")
    return "".join(
        "".join(piece) if is_mark else unicodedata.normalize("NFKC", "".join(piece)) for is_mark, piece in pieces
    ).strip()


def code(text: str) -> str | None:
    """A code as it lands: :func:`plain`, whole numbers without the decimals that a program gave them; None for an empty one."""
    return whole(plain(text)) or None


def whole(text: str) -> str:
    """A number of four digits or more without decimals of zeros (``610102.0``), which are no part of a code; else the text."""
    found = _AS_DECIMAL.fullmatch(text)
    return found.group(1) if found else text


def person(kind: str, value: object) -> str:
    """What a pseudonym of a phone, ID number or staff number is made of; "" for nobody.

    A prefix of the country and a zero before a mobile number make no difference. A number that a spreadsheet has rounded
    is no person's, for it would be many's.

    Args:
        kind: ``phone``, ``id_number`` or ``staff``.
        value: as the source has it.
    """
    text = "" if value is None or isinstance(value, bool) or value != value else plain(_written(value))
    compact = whole(_BLANKS.sub("", text).upper())
    if ROUNDED.fullmatch(compact) or _has_lost_digits(compact):
        return ""
    if kind == "phone":
        return _phone(compact)
    return "" if kind == "id_number" and not re.search(r"[0-9A-Z]", compact) else compact


def _written(value: object) -> str:
    """A whole number without the decimals that a spreadsheet or a database gave it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 10**EXACT_DIGITS else f"{value:E}"
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return str(int(value))
    return str(value)


def _phone(text: str) -> str:
    digits = re.sub(r"\D", "", _EXTENSION.sub("", text), flags=re.ASCII).removeprefix("00")
    if len(digits) in (13, 14) and digits.startswith("86"):
        digits = digits[2:]
    return digits[1:] if re.fullmatch(r"01[3-9]\d{9}", digits, re.ASCII) else digits


def _has_lost_digits(text: str) -> bool:
    """Whether 18 digits are an ID number of which a spreadsheet kept fifteen: they end in zeros and do not close."""
    return bool(re.fullmatch(r"\d{15}000", text, re.ASCII)) and not closes_as_id_number(text)


def closes_as_id_number(text: str) -> bool:
    """Whether 18 characters close as an ID number does (GB 11643); running numbers of orders seldom do."""
    rest = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, text, strict=False)) % 11
    return "10X98765432"[rest] == text[17].upper()
