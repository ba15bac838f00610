"""Kinds of periods, and which of them are published of which level."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import NamedTuple


class Period(NamedTuple):
    """Days from ``start`` to ``end``, both included."""

    kind: str
    start: date
    end: date

    def holds(self, day: date) -> bool:
        return self.start <= day <= self.end


_LONG = {"month", "assessment_month", "quarter", "half_year", "year"}
#: The catalogue's table of periods by grain; a contract may narrow it, and name pairs of its own.
KINDS_OF_LEVEL: dict[str, set[str]] = {
    "city": {"day", "week"} | _LONG, "district": {"day", "week"} | _LONG, "street": {"week"} | _LONG,
    "unit": {"week"} | _LONG, "community": _LONG - {"half_year"}, "point": _LONG - {"half_year"}, "grid": {"month", "year"},
}  # fmt: skip


@cache
def period_of(kind: str, day: date) -> Period:
    """The period of a kind that holds a day; assessment months run from the 19th to the 18th."""
    if kind == "day":
        return Period(kind, day, day)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    if kind == "assessment_month":
        start = (day if day.day >= 19 else day.replace(day=1) - timedelta(days=1)).replace(day=19)
        return Period(kind, start, _months_after(start, 1) - timedelta(days=1))
    length = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[kind]
    start = date(day.year, (day.month - 1) // length * length + 1, 1)
    return Period(kind, start, _months_after(start, length) - timedelta(days=1))


def _months_after(day: date, months: int) -> date:
    month = day.month - 1 + months
    return day.replace(year=day.year + month // 12, month=month % 12 + 1)


def periods_between(kind: str, first: date, last: date) -> list[Period]:
    """All periods of a kind that have a day from ``first`` to ``last``."""
    found = []
    day = first
    while day <= last:
        found.append(period_of(kind, day))
        day = found[-1].end + timedelta(days=1)
    return found
