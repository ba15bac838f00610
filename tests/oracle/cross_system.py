"""What two systems say together: who knew first (X01), closed and solved (X02), hotspots that come back (X03)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from tests.oracle.calendar import parameter
from tests.oracle.counts import Count, Figure, by_day, by_period, figures
from tests.oracle.periods import Period
from tests.oracle.records import City, Order

WEEK = timedelta(days=7)


@by_day("X01")
def told_by_the_public_first(city: City) -> Iterator[Count]:
    """Orders of matters that the grids patrol (there are events of the category), of a known community, merged ones left
    out, by the day they were created; numerator: no grid event of that community and category in the seven days before,
    void ones left out. Orders before the first week of events are not asked about: nobody could have known."""
    events = [
        (event.where.get("community"), event.category_code, event.reported_at)
        for event in city.events
        if not event.is_void
    ]
    patrolled = {event.category_code for event in city.events}
    first_asked = min((event.reported_at.date() for event in city.events), default=date.max - WEEK) + WEEK
    for order in city.orders:
        is_asked = order.created_at.date() >= first_asked and not order.is_merged
        if is_asked and order.category_code in patrolled and order.community_code:
            known = any(
                (community, category) == (order.community_code, order.category_code)
                and order.created_at - WEEK <= reported_at <= order.created_at
                for community, category, reported_at in events
            )
            yield Count(order.created_at.date(), order.where, not known, 1, order.calibers)


@figures("X02")
def closed_but_not_solved(city: City, period: Period) -> Iterator[tuple[str, str, str, Figure]]:
    """Orders due in the period: the share closed by now less the share that callers confirm as solved of those validly
    called back, in percentage points. Counts are the confirmed and the called back."""
    due: dict[tuple[str, str, str], list[Order]] = defaultdict(list)
    for order in city.orders:
        passed = order.due_at and period.holds(order.due_at.date()) and city.has_passed(order.due_at)
        if passed and not order.leaves_the_due:
            for level, code in order.where.items():
                for caliber in order.calibers:
                    due[level, code, caliber].append(order)
    for (level, code, caliber), orders in due.items():
        asked = [order for order in orders if order.last_valid_callback and caliber in order.rated_calibers]
        solved = sum(order.last_valid_callback["resolved"] is True for order in asked)
        closed = sum(order.closed_at is not None for order in orders) / len(orders)
        gap = 100 * (closed - solved / len(asked)) if asked else None
        yield level, code, caliber, Figure(solved, len(asked), len(asked), gap)


@by_period("X03")
def came_back(city: City, period: Period) -> Iterator[Count]:
    """Spells of hotspots that ended in the period; numerator: another began within 90 days.

    A community and matter is hot on a day if the 30 days up to it hold enough orders, merged ones left out; the spell
    has ended on the first day that it is not. What is kept out of the assessment makes no assessed hotspot.
    """
    created: dict[tuple[str, str, str], list[date]] = defaultdict(list)
    for order in city.orders:
        if order.community_code and order.category_code and not order.is_merged:
            for caliber in order.calibers:
                created[order.community_code, order.category_code, caliber].append(order.created_at.date())
    for (community, _, caliber), days in created.items():
        spells = _spells(days, city.business_date)
        for number, (_, ended) in enumerate(spells):
            if ended and period.holds(ended):
                following = spells[number + 1][0] if number + 1 < len(spells) else None
                back = following is not None and following <= ended + timedelta(days=90)
                yield Count(ended, city.places.where(ended, community=community), back, 1, frozenset({caliber}))


def _spells(days: list[date], last: date) -> list[tuple[date, date | None]]:
    """First hot day and first day no longer hot, or none if it is hot now."""
    spells: list[tuple[date, date | None]] = []
    day, began = min(days), None
    while day <= last:
        is_hot = sum(day - timedelta(days=30) < other <= day for other in days) >= parameter("hotspot_min_orders")
        if is_hot and began is None:
            began = day
        elif not is_hot and began is not None:
            spells.append((began, day))
            began = None
        day += timedelta(days=1)
    return [*spells, (began, None)] if began else spells
