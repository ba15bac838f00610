"""The known truth of place and matter: KPIs X01 and X03, as the contract words them, on clean records, away from any SQL.

A merged order tells of nothing new and leaves both. Days and times are local (Asia/Shanghai) without offset.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from minhu.simulator.city.borders import Merger, streets_after
from minhu.simulator.city.geography import CITY_CODE
from minhu.simulator.truth.truth_cells import CALIBERS, cells, period_starts
from minhu.simulator.truth.truth_hotline import in_caliber

#: Seed ``kpi_parameters``: hotspot_min_orders; days by the contract.
HOT_ORDERS = 5
HOT_DAYS, RETURN_DAYS, BEFORE = 30, 90, pd.Timedelta(days=7)
MATTER = ["community_code", "category_code"]
_DAY = pd.Timedelta(days=1)


def matter_truth(
    orders: pd.DataFrame, events: pd.DataFrame, as_of: pd.Timestamp, merged: Merger | None
) -> Iterator[pd.DataFrame]:
    """X01 and X03: ``orders`` of the hotline, ``events`` of the grid platform, known before ``as_of``."""
    placed = orders[orders["community_code"].notna() & orders["parent_order_id"].isna()]
    placed = placed.assign(district=placed["street_code"].str[:6], created_at=_seconds(placed["created_at"]))
    for caliber in CALIBERS:
        counted = in_caliber(placed, caliber)
        yield cells("X01", "main", caliber, _first_told(counted, events))
        yield from _hotspot_truth(hotspots(counted, as_of.normalize() - _DAY), merged, caliber)


def _first_told(orders: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """X01: orders of matters with grid events; 1 where no event of place and matter came in the seven days before.

    Orders of the first seven days of grid events cannot be compared and are left out.
    """
    begun = events["reported_at"].min().normalize() + BEFORE
    patrolled = orders["category_code"].isin(events["category_code"]) & (orders["created_at"] >= begun)
    alive = events[events["status"] != "void"]
    told = pd.DataFrame(
        {
            "community_code": alive["grid_code"].str[:12].astype(object),
            "category_code": alive["category_code"].astype(object),
            "told_at": _seconds(alive["reported_at"]),
        }
    )
    left = orders[patrolled].astype(dict.fromkeys(MATTER, object)).sort_values("created_at")
    compared = pd.merge_asof(
        left, told.sort_values("told_at"), left_on="created_at", right_on="told_at", by=MATTER, tolerance=BEFORE
    )
    return compared.assign(day=compared["created_at"], numerator=compared["told_at"].isna() * 1.0, denominator=1.0)


def hotspots(orders: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Solved spells of place and matter: ``community_code``, ``day`` it was solved on, ``numerator`` 1 if it came back.

    A spell lasts while the orders of the last 30 days are at least five, and is solved on the first day they are not.
    """
    often = orders[orders.groupby(MATTER)["order_id"].transform("size") >= HOT_ORDERS]
    found = []
    for (community, _), some in often.groupby(MATTER):
        first = some["created_at"].min().normalize()
        per_day = np.bincount((some["created_at"] - first).dt.days, minlength=(today - first).days + 1)
        recent = np.convolve(per_day, np.ones(HOT_DAYS, dtype=np.int64))[: len(per_day)]
        switches = np.diff((recent >= HOT_ORDERS).astype(np.int64), prepend=0)
        begun = np.flatnonzero(switches == 1)
        for day in np.flatnonzero(switches == -1):
            came_back = ((begun > day) & (begun <= day + RETURN_DAYS)).any()
            found.append((community, first + int(day) * _DAY, float(came_back)))
    return pd.DataFrame(found, columns=["community_code", "day", "numerator"])


def _hotspot_truth(solved: pd.DataFrame, merged: Merger | None, caliber: str) -> Iterator[pd.DataFrame]:
    """X03 by quarter for city, street (by the borders of the day it was solved on) and community."""
    if solved.empty:
        return
    start = period_starts(solved["day"].astype("datetime64[s]"))["quarter"].dt.date
    solved = solved.assign(denominator=1.0, city=CITY_CODE, street=solved["community_code"].str[:9])
    if merged is not None:
        is_after = solved["day"] >= pd.Timestamp(merged.first_day)
        solved["street"] = solved["street"].mask(is_after, streets_after(solved["street"], merged, merged.first_day))
    solved = solved.rename(columns={"community_code": "community"})
    for unit_type in ("city", "street", "community"):
        rows = solved.assign(unit_code=solved[unit_type], period_start=start)
        sums = rows.groupby(["unit_code", "period_start"], as_index=False)[["numerator", "denominator"]].sum()
        sums = sums.assign(kpi_id="X03", variant="main", unit_type=unit_type, period_type="quarter")
        yield sums.assign(caliber=caliber)


def _seconds(moments: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return moments.astype("datetime64[s]")
