"""Texts of a column read at once: what is written as nearly all of it is. Every reader gives null where it does not know.

Each gives of a text what the reader of :mod:`minhu.extract.spreadsheets.chinese_cells` with that name would give of it, or
null, and then that one has to be asked. Texts are cleaned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from minhu.extract.persons import as_written
from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets import chinese_cells as one_by_one

#: Codes in a few letters. A number of a telephone or of an ID card in one is for :func:`as_code` to judge.
_CODE = r"^[0-9A-Za-z][0-9A-Za-z_/-]{0,63}$"
_MAYBE_PERSONAL = r"(?:^|[^0-9])(?:1[3-9][0-9]{9}|[0-9]{17}[0-9Xx])(?:$|[^0-9])"
_WHOLE_NUMBER = r"^(?:0|[1-9][0-9]{0,14})$"
_NUMBER = r"^(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,15})?$"
#: Days that all months have and hours that all days have.
_MOMENT = (
    r"^(?P<year>[0-9]{4})[-/.年](?P<month>0?[1-9]|1[0-2])[-/.月](?P<day>0?[1-9]|1[0-9]|2[0-8])日?"
    r"(?: (?P<hour>[01]?[0-9]|2[0-3])[:时](?P<minute>[0-5]?[0-9])(?:[:分](?P<second>[0-5]?[0-9]))?[分秒]?)?$"
)
#: With more decimals the last second of the last day might be rounded into the next one.
_SERIAL = r"^[2-7][0-9]{4}(?:\.[0-9]{1,10})?$"
_MOMENTS = pa.timestamp("us")
#: ``2026-11-03 08:30:00``: places of the digits and of what stands between them.
_ISO = "0000-00-00 00:00:00"
_DIGITS = np.array([place for place, mark in enumerate(_ISO) if mark == "0"])
_BETWEEN = {place: (ord(mark) - 48) % 256 for place, mark in enumerate(_ISO) if mark != "0"}
_LAST_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

AtOnce = Callable[[pa.StringArray], pa.Array]


def codes(texts: pa.StringArray) -> pa.StringArray:
    """:func:`as_code`."""
    encoded = texts.dictionary_encode()
    known: pa.StringArray = encoded.dictionary
    is_code = pc.and_not(pc.match_substring_regex(known, _CODE), pc.match_substring_regex(known, _MAYBE_PERSONAL))
    return pc.if_else(is_code, known, pa.scalar(None, pa.string())).take(encoded.indices)


def integers(texts: pa.StringArray) -> pa.Int64Array:
    """:func:`as_integer`."""
    return _where(texts, _WHOLE_NUMBER).cast(pa.int64())


def floats(texts: pa.StringArray) -> pa.DoubleArray:
    """:func:`as_float`."""
    return _where(texts, _NUMBER).cast(pa.float64())


def moments(texts: pa.StringArray) -> pa.TimestampArray:
    """:func:`as_moment`."""
    found = _iso_moments(texts)
    for others in (_serial_moments, _common_moments):
        is_unknown = pc.and_(found.is_null(), texts.is_valid())
        if pc.any(is_unknown).as_py():
            found = pc.replace_with_mask(found, is_unknown, others(texts.filter(is_unknown)))
    return found


def id_numbers(pseudonyms: Pseudonyms) -> AtOnce:
    """Pseudonyms of :func:`as_number_of_a_person`."""

    def read(texts: pa.StringArray) -> pa.StringArray:
        encoded = texts.dictionary_encode()
        persons: pa.StringArray = encoded.dictionary
        is_usual = as_written("id_number", persons)
        keys = pseudonyms.of_many("id_number", persons.filter(is_usual).to_pylist())
        of_persons = pc.replace_with_mask(pa.nulls(len(persons), pa.string()), is_usual, pa.array(keys, pa.string()))
        return of_persons.take(encoded.indices)

    return read


READERS: dict[Callable[[Any], Any], AtOnce] = {
    one_by_one.as_code: codes,
    one_by_one.as_integer: integers,
    one_by_one.as_float: floats,
    one_by_one.as_moment: moments,
}


def _where(texts: pa.StringArray, pattern: str) -> pa.StringArray:
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, pa.scalar(None, pa.string()))


def _iso_moments(texts: pa.StringArray) -> pa.TimestampArray:
    """Moments to the second as ISO 8601 writes them, null for others."""
    is_long = pc.fill_null(pc.equal(pc.binary_length(texts), len(_ISO)), False)
    digits = np.ascontiguousarray(_letters(texts.filter(is_long)).T) - np.uint8(
        48
    )  # what is below runs over and is large
    is_iso = (digits[_DIGITS] <= 9).all(axis=0)
    for place, mark in _BETWEEN.items():
        is_iso &= digits[place] == mark
    digits = digits.astype(np.int32)
    year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3]
    month, day, hour, minute, second = (digits[place] * 10 + digits[place + 1] for place in (5, 8, 11, 14, 17))
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    is_iso &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    last = _LAST_DAYS[np.clip(month, 1, 12) - 1] + (is_leap & (month == 2))
    is_iso &= (day >= 1) & (day <= last)
    months = np.where(is_iso, (year - 1970) * 12 + month - 1, 0)
    found = _at(months, day, hour * 3600 + minute * 60 + second)
    return pc.replace_with_mask(pa.nulls(len(texts), _MOMENTS), is_long, pa.array(found, mask=~is_iso))


def _letters(texts: pa.StringArray) -> Any:
    """Bytes of texts of one length, one row a text."""
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.zeros((0, len(_ISO)), dtype=np.uint8)
    first = int(np.frombuffer(offsets, dtype=np.int32)[texts.offset])
    letters = np.frombuffer(data, dtype=np.uint8)[first : first + len(texts) * len(_ISO)]
    return letters.reshape(len(texts), len(_ISO))


def _serial_moments(texts: pa.StringArray) -> pa.TimestampArray:
    """Days since 1899-12-30 as spreadsheets count them, null for others."""
    days = _where(texts, _SERIAL).cast(pa.float64())
    seconds = np.rint(np.array(days.fill_null(0.0)) * 86_400).astype(np.int64)
    found = np.datetime64("1899-12-30", "us") + seconds.astype("timedelta64[s]")
    return pa.array(found, mask=np.array(days.is_null()))


def _common_moments(texts: pa.StringArray) -> pa.TimestampArray:
    """Moments as most systems write them, null for others."""
    parts = pc.extract_regex(texts, _MOMENT)
    is_common = parts.is_valid()
    parts = parts.filter(is_common)

    def number(name: str) -> Any:
        part = pc.struct_field(parts, name)
        return np.array(pc.if_else(pc.equal(part, ""), "0", part).cast(pa.int64()))

    year = number("year")
    months = np.where(year >= 1, (year - 1970) * 12 + number("month") - 1, 0)
    found = _at(months, number("day"), number("hour") * 3600 + number("minute") * 60 + number("second"))
    return pc.replace_with_mask(pa.nulls(len(texts), _MOMENTS), is_common, pa.array(found, mask=year < 1))


def _at(months: Any, day: Any, seconds: Any) -> Any:
    """Moments from months since 1970, the day of the month and the second of the day."""
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    return days.astype("datetime64[us]") + seconds.astype("timedelta64[s]")
