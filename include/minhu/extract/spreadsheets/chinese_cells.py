"""Cells of tables that Chinese offices send: full-width digits, dates in many shapes, codes a spreadsheet has touched.

Every reader gives None for an empty cell and raises :class:`Unreadable` where the cell is something else; that never repeats
the cell, which may name a person.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract import privacy
from minhu.extract.spreadsheets.problems import Fault, Unreadable, fault

_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  local times of a file have no zone
#: Day numbers taken for dates, 1954 to 2119; a smaller number is a count or a year, not a date.
_SERIALS = (20_000, 80_000)
_LONGEST_EXACT_DIGITS = 15
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_CODE = re.compile(r"[^\s:,;!?。、]{1,64}")
#: Commas stand before groups of three digits only: ``12,5`` is twelve and a half to some, and a hundred and twenty-five to none.
_NUMBER = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:E[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_DATE = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?\s*(?:(?:星期|周)[一二三四五六日天])?"
    r"(?:[\sT]*(?P<before>上午|下午)?\s*(?P<hour>\d{1,2})[:时点](?:(?P<minute>\d{1,2})(?:[:分](?P<second>\d{1,2})(?:\.\d+)?)?)?"
    r"[分秒]?\s*(?P<after>AM|PM)?)?",
    re.IGNORECASE,
)
#: What most systems write, for many texts at once; days that all months have and hours that all days have.
_COMMON_MOMENT = (
    r"^(?P<year>[0-9]{4})[-/.年](?P<month>0?[1-9]|1[0-2])[-/.月](?P<day>0?[1-9]|1[0-9]|2[0-8])日?"
    r"(?: (?P<hour>[01]?[0-9]|2[0-3])[:时](?P<minute>[0-5]?[0-9])(?:[:分](?P<second>[0-5]?[0-9]))?[分秒]?)?$"
)
_COMPACT_DATE = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:\s*(?P<hour>\d\d):?(?P<minute>\d\d):?(?P<second>\d\d)?)?"
)


def clean(value: Any) -> Any:
    """A cell without blanks and marks around it and with half-width digits and letters; empty becomes None.

    ``="001"`` and ``'001`` are how people keep a spreadsheet from cutting zeros off a code.
    """
    if not isinstance(value, str):
        return value
    if value.isascii() and value[:1] not in ("=", "'"):  # nothing in it that needs more
        return value.strip() or None
    return _clean_text(value)


@lru_cache(maxsize=50_000)
def _clean_text(value: str) -> str | None:
    text = _half_width(value).translate(_INVISIBLE).strip()
    if wrapped := _AS_FORMULA.fullmatch(text):
        text = wrapped.group(1).strip()
    return text.removeprefix("'") or None


def _half_width(text: str) -> str:
    """NFKC, but for numbers in a circle, raised, or in fractions: ``①`` is a mark in a list and not the number 1."""
    pieces = groupby(text, key=lambda character: unicodedata.category(character) == "No")
    return "".join(
        "".join(piece) if is_mark else unicodedata.normalize("NFKC", "".join(piece)) for is_mark, piece in pieces
    )


def as_text(value: Any) -> str | None:
    """Text; a number that a spreadsheet made of it loses its decimals."""
    value = clean(value)
    if value is None:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_number_of_a_person(value: Any) -> str | None:
    """The number of an ID card or passport; one that a spreadsheet rounded (``6.10103E+17``) would be many people's."""
    value = clean(value)
    if isinstance(value, str) and _ROUNDED.fullmatch(value):
        raise Unreadable(fault("rounded_number"))
    if isinstance(value, int | float) and abs(value) >= 10**_LONGEST_EXACT_DIGITS:
        raise Unreadable(fault("number_too_long"))
    return as_text(value)


def as_code(value: Any) -> str | None:
    """A code as text. Codes are landed as they are, so what may name a person is none: a sentence, a phone, an ID number."""
    text = as_number_of_a_person(value)
    # what begins like a formula would be run by the next spreadsheet it is opened in
    is_formula = text is not None and text.startswith(("=", "+", "-", "@"))
    if text is not None and (is_formula or not (_CODE.fullmatch(text) and re.search(r"[0-9A-Za-z]", text))):
        raise Unreadable(fault("not_a_code"))
    if text is not None and privacy.holds_personal_number(text):
        raise Unreadable(fault("personal_number_as_code"))
    return text


