"""Hotline orders: volume (H04), reply (H05), closure on time by three clocks (H06), repetition (H12), re-routing (H13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.oracle import calendar
from tests.oracle.counts import Count, by_day
from tests.oracle.records import City, Order


@by_day("H04")
def created(city: City) -> Iterator[Count]:
    """Orders by the day they were created, all of them."""
    for order in city.orders:
        yield Count(order.created_at.date(), order.where, 1, calibers=order.calibers)


@by_day("H05")
def replied(city: City) -> Iterator[Count]:
    """Orders whose deadline has passed, by its day, merged and withdrawn ones left out; numerator: replied to by now,
    early or late."""
    for order in city.orders:
        if order.due_at and city.has_passed(order.due_at) and not order.leaves_the_due:
            yield Count(order.due_at.date(), order.where, order.replied_at is not None, 1, order.calibers)


@by_day("H06")
def closed_on_time(city: City) -> Iterator[Count]:
    """Orders whose deadline in force has passed, by its day, the overdue open ones among them; numerator: closed by it."""
    for order in city.orders:
        if order.due_at and city.has_passed(order.due_at) and not order.leaves_the_due:
            yield Count(order.due_at.date(), order.where, _closed_by(order, order.due_at), 1, order.calibers)


@by_day("H06", "calendar_unpaused")
def closed_by_the_rule(city: City) -> Iterator[Count]:
    """The same by the deadline of the rule for its category and tier, with a clock that never stops."""
    for order in city.orders:
        rule = _rule(order)
        if rule and not order.leaves_the_due:
            due_at = calendar.deadline(order.created_at, rule["clock"], int(rule["amount"]))
            if city.has_passed(due_at):
                yield Count(due_at.date(), order.where, _closed_by(order, due_at), 1, order.calibers)


@by_day("H06", "calendar_paused")
def closed_by_the_paused_rule(city: City) -> Iterator[Count]:
    """The same with a clock that stands still over suspensions and granted deferrals.

    An order that was suspended before that deadline and has not resumed has none.
    """
    for order in city.orders:
        rule = _rule(order)
        if rule and not order.leaves_the_due:
            pauses, suspended_at = _pauses(order)
            due_at = calendar.deadline(order.created_at, rule["clock"], int(rule["amount"]), pauses)
            stands_still = suspended_at is not None and suspended_at < due_at
            if city.has_passed(due_at) and not stands_still:
                yield Count(due_at.date(), order.where, _closed_by(order, due_at), 1, order.calibers)


def _rule(order: Order) -> dict[str, str] | None:
    """The deadline rule of an order; one for its category goes before one for all."""
    rules = [
        rule
        for rule in calendar.rows("deadline_rules")
        if rule["tier"] == order.tier
        and rule["category_code"] in ("", order.category_code)
        and rule["valid_from"] <= str(order.created_at.date()) <= (rule["valid_to"] or "9999")
    ]
    return max(rules, key=lambda rule: rule["category_code"], default=None)


def _pauses(order: Order) -> tuple[list[calendar.Span], datetime | None]:
    """Suspensions that ended (by going on or by closing) and deferrals, from the old deadline to the new.

    Beside them: since when the order is suspended, if it is.
    """
    pauses, suspended_at = [], None
    for step in order.steps:
        if step["event_type"] == "suspend":
            suspended_at = suspended_at or step["occurred_at"]
        elif step["event_type"] in ("resume", "close") and suspended_at:
            pauses.append((suspended_at, step["occurred_at"]))
            suspended_at = None
        elif step["event_type"] == "defer_grant":
            old, new = (step[column] for column in ("from_value", "to_value"))
            pauses.append((datetime.fromisoformat(old), datetime.fromisoformat(new)))
    return pauses, suspended_at


def _closed_by(order: Order, due_at: datetime) -> bool:
    return bool(order.closed_at is not None and order.closed_at <= due_at)


@by_day("H12")
def repeated(city: City) -> Iterator[Count]:
    """Orders closed, by the day of closing; numerator: another order of the same person, category and street was created
    within 30 days after."""
    window = timedelta(days=calendar.parameter("repeat_window_days"))
    matters = defaultdict(list)
    for order in city.orders:
        matters[_matter(order)].append(order)
    for order in city.orders:
        if order.closed_at:
            others = matters[_matter(order)] if None not in _matter(order) else []
            again = any(order.closed_at < other.created_at <= order.closed_at + window for other in others)
            yield Count(order.closed_at.date(), order.where, again, 1, order.calibers)


def _matter(order: Order) -> tuple[str | None, str | None, str | None]:
    return order.caller_key, order.category_code, order.where.get("street")


@by_day("H13")
def returned_or_rerouted(city: City) -> Iterator[Count]:
    """Orders first dispatched, by that day; numerator: returned or re-routed at least once by now."""
    for order in city.orders:
        if order.first_dispatched_at:
            sent_on = any(step["event_type"] in ("return", "reroute") for step in order.steps)
            yield Count(order.first_dispatched_at.date(), order.where, sent_on, 1, order.calibers)


@by_day("H13", "mean_hops")
def hops(city: City) -> Iterator[Count]:
    """Orders first dispatched, by that day; numerator: dispatches, returns and re-routes after the first dispatch."""
    for order in city.orders:
        first = order.first_dispatched_at
        if first:
            moves = [step for step in order.steps if step["event_type"] in ("dispatch", "return", "reroute")]
            after = moves[[step["event_type"] for step in moves].index("dispatch") + 1 :]
            yield Count(first.date(), order.where, len(after), 1, order.calibers)
