"""Calls of the hotline: volume by direction (H01), answered (H02), answered within seconds (H03). Calls have no place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache

from tests.oracle.calendar import days_from, parameter
from tests.oracle.counts import BOTH, Count, Figure, by_day, figures
from tests.oracle.periods import Period
from tests.oracle.records import City
from tests.oracle.sources import Row


def _calls(city: City) -> Iterator[tuple[datetime, Row]]:
    """Calls with the first time that is known of them."""
    for call in city.sources.newest("hotline.calls"):
        times = [call[column] for column in ("offered_at", "answered_at", "ended_at") if call[column] is not None]
        if (
            times
            and times == sorted(times)
            and city.has_passed(times[-1])
            and call["direction"] in ("inbound", "outbound")
        ):
            yield times[0], call


def _offered(city: City) -> Iterator[Row]:
    """Inbound calls that reached the queue of the agents."""
    for _, call in _calls(city):
        if call["direction"] == "inbound" and call["offered_at"] is not None:
            yield call


@by_day("H01", "inbound")
def inbound(city: City) -> Iterator[Count]:
    """Calls of residents, by the day they were offered to an agent, else by the first time known."""
    for start, call in _calls(city):
        if call["direction"] == "inbound":
            yield Count(start.date(), {"city": city.places.city}, 1)


@by_day("H01", "outbound")
def outbound(city: City) -> Iterator[Count]:
    """Calls to residents; never added to those of residents."""
    for start, call in _calls(city):
        if call["direction"] == "outbound":
            yield Count(start.date(), {"city": city.places.city}, 1)


@by_day("H02")
def answered(city: City) -> Iterator[Count]:
    """Inbound calls offered to the agents, by that day; numerator: answered."""
    for call in _offered(city):
        yield Count(call["offered_at"].date(), {"city": city.places.city}, call["answered_at"] is not None, 1)


@figures("H02", "rolling_24h_minimum")
def worst_24_hours(city: City, period: Period) -> Iterator[tuple[str, str, str, Figure]]:
    """The lowest rate of the 24 hours before any full hour of the period (its last midnight included, its first not).

    Of equal ones the one with the most calls tells most.
    """
    windows = [window for day, window in _windows(city) if period.holds(day)]
    if windows:
        rate, n, numerator = min(windows)
        for caliber in BOTH:
            yield "city", city.places.city, caliber, Figure(numerator, -n, -n, rate)


@cache
def _windows(city: City) -> list[tuple[date, tuple[float, int, int]]]:
    """Day and (rate, - calls, answered) of the 24 hours before every full hour, where a call was offered."""
    calls = [(call["offered_at"], call["answered_at"] is not None) for call in _offered(city)]
    found = []
    for day in days_from(min(at for at, _ in calls).date(), city.business_date) if calls else ():
        near = [(at, ok) for at, ok in calls if day - timedelta(days=1) <= at.date() <= day]
        for hour in range(1, 25):
            end = datetime.combine(day, time()) + timedelta(hours=hour)
            inside = [ok for at, ok in near if end - timedelta(hours=24) <= at < end]
            if inside:
                found.append((day, (sum(inside) / len(inside), -len(inside), sum(inside))))
    return found


@by_day("H03")
def answered_at_once(city: City) -> Iterator[Count]:
    """Inbound calls offered to the agents; numerator: answered within 15 seconds."""
    seconds = timedelta(seconds=parameter("answer_within_seconds"))
    for call in _offered(city):
        at_once = call["answered_at"] is not None and call["answered_at"] - call["offered_at"] <= seconds
        yield Count(call["offered_at"].date(), {"city": city.places.city}, at_once, 1)
