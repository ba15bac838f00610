"""A small city over four nights, told to the pipeline and to the oracle alike: lives that go on, late rows, corrections.

The nights lie around New Year, so that a month, a quarter, a half-year and a year end between them. On the third night
the picture changes: a street is dissolved, a community and a street go to another district, grids, points and items are others.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from tests.fixtures.landed import LandedCity
from tests.oracle.sources import Row

NIGHTS = (date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2))
CHANGED_ON = NIGHTS[2]
DISTRICTS = ("d1", "d2")
#: Street to its communities; the third night dissolves the second street into the first and moves a community.
STREETS = {
    "d1001": ("d1001001", "d1001002"), "d1002": ("d1002001", "d1002002"), "d2001": ("d2001001", "d2001002"),
    "d2002": ("d2002001",),
}  # fmt: skip
COMMUNITIES = tuple(community for communities in STREETS.values() for community in communities)
DISSOLVED, HEIR, MOVED, NEW_HOME = "d1002", "d1001", "d1001002", "d2001"
#: This street goes to the other district.
MOVED_STREET = "d2002"
RESIDENTS = {"d1001": 30_000, "d1002": 20_000, "d2001": 25_000, "d2002": 15_000}
UNITS = ("u1", "u2", "u3")
#: On the list until the third night, which knows no other way to end a unit; so are a grid, a point and an item.
STRUCK_UNIT, STRUCK_GRID, STRUCK_POINT = "u9", "g90", "s9"
CATEGORIES = ("cat", "K015", "noise")


class ToldCity(LandedCity):
    """Keeps the rows it is given for one night, as they land."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, list[Row]] = {}

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        row = super().add(table, **values)
        self.told.setdefault(table, []).append(row)
        return row


def end_of(night: date) -> datetime:
    """Local end of a business date."""
    return datetime.combine(night + timedelta(days=1), time())


def text(moment: datetime | None) -> str | None:
    """A local time as the city takes it."""
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


class Life:
    """What is said of one thing, moment by moment: the last word on each column holds."""

    def __init__(self, began: datetime, **said: Any) -> None:
        self.words: list[tuple[datetime, dict[str, Any]]] = [(began, said)]

    def say(self, moment: datetime, **said: Any) -> None:
        self.words.append((moment, said))

    def at(self, end: datetime) -> dict[str, Any] | None:
        """The row at a moment with its time of change, or nothing before it began."""
        heard = [(moment, said) for moment, said in sorted(self.words, key=lambda word: word[0]) if moment < end]
        if not heard:
            return None
        row: dict[str, Any] = {"updated_at": text(heard[-1][0])}
        for _, said in heard:
            row |= {column: text(value) if isinstance(value, datetime) else value for column, value in said.items()}
        return row

    def said_by(self, night: date) -> dict[str, Any]:
        """The row as a night knew it."""
        row = self.at(end_of(night))
        assert row is not None
        return row

    def news(self, night: date, is_first: bool) -> dict[str, Any] | None:
        """The row if a night has to give it: on the first what there is, later what changed in the three days before."""
        row = self.at(end_of(night))
        if row is None or is_first:
            return row
        return row if datetime.fromisoformat(row["updated_at"]) >= end_of(night) - timedelta(days=3) else None


def moment(rng: Random, first: date, last: date) -> datetime:
    """A random full five minutes between two days."""
    day = first + timedelta(days=rng.randrange((last - first).days + 1))
    return datetime.combine(day, time()) + timedelta(minutes=5 * rng.randrange(288))


def places(city: ToldCity, night: date) -> None:
    """The picture of places and units of a night."""
    has_changed = night >= CHANGED_ON
    city.add("hotline.places", place_code="610100", name="市", level="city", resident_count=90_000)
    for number, district in enumerate(DISTRICTS):
        city.add(
            "hotline.places", place_code=district, name=f"区{district}", level="district", parent_code="610100",
            resident_count=50_000 - 10_000 * number,
        )  # fmt: skip
    for street, communities in STREETS.items():
        ended = {"valid_to": date(2026, 12, 31), "successor_code": HEIR} if has_changed and street == DISSOLVED else {}
        city.add(
            "hotline.places", place_code=street, name=f"街{street}", level="street",
            parent_code="d1" if has_changed and street == MOVED_STREET else street[:2],
            resident_count=RESIDENTS[street] + (RESIDENTS[DISSOLVED] if has_changed and street == HEIR else 0), **ended,
        )  # fmt: skip
        for community in communities:
            home = HEIR if street == DISSOLVED else NEW_HOME if community == MOVED else street
            city.add(
                "hotline.places", place_code=community, name=f"社区{community}", level="community",
                parent_code=home if has_changed else street, resident_count=10_000,
            )  # fmt: skip
    city.units(*UNITS, *([] if has_changed else [STRUCK_UNIT]))
