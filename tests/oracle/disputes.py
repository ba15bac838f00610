"""Where the product counts otherwise than the catalogue's words, as it does today.

Each entry is a definition that gives exactly what the product publishes, with why the oracle does not. The test asks for
both: that nothing but this differs, and that it still does. An entry that is settled has to go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from tests.oracle import calendar, orders
from tests.oracle.contract import Kpi
from tests.oracle.counts import BOTH, DEFINITIONS, Cell, Count, Definition, Figure, cells_of
from tests.oracle.periods import Period
from tests.oracle.places import Places, Where
from tests.oracle.records import City, Event
from tests.oracle.sources import Night, Row, Sources


class PlacesOfNow(Places):
    """Everything lies where it lies now."""

    def where(self, day: date, **known: str | None) -> Where:
        return super().where(date.max, **known)


class PicturesOfNow(Sources):
    """Grids, points, items and residents of every night are those of the newest picture."""

    def pictures(self, table: str) -> list[tuple[date, list[Row]]]:
        nights = super().pictures(table)
        return [(night, nights[-1][1]) for night, _ in nights]


class RegistersOfNow(Sources):
    """What is not on the newest list was never on one: records about it are in quarantine."""

    def register(self, table: str, key: str) -> dict[str, Row]:
        return {row[key]: row for row in self.pictures(table)[-1][1]}


def as_published(city: City, nights: Iterable[Night]) -> Callable[[Kpi], dict[Cell, Figure]]:
    """Cells of a disputed KPI as the product has them."""
    nights = list(nights)
    of_now = City(nights, city.business_date)
    of_now.places = PlacesOfNow(of_now.sources.pictures("hotline.places"))
    pictures = City(nights, city.business_date)
    pictures.sources = PicturesOfNow(nights, city.business_date)
    both = City(nights, city.business_date)
    both.places, both.sources = of_now.places, pictures.sources
    registers = City(nights, city.business_date)
    registers.sources = RegistersOfNow(nights, city.business_date)
    seen = {"registers": registers, "borders": of_now, "pictures": pictures, "borders and pictures": both}

    def cells(kpi: Kpi) -> dict[Cell, Figure]:
        dispute = DISPUTES[kpi]
        return cells_of(kpi, seen.get(dispute.seen, city), dispute.definition)

    return cells


class Dispute(NamedTuple):
    """Why the product is thought wrong; what it sees otherwise; by which definition it counts, if by another."""

    why: str
    seen: str = ""
    definition: Definition | None = None


def _counts_otherwise(why: str, function: Callable[..., Iterable[Any]], asked: str = "day", seen: str = "") -> Dispute:
    return Dispute(why, seen, Definition(function, asked, True))


def _repeated_in_street_of_now(city: City) -> Iterator[Count]:
    """Also by an order in quarantine; the street of the community goes before that of the order."""

    def matter(row: Row) -> tuple[Any, ...]:
        where = city.places.where(date.max, community=row["community_code"]) if row["community_code"] else {}
        return row["caller_key"], row["category_code"], where.get("street") or row["street_code"]

    created = defaultdict(list)
    for row in city.sources.newest("hotline.work_orders"):
        created[matter(row)].append(row["created_at"])
    for order in city.orders:
        if order.closed_at:
            last = order.closed_at + timedelta(days=calendar.parameter("repeat_window_days"))
            after = created[matter(order.row)] if None not in matter(order.row) else []
            again = any(order.closed_at < moment <= last for moment in after)
            yield Count(order.closed_at.date(), order.where, again, 1, order.calibers)


def _visits_of_all_versions(city: City, period: Period) -> Iterator[Count]:
    visits: dict[str, dict[datetime, Row]] = defaultdict(dict)
    for visit in city.sources.all("grid.event_verifications"):
        visits[visit["event_id"]][visit["verified_at"]] = visit
    for event in city.events:
        whole = Event(event.row, event.where, list(visits[event.event_id].values()))
        inside = [
            visit
            for visit in whole.visits
            if period.holds(visit["verified_at"].date()) and city.has_passed(visit["verified_at"])
        ]
        if inside:
            yield Count(period.start, event.where, any(not visit["passed"] for visit in inside), 1)


def _open_as_known_now(city: City, period: Period) -> Iterator[Count]:
    end = min(datetime.combine(period.end + timedelta(days=1), time()), city.as_of)
    fresh = timedelta(days=calendar.parameter("tracked_note_days"))
    for order in city.orders:
        is_open = order.created_at < end and (order.closed_at or end) >= end and not order.leaves_the_due
        if order.tier == "tracked" and is_open:
            has_news = any(end - fresh <= step["occurred_at"] < end for step in order.steps)
            yield Count(period.end, order.where, has_news, 1, order.calibers)


def _paused_until_work_begins(city: City) -> Iterator[Count]:
    def deadline(created_at: datetime, clock: str, amount: int, pauses: Iterable[calendar.Span]) -> datetime:
        def helps(begin: datetime, due: datetime) -> bool:
            if clock == "working_hours":
                return begin < due or calendar.worked_minutes(due, begin) == 0
            return calendar.begun_workdays(due.date(), begin.date()) == 0

        return calendar.deadline(created_at, clock, amount, pauses, helps)

    return orders.by_paused_clock(city, deadline)


def _hotspots_of_all(city: City, period: Period) -> Iterator[Count]:
    counts: Iterable[Count] = DEFINITIONS["X03", "main"].counts(city, period)
    return (Count(c.day, c.where, c.numerator, c.denominator, BOTH) for c in counts if "full" in c.calibers)


_BORDERS = "counts by the borders of now; the catalogue: the organisation valid that day"
_PICTURES = "counts past days again by the newest picture; the catalogue: the list valid that day, what the last counted day has"
_REGISTERS = "an item struck off the list takes all its past cases with it; L2-STA-005: an item that no list knows"
DISPUTES: dict[Kpi, Dispute] = {
    ("G02", "main"): Dispute(f"{_PICTURES}; {_BORDERS}", "borders and pictures"),
    ("G03", "main"): Dispute(_BORDERS, "borders"),
    ("G03", "mean_daily"): Dispute(_BORDERS, "borders"),
    ("L01", "main"): Dispute(_BORDERS, "borders"),
    ("P03", "main"): Dispute(_BORDERS, "borders"),
    ("S01", "main"): Dispute(_PICTURES, "pictures"),
    ("S03", "main"): Dispute(_PICTURES, "pictures"),
    ("S04", "main"): Dispute(_REGISTERS, "registers"),
    ("S06", "main"): Dispute(_REGISTERS, "registers"),
    ("S06", "coverage"): Dispute(_REGISTERS, "registers"),
    ("S05", "main"): Dispute(_BORDERS, "borders"),
    ("S05", "cases_per_device_day"): Dispute(_BORDERS, "borders"),
    ("W01", "main"): Dispute(_BORDERS, "borders"),
    ("X03", "main"): _counts_otherwise(
        f"{_BORDERS}; excluded orders make assessed hotspots", _hotspots_of_all, "period", "borders"
    ),
    ("G07", "main"): _counts_otherwise(
        "keeps visits that the platform has struck off or given another time", _visits_of_all_versions, "period"
    ),
    ("H06", "calendar_paused"): _counts_otherwise(
        "a pause that begins after the deadline helps, if no working time lies between", _paused_until_work_begins
    ),
    ("H12", "main"): _counts_otherwise(
        "same street by the borders of now, its own after its community's; also orders in quarantine", _repeated_in_street_of_now
    ),
    ("S02", "main"): Dispute(_REGISTERS, "registers"),
    ("T03", "main"): _counts_otherwise(
        "a reopened order was open all the time, one merged or withdrawn later never was", _open_as_known_now, "period"
    ),
}  # fmt: skip
