"""The orders, events and cases of a city at the end of a night, each with where it lies and what became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from tests.oracle.counts import BOTH, FULL
from tests.oracle.places import Places, Where
from tests.oracle.sources import Night, Row, Sources

TIERS = ("immediate", "time_limited", "tracked")


@dataclass(frozen=True)
class Order:
    """A work order as the hotline has it now, with its steps and call-backs in the order they happened."""

    row: Row
    place: Where
    steps: Sequence[Row]
    callbacks: Sequence[Row]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]

    @cached_property
    def where(self) -> Where:
        return self.place | ({"unit": self.unit} if self.unit else {})

    @property
    def unit(self) -> str | None:
        """Who was responsible at closing; who is, while it is open."""
        closings = [step["unit_code"] for step in self.steps if step["event_type"] == "close" and step["unit_code"]]
        return closings[-1] if closings and self.row["closed_at"] else self.row["unit_code"]

    def is_open_at(self, moment: datetime) -> bool:
        """Whether it was created and not closed at a moment, as its closing time and its steps tell.

        The row has the last word on now: of one that is open, a closing that no step took back is none.
        """
        turns = [
            (step["occurred_at"], step["event_type"])
            for step in self.steps
            if step["event_type"] in ("close", "reopen")
        ]
        if self.row["closed_at"]:
            turns = sorted([*turns, (self.row["closed_at"], "close")], key=lambda turn: turn[0])
        while turns and turns[-1][1] == "close" and not self.row["closed_at"]:
            turns.pop()
        before = [kind for at, kind in turns if at < moment]
        return bool(self.row["created_at"] < moment and (not before or before[-1] == "reopen"))

    @property
    def is_merged(self) -> bool:
        return self.row["parent_order_id"] is not None

    @property
    def leaves_the_due(self) -> bool:
        """Merged into another or withdrawn: counted in the identity of conservation, not among what was due."""
        return self.is_merged or self.row["closure_code"] == "withdrawn"

    @property
    def calibers(self) -> frozenset[str]:
        return frozenset({FULL}) if self.row["assessment_scope"] == "excluded" else BOTH

    @property
    def rated_calibers(self) -> frozenset[str]:
        """Those of H08 to H10: what only asks for a response is not assessed for its result."""
        return BOTH if self.row["assessment_scope"] == "three_rate" else frozenset({FULL})

    @cached_property
    def first_dispatched_at(self) -> datetime | None:
        return next((step["occurred_at"] for step in self.steps if step["event_type"] == "dispatch"), None)

    @property
    def last_valid_callback(self) -> Row | None:
        return next((row for row in reversed(self.callbacks) if row["is_valid"]), None)


@dataclass(frozen=True)
class Event:
    """A grid event as the platform has it now, with the visits of its newest version."""

    row: Row
    where: Where
    visits: Sequence[Row]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]

    @property
    def is_void(self) -> bool:
        return bool(self.row["status"] == "void")


@dataclass(frozen=True)
class Case:
    """A case of a service station, with its item and its point."""

    row: Row
    where: Where
    item: Row
    point: Row | None

    def __getattr__(self, name: str) -> Any:
        return self.row[name]


class City:
    """All that can be counted at the end of a business date."""

    def __init__(self, nights: Iterable[Night], business_date: date) -> None:
        self.sources = Sources(nights, business_date)
        self.business_date, self.as_of = business_date, self.sources.as_of
        self.places = Places(self.sources.pictures("hotline.places"))

    @property
    def first_day(self) -> date:
        """No record of the story is older."""
        return date(self.business_date.year - 2, 1, 1)

    def has_passed(self, moment: datetime) -> bool:
        """A deadline after the end of the business date is not yet due."""
        return moment < self.as_of

    @cached_property
    def orders(self) -> list[Order]:
        steps, callbacks = defaultdict(list), defaultdict(list)
        for step in sorted(self._past("hotline.order_events", "occurred_at"), key=lambda row: row["occurred_at"]):
            steps[step["order_id"]].append(step)
        for row in sorted(
            self._past("hotline.callbacks", "called_at"), key=lambda row: (row["called_at"], row["attempt_no"])
        ):
            callbacks[row["order_id"]].append(row)
        return [
            Order(row, self._where_order(row), steps[row["order_id"]], callbacks[row["order_id"]])
            for row in self.sources.newest("hotline.work_orders")
            if self._is_sound(row, ("created_at", "replied_at", "closed_at"), ("due_at",))
            and row["status"] in ("open", "suspended", "closed")
            and (row["status"] == "closed") == (row["closed_at"] is not None)
            and row["assessment_scope"] in ("three_rate", "response_only", "excluded")
            and all(self.places.knows(row[column]) for column in ("community_code", "street_code"))
            and row["unit_code"] in {None, *self.units}
        ]

    def _past(self, table: str, column: str) -> list[Row]:
        """What has happened: a clock of the source that runs ahead has noted nothing yet."""
        return [row for row in self.sources.newest(table) if row[column] < self.as_of]

    def _where_order(self, row: Row) -> Where:
        day = row["created_at"].date() if row["created_at"] else self.business_date
        return self.places.where(day, community=row["community_code"], street=row["street_code"], unit=row["unit_code"])

    @cached_property
    def units(self) -> set[str]:
        return set(self.sources.register("hotline.units", "unit_code"))

    @cached_property
    def events(self) -> list[Event]:
        grids = self.grids
        visits = defaultdict(list)
        for visit in self.sources.all("grid.event_verifications"):
            if visit["verified_at"] < self.as_of:
                visits[visit["event_id"], visit["updated_at"]].append(visit)
        return [
            Event(
                row,
                self.where_grid(grids[row["grid_code"]], row["reported_at"].date(), unit=row["unit_code"]),
                # windows overlap: the same version of an event may come twice
                list({visit["verified_at"]: visit for visit in visits[row["event_id"], row["updated_at"]]}.values()),
            )
            for row in self.sources.newest("grid.events")
            if row["grid_code"] in grids
            and self._is_sound(row, ("reported_at", "closed_at"), ())
            and row["status"] in ("reported", "registered", "handling", "closed", "void")
            and not (row["status"] == "closed" and row["closed_at"] is None)
        ]

    def where_grid(self, grid: Row, day: date, **others: str | None) -> Where:
        """A grid lies in its community, which lay in a street on that day."""
        known = {"community": grid["community_code"], "grid": grid["grid_code"], **others}
        return self.places.where(day, street=None if grid["community_code"] else grid["street_code"], **known)

    @cached_property
    def cases(self) -> list[Case]:
        items = self.sources.register("stations.items", "item_code")
        return [
            Case(row, self._where_case(row), items[row["item_code"]], self.points.get(row["station_code"]))
            for row in self.sources.newest("stations.cases")
            if row["item_code"] in items
            and (row["station_code"] is None or row["station_code"] in self.points)
            and row["handling_level"] in ("city", "district", "street", "community", "self_service")
            and self._is_sound(row, ("accepted_at", "finished_at"), ())
        ]

    def _where_case(self, row: Row) -> Where:
        """Where its point lies; a case without one belongs to the district whose file has it."""
        point = self.points.get(row["station_code"])
        if point is None:
            return self.places.where(row["accepted_at"].date(), district=row["district_code"])
        return self.where_point(point, row["accepted_at"].date())

    def where_point(self, point: Row, day: date) -> Where:
        return self.places.where(day, community=point["community_code"], point=point["station_code"])

    @cached_property
    def points(self) -> dict[str, Row]:
        return self.sources.register("stations.points", "station_code")

    @cached_property
    def grids(self) -> dict[str, Row]:
        return self.sources.register("grid.grids", "grid_code")

    def _is_sound(self, row: Row, happened: Sequence[str], planned: Sequence[str]) -> bool:
        """Nothing before its beginning, nothing that happened after the business date, no impossible year.

        ``happened`` begins with the column of the beginning.
        """
        began = row[happened[0]]
        times = [row[column] for column in (*happened, *planned) if row[column] is not None]
        return bool(
            began is not None
            and all(moment >= began for moment in times)
            and all(row[column] is None or row[column] < self.as_of for column in happened)
            and all(datetime(2000, 1, 1) <= moment <= self.as_of + timedelta(days=3652) for moment in times)
        )
