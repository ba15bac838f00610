"""Orders with their steps and call-backs, and calls."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.story import (
    CATEGORIES,
    COMMUNITIES,
    NIGHTS,
    STREETS,
    STRUCK_UNIT,
    UNITS,
    Life,
    ToldCity,
    end_of,
    moment,
)

FIRST = date(2026, 10, 5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIERS = ("immediate", "time_limited", "tracked")
STREET_OF = {community: street for street, communities in STREETS.items() for community in communities}


class Hotline:
    """Lives of orders and calls; ``tell`` gives a night's rows."""

    def __init__(self, rng: Random, orders: int = 420, calls: int = 260) -> None:
        self.rng = rng
        self.orders: dict[str, Life] = {}
        self.notes: dict[tuple[str, str], Life] = {}
        self.calls: dict[str, Life] = {}
        for number in range(orders):
            self._order(f"o{number:03}", moment(rng, FIRST if number % 3 else date(2026, 12, 15), NIGHTS[-1]))
        for number in range(calls):
            self._call(f"c{number:03}", moment(rng, date(2026, 12, 1) if number % 2 else NIGHTS[0], NIGHTS[-1]))
        written(self)

    def tell(self, city: ToldCity, night: date) -> None:
        is_first = night == NIGHTS[0]
        for key, life in self.orders.items():
            if row := life.news(night, is_first):
                city.add("hotline.work_orders", order_id=key, **row)
        for key in ("corrected", "reopened", "o003", "o006") if night == NIGHTS[3] else ():  # an old copy comes late
            city.add("hotline.work_orders", order_id=key, **self.orders[key].said_by(NIGHTS[0]))
        for key, life in self.calls.items():
            if row := life.news(night, is_first):
                city.add("hotline.calls", call_id=key, **row)
        for (table, key), life in self.notes.items():
            if row := life.news(night, is_first):
                changed = {"recorded_at": row.pop("updated_at")}
                name = "event_id" if table == "order_events" else "callback_id"
                city.add(f"hotline.{table}", **{name: key}, **row, **changed)

    def step(self, order: str, kind: str, at: datetime, recorded_at: datetime | None = None, **said: Any) -> None:
        """A step of an order, written down at once unless said otherwise."""
        key = f"{order}-{len(self.notes)}"
        is_known = self.orders[order].at(at + HOUR / 60)
        unit = is_known["unit_code"] if is_known else "u1"
        said = {"order_id": order, "event_type": kind, "occurred_at": at, "unit_code": unit} | said
        self.notes["order_events", key] = Life(recorded_at or at, **said)

    def callback(self, key: str, order: str, at: datetime, recorded_at: datetime | None = None, **said: Any) -> Life:
        life = Life(recorded_at or at, order_id=order, called_at=at, **said)
        self.notes["callbacks", key] = life
        return life

    def order(self, key: str, at: datetime, **said: Any) -> Life:
        """An order of the first community, nothing more said of it."""
        plain = {"created_at": at, "unit_code": "u1", "community_code": COMMUNITIES[0], "caller_key": f"p-{key}"}
        self.orders[key] = Life(at, **(plain | said))
        self.step(key, "create", at)
        return self.orders[key]

    def close(self, key: str, at: datetime, code: str = "solved", **said: Any) -> None:
        self.orders[key].say(at, status="closed", closed_at=at, closure_code=code, **said)
        self.step(key, "close", at)

    def _order(self, key: str, at: datetime) -> None:
        rng = self.rng
        community = rng.choice([*COMMUNITIES, *COMMUNITIES, None])
        life = self.order(
            key, at, category_code=rng.choice((*CATEGORIES, *CATEGORIES, None)), tier=rng.choice((*TIERS, *TIERS, None)),
            demand_type=rng.choice(("help", "consult")), channel=rng.choice(("phone", "app", "transfer")),
            assessment_scope=rng.choice(("three_rate", "three_rate", "response_only", "excluded")),
            community_code=community, street_code=STREET_OF[community] if community and rng.random() < 0.7 else None,
            caller_key=rng.choice((f"p{rng.randrange(25)}", f"p{rng.randrange(25)}", None)),
            unit_code=rng.choice((*UNITS, *UNITS, None)),
            due_at=at + DAY * rng.randrange(1, 12) if rng.random() < 0.9 else None,
        )  # fmt: skip
        now = at
        if rng.random() < 0.85:
            now += HOUR * rng.randrange(1, 20)
            self.step(key, "dispatch", now)
            for _ in range(rng.choice((0, 0, 0, 1, 2))):
                now += HOUR * rng.randrange(1, 40)
                kind, unit = rng.choice(("return", "reroute", "dispatch")), rng.choice(UNITS)
                self.step(key, kind, now, recorded_at=now + DAY * rng.choice((0, 0, 1)), unit_code=unit)
                life.say(now, unit_code=unit)
        if rng.random() < 0.25:
            self._pause(key, life, now + HOUR)
            now += HOUR * 2
        if rng.random() < 0.15:
            tier, now = rng.choice(TIERS), now + HOUR / 2
            before = (life.at(now + HOUR) or {}).get("tier")
            if before:
                self.step(key, "tier_change", now, from_value=before, to_value=tier)
                life.say(now, tier=tier)
        if rng.random() < 0.8:
            life.say(now + HOUR, replied_at=now + HOUR)
            self.step(key, "reply", now + HOUR)
        if rng.random() < 0.85:
            self._end(key, life, now + HOUR * rng.randrange(1, 160))

    def _pause(self, key: str, life: Life, at: datetime) -> None:
        rng = self.rng
        if rng.random() < 0.5:
            old, new = at + DAY, at + DAY * rng.randrange(2, 6)
            self.step(
                key, "defer_grant", at, from_value=f"{old:%Y-%m-%dT%H:%M:%S}", to_value=f"{new:%Y-%m-%dT%H:%M:%S}"
            )
            life.say(at, due_at=new)
            return
        self.step(key, "suspend", at)
        life.say(at, status="suspended")
        if rng.random() < 0.8:
            end = at + HOUR * rng.randrange(1, 120)
            self.step(key, "resume", end)
            life.say(end, status="open", due_at=end + DAY * rng.randrange(1, 4))

    def _end(self, key: str, life: Life, at: datetime) -> None:
        rng = self.rng
        resume_at = max((word[0] for word in life.words), default=at)
        at = max(at, resume_at + HOUR)
        code = rng.choice(("solved", "solved", "solved", "explained", "withdrawn", "duplicate", "not_responsible"))
        parent = f"o{rng.randrange(40):03}" if code == "duplicate" and rng.random() < 0.8 else None
        self.close(key, at, code, parent_order_id=parent)
        for attempt in range(1, rng.choice((1, 2, 2, 2, 3))):
            at += HOUR * rng.randrange(2, 60)
            self.callback(
                f"b-{key}-{attempt}", key, at, recorded_at=at + DAY * rng.choice((0, 0, 2)), attempt_no=attempt,
                is_valid=rng.random() < 0.75, contacted=rng.random() < 0.8, resolved=rng.choice((True, True, False, None)),
                satisfaction=rng.choice(("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", None)),
            )  # fmt: skip
        if rng.random() < 0.12:
            self.step(key, "reopen", at + HOUR)
            life.say(at + HOUR, status="open", closed_at=None, closure_code=None, parent_order_id=None)
            if rng.random() < 0.5:
                self.close(key, at + DAY)

    def _call(self, key: str, at: datetime) -> None:
        rng = self.rng
        if rng.random() < 0.2:
            self.calls[key] = Life(at, direction="outbound", offered_at=at, answered_at=at, ended_at=at + HOUR / 10)
            return
        offered = at if rng.random() < 0.9 else None
        answered = at + timedelta(seconds=rng.randrange(40)) if offered and rng.random() < 0.8 else None
        life = Life(at, offered_at=offered, answered_at=answered, ended_at=at + HOUR / 10)
        if offered and not answered and rng.random() < 0.2:
            life.say(at + DAY, answered_at=at + timedelta(seconds=15))
        self.calls[key] = life


