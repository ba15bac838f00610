"""Formats of times in order files, checked when the map is read, so that no row can meet one that means nothing."""

from __future__ import annotations

import re

import pandas as pd

#: What pandas and strptime read alike on every machine, and what depends on no language and no list of zones.
DIRECTIVES = "%Y %y %m %d %H %I %p %M %S %f %z %b %B %a %A %j %%"
_OF_THE_CLOCK = frozenset("HIMSfp")
#: A moment whose parts differ from one another and from the start of any period.
_SAMPLE = pd.Timestamp("2023-11-27 17:48:39.123456", tz="UTC")
#: What workbooks' own dates are written as when they are read.
OF_WORKBOOKS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def checked(form: str) -> str:
    """The format, if it says the day in full.

    Raises:
        ValueError: it has a directive that is not read here, or one twice, or leaves the year, the month or the day open.
    """
    found = re.findall(r"%.?", form)
    unknown = sorted({part for part in found if part not in DIRECTIVES.split()})
    if unknown:
        raise ValueError(f"expected directives among {DIRECTIVES}; found {', '.join(unknown)} in {form!r}")
    twice = sorted({part for part in found if found.count(part) > 1 and part != "%%"})
    if twice:
        raise ValueError(f"expected each directive once, found {', '.join(twice)} twice in {form!r}")
    try:
        again = pd.to_datetime(_SAMPLE.strftime(form), format=form)
    except ValueError:
        raise ValueError(f"expected a format that reads what it writes, found {form!r}") from None
    if (again.year, again.month, again.day) != (_SAMPLE.year, _SAMPLE.month, _SAMPLE.day):
        raise ValueError(f"expected a format with year, month and day, found {form!r}")
    if has_clock(form) and again.hour != _SAMPLE.hour:
        raise ValueError(f"expected %H, or %I with %p, for the hour; found {form!r}")
    return form


def has_clock(form: str) -> bool:
    """Whether a format says the time of day; one that does not reads dates only."""
    return bool(_OF_THE_CLOCK & set(re.findall(r"%(.)", form.replace("%%", ""))))
