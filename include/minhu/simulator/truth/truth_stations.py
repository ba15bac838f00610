"""The known truth of the stations: definitions as the KPI catalogue words them, on clean records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city.city import City
from minhu.simulator.city.reference import service_items
from minhu.simulator.stations.stations import points_frame, residents_frame
from minhu.simulator.truth.truth_cells import both

#: The seed kpi_parameters: a walk of 15 minutes at 80 m a minute, ways 1.3 times the straight line, at least 30 items.
WALK_METRES, DETOUR, ITEMS = 15 * 80, 1.3, 30
EARTH_METRES = 6_371_000


def station_truth(cases: pd.DataFrame, terminals: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """S02, S04 to S06. Frames as the station files have them, times local; ``terminals`` with a ``day``."""
    items = service_items()
    done = cases[cases["办结时间"].notna()]
    done = done.assign(day=done["办结时间"], district=done["district_code"], denominator=1.0)
    personal = done[done["事项编码"].isin(items.codes[items.personal])]
    brought = (personal["是否代办"] == "是") & personal["站点编码"].notna()
    near = personal["办理层级"].isin(["街镇", "社区", "自助"]) | brought
    yield both("S02", "main", personal.assign(numerator=near.astype(float)))
    devices = terminals.assign(district=terminals["district_code"])
    minutes = {"numerator": devices["可用分钟"].astype(float), "denominator": devices["计划服务分钟"].astype(float)}
    yield both("S05", "main", devices.assign(**minutes))
    usage = devices.assign(numerator=devices["办件数"].astype(float), denominator=1.0)
    yield both("S05", "cases_per_device_day", usage)
    reviewed = done["评价"].notna()
    good = done["评价"].isin(["非常满意", "满意", "基本满意"])
    yield both("S06", "main", done[reviewed].assign(numerator=good[reviewed].astype(float)))
    yield both("S06", "coverage", done.assign(numerator=reviewed.astype(float)))
    agent = done[done["是否代办"] == "是"].drop(columns="denominator")
    yield both("S04", "main", agent.assign(numerator=1.0))


def stock_truth(city: City, day: date) -> Iterator[pd.DataFrame]:
    """S01 and S03 as they stand at the end of ``day``."""
    items = service_items()
    near = np.isin(items.lowest_level[items.personal], ["街镇", "社区", "自助"])
    rows = pd.DataFrame({"day": pd.Timestamp(day), "district": None, "numerator": near * 1.0, "denominator": 1.0})
    yield both("S01", "main", rows)
    geo = city.geography
    residents = residents_frame(geo)
    points = points_frame(city.stations, geo)
    points = points[points["可办事项数"] >= ITEMS]
    reached = np.zeros(len(residents), dtype=bool)
    for lon, lat in zip(points["经度"], points["纬度"], strict=True):
        metres = _metres(residents["中心经度"], residents["中心纬度"], lon, lat)
        reached |= (metres * DETOUR <= WALK_METRES).to_numpy()
    people = residents["常住人口"] * 1.0
    yield both(
        "S03",
        "main",
        pd.DataFrame(
            {
                "day": pd.Timestamp(day),
                "district": residents["社区代码"].str[:6],
                "numerator": people.where(reached, 0.0),
                "denominator": people,
            }
        ),
    )


def _metres(lon: pd.Series[float], lat: pd.Series[float], to_lon: float, to_lat: float) -> pd.Series[float]:
    """Distance on a sphere by the spherical law of cosines (the pipeline uses haversine)."""
    a, b, c = np.radians(lat), np.radians(to_lat), np.radians(lon - to_lon)
    cosine = np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(c)
    metres: pd.Series[float] = np.arccos(np.clip(cosine, -1.0, 1.0)) * EARTH_METRES
    return metres
