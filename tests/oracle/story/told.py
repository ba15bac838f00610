"""The whole story, night by night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from tests.oracle.story import NIGHTS, ToldCity, places, returned
from tests.oracle.story.grid import Grid
from tests.oracle.story.hotline import Hotline
from tests.oracle.story.stations import Stations


def nights(seed: int = 20261230) -> Iterator[tuple[date, ToldCity]]:
    """What every night is told; the same for the same seed."""
    rng = Random(seed)
    hotline, grid, stations = Hotline(rng), Grid(rng), Stations(rng)
    for night in NIGHTS:
        city = ToldCity()
        places(city, night)
        hotline.tell(city, night)
        grid.tell(city, night)
        stations.tell(city, night)
        returned.tell(rng, city, night)
        yield night, city
