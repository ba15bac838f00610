"""Files of the service stations: cases, terminals, and the pictures of points, items and residents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from tests.oracle.story import CHANGED_ON, COMMUNITIES, NIGHTS, STRUCK_POINT, Life, ToldCity, moment
from tests.oracle.story.grid import GRIDS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POINTS = {f"s{number}": COMMUNITIES[number] for number in range(5)}
KINDS = ("convenience_station", "government_post", "self_service_point", "model_point")
LEVELS = ("city", "district", "street", "community", "self_service")
ITEM_LEVELS = ("city", "district", "street", "community")
REVIEWS = ("very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied", None, None)


class Stations:
    """Lives of cases; ``tell`` gives a night's rows."""

    def __init__(self, rng: Random, cases: int = 260) -> None:
        self.rng = rng
        self.cases: dict[str, Life] = {}
        for number in range(cases):
            first = date(2026, 11, 10) if number % 2 else date(2026, 12, 27)
            self._case(f"k{number:03}", moment(rng, first, NIGHTS[-1]))
        early = datetime(2026, 12, 28, 9)
        broken = {"district_code": "d1", "accepted_at": early, "finished_at": early + DAY, "item_code": "i0"}
        self.cases["of-struck-point"] = Life(
            early + DAY, **(broken | {"station_code": STRUCK_POINT, "is_agent_handled": True})
        )
        self.cases["of-no-item"] = Life(early + DAY, **(broken | {"item_code": "nothing"}))
        self.cases["of-no-point"] = Life(early + DAY, **(broken | {"station_code": "nowhere"}))
        self.cases["finished-before"] = Life(early + DAY, **(broken | {"finished_at": early - DAY}))

    def _case(self, key: str, at: datetime) -> None:
        rng = self.rng
        point = rng.choice([*POINTS, *POINTS, None])
        district = POINTS[point][:2] if point else rng.choice(("d1", "d2"))
        life = Life(
            at, district_code=district, station_code=point, accepted_at=at, promised_at=at + 5 * DAY,
            item_code=f"i{rng.randrange(8)}", handling_level=rng.choice(LEVELS), is_agent_handled=rng.random() < 0.3,
        )  # fmt: skip
        if rng.random() < 0.85:
            at += HOUR * rng.randrange(1, 90)
            life.say(at, finished_at=at, review=rng.choice(REVIEWS))
            if rng.random() < 0.2:  # the file comes again, with a review or at another level
                life.say(at + DAY, review=rng.choice(REVIEWS), handling_level=rng.choice(LEVELS))
        self.cases[key] = life

    def tell(self, city: ToldCity, night: date) -> None:
        points(city, night)
        items(city, night)
        residents(city, night)
        for key, life in self.cases.items():
            if row := life.news(night, night == NIGHTS[0]):
                city.add("stations.cases", case_id=key, **row)
        days = [night - DAY * back for back in range(20)] if night == NIGHTS[0] else [night - 2 * DAY, night]
        for day in days:  # the file of the day before yesterday comes again, with other minutes
            for number, point in enumerate(POINTS):
                planned = 0 if number == 4 and day == night else 480
                city.add(
                    "stations.terminals", terminal_code=f"t{number}", station_code=point, service_date=day,
                    planned_minutes=planned, available_minutes=min(planned, self.rng.randrange(300, 481)),
                    case_count=self.rng.randrange(30),
                )  # fmt: skip
            if day < CHANGED_ON:
                city.add("stations.terminals", terminal_code="t9", station_code=STRUCK_POINT, service_date=day)


def points(city: ToldCity, night: date) -> None:
    """The picture of points; on the third night one is closed, one offers enough at last and one is struck off."""
    if night < CHANGED_ON:
        city.add(
            "stations.points", station_code=STRUCK_POINT, name="站九", kind=KINDS[0], community_code=COMMUNITIES[3], lon=108.95,
            lat=34.25, opening_hours="9:00-17:00", item_count=40,
        )  # fmt: skip
    for number, (point, community) in enumerate(POINTS.items()):
        has_changed = night >= CHANGED_ON
        city.add(
            "stations.points", station_code=point, name=f"站{number}", kind=KINDS[number % 4], community_code=community,
            lon=108.90 + 0.02 * number, lat=34.25, opening_hours="9:00-17:00",
            item_count=29 if number == 1 and not has_changed else 30 + number,
            active_from=date(2025, 1, 1), active_to=date(2026, 12, 31) if number == 0 and has_changed else None,
        )  # fmt: skip


def items(city: ToldCity, night: date) -> None:
    """The list of items; on the third night one goes down to the street."""
    for number in range(16):
        if number == 7 and night >= CHANGED_ON:
            continue  # struck off the list, which knows no other way to end an item; its cases were
        is_moved = number == 0 and night >= CHANGED_ON
        city.add(
            "stations.items", item_code=f"i{number}", name=f"事项{number}", is_personal=number % 5 != 4, is_core=number < 4,
            lowest_level="street" if is_moved else ITEM_LEVELS[number % 4],
        )  # fmt: skip


def residents(city: ToldCity, night: date) -> None:
    """Residents of every grid, each with its centre."""
    for number, (grid, community) in enumerate(GRIDS.items()):
        city.add(
            "stations.residents", community_code=community, grid_code=grid, household_count=300,
            resident_count=700 + 13 * number + (50 if night >= CHANGED_ON else 0),
            center_lon=108.90 + 0.0071 * number, center_lat=34.25 + 0.001 * (number % 3),
        )  # fmt: skip
