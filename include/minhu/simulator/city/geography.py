"""The places of the simulated city: real ones of Xi'an, all of them at scale 1, a fixed part below.

Which places a scale takes does not depend on the seed.
"""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from minhu.errors import PermanentError
from minhu.settings import PROJECT_ROOT
from minhu.simulator.city.streams import Floats, Ints, Texts

CITY_CODE = "610100"
REFERENCE_DIR = PROJECT_ROOT / "dbt_project" / "seeds" / "reference"
FULL_GRIDS = 6515

#: Rough centres (degrees east, north), for made-up points; also the order in which a small city takes districts.
DISTRICT_CENTRES = {
    "610104": (108.940, 34.265), "610113": (108.945, 34.214), "610103": (108.960, 34.250), "610112": (108.945, 34.310),
    "610102": (108.961, 34.267), "610111": (109.065, 34.273), "610116": (108.907, 34.158), "610115": (109.214, 34.367),
    "610118": (108.605, 34.109), "610117": (109.089, 34.535), "610114": (109.227, 34.662), "610122": (109.323, 34.152),
    "610124": (108.222, 34.163),
}  # fmt: skip


@dataclass(frozen=True)
class Geography:
    """Places of one scale. Arrays of communities and of grids run in code order.

    Attributes:
        districts, streets, communities: code to name.
        community_codes: 12 digits each; the first nine are the street, the first six the district.
        residents: residents per community.
        lon, lat: made-up centre per community, degrees.
        grid_codes, grid_community, grid_households: per grid; ``grid_community`` indexes ``community_codes``.
    """

    districts: dict[str, str]
    streets: dict[str, str]
    communities: dict[str, str]
    community_codes: Texts
    residents: Ints
    lon: Floats
    lat: Floats
    grid_codes: Texts
    grid_community: Ints
    grid_households: Ints

    @property
    def street_codes(self) -> Texts:
        return np.array([code[:9] for code in self.community_codes], dtype=object)

    @property
    def district_codes(self) -> Texts:
        return np.array([code[:6] for code in self.community_codes], dtype=object)

    @property
    def weights(self) -> Floats:
        """Share of residents per community."""
        share: Floats = self.residents / self.residents.sum()
        return share


@lru_cache(maxsize=4)
def geography(scale: float) -> Geography:
    """The places of a city of ``scale`` (1.0 is Xi'an; 0.02 is 4 districts, 12 streets, about 40 communities)."""
    districts = _chosen_districts(scale)
    streets = _chosen(_read("xian_streets.csv", "street_code"), list(districts), scale, 172, 0.68)
    communities = _chosen(_read("xian_communities.csv", "community_code"), list(streets), scale, 3223, 1.12)
    codes = np.array(sorted(communities), dtype=object)
    noise = np.array([zlib.crc32(code.encode()) for code in codes], dtype=np.int64)
    centres = np.array([DISTRICT_CENTRES[code[:6]] for code in codes])
    grid_community = _spread(max(len(codes), round(FULL_GRIDS * scale)), len(codes))
    grid_codes = _grid_codes(codes, grid_community)
    grid_noise = np.array([zlib.crc32(code.encode()) for code in grid_codes], dtype=np.int64)
    return Geography(
        districts=districts,
        streets=streets,
        communities=communities,
        community_codes=codes,
        residents=1200 + noise % 5600,
        lon=np.round(centres[:, 0] + (noise % 1000 / 1000 - 0.5) * 0.08, 6),
        lat=np.round(centres[:, 1] + (noise // 1000 % 1000 / 1000 - 0.5) * 0.06, 6),
        grid_codes=grid_codes,
        grid_community=grid_community,
        grid_households=280 + grid_noise % 240,
    )


def places_table(geo: Geography) -> pd.DataFrame:
    """Table ``hotline.places``: the city, its districts, streets and communities."""
    by_community = dict(zip(geo.community_codes, geo.residents.tolist(), strict=True))
    rows: list[tuple[str, str, str, str | None, int]] = [
        (CITY_CODE, "西安市", "city", None, int(geo.residents.sum())),
    ]
    for level, places, length in (("district", geo.districts, 6), ("street", geo.streets, 9)):
        counts = pd.Series(geo.residents).groupby([code[:length] for code in geo.community_codes]).sum()
        rows += [
            (code, name, level, CITY_CODE if length == 6 else code[:6], int(counts.get(code, 0)))
            for code, name in sorted(places.items())
        ]
    rows += [(code, name, "community", code[:9], by_community[code]) for code, name in sorted(geo.communities.items())]
    table = pd.DataFrame(rows, columns=["place_code", "name", "level", "parent_code", "resident_count"])
    return table.assign(valid_from="2019-01-01", valid_to=None, successor_code=None)


def grids_table(geo: Geography) -> pd.DataFrame:
    """What the grid platform says of its grids."""
    codes = geo.community_codes[geo.grid_community]
    return pd.DataFrame(
        {
            "grid_code": geo.grid_codes,
            "community_code": codes,
            "street_code": [code[:9] for code in codes],
            "household_count": geo.grid_households,
            "active_from": "2019-06-01",
            "active_to": None,
        }
    )


def _chosen_districts(scale: float) -> dict[str, str]:
    names = _read("xian_districts.csv", "district_code")
    count = min(13, max(2, round(13 * scale**0.3)))
    return {code: names[code] for code in sorted(list(DISTRICT_CENTRES)[:count])}


def _chosen(places: dict[str, str], parents: list[str], scale: float, full: int, power: float) -> dict[str, str]:
    """The first children of each parent, taken in turns, until the scale's number is reached."""
    count = min(full, max(len(parents), round(full * scale**power)))
    children = {parent: sorted(code for code in places if code.startswith(parent)) for parent in parents}
    turns = [(turn, child) for parent in sorted(children) for turn, child in enumerate(children[parent])]
    return {code: places[code] for code in sorted(child for _, child in sorted(turns)[:count])}


def _spread(count: int, over: int) -> Ints:
    """``count`` things spread over ``over`` places as evenly as can be, in place order."""
    return np.sort(np.arange(count, dtype=np.int64) % over)


def _grid_codes(codes: Texts, grid_community: Ints) -> Texts:
    position = pd.Series(grid_community).groupby(grid_community).cumcount().to_numpy()
    pairs = zip(codes[grid_community], position, strict=True)
    return np.array([f"{code}{number + 1:03d}" for code, number in pairs], dtype=object)


def _read(name: str, key: str) -> dict[str, str]:
    path: Path = REFERENCE_DIR / name
    if not path.exists():
        raise PermanentError(
            f"read the places of Xi'an from {path}", "the file is missing", "restore dbt_project/seeds/reference"
        )
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: row["name"] for row in csv.DictReader(file)}
