"""The working calendar: which days are worked, and clocks of working days and working hours."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
Span = tuple[datetime, datetime]


@cache
def rows(seed: str) -> list[dict[str, str]]:
    """A file of project data (holidays, thresholds, deadlines), as text."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def parameter(name: str) -> float:
    """A number in a definition."""
    return next(float(row["value"]) for row in rows("kpi_parameters") if row["name"] == name)


@cache
def _exceptions() -> dict[date, bool]:
    return {date.fromisoformat(row["day"]): row["is_workday"] == "true" for row in rows("calendar_exceptions")}


@cache
def is_workday(day: date) -> bool:
    """As the State Council announced; where it did not, Monday to Friday."""
    return _exceptions().get(day, day.weekday() < 5)


def days_from(first: date, last: date) -> Iterable[date]:
    """Every day from ``first`` to ``last``, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def at_end_of(day: date) -> datetime:
    """The last second of a day."""
    return datetime.combine(day, time(23, 59, 59))


def worked_minutes(start: datetime, end: datetime) -> float:
    """Office minutes between two moments."""
    opens, length = parameter("workday_start_minutes"), parameter("workday_minutes")
    total = 0.0
    for day in days_from(start.date(), end.date()):
        if is_workday(day):
            open_at = datetime.combine(day, time()) + timedelta(minutes=opens)
            shut_at = open_at + timedelta(minutes=length)
            total += max(0.0, (min(end, shut_at) - max(start, open_at)).total_seconds() / 60)
    return total


def after_worked_minutes(start: datetime, minutes: float) -> datetime:
    """The moment by which so many office minutes have passed."""
    opens, length = parameter("workday_start_minutes"), parameter("workday_minutes")
    day = start.date()
    while True:
        if is_workday(day):
            open_at = datetime.combine(day, time()) + timedelta(minutes=opens)
            begin = max(start, open_at)
            left = (open_at + timedelta(minutes=length) - begin).total_seconds() / 60
            if left > 0 and minutes <= left:
                return begin + timedelta(minutes=minutes)
            minutes -= max(0.0, left)
        day += timedelta(days=1)


def begun_workdays(start: date, end: date) -> int:
    """Working days that begin after ``start`` and not after ``end``."""
    return sum(is_workday(day) for day in days_from(start + timedelta(days=1), end))


def after_workdays(start: date, count: int) -> date:
    """The working day that is number ``count`` after ``start``."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def deadline(created_at: datetime, clock: str, amount: int, pauses: Iterable[Span] = ()) -> datetime:
    """``amount`` working hours from ``created_at``, or the end of so many working days after its day.

    While a pause lasts the clock stands still; one that begins after the deadline, as earlier pauses have moved it, does
    not help. Overlapping pauses count once.
    """
    in_hours = clock == "working_hours"

    def due(allowed: float) -> datetime:
        if in_hours:
            return after_worked_minutes(created_at, allowed)
        return at_end_of(after_workdays(created_at.date(), int(allowed)))

    allowed: float = amount * 60 if in_hours else amount
    for begin, end in merged(pauses):
        if begin < due(allowed):
            begin = max(begin, created_at)
            allowed += worked_minutes(begin, end) if in_hours else begun_workdays(begin.date(), end.date())
    return due(allowed)


def merged(pauses: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch made one."""
    joined: list[Span] = []
    for begin, end in sorted(pauses):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        elif end > begin:
            joined.append((begin, end))
    return joined
