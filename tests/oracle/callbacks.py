"""What callers say when they are called back: the three rates (H07 to H10) and how many were asked (H11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.oracle.counts import Cell, Count, Figure, Number, by_day, cells_of, figures
from tests.oracle.periods import Period
from tests.oracle.records import City, Order
from tests.oracle.sources import Row

#: 基本满意 counts for less than 满意.
BASICALLY_SATISFIED = 0.9


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
    return answers(city, lambda order, last: last["resolved"] is True and not order.is_merged)


@by_day("H09")
def satisfied(city: City) -> Iterator[Count]:
    """The same orders; numerator: satisfied or very satisfied callers, the basically satisfied at nine tenths."""
    weights = {"very_satisfied": 1, "satisfied": 1, "basically_satisfied": BASICALLY_SATISFIED}
    return answers(city, lambda order, last: weights.get(last["satisfaction"], 0))


def answers(city: City, weigh: Callable[[Order, Row], Number]) -> Iterator[Count]:
    """Orders with a valid call-back, and what their callers say in the last."""
    for order in city.orders:
        if last := order.last_valid_callback:
            yield Count(last["called_at"].date(), order.where, weigh(order, last), 1, order.rated_calibers)


@figures("H10")
def three_rates(city: City, period: Period) -> Iterator[tuple[str, str, str, Figure]]:
    """100 x (0.10 H07 + 0.50 H08 + 0.40 H09) of the same cell; no score without a call-back that was rated."""
    return scores(period, *(cells_of((kpi_id, "main"), city) for kpi_id in ("H07", "H08", "H09")))


def scores(period: Period, *rates: dict[Cell, Figure]) -> Iterator[tuple[str, str, str, Figure]]:
    """The score of every cell of three rates."""
    for cell, resolution in rates[1].items():
        if (cell.period_type, cell.period_start) == (period.kind, period.start):
            parts = [
                rate[cell._replace(kpi_id=kpi)].value for rate, kpi in zip(rates, ("H07", "H08", "H09"), strict=True)
            ]
            score = sum(weight * (share or 0) for weight, share in zip((10, 50, 40), parts, strict=True))
            n = resolution.denominator
            yield cell.unit_type, cell.unit_code, cell.caliber, Figure(None, n, n, score)


@by_day("H11")
def asked(city: City) -> Iterator[Count]:
    """Orders closed whose caller can be asked, by the day of closing; numerator: with a valid call-back by now.

    Nobody is asked about a withdrawn order, about a merged one (they are asked about its parent), or about one that
    another platform handed over.
    """
    for order in city.orders:
        if order.closed_at and not order.leaves_the_due and order.channel != "transfer":
            has_answered = order.last_valid_callback is not None
            yield Count(order.closed_at.date(), order.where, has_answered, 1, order.calibers)
