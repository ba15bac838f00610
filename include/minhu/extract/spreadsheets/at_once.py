"""Texts of a column read at once: what is written as nearly all of it is. Every reader gives null where it does not know.

Each gives of a text what the reader of :mod:`minhu.extract.spreadsheets.chinese_cells` with that name would give of it, or
null, and then that one has to be asked. Texts are cleaned and distinct.
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
_BETWEEN = {place: ord(mark) for place, mark in enumerate(_ISO) if mark != "0"}
_LAST_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

AtOnce = Callable[[pa.StringArray], pa.Array]


def codes(texts: pa.StringArray) -> pa.StringArray:
    """:func:`as_code`."""
    is_code = pc.and_not(pc.match_substring_regex(texts, _CODE), pc.match_substring_regex(texts, _MAYBE_PERSONAL))
    return pc.if_else(is_code, texts, pa.scalar(None, pa.string()))


def integers(texts: pa.StringArray) -> pa.Int64Array:
    """:func:`as_integer`."""
    return _where(texts, _WHOLE_NUMBER).cast(pa.int64())


def floats(texts: pa.StringArray) -> pa.DoubleArray:
    """:func:`as_float`."""
    return _where(texts, _NUMBER).cast(pa.float64())


def moments(texts: pa.StringArray) -> pa.TimestampArray:
    """:func:`as_moment`."""
    found = _iso_moments(texts)
    if found.null_count:
        found = pc.coalesce(found, _serial_moments(texts))
    return pc.coalesce(found, _common_moments(texts.filter(found.is_null()), found)) if found.null_count else found


def id_numbers(pseudonyms: Pseudonyms) -> AtOnce:
    """Pseudonyms of :func:`as_number_of_a_person`."""

    def read(texts: pa.StringArray) -> pa.StringArray:
        is_ordinary = as_written("id_number", texts)
        keys = pseudonyms.of_many("id_number", texts.filter(is_ordinary).to_pylist())
        return pc.replace_with_mask(pa.nulls(len(texts), pa.string()), is_ordinary, pa.array(keys, pa.string()))

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
    is_long = pc.equal(pc.binary_length(texts), len(_ISO))
    letters = _letters(texts.filter(is_long))
    is_iso = ((letters[:, _DIGITS] - 48) <= 9).all(axis=1)
    for place, mark in _BETWEEN.items():
        is_iso &= letters[:, place] == mark
    digits = letters.astype(np.int64) - 48
    year, month, day, hour, minute, second = (
        sum(digits[:, place] * 10**power for place, power in zip(range(begin, end), range(end - begin)[::-1], strict=True))
        for begin, end in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))
    )  # fmt: skip
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


def _common_moments(texts: pa.StringArray, known: pa.TimestampArray) -> pa.TimestampArray:
    """Moments as most systems write them, for the places that are not known yet."""
    parts = pc.extract_regex(texts, _MOMENT)
    is_common = parts.is_valid()
    parts = parts.filter(is_common)

    def number(name: str) -> Any:
        part = pc.struct_field(parts, name)
        return np.array(pc.if_else(pc.equal(part, ""), "0", part).cast(pa.int64()))

    year = number("year")
    months = np.where(year >= 1, (year - 1970) * 12 + number("month") - 1, 0)
    found = _at(months, number("day"), number("hour") * 3600 + number("minute") * 60 + number("second"))
    common = pc.replace_with_mask(pa.nulls(len(texts), _MOMENTS), is_common, pa.array(found, mask=year < 1))
    return pc.replace_with_mask(pa.nulls(len(known), _MOMENTS), known.is_null(), common)


def _at(months: Any, day: Any, seconds: Any) -> Any:
    """Moments from months since 1970, the day of the month and the second of the day."""
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    return days.astype("datetime64[us]") + seconds.astype("timedelta64[s]")
