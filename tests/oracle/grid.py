"""The grid platform: coverage and size of grids (G01, G02), its app (G03), its events (G04 to G08)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.oracle.calendar import parameter
from tests.oracle.counts import Count, by_day, by_period
from tests.oracle.periods import Period
from tests.oracle.records import City, Event


@by_period("G01")
def covered(city: City, period: Period) -> Iterator[Count]:
    """Residential addresses on the last day of the period that was counted; numerator: inside exactly one active grid.

    Who was not counted on that day has no figure: all parts of a whole are of one day.
    """
    rows = [row for row in city.sources.newest("grid.address_coverage") if period.holds(row["coverage_date"])]
    last = max((row["coverage_date"] for row in rows), default=None)
    for row in rows:
        if row["coverage_date"] == last:
            where = city.places.where(row["coverage_date"], community=row["community_code"])
            yield Count(row["coverage_date"], where, row["covered_once_count"], row["address_count"])


@by_period("G02")
def conforming(city: City, period: Period) -> Iterator[Count]:
    """Grids active on the last night of the period; numerator: with 300 to 500 households."""
    low, high = parameter("grid_households_low"), parameter("grid_households_high")
    for night, picture in city.sources.pictures("grid.grids")[::-1]:
        if period.holds(night):
            for grid in picture:
                if (grid["active_from"] or night) <= night and not (grid["active_to"] and night >= grid["active_to"]):
                    fits = low <= (grid["household_count"] or 0) <= high
                    yield Count(night, city.where_grid(grid, night), fits, 1)
            return


@by_day("G03")
def active(city: City) -> Iterator[Count]:
    """Registered accounts of the app; numerator: with a verified action on the day."""
    for row in city.sources.newest("grid.worker_activity"):
        where = city.where_grid(city.grids[row["grid_code"]], row["activity_date"])
        yield Count(row["activity_date"], where, row["active_count"], row["registered_count"])


#: Over longer periods the days add up to person-days; how many persons they were nobody says.
by_day("G03", "mean_daily")(active)


@by_day("G04", "raw")
def reported(city: City) -> Iterator[Count]:
    """Events by the day they were reported."""
    for event in city.events:
        yield Count(event.reported_at.date(), event.where, 1)


@by_day("G04", "clustered_verified")
def verified(city: City) -> Iterator[Count]:
    """Events with at least one visit; those of one grid, category, photo and day are one."""
    seen = set()
    for event in city.events:
        if event.visits:
            day = event.reported_at.date()
            same = (event.grid_code, event.category_code, event.photo_hash, day) if event.photo_hash else event.event_id
            if same not in seen:
                yield Count(day, event.where, 1)
            seen.add(same)


@by_day("G05")
def closed(city: City) -> Iterator[Count]:
    """Events whose deadline has passed, by its day, void ones left out; numerator: closed by now."""
    for event in _due(city):
        yield Count(event.due_at.date(), event.where, event.closed_at is not None, 1)


@by_day("G06")
def closed_in_time(city: City) -> Iterator[Count]:
    """The same events; numerator: closed by the deadline."""
    for event in _due(city):
        yield Count(event.due_at.date(), event.where, bool(event.closed_at and event.closed_at <= event.due_at), 1)


def _due(city: City) -> Iterator[Event]:
    return (event for event in city.events if event.due_at and city.has_passed(event.due_at) and not event.is_void)


@by_day("G06", "deferred")
def closed_in_deferred_time(city: City) -> Iterator[Count]:
    """The twin: a deferral that was granted is the deadline."""
    for event in city.events:
        due_at = event.deferred_until or event.due_at
        if due_at and city.has_passed(due_at) and not event.is_void:
            yield Count(due_at.date(), event.where, bool(event.closed_at and event.closed_at <= due_at), 1)


@by_period("G07")
def reworked(city: City, period: Period) -> Iterator[Count]:
    """Events visited in the period, each once however often; numerator: a visit in it found the work undone."""
    for event in city.events:
        visits = [visit for visit in event.visits if period.holds(visit["verified_at"].date())]
        if visits:
            yield Count(period.start, event.where, any(not visit["passed"] for visit in visits), 1)


@by_day("G08")
def closed_by_the_reporter(city: City) -> Iterator[Count]:
    """Events closed, by that day; numerator: handled by who reported them, within ten minutes, and never visited."""
    quick = timedelta(minutes=parameter("self_close_minutes"))
    for event in city.events:
        if event.closed_at and not event.is_void:
            alone = event.self_handled and event.closed_at - event.reported_at <= quick and not event.visits
            yield Count(event.closed_at.date(), event.where, bool(alone), 1)
