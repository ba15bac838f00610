"""The change of borders of the simulated city (街道撤并): one street is merged into another of its district."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from minhu.simulator.city.geography import Geography

#: Days from the first day of the city's history to the merger.
MERGED_AFTER_DAYS = 20


@dataclass(frozen=True)
class Merger:
    """A street that was dissolved.

    Attributes:
        dissolved, successor: codes of the streets.
        first_day: the first day on which everything belongs to the successor.
    """

    dissolved: str
    successor: str
    first_day: date


def merger(geo: Geography, start: date) -> Merger | None:
    """The last street of the first district with several goes to that district's first; None if none has several."""
    for district in geo.districts:
        streets = sorted(street for street in geo.streets if street.startswith(district))
        if len(streets) > 1:
            return Merger(streets[-1], streets[0], start + timedelta(days=MERGED_AFTER_DAYS))
    return None


def places_after(places: pd.DataFrame, merged: Merger | None, day: date) -> pd.DataFrame:
    """Table ``hotline.places`` at the end of ``day``: the dissolved street stays, with an end and a successor."""
    if merged is None or day < merged.first_day:
        return places
    places = places.copy()
    gone, heir = places["place_code"] == merged.dissolved, places["place_code"] == merged.successor
    places.loc[gone, "valid_to"] = (merged.first_day - timedelta(days=1)).isoformat()
    places.loc[gone, "successor_code"] = merged.successor
    places.loc[heir, "resident_count"] += int(places.loc[gone, "resident_count"].iloc[0])
    moved = places["parent_code"] == merged.dissolved
    places.loc[moved, ["parent_code", "valid_from"]] = [merged.successor, merged.first_day.isoformat()]
    return places


def streets_after(streets: pd.Series[str], merged: Merger | None, day: date) -> pd.Series[str]:
    """Street codes as a system writes them on ``day``."""
    if merged is None or day < merged.first_day:
        return streets
    return streets.replace(merged.dissolved, merged.successor)
