"""A small city whose sources make known mistakes, and what must be withheld because of them, said in plain Python.

The mistakes are drawn from a fixed seed. What they cost is worked out here from the records that were sent and from
docs/quality.md alone; findings, verdicts and quarantine of the product are never read. Deadlines by the working calendar
are taken from it: tests/dbt/test_calendar.py holds them against another calendar.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any, TypeAlias

from minhu.landing.zone import Landing
from minhu.quality import validation
from minhu.settings import Settings
from tests.fixtures.landed import LandedCity

CITY = "610100"
DISTRICTS = ("dA", "dB", "dC")
SOURCES = ("hotline", "grid", "stations", "returns")
#: Per table: rows of a good day and district, key, the rule of records without a time, of records whose end comes first.
TABLES = {
    "hotline.work_orders": (5, "order_id", "L2-HOT-001", "L2-HOT-004"),
    "hotline.calls": (3, "call_id", "L2-HOT-021", "L2-HOT-024"),
    "grid.events": (3, "event_id", "L2-GRD-001", "L2-GRD-004"),
    "stations.cases": (5, "case_id", "L2-STA-001", "L2-STA-004"),
}
#: What a record without a time of its own says of its other times.
UNDATED = date(2026, 10, 15)
CALLBACKS, UNEXPLAINED = "hotline.callbacks", "L3-CON-003"
#: The thresholds of docs/quality.md: 10 % of the records of a unit and period, nothing below 20 records.
BLOCK_SHARE, MIN_RECORDS = 0.1, 20
MONTHS = {"month": 1, "assessment_month": 1, "quarter": 3, "half_year": 6, "year": 12}
PERIOD_TYPES = ("day", "week", *MONTHS)
#: Order to its two deadlines by the working calendar, without and with pauses.
Deadlines: TypeAlias = dict[str, tuple[date | None, date | None]]
#: Table and anchor, unit type, unit, period type, first day: records by the rule they break, "" for none.
Weights: TypeAlias = dict[tuple[Any, ...], Counter[str]]


def last_day(period_type: str, start: date) -> date:
    if period_type in ("day", "week"):
        return start + timedelta(days=0 if period_type == "day" else 6)
    months = start.year * 12 + start.month - 1 + MONTHS[period_type]
    return date(months // 12, months % 12 + 1, start.day) - timedelta(days=1)


def first_day(period_type: str, day: date) -> date:
    if period_type in ("day", "week"):
        return day - timedelta(days=0 if period_type == "day" else day.weekday())
    if period_type == "assessment_month":
        return (day if day.day >= 19 else day.replace(day=1) - timedelta(days=1)).replace(day=19)
    length = MONTHS[period_type]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def withholding(weights: Weights, anchors: str, where: tuple[Any, ...]) -> set[str]:
    """Rules that set aside so much of what a KPI counts, by all its days together, that its cell is withheld."""
    found = Counter[str]()
    for anchor in anchors.split():
        found += weights.get((anchor, *where), Counter())
    seen, failed = found.total(), found.total() - found[""]
    return set(found) - {""} if seen >= MIN_RECORDS and failed >= BLOCK_SHARE * seen else set()


@dataclass(frozen=True)
class Block:
    """A reason to withhold: a table, a place and a month, and the rule that says so."""

    table: str
    unit_type: str
    unit_code: str
    first: date
    last: date
    rule_id: str


@dataclass(frozen=True)
class Record:
    """What was sent of one record. ``day`` is its own day, None where it says none; ``rule`` what it breaks, or ""."""

    table: str
    key: str
    number: int
    day: date | None
    district: str
    rule: str
    changed: str

    @property
    def source(self) -> str:
        return self.table.split(".")[0]

    @property
    def street(self) -> str:
        return f"{self.district}00{1 + self.number % 2}"

    def units(self) -> list[tuple[str, str]]:
        """Unit types and units that answer for it; a call has no place."""
        own = {
            "hotline.work_orders": [("unit", f"u{1 + self.number % 2}")],
            "grid.events": [("grid", f"g{self.district}{1 + self.number % 2}"), ("unit", "u1")],
            "stations.cases": [("point", f"s{self.district}{1 + self.number % 2}")],
        }
        if self.table not in own:
            return [("city", CITY)]
        places = [("district", self.district), ("street", self.street), ("community", f"{self.street}001")]
        return [("city", CITY), *places, *own[self.table]]


@dataclass
class FaultyCity:
    """Makes the records of each day, sends them, and remembers what has arrived."""

    seed: int
    waiting: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    #: Newest version of each record that was accepted, with the night it landed for.
    arrived: dict[tuple[str, str], tuple[Record, date]] = field(default_factory=dict)
    #: The night each record first landed for, and the nights for which each source was accepted.
    first_landed: dict[tuple[str, str], date] = field(default_factory=dict)
    accepted: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._number = 0

    def make(self, table: str, day: date, district: str, count: int, seen: date, fault: str = "") -> list[Record]:
        """Let a source hold ``count`` more records; ``fault`` is "", "undated", "reversed" or "unexplained"."""
        made = []
        for _ in range(count):
            self._number += 1
            made.append(self._record(table, self._number, day, district, f"{seen} 08:00", fault))
            if table == "hotline.work_orders":  # each is called back, whatever is wrong with it
                spoken = UNEXPLAINED if fault == "unexplained" else ""
                made.append(Record(CALLBACKS, f"b{self._number}", self._number, day, district, spoken, f"{seen} 08:00"))
        self.waiting[table.split(".")[0]] += made
        return [record for record in made if record.rule]

    def good_day(self, day: date, seen: date) -> None:
        for table, (count, *_) in TABLES.items():
            for district in DISTRICTS:
                self.make(table, day, district, count, seen)

    def repeat(self, count: int) -> None:
        """Send records once more that were sent before, as they are: windows overlap, which is no fault."""
        for record, _ in self.random.sample(sorted(self.arrived.values(), key=lambda known: known[0].key), count):
            # one without a day counts by the night it landed: sent again it would move
            if record.day is not None:
                self.waiting[record.source].append(self.arrived[record.table, record.key][0])

    def mended(self, records: list[Record], day: date, hour: int) -> list[Record]:
        """The same records without what was wrong with them."""
        mended = []
        for old in records:
            own = old.day or self.arrived[old.table, old.key][1]
            mended.append(Record(old.table, old.key, old.number, own, old.district, "", f"{day} {hour:02d}:00"))
        return mended

    def deliver(self, settings: Settings, day: date, refused: str = "") -> None:
        """Send what waits; the source ``refused`` sends a record twice, is turned away, and sends it the next night."""
        for source in SOURCES:
            waiting = list({(record.table, record.key): record for record in self.waiting[source]}.values())
            if source == refused:
                assert not self._send(settings, source, day, [*waiting, waiting[0]])
                continue
            assert self._send(settings, source, day, waiting)
            self.waiting[source] = []

    def deliver_again(self, settings: Settings, day: date, records: list[Record]) -> None:
        """A past night's delivery once more, with these records."""
        assert self._send(settings, records[0].source, day, records)

    def weigh(self, last: date, deadlines: Deadlines) -> Weights:
        """How many records there are by every day up to ``last`` by which a KPI counts them, by the rule they break.

        One that says no day of its own may be of any that its first delivery covers: it is shared out over them as the good
        records of its unit lie.
        """
        weights: Weights = defaultdict(Counter)
        good: Counter[tuple[Any, ...]] = Counter()
        undated: Counter[tuple[Any, ...]] = Counter()
        for record, _ in self.arrived.values():
            first = self.first_landed[record.table, record.key]
            for anchor, day in _days(record, first, deadlines):
                if day > last:
                    continue
                for unit in record.units():
                    if record.day is None and day == first:
                        undated[anchor, *unit, record.rule, record.source, first] += 1
                        continue
                    good[anchor, *unit, day] += not record.rule
                    _weigh(weights, (anchor, *unit), day, record.rule, Fraction(1))
        for (anchor, *unit, rule, source, first), count in undated.items():
            before = max((night for night in self.accepted[source] if night < first), default=first - timedelta(days=1))
            days = [first - timedelta(days=back) for back in range((first - before).days)]
            beside = {day: good[anchor, *unit, day] for day in days if good[anchor, *unit, day]} or {first: 1}
            for day, number in beside.items():
                _weigh(weights, (anchor, *unit), day, rule, Fraction(count * number, sum(beside.values())))
        return weights

    def unexplained(self) -> Iterator[Block]:
        """Places and months in which a tenth of the call-backs do not add up."""
        weighed: dict[tuple[str, date], list[str]] = defaultdict(list)
        for record, landed in self.arrived.values():
            if record.table != CALLBACKS or self.arrived["hotline.work_orders", f"o{record.number}"][0].rule:
                continue  # call-backs count with their order, and that one may be set aside
            month = (record.day or landed).replace(day=1)
            weighed[CITY, month].append(record.rule)
            weighed[record.district, month].append(record.rule)
        for (place, month), rules in weighed.items():
            if rules.count(UNEXPLAINED) >= BLOCK_SHARE * len(rules):
                last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
                yield Block(CALLBACKS, "city" if place == CITY else "district", place, month, last, UNEXPLAINED)

    def _record(self, table: str, number: int, day: date, district: str, changed: str, fault: str) -> Record:
        _, _, undated, reversed_ = TABLES[table]
        letter = {"hotline.work_orders": "o", "hotline.calls": "c", "grid.events": "e", "stations.cases": "k"}[table]
        rule = {"undated": undated, "reversed": reversed_}.get(fault, "")
        own = None if fault == "undated" else day
        return Record(table, f"{letter}{number}", number, own, district, rule, changed)

    def _send(self, settings: Settings, source: str, day: date, records: list[Record]) -> bool:
        city = LandedCity()
        _add_pictures(city)
        for record in records:
            _add(city, record)
        city.land(settings, day, sources=(source,), accept=False)
        landing = Landing(settings.landing_dir)
        attempt = landing.pending(source, day)
        assert attempt is not None
        if len({(record.table, record.key) for record in records}) < len(records):
            return validation.arrive(settings, landing, attempt).status == "accepted"
        landing.accept(attempt)
        self.accepted[source].add(day)
        for record in records:
            self.first_landed.setdefault((record.table, record.key), day)
            known = self.arrived.get((record.table, record.key))
            if known is None or record.changed >= known[0].changed:
                self.arrived[record.table, record.key] = record, day
        return True


