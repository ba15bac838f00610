"""Cells of tables that Chinese offices send: full-width digits, dates in many shapes, codes a spreadsheet has touched.

Every reader gives None for an empty cell and raises :class:`Unreadable` where the cell is something else; that never repeats
the cell, which may name a person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from minhu.extract import normal, privacy
from minhu.extract.spreadsheets.problems import Fault, Unreadable, fault
from minhu.texts import LOST, is_storable

_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  local times of a file have no zone
#: Day numbers taken for dates, 1954 to 2119; a smaller number is a count or a year, not a date.
_SERIALS = (20_000, 80_000)
#: What spreadsheets write where a formula failed (``#REF!``, ``#NAME?``, ``#N/A``), or show where a column is too narrow.
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]|#N/A(?:N/A)?|#GETTING_DATA|##+", re.IGNORECASE)
#: Beginnings of texts that are more than they seem: a formula, text by force, an error.
_TO_LOOK_AT = ("=", "'", "#")
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_CODE = re.compile(r"[^\s:,;!?。、]{1,64}")
#: Commas stand before groups of three digits only: ``12,5`` is twelve and a half to some, and a hundred and twenty-five to
#: none. No thousands begin with a zero: ``0,123`` is a fraction.
_NUMBER = re.compile(
    r"[+-]?(?:(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:E[+-]?\d+)?", re.ASCII | re.IGNORECASE
)
_ROUNDED_CODE = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE | re.ASCII)
_DATE = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?\s*(?:(?:星期|周)[一二三四五六日天])?"
    r"(?:[\sT]*(?P<before>上午|下午)?\s*(?P<hour>\d{1,2})[:时点](?:(?P<minute>\d{1,2})(?:[:分](?P<second>\d{1,2})(?:\.\d+)?)?)?"
    r"[分秒]?\s*(?P<after>AM|PM)?)?",
    re.IGNORECASE | re.ASCII,
)
_NOT_WHOLE, _NOT_A_NUMBER, _NOT_A_DATE = fault("not_a_whole_number"), fault("not_a_number"), fault("not_a_date")
_COMPACT_DATE = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:\s*(?P<hour>\d\d):?(?P<minute>\d\d):?(?P<second>\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True)
class Damaged:
    """A cell that is not empty, and of which nobody can say what stands in it."""

    fault: Fault


class Covered(Damaged):
    """A cell beside the one that a merged range shows: nobody can say whether it holds the same, or nothing."""


@dataclass(frozen=True)
class Merged:
    """A cell that several rows share. What it says holds for each of them, but a number would be counted several times."""

    value: Any


def clean(value: Any) -> Any:
    """A cell without blanks and marks around it and with half-width digits and letters; empty becomes None.

    ``="001"`` and ``'001`` are how people keep a spreadsheet from cutting zeros off a code.

    Raises:
        Unreadable: it is an error of a spreadsheet, or a character in it was lost.
    """
    if isinstance(value, str):
        text = value.strip()
        return (
            text or None
            if text.isascii() and text.isprintable() and text[:1] not in _TO_LOOK_AT
            else _clean_text(value)
        )
    if isinstance(value, Damaged):
        raise Unreadable(value.fault)
    return clean(value.value) if isinstance(value, Merged) else value


def cleaned(value: Any) -> Any:
    """The same; what cannot be read is :class:`Damaged`, and what rows share stays :class:`Merged`."""
    if isinstance(value, Damaged):
        return value
    try:
        cell = clean(value)
    except Unreadable as error:
        return Damaged(error.fault)
    return Merged(cell) if isinstance(value, Merged) and cell is not None else cell


@lru_cache(maxsize=50_000)
def _clean_text(value: str) -> str | None:
    text = normal.plain(value)
    if wrapped := _AS_FORMULA.fullmatch(text):
        text = wrapped.group(1).strip()
    text = text.removeprefix("'")
    if LOST in text:
        raise Unreadable(fault("lost_character"))
    if not is_storable(text):
        raise Unreadable(fault("control_mark"))
    if _ERROR.fullmatch(text):
        raise Unreadable(fault("error_cell"))
    return text or None


def as_text(value: Any) -> str | None:
    """Text on one line; a number that a spreadsheet made of it loses its decimals."""
    value = clean(value)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) and value.isprintable() else " ".join(str(value).split())


def as_number_of_a_person(value: Any) -> str | None:
    """The number of an ID card or passport; one that a spreadsheet rounded (``6.10103E+17``) would be many people's."""
    text = as_text(value)
    if text is not None and normal.ROUNDED.fullmatch(text):
        raise Unreadable(fault("rounded_number"))
    return _exact(value)