def written(hotline: Hotline) -> None:
    """What chance would hardly make: one order a rule, its name says which."""
    night = [end_of(night) - timedelta(hours=12) for night in NIGHTS]
    early = datetime(2026, 12, 21, 9)
    hotline.order("returned-before", early, due_at=early + DAY * 5)
    hotline.step("returned-before", "return", early + HOUR)
    hotline.step("returned-before", "dispatch", early + 2 * HOUR)
    hotline.order("closed-before-created", early, status="closed", closed_at=early - DAY, due_at=early + DAY)
    hotline.order("of-struck-unit", early, unit_code=STRUCK_UNIT, due_at=early + DAY)
    hotline.order("of-no-unit", early, unit_code="nobody", due_at=early + DAY)
    hotline.order("clock-ahead", early, due_at=early + DAY)
    hotline.step("clock-ahead", "dispatch", night[3], recorded_at=night[1])
    hotline.close("clock-ahead", early + DAY)
    hotline.callback("b-ahead", "clock-ahead", night[3], recorded_at=night[1])
    hotline.order("of-nowhere", early, community_code="nowhere", due_at=early + DAY)
    hotline.order("of-3020", early, due_at=datetime(3020, 1, 1))
    hotline.order("midnight", datetime(2026, 12, 30), due_at=datetime(2026, 12, 31))
    hotline.order("first-of-year", datetime(2027, 1, 1), due_at=datetime(2027, 1, 2))
    hotline.order("merged-asked", early, due_at=early + DAY * 3)
    hotline.close("merged-asked", early + DAY, "duplicate", parent_order_id="midnight")
    hotline.callback("b-merged", "merged-asked", early + 2 * DAY, resolved=True, satisfaction="satisfied")
    hotline.order("withdrawn-late", early, due_at=early + DAY * 3)
    hotline.close("withdrawn-late", early + DAY)
    hotline.orders["withdrawn-late"].say(night[1], closure_code="withdrawn")
    hotline.order("reopened", early, due_at=early + DAY * 3)
    hotline.close("reopened", early + DAY)
    hotline.callback("b-reopened", "reopened", early + 2 * DAY)
    hotline.orders["reopened"].say(night[2], status="open", closed_at=None, closure_code=None)
    hotline.step("reopened", "reopen", night[2])
    hotline.order("moved-answer", early, due_at=early + DAY * 3)
    moved = hotline.callback("b-moved", "reopened", early + 3 * DAY, resolved=False)
    moved.say(night[1], order_id="moved-answer")
    hotline.order("corrected", early, due_at=early + DAY * 30)
    hotline.orders["corrected"].say(night[2], created_at=early - DAY * 30, community_code="d2001001", unit_code="u2")
    hotline.orders["corrected"].say(night[3], due_at=early + DAY, assessment_scope="excluded")
    hotline.order("late-written", early, due_at=early + DAY)
    hotline.orders["late-written"].words[0] = (night[2], hotline.orders["late-written"].words[0][1])
    hotline.order("paused-after-hours", early, tier="immediate")  # due the same day at 17:00
    hotline.step("paused-after-hours", "suspend", early + 11 * HOUR)
    hotline.step("paused-after-hours", "resume", early + 27 * HOUR)
    hotline.close("paused-after-hours", early + 31 * HOUR)
    hotline.order("paused-after-days", early - 3 * DAY, tier="time_limited")  # due a week later, at the end of Friday
    hotline.step("paused-after-days", "suspend", early + 5 * DAY)
    hotline.step("paused-after-days", "resume", early + 8 * DAY)
    hotline.close("paused-after-days", early + 9 * DAY)
    hotline.order("unit-after-closing", early, due_at=early + DAY * 3)
    hotline.step("unit-after-closing", "dispatch", early + HOUR)
    hotline.close("unit-after-closing", early + DAY)
    hotline.orders["unit-after-closing"].say(night[1], unit_code="u3")
    hotline.order("again-broken", early, caller_key="again-broken")
    hotline.close("again-broken", early + DAY)
    hotline.order(
        "again-broken-second", early + 2 * DAY, caller_key="again-broken", street_code="d1001", demand_type="help"
    )
    hotline.orders["again-broken-second"].say(early + 3 * DAY, status="closed", closed_at=early, closure_code="solved")
    for days, key in ((30, "again-30"), (31, "again-31")):
        hotline.order(key, datetime(2026, 11, 20, 9), caller_key=key)
        hotline.close(key, datetime(2026, 11, 20, 10))
        hotline.order(f"{key}-second", datetime(2026, 11, 20, 10) + DAY * days, caller_key=key)
    hotline.order("tracked-closed-reopened", datetime(2026, 11, 2, 9), tier="tracked")
    hotline.step("tracked-closed-reopened", "dispatch", datetime(2026, 11, 2, 10))
    hotline.close("tracked-closed-reopened", datetime(2026, 11, 10, 9))
    hotline.orders["tracked-closed-reopened"].say(datetime(2026, 11, 24, 9), status="open", closed_at=None)
    hotline.step("tracked-closed-reopened", "reopen", datetime(2026, 11, 24, 9))
    for number in range(6):  # a hotspot that goes and comes back; one without the excluded is none
        hotline.order(f"hot-{number}", datetime(2026, 10, 6, 9) + HOUR * number, category_code="hot")
        hotline.order(f"back-{number}", datetime(2026, 12, 20, 9) + HOUR * number, category_code="hot")
        scope = "excluded" if number < 3 else "three_rate"
        hotline.order(
            f"warm-{number}", datetime(2026, 10, 6, 9) + HOUR * number, category_code="warm", assessment_scope=scope
        )