def _weigh(weights: Weights, where: tuple[Any, ...], day: date, rule: str, weight: Fraction) -> None:
    for period_type in PERIOD_TYPES:
        weights[*where, period_type, first_day(period_type, day)][rule] += weight  # type: ignore[assignment]


def _days(record: Record, landed: date, deadlines: Deadlines) -> Iterator[tuple[str, date]]:
    """Days by which KPIs count a record. One that says no time of its own but others counts by those (see :func:`_add`)."""
    own, others = record.day or landed, record.day or UNDATED
    days: dict[str, date | None] = {}
    if record.table == "hotline.work_orders":
        unpaused, paused = deadlines.get(record.key, (None, None))
        days = {"created": own, "due": others, "in_force": others, "closed": others, "callback": others}
        days |= (
            {"unpaused_due": unpaused, "paused_due": paused} if record.day else {"unpaused_due": own, "paused_due": own}
        )
        days["eligible"] = days["closed"]
        if record.number % 3:
            days["immediate_due"] = own + timedelta(days=1 if record.day else 0)
        else:
            days["limited_due"] = days["due"]
    elif record.table == "hotline.calls":
        days = {"inbound": own, "offered": own} if record.number % 4 else {"outbound": own}
    elif record.table == "grid.events":
        days = {"reported": own, "due": others, "deferred": others, "closed": others}
        days["immediate_due"] = own + timedelta(days=1 if record.day else 0)
    elif record.table == "stations.cases":
        days = {"finished": others, "personal": others, "reviewed": others}
        if record.number % 3 == 0:
            days["agent"] = others
    yield from ((f"{record.table}/{anchor}", day) for anchor, day in days.items() if day)