def _exact(value: Any) -> str | None:
    value = clean(value)
    if isinstance(value, bool | date | time | timedelta):  # 1-2 typed into a spreadsheet is the second of January
        raise Unreadable(fault("not_a_code"))
    if isinstance(value, int | float) and abs(value) >= 10**normal.EXACT_DIGITS:
        raise Unreadable(fault("number_too_long"))
    text = as_text(value)
    return None if text is None else normal.whole(text)


def as_code(value: Any) -> str | None:
    """A code as text. Codes are landed as they are, so what may name a person is none: a sentence, a phone, an ID number."""
    text = _exact(value)
    if text is not None and _ROUNDED_CODE.fullmatch(text):
        raise Unreadable(fault("rounded_number"))
    # what begins like a formula would be run by the next spreadsheet it is opened in
    is_formula = text is not None and text.startswith(("=", "+", "-", "@"))
    if text is not None and (is_formula or not (_CODE.fullmatch(text) and re.search(r"[0-9A-Za-z]", text))):
        raise Unreadable(fault("not_a_code"))
    if text is not None and privacy.holds_personal_number(text):
        raise Unreadable(fault("personal_number_as_code"))
    return text


def as_latin_code(value: Any) -> str | None:
    """A code in Latin letters, digits and a few marks between them, at most forty."""
    text = as_code(value)
    if text is not None and privacy.code_or_none(text) is None:
        raise Unreadable(fault("not_a_code"))
    return text


def as_integer(value: Any) -> int | None:
    """A whole number, with or without separators of thousands."""
    number = _of_one_row(value)
    if number is None:
        return None
    found = _number(number, _NOT_WHOLE)
    if not found.is_integer() or abs(found) >= 10**normal.EXACT_DIGITS:
        raise Unreadable(_NOT_WHOLE)
    return int(found)


def as_float(value: Any) -> float | None:
    """A finite number."""
    number = _of_one_row(value)
    return None if number is None else _number(number, _NOT_A_NUMBER)


def _of_one_row(value: Any) -> Any:
    """The cell of a number; one that several rows share is no row's."""
    found = clean(value)
    if isinstance(value, Merged) and found is not None:
        raise Unreadable(fault("merged_number"))
    return found


def as_moment(value: Any) -> datetime | None:
    """Local time without zone, to the second.

    Understood are ``2026-11-03 08:30``, ``2026/11/3``, ``2026年11月3日 下午2时5分``, ``20261103``, an Excel serial and a
    date cell. 24:00 is the beginning of the next day.
    """
    value = clean(value)
    if value is None:
        return None
    if isinstance(value, datetime):
        return _later(value, timedelta(microseconds=500_000)).replace(microsecond=0)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    text = as_text(value) or ""
    if found := _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        return _moment(found.groupdict())
    serial = _number(value, _NOT_A_DATE)
    if not _SERIALS[0] <= serial < _SERIALS[1]:
        raise Unreadable(_NOT_A_DATE)
    return _EXCEL_EPOCH + timedelta(seconds=round(serial * 86_400))


def as_date(value: Any) -> date | None:
    """The day of :func:`as_moment`."""
    moment = as_moment(value)
    return None if moment is None else moment.date()


def as_yes(value: Any) -> bool | None:
    """是 or 否 and their usual stand-ins."""
    text = as_text(value)
    if text is None:
        return None
    if text in ("是", "有", "1") or text.upper() in ("Y", "TRUE"):
        return True
    if text in ("否", "无", "0") or text.upper() in ("N", "FALSE"):
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
    return _later(moment, timedelta(days=1)) if is_end_of_day else moment


def _later(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:  # the end of all calendars
        raise Unreadable(fault("no_such_date")) from None
