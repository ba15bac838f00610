"""Events that are gone from the grid platform, and events that came to it under a change time that was read before.

The platform lists no deletions, but it says of any window how many events it holds. Every night the total of what changed
last before the window is held against what landed. Where they differ the days are halved until those are found that differ,
and only these are listed: so a finding names the events, and most nights ask two short questions. As many events deleted as
others put in under old change times leave the total as it was: so each old day is listed in its turn, whatever its total, one or
two a night: once in sixty nights, and where the archive is longer than four months once in as many more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from minhu.business_dates import Window
from minhu.errors import MinhuError
from minhu.extract import columns, known, missing
from minhu.extract.grid.events import EVENTS, PAGE_ROWS, parameters_of, read_events
from minhu.extract.grid.json_api import JsonApi
from minhu.extract.grid.listing import pages
from minhu.extract.grid.tables import Faults, blocked
from minhu.findings import Finding
from minhu.landing import contracts
from minhu.texts import LOST

GONE, NEVER = "L1-GRD-027", "L1-GRD-028"
#: So many events at most are listed at once; of more the days are halved first.
MOST_LISTED = 2 * PAGE_ROWS
#: Every old day is listed once in so many nights, or twice as many, and so on: no night lists more than a few.
NIGHTS_OF_A_ROUND = 60
_MOST_DAYS_IN_TURN = 2
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass
class Outcome:
    """What was found, and the figures that the manifest keeps."""

    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)


def check(
    home: Path,
    api: JsonApi,
    window: Window,
    zone: ZoneInfo,
    tonight: pa.Array,
    before: missing.Before,
    missing_percent: int,
) -> Outcome:
    """Hold the platform's events against what landed.

    People go on working meanwhile: an event that they change leaves the days that are looked at, so what has changed since
    the window is read last, and taken out.

    Args:
        home: state directory of the city.
        api: the open platform.
        window: that was read tonight.
        zone: of the city.
        tonight: ids of the events that it brought, as they land.
        before: what landed in the nights before.
        missing_percent: share of events above which the delivery is refused.
    """
    outcome = Outcome()
    if window.start is None or not before.files:
        return outcome
    contract = contracts.table("grid", "events")
    with known.opened(home, contract, before.files, tonight) as landed:
        events = _Events(landed, window.start, zone)
        try:
            landed.leave_out(_ids(api, Window(window.end, _LAST), zone))
            events.miss_in_window()
            for part in [*_differing(api, events, 0, len(events.borders) - 1), *events.in_turn(window.end)]:
                events.compare(part, _ids(api, part, zone))
            if any(events.found().values()):
                events.forget(_ids(api, Window(window.end, _LAST), zone))
        except MinhuError as error:
            says = f"events that landed before could not be held against the platform: {error}"
            outcome.findings.append(Finding(GONE, "info", "grid", contract.full_name, says))
            return outcome
        seen, found = landed.rows(), events.found()
    if found[GONE]:
        outcome.totals[missing.GONE_TOTAL] = len(found[GONE])
    outcome.findings += missing.finding(GONE, contract, len(found[GONE]), seen, found[GONE], lambda n: (
        f"{n} events that landed are on the platform no more: what counted stays counted, what was open stays open"
    ), missing_percent, before.gone)  # fmt: skip
    outcome.findings += missing.finding(NEVER, contract, len(found[NEVER]), seen, found[NEVER], lambda n: (
        f"{n} events came to the platform under a change time that was read before, so no night brings them"
    ), missing_percent)  # fmt: skip
    return outcome


class _Events:
    """Events that landed, the last change of those that neither tonight nor a later night brings, and what differs.

    Attributes:
        zone: of the city.
        borders: beginnings of the days on which something changed, the first open, the last where tonight's window begins.
    """

    def __init__(self, landed: known.Known, start: datetime, zone: ZoneInfo) -> None:
        self._landed, self._db, self._start, self.zone = landed, landed.db, start, zone
        self._db.execute("create temp table differing (rule_id varchar, key varchar)")
        quarters = self._db.execute(
            f"select distinct bucket from {landed.count_others()} where bucket is not null"  # noqa: S608
        ).fetchall()
        days = {quarter.replace(tzinfo=UTC).astimezone(zone).date() for (quarter,) in quarters}
        begin = sorted(datetime(day.year, day.month, day.day, tzinfo=zone) for day in days)
        self.borders: list[datetime | None] = [None, *(moment for moment in begin if moment < start), start]

    def in_turn(self, night: datetime) -> list[Window]:
        """Old days that are listed tonight, what lies before the first one with it."""
        days = [(at, day) for at, day in enumerate(self.borders[:-1]) if day is not None]
        nights = NIGHTS_OF_A_ROUND
        while len(days) > nights * _MOST_DAYS_IN_TURN:
            nights *= 2
        turn = night.astimezone(self.zone).toordinal() % nights
        return [
            Window(self.borders[at - 1] if at == 1 else day, end)
            for at, day in days
            if day.toordinal() % nights == turn and (end := self.borders[at + 1]) is not None
        ]

    def forget(self, keys: pa.Array) -> None:
        """What was found of these events came of their being changed meanwhile."""
        self._db.register("changed", pa.table({"key": keys}))
        self._db.execute("delete from differing where key in (select key from changed where key is not null)")

    def miss_in_window(self) -> None:
        """Events whose last change lies in tonight's window, which did not bring them."""
        self._db.execute(
            "insert into differing select ?, key from others where version >= ?", [GONE, _in_utc(self._start)]
        )

    def count(self, part: Window) -> int:
        """How many events changed last in a window."""
        return self._landed.number(
            f"select sum(rows) from {self._landed.count_others()} where bucket >= ? and bucket < ?",  # noqa: S608
            self._bounds(part),
        )

    def compare(self, part: Window, keys: pa.Array) -> None:
        """Keep which events of a window landed and are not there, and which are there and never landed."""
        self._db.register("there", pa.table({"key": keys}))
        self._db.execute(
            "insert into differing select ?, key from others anti join there using (key) where version >= ? and version < ?",
            [GONE, *self._bounds(part)],
        )
        self._db.execute("insert into differing select ?, key from there anti join everything using (key)", [NEVER])

    def found(self) -> dict[str, list[str]]:
        """Ids of the events that differ, by rule."""
        rows = self._db.execute("select distinct rule_id, key from differing order by all").fetchall()
        return {rule_id: [str(key) for rule, key in rows if rule == rule_id] for rule_id in (GONE, NEVER)}

    def _bounds(self, part: Window) -> tuple[datetime, datetime]:
        return _in_utc(part.start or _FIRST), _in_utc(part.end)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _differing(api: JsonApi, events: _Events, first: int, last: int) -> Iterator[Window]:
    """Windows between two borders in which the platform holds another number of events than landed."""
    end = events.borders[last]
    assert end is not None
    part = Window(events.borders[first], end)
    here, there = events.count(part), _total(api, part, events.zone)
    if here == there:
        return
    if last - first == 1 or max(here, there) <= MOST_LISTED:
        yield part
        return
    middle = (first + last) // 2
    yield from _differing(api, events, first, middle)
    yield from _differing(api, events, middle, last)


def _total(api: JsonApi, window: Window, zone: ZoneInfo) -> int:
    """How many events the platform has in a window, by its own count."""
    _, total = next(pages(api, EVENTS, parameters_of(window, zone) | {"limit": 1}))
    if total is None:
        raise blocked("events", "expected a number `total`, found none")
    return total


def _ids(api: JsonApi, window: Window, zone: ZoneInfo) -> pa.Array:
    """Ids of the events in a window, as they land."""
    rows = read_events(api, window, zone, Faults()).rows
    found = pa.array([str(row["event_id"]) for row in rows], pa.string())
    texts = columns.texts_as_landed(contracts.table("grid", "events"), "event_id", found)
    return texts.filter(pc.invert(pc.fill_null(pc.match_substring(texts, LOST), True)))  # such an event did not land