def _add_pictures(city: LandedCity) -> None:
    city.places({d: {f"{d}00{n}": (f"{d}00{n}001",) for n in (1, 2)} for d in DISTRICTS}, CITY)
    city.units("u1", "u2")
    city.add("stations.items", item_code="i1", name="事项", is_personal=True, is_core=True, lowest_level="community")
    for district in DISTRICTS:
        for street in (1, 2):
            community = f"{district}00{street}001"
            city.add(
                "grid.grids", grid_code=f"g{district}{street}", community_code=community, household_count=300,
                street_code=f"{district}00{street}", active_from=date(2020, 1, 1),
            )  # fmt: skip
            city.add(
                "stations.points", station_code=f"s{district}{street}", name="站", kind="model_point",
                community_code=community, active_from=date(2020, 1, 1),
            )  # fmt: skip


def _add(city: LandedCity, record: Record) -> None:
    """The row of a record; what happened to it follows from its number."""
    number, day = record.number, record.day or UNDATED
    is_undated = record.day is None
    start = None if is_undated else f"{day} 09:00"
    # early enough for the end to come before the beginning
    end = f"{day} 08:30" if record.rule and not is_undated else f"{day} {11 + number % 5}:00"
    common = {"updated_at": record.changed}
    if record.table == "hotline.work_orders":
        city.add(
            "hotline.work_orders", order_id=record.key, created_at=start, replied_at=f"{day} 10:00",
            closed_at=end, status="closed", closure_code="solved", street_code=record.street, community_code=f"{record.street}001",
            due_at=f"{day} {12 + number % 7}:00", unit_code=f"u{1 + number % 2}",
            tier="immediate" if number % 3 else "time_limited", **common,
        )  # fmt: skip
    elif record.table == CALLBACKS:
        city.add(
            CALLBACKS, callback_id=record.key, order_id=f"o{number}", called_at=f"{day} 18:00",
            reached=not record.rule, is_valid=True, resolved=number % 4 > 0,
            satisfaction="satisfied" if number % 5 else "dissatisfied", recorded_at=record.changed,
        )  # fmt: skip
    elif record.table == "hotline.calls":
        city.add(
            "hotline.calls", call_id=record.key, offered_at=start, answered_at=None if is_undated else end,
            ended_at=None if is_undated else f"{day} 20:00", direction="inbound" if number % 4 else "outbound", **common,
        )  # fmt: skip
    elif record.table == "grid.events":
        city.add(
            "grid.events", event_id=record.key, grid_code=f"g{record.district}{1 + number % 2}", reported_at=start,
            closed_at=end, status="closed", due_at=f"{day} {12 + number % 7}:00", photo_hash=record.key, tier="immediate", unit_code="u1",
            **common,
        )  # fmt: skip
    else:
        city.add(
            "stations.cases", case_id=record.key, district_code=record.district, station_code=f"s{record.district}{1 + number % 2}",
            accepted_at=start, finished_at=end, is_agent_handled=number % 3 == 0,
            review="satisfied" if number % 4 else "dissatisfied", **common,
        )  # fmt: skip
