"""What callers say when they are called back: the three rates (H07 to H10) and how many were asked (H11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from tests.oracle.counts import Cell, Count, Figure, Number, by_day, cells_of, figures
from tests.oracle.periods import Period
from tests.oracle.records import City, Row

#: 基本满意 counts for less than 满意.
BASICALLY_SATISFIED = Fraction(9, 10)
RESPONSE, RESOLUTION, SATISFACTION = Fraction(10), Fraction(50), Fraction(40)


@by_day("H07")
def contacted(city: City) -> Iterator[Count]:
    """Orders with a valid call-back, by the day of the last; numerator: the unit had contacted the caller, by that one."""
    for order in city.orders:
        if last := order.last_valid_callback:
            yield Count(last["called_at"].date(), order.where, bool(last["contacted"]), 1, order.calibers)


@by_day("H08")
def resolved(city: City) -> Iterator[Count]:
    """The same orders (assessed: of scope three_rate alone); numerator: the caller says it is solved.

    A duplicate merged into its parent is never solved, and its caller stays among the asked.
    """
    return _answers(city, lambda last: last["resolved"] is True, lambda order_is_merged: not order_is_merged)


@by_day("H09")
def satisfied(city: City) -> Iterator[Count]:
    """The same orders; numerator: satisfied or very satisfied callers, the basically satisfied at nine tenths."""
    weights = {"very_satisfied": 1, "satisfied": 1, "basically_satisfied": BASICALLY_SATISFIED}
    return _answers(city, lambda last: weights.get(last["satisfaction"], 0), lambda order_is_merged: True)


def _answers(city: City, weigh: Callable[[Row], Number], may_count: Callable[[bool], bool]) -> Iterator[Count]:
    for order in city.orders:
        if last := order.last_valid_callback:
            told = weigh(last) if may_count(order.is_merged) else 0
            yield Count(last["called_at"].date(), order.where, told, 1, order.rated_calibers)


@figures("H10")
def three_rates(city: City, period: Period) -> Iterator[tuple[str, str, str, Figure]]:
    """100 x (0.10 H07 + 0.50 H08 + 0.40 H09) of the same cell; no score without a call-back that was rated."""
    rates = [_once(city, kpi) for kpi in ("H07", "H08", "H09")]
    for cell, resolution in rates[1].items():
        if (cell.period_type, cell.period_start) == (period.kind, period.start):
            parts = [part[cell._replace(kpi_id=kpi)] for part, kpi in zip(rates, ("H07", "H08", "H09"), strict=True)]
            shares = [Fraction(p.numerator or 0).limit_denominator(10**6) / int(p.denominator or 1) for p in parts]
            score = sum(w * share for w, share in zip((RESPONSE, RESOLUTION, SATISFACTION), shares, strict=True))
            n = resolution.denominator
            yield cell.unit_type, cell.unit_code, cell.caliber, Figure(None, n, n, float(score))


def _once(city: City, kpi_id: str) -> dict[Cell, Figure]:
    made: dict[str, dict[Cell, Figure]] = city.__dict__.setdefault("_rates_of_callbacks", {})
    if kpi_id not in made:
        made[kpi_id] = cells_of((kpi_id, "main"), city)
    return made[kpi_id]


@by_day("H11")
def asked(city: City) -> Iterator[Count]:
    """Orders closed whose caller can be asked, by the day of closing; numerator: with a valid call-back by now.

    A withdrawn order has nobody left to ask.
    """
    for order in city.orders:
        if order.closed_at and order.closure_code != "withdrawn":
            has_answered = order.last_valid_callback is not None
            yield Count(order.closed_at.date(), order.where, has_answered, 1, order.calibers)
