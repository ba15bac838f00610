"""The simulated city: a pure function of seed, scale, first day, and the moment at which one looks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from minhu.simulator.city import dirt
from minhu.simulator.city.borders import Merger, merger, places_after, streets_after
from minhu.simulator.city.geography import Geography, geography, places_table
from minhu.simulator.city.reference import categories_table, units_table
from minhu.simulator.grid.grid_events import grid_frame, grid_lives
from minhu.simulator.hotline.callbacks import callback_frame, callback_lives
from minhu.simulator.hotline.calls import call_frame
from minhu.simulator.hotline.order_state import event_frame, order_frame, with_persons
from minhu.simulator.hotline.orders import OrderLives, order_lives
from minhu.simulator.stations.stations import LONGEST_LIFE_DAYS as LONGEST_CASE_DAYS
from minhu.simulator.stations.stations import CaseLives, Stations, case_frame, case_lives, stations

#: Nothing born this many days before a moment changes after it (deadline, deferral, lateness, reopening, call-backs).
LONGEST_LIFE_DAYS = 120


@dataclass(frozen=True)
class City:
    """One simulated city. Days run from ``start``; before it the city has no history."""

    seed: int
    scale: float
    start: date

    @property
    def geography(self) -> Geography:
        return geography(self.scale)

    @property
    def merger(self) -> Merger | None:
        return merger(self.geography, self.start)

    @property
    def stations(self) -> Stations:
        return stations(self.scale, self.geography)

    def days(self, last: date, first: date | None = None) -> Iterator[date]:
        """Days from ``first`` (default and earliest: ``start``) to ``last``, both included."""
        begin = max(self.start, first or self.start)
        for offset in range((last - begin).days + 1):
            yield begin + timedelta(days=offset)

    def identity(self) -> dict[str, Any]:
        """What the city is, and with which generator: equal identities mean equal data."""
        return {**asdict(self), "start": self.start.isoformat(), "generator": generator_digest()}


def reference_tables(city: City, business_date: date) -> dict[str, pd.DataFrame]:
    """The hotline tables that seldom move, at the end of ``business_date``: places, units, categories."""
    geo = city.geography
    places = places_after(places_table(geo), city.merger, business_date)
    return {"places": places, "units": units_table(geo), "categories": categories_table()}


def hotline_day(city: City, day: date, as_of: int) -> dict[str, pd.DataFrame]:
    """The hotline's rows that were born on ``day``, as recorded before ``as_of``, broken ones included."""
    geo = city.geography
    lives = order_lives(city.seed, city.scale, day, geo)
    orders = with_persons(_orders(city, day, lives, as_of), lives, geo, as_of)
    broken = dirt.broken_copies(city.seed, day, orders, "order_id", len(lives), dirt.ORDER_KINDS)
    return {
        "calls": call_frame(city.seed, city.scale, day, as_of),
        "work_orders": with_broken(orders, broken),
        "order_events": event_frame(lives, as_of),
        "callbacks": callback_frame(lives, callback_lives(city.seed, lives), as_of),
    }


def clean_orders_day(city: City, day: date, as_of: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, list[str]]]:
    """Orders (without personal columns), call-backs, and the keys of the broken orders on top of them."""
    geo = city.geography
    lives = order_lives(city.seed, city.scale, day, geo)
    orders = _orders(city, day, lives, as_of)
    broken = dirt.broken_copies(city.seed, day, orders, "order_id", len(lives), dirt.ORDER_KINDS)
    calls_back = callback_frame(lives, callback_lives(city.seed, lives), as_of)
    return orders, calls_back, broken_keys(broken, "order_id")


def _orders(city: City, day: date, lives: OrderLives, as_of: int) -> pd.DataFrame:
    orders = order_frame(lives, city.geography, as_of)
    return orders.assign(street_code=streets_after(orders["street_code"], city.merger, day))


def grid_day(city: City, day: date, as_of: int) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Clean grid events reported on ``day`` as recorded before ``as_of``, and the broken ones."""
    lives = grid_lives(city.seed, city.scale, day, city.geography)
    events = grid_frame(lives, city.geography, as_of)
    return events, dirt.broken_copies(city.seed, day, events, "event_id", len(lives.grid), dirt.EVENT_KINDS)


def cases_day(city: City, day: date, as_of: int, since: int = 0) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Clean station cases accepted on ``day`` as recorded before ``as_of`` and changed since, and the broken ones."""
    lives = _case_lives(city, day)
    cases = case_frame(lives, as_of, since)
    return cases, dirt.broken_copies(city.seed, day, cases, "办件编号", len(lives.accepted), dirt.CASE_KINDS)


@lru_cache(maxsize=LONGEST_CASE_DAYS + 2)
def _case_lives(city: City, day: date) -> CaseLives:
    """Kept, since each day's delivery looks back over the cases of a month."""
    return case_lives(city.seed, city.scale, day, city.geography, city.stations)


def with_broken(clean: pd.DataFrame, broken: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Clean rows followed by the broken ones."""
    filled = [frame for frame in broken.values() if len(frame)]
    return pd.concat([clean, *filled], ignore_index=True) if filled else clean


def broken_keys(broken: dict[str, pd.DataFrame], key: str) -> dict[str, list[str]]:
    """Fault to the keys of the records that have it."""
    return {name: rows[key].tolist() for name, rows in broken.items()}


@lru_cache(maxsize=1)
def generator_digest() -> str:
    """Short hash of the simulator's own source: another generator makes another city."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