def as_integer(value: Any) -> int | None:
    """A whole number, with or without separators of thousands."""
    value = clean(value)
    if value is None:
        return None
    number = _number(value, fault("not_a_whole_number"))
    if not number.is_integer() or abs(number) >= 10**_LONGEST_EXACT_DIGITS:
        raise Unreadable(fault("not_a_whole_number"))
    return int(number)


def as_float(value: Any) -> float | None:
    """A finite number."""
    value = clean(value)
    return None if value is None else _number(value, fault("not_a_number"))


def as_moment(value: Any) -> datetime | None:
    """Local time without zone, to the second.

    Understood are ``2026-11-03 08:30``, ``2026/11/3``, ``2026年11月3日 下午2时5分``, ``20261103``, an Excel serial and a
    date cell. 24:00 is the beginning of the next day.
    """
    value = clean(value)
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    text = as_text(value) or ""
    if found := _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        return _moment(found.groupdict())
    serial = _number(value, fault("not_a_date"))
    if not _SERIALS[0] <= serial < _SERIALS[1]:
        raise Unreadable(fault("not_a_date"))
    return _EXCEL_EPOCH + timedelta(seconds=round(serial * 86_400))


def moments(texts: Iterable[str]) -> dict[str, datetime]:
    """:func:`as_moment` of those of many texts that have a common shape, read at once; the others are left out.

    Args:
        texts: distinct, in any order.
    """
    column = pa.array(texts, pa.string())
    column = column.filter(pc.match_substring_regex(column, _COMMON_MOMENT))
    parts = pc.extract_regex(column, _COMMON_MOMENT)

    def number(name: str) -> Any:
        part = pc.struct_field(parts, name)
        return pc.if_else(pc.equal(part, ""), "0", part).cast(pa.int64()).to_numpy()

    months = (number("year") - 1970) * 12 + number("month") - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (number("day") - 1)
    seconds = number("hour") * 3600 + number("minute") * 60 + number("second")
    values: list[datetime] = (days.astype("datetime64[s]") + seconds).tolist()
    return dict(zip(column.to_pylist(), values, strict=True))


def as_date(value: Any) -> date | None:
    """The day of :func:`as_moment`."""
    moment = as_moment(value)
    return None if moment is None else moment.date()


def as_yes(value: Any) -> bool | None:
    """是 or 否 and their usual stand-ins."""
    text = as_text(value)
    if text is None:
        return None
    if text in ("是", "Y", "y", "1", "true", "True", "有"):
        return True
    if text in ("否", "N", "n", "0", "false", "False", "无"):
        return False
    raise Unreadable(fault("not_yes_or_no"))


def one_of(words: Mapping[str, str]) -> Callable[[Any], str | None]:
    """Reader of a cell that holds one of a few words; gives the word's code."""

    def read(value: Any) -> str | None:
        text = as_text(value)
        if text is None:
            return None
        if text not in words:
            raise Unreadable(fault("not_one_of", words="/".join(words)))
        return words[text]

    return read


def _number(value: Any, otherwise: Fault) -> float:
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        raise Unreadable(otherwise)
    number = float(str(value).replace(",", ""))
    if not math.isfinite(number):
        raise Unreadable(otherwise)
    return number


def _moment(parts: Mapping[str, str | None]) -> datetime:
    year, month, day = (int(parts[name] or 0) for name in ("year", "month", "day"))
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("before") or parts.get("after") or "").upper()
    if half in ("下午", "PM") and hour < 12:
        hour += 12
    elif half in ("上午", "AM") and hour == 12:
        hour = 0
    is_end_of_day = (hour, minute, second) == (24, 0, 0)
    try:
        moment = datetime(year, month, day, 0 if is_end_of_day else hour, minute, second)  # noqa: DTZ001
    except ValueError:
        raise Unreadable(fault("no_such_date")) from None
    return moment + timedelta(days=1) if is_end_of_day else moment
