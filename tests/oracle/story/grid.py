"""Grid events with their visits, the pictures of grids, the platform's daily counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from tests.oracle.story import (
    CATEGORIES,
    CHANGED_ON,
    COMMUNITIES,
    NIGHTS,
    STRUCK_GRID,
    UNITS,
    Life,
    ToldCity,
    end_of,
    moment,
    text,
)  # fmt: skip

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRIDS = {f"g{number}": COMMUNITIES[number % len(COMMUNITIES)] for number in range(12)}
TIERS = ("immediate", "time_limited", "tracked")


class Grid:
    """Lives of events and of their visits; ``tell`` gives a night's rows."""

    def __init__(self, rng: Random, events: int = 260) -> None:
        self.rng = rng
        self.events: dict[str, Life] = {}
        #: Visits as the platform lists them from a moment on; a later list takes the place of an earlier one.
        self.visits: dict[str, list[tuple[datetime, list[tuple[datetime, bool]]]]] = {}
        for number in range(events):
            self._event(
                f"e{number:03}", moment(rng, date(2026, 10, 20) if number % 2 else date(2026, 12, 24), NIGHTS[-1])
            )
        self._written()

    def event(self, key: str, at: datetime, **said: object) -> Life:
        self.events[key] = Life(at, **({"grid_code": "g0", "reported_at": at, "status": "reported"} | said))
        self.visits[key] = []
        return self.events[key]

    def visit(self, key: str, *visits: tuple[datetime, bool], told_at: datetime | None = None) -> None:
        """From the last visit (or ``told_at``) on the event has these."""
        at = told_at or visits[-1][0]
        self.visits[key].append((at, list(visits)))
        self.events[key].say(at)

    def _event(self, key: str, at: datetime) -> None:
        rng = self.rng
        life = self.event(
            key, at, grid_code=rng.choice(list(GRIDS)), category_code=rng.choice(CATEGORIES), tier=rng.choice(TIERS),
            unit_code=rng.choice(UNITS), due_at=at + HOUR * rng.randrange(4, 200) if rng.random() < 0.9 else None,
            self_handled=rng.random() < 0.4, photo_hash=rng.choice(("f1", "f2", None)),
        )  # fmt: skip
        now = at + timedelta(minutes=rng.choice((3, 10, 11, 300, 3000)))
        life.say(now, status="handling", handled_at=now)
        if rng.random() < 0.15:
            life.say(now, deferred_until=now + DAY * rng.randrange(1, 12))
        visits = [(now + HOUR * 20 * number, rng.random() < 0.7) for number in range(1, rng.choice((1, 1, 2, 3, 4)))]
        for number in range(len(visits)):
            self.visit(key, *visits[: number + 1])
        ending = rng.random()
        if ending < 0.7:
            at = now if not visits else visits[-1][0] + HOUR
            life.say(at, status="closed", closed_at=at)
            if ending < 0.05:
                life.say(at + DAY, status="handling", closed_at=None)
        elif ending < 0.8:
            life.say(now + HOUR, status="void")

    def _written(self) -> None:
        """A visit whose time was mended, one struck off, an event sent to another grid, one void after it was closed."""
        early, late = datetime(2026, 12, 28, 9), end_of(NIGHTS[1]) - 9 * HOUR
        self.event("mended-visit", early, due_at=early + DAY)
        self.visit("mended-visit", (early + HOUR, False))
        self.visit("mended-visit", (early + 2 * DAY, True), told_at=late)
        self.event("struck-visit", early)
        self.visit("struck-visit", (early + HOUR, False), (early + 5 * HOUR, True))
        self.visit("struck-visit", (early + 5 * HOUR, True), told_at=late)
        self.event("moved", early, due_at=early + DAY).say(late, grid_code="g5", unit_code="u2")
        self.event("void-late", early, due_at=early + DAY).say(early + HOUR, status="closed", closed_at=early + HOUR)
        self.events["void-late"].say(late + DAY, status="void", closed_at=None)
        self.event("visit-ahead", early)
        self.visit("visit-ahead", (end_of(NIGHTS[2]) + HOUR, False), told_at=late)
        struck = self.event("of-struck-grid", early, grid_code=STRUCK_GRID, due_at=early + DAY)
        struck.say(early + HOUR, status="closed", closed_at=early + HOUR)
        self.event("of-no-grid", early, grid_code="nowhere", due_at=early + DAY)
        self.event("closed-before-reported", early, status="closed", closed_at=early - DAY, due_at=early + DAY)
        self.event("new-deadline", early, due_at=early + DAY, tier="time_limited").say(late, due_at=early + 4 * DAY)

    def tell(self, city: ToldCity, night: date) -> None:
        grids(city, night)
        for key, life in self.events.items():
            if row := life.news(night, night == NIGHTS[0]):
                city.add("grid.events", event_id=key, **row)
                lists = [visits for at, visits in self.visits[key] if at < end_of(night)]
                for at, passed in lists[-1] if lists else ():
                    city.add(
                        "grid.event_verifications", event_id=key, verified_at=text(at), passed=passed,
                        updated_at=row["updated_at"],
                    )  # fmt: skip
        self._daily(city, night)

    def _daily(self, city: ToldCity, night: date) -> None:
        """The counts of the day; the second night gives those of the first again, and others."""
        for day in (night - DAY, night) if night == NIGHTS[1] else (night,):
            for number, grid in enumerate(GRIDS):
                city.add(
                    "grid.worker_activity", activity_date=day, grid_code=grid, registered_count=10 + number,
                    active_count=self.rng.randrange(10),
                )  # fmt: skip
            if night < CHANGED_ON:
                city.add(
                    "grid.worker_activity", activity_date=day, grid_code=STRUCK_GRID, registered_count=7, active_count=3,
                )  # fmt: skip
            for community in COMMUNITIES[1:] if night == NIGHTS[3] else COMMUNITIES:
                once = self.rng.randrange(500, 900)
                city.add(
                    "grid.address_coverage", coverage_date=day, community_code=community, address_count=1000,
                    covered_once_count=once, covered_many_count=20,
                )  # fmt: skip


def grids(city: ToldCity, night: date) -> None:
    """The picture of grids; on the third night one is closed, one new, one larger, and streets are those of the day."""
    has_changed = night >= CHANGED_ON
    for number, (grid, community) in enumerate(GRIDS.items()):
        street = {"d1002": "d1001"}.get(community[:5], community[:5]) if has_changed else community[:5]
        city.add(
            "grid.grids", grid_code=grid, community_code=community, street_code=street,
            household_count=(280 + 30 * number) + (100 if has_changed and number == 9 else 0),
            active_from=date(2025, 1, 1), active_to=date(2026, 12, 31) if has_changed and number == 3 else None,
        )  # fmt: skip
    if not has_changed:
        city.add(
            "grid.grids", grid_code=STRUCK_GRID, community_code=COMMUNITIES[1], street_code="d1001", household_count=320,
        )  # fmt: skip
    if has_changed:
        city.add(
            "grid.grids", grid_code="g99", community_code=COMMUNITIES[0], street_code="d1001", household_count=350,
            active_from=CHANGED_ON,
        )  # fmt: skip
