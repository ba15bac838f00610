"""The three tiers: at once (T01), within the time given (T02), tracked (T03), and made more lenient (T04)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from tests.oracle.calendar import parameter
from tests.oracle.counts import BOTH, Count, by_day, by_period
from tests.oracle.periods import Period
from tests.oracle.records import TIERS, City, Event, Order


def _matters(city: City, tier: str) -> Iterator[tuple[Order | Event, datetime, frozenset[str]]]:
    """Orders and grid events of a tier that are or will be due, with their beginnings and calibers."""
    for order in city.orders:
        if order.tier == tier and not order.leaves_the_due:
            yield order, order.created_at, order.calibers
    for event in city.events:
        if event.tier == tier and not event.is_void:
            yield event, event.reported_at, BOTH


@by_day("T01")
def done_at_once(city: City) -> Iterator[Count]:
    """Matters of the immediate tier whose first 24 hours have ended, by that day; numerator: closed within them."""
    for matter, began, calibers in _matters(city, "immediate"):
        due_at = began + timedelta(hours=parameter("immediate_tier_hours"))
        if city.has_passed(due_at):
            in_time = matter.closed_at is not None and matter.closed_at <= due_at
            yield Count(due_at.date(), matter.where, in_time, 1, calibers)


@by_day("T02")
def done_in_time(city: City) -> Iterator[Count]:
    """Matters of the time-limited tier whose deadline has passed, by its day; numerator: closed by it."""
    for matter, _, calibers in _matters(city, "time_limited"):
        if matter.due_at and city.has_passed(matter.due_at):
            in_time = matter.closed_at is not None and matter.closed_at <= matter.due_at
            yield Count(matter.due_at.date(), matter.where, in_time, 1, calibers)


@by_period("T03")
def updated(city: City, period: Period) -> Iterator[Count]:
    """Orders of the tracked tier open at the end of the week; numerator: with any step in the seven days before.

    A week that runs is looked at as it stands now.
    """
    end = min(datetime.combine(period.end + timedelta(days=1), time()), city.as_of)
    fresh = timedelta(days=parameter("tracked_note_days"))
    for order in city.orders:
        if order.tier == "tracked" and order.is_open_at(end):
            has_news = any(end - fresh <= step["occurred_at"] < end for step in order.steps)
            yield Count(period.end, order.where, has_news, 1, order.calibers)


@by_day("T04")
def relaxed(city: City) -> Iterator[Count]:
    """Orders first dispatched, by that day; numerator: after that given a tier with more time at least once."""
    for order in city.orders:
        first = order.first_dispatched_at
        if first:
            is_relaxed = any(
                step["event_type"] == "tier_change"
                and step["occurred_at"] > first
                and TIERS.index(step["to_value"]) > TIERS.index(step["from_value"])
                for step in order.steps
            )
            yield Count(first.date(), order.where, is_relaxed, 1, order.calibers)
