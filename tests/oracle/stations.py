"""Service stations: items (S01), cases (S02, S04, S06), the 15-minute circle (S03), terminals (S05)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import asin, cos, radians, sin, sqrt

from tests.oracle.calendar import parameter
from tests.oracle.counts import Count, by_day, by_period
from tests.oracle.periods import Period
from tests.oracle.records import Case, City
from tests.oracle.sources import Row

LOCAL = ("street", "community", "self_service")
GOOD = ("very_satisfied", "satisfied", "basically_satisfied")
_EARTH_METRES = 6_371_000


@by_period("S01")
def local_items(city: City, period: Period) -> Iterator[Count]:
    """Personal items of the list on the last night of the period; numerator: done at a street, a community or a machine."""
    for night, picture in city.sources.pictures("stations.items")[::-1]:
        if period.holds(night):
            for item in picture:
                if item["is_personal"]:
                    yield Count(night, {"city": city.places.city}, item["lowest_level"] in LOCAL, 1)
            return


@by_day("S02")
def local_cases(city: City) -> Iterator[Count]:
    """Personal cases finished, by that day; numerator: at a street, a community or a machine, or through an agent at a
    street's or community's point, whatever level decides."""
    for case in city.cases:
        if case.finished_at and case.item["is_personal"]:
            through_agent = case.is_agent_handled and bool({"street", "community"} & case.where.keys())
            yield Count(case.finished_at.date(), case.where, case.handling_level in LOCAL or through_agent, 1)


@by_period("S03")
def reached(city: City, period: Period) -> Iterator[Count]:
    """Residents on the last night of the period; numerator: of grids whose centre has an open point with enough items
    within 15 minutes on foot. An interval takes a grid as its unit: its residents are placed together."""
    for night, picture in city.sources.pictures("stations.residents")[::-1]:
        if period.holds(night):
            points = dict(city.sources.pictures("stations.points"))[night]
            served = [point for point in points if _serves(point) and _is_open(point, night)]
            for row in picture:
                near = any(_minutes(row, point) <= parameter("walk_minutes") for point in served)
                where = city.places.where(night, community=row["community_code"])
                yield Count(night, where, row["resident_count"] * near, row["resident_count"], sample=1)
            return


def _serves(point: Row) -> bool:
    return bool((point["item_count"] or 0) >= parameter("circle_min_items"))


def _is_open(point: Row, day: date) -> bool:
    return (point["active_from"] or day) <= day and not (point["active_to"] and day >= point["active_to"])


def _minutes(row: Row, point: Row) -> float:
    """On foot, by the great circle times a detour."""
    lon, lat, to_lon, to_lat = map(radians, (row["center_lon"], row["center_lat"], point["lon"], point["lat"]))
    half = sin((to_lat - lat) / 2) ** 2 + cos(lat) * cos(to_lat) * sin((to_lon - lon) / 2) ** 2
    metres = 2 * _EARTH_METRES * asin(sqrt(half)) * parameter("walk_detour_factor")
    return metres / parameter("walk_metres_per_minute")


@by_day("S04")
def through_agents(city: City) -> Iterator[Count]:
    """Cases finished in which an agent helped, by that day."""
    for case in _finished(city):
        if case.is_agent_handled:
            yield Count(case.finished_at.date(), case.where, 1)


@by_day("S05")
def available(city: City) -> Iterator[Count]:
    """Minutes in which terminals were to serve; numerator: in which they could. An interval takes a device-day as its unit."""
    for row in city.sources.newest("stations.terminals"):
        where = city.where_point(city.points[row["station_code"]], row["service_date"])
        yield Count(row["service_date"], where, row["available_minutes"], row["planned_minutes"], sample=1)


@by_day("S05", "cases_per_device_day")
def cases_of_terminals(city: City) -> Iterator[Count]:
    """Cases done on terminals per device and day."""
    for row in city.sources.newest("stations.terminals"):
        where = city.where_point(city.points[row["station_code"]], row["service_date"])
        yield Count(row["service_date"], where, row["case_count"], 1)


@by_day("S06")
def good_reviews(city: City) -> Iterator[Count]:
    """Reviewed cases by the day they were finished; numerator: basically satisfied or better."""
    for case in _finished(city):
        if case.review:
            yield Count(case.finished_at.date(), case.where, case.review in GOOD, 1)


@by_day("S06", "coverage")
def reviewed(city: City) -> Iterator[Count]:
    """Cases finished, by that day; numerator: with a review."""
    for case in _finished(city):
        yield Count(case.finished_at.date(), case.where, bool(case.review), 1)


def _finished(city: City) -> Iterator[Case]:
    return (case for case in city.cases if case.finished_at)
