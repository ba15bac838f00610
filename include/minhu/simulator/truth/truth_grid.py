"""The known truth of the grid platform: definitions as the KPI catalogue words them, on clean records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from minhu.simulator.city.city import City
from minhu.simulator.city.geography import CITY_CODE
from minhu.simulator.grid.grid_events import activity_frame, coverage_frame
from minhu.simulator.truth.truth_cells import CALIBERS, both, period_starts

SELF_CLOSE = pd.Timedelta(minutes=10)
HOUSEHOLDS = (300, 500)


def grid_truth(events: pd.DataFrame, as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """G04 to G08. ``events`` with flat verification columns, times local and naive."""
    events = events.assign(district=events["grid_code"].str[:6])
    reported = events.assign(day=events["reported_at"], numerator=1.0)
    yield both("G04", "raw", reported)
    verified = reported[reported["verified_at"].notna() | reported["verified_again_at"].notna()]
    picture = ["grid_code", "category_code", "photo_hash", "local_day"]
    verified = verified.assign(local_day=verified["reported_at"].dt.normalize()).drop_duplicates(picture)
    yield both("G04", "clustered_verified", verified)
    alive = events[events["status"] != "void"].assign(denominator=1.0)
    for kpi, variant, deadline in (
        ("G05", "main", alive["due_at"]),
        ("G06", "main", alive["due_at"]),
        ("G06", "deferred", alive["deferred_until"].fillna(alive["due_at"])),
    ):
        due = alive[deadline < as_of].assign(day=deadline[deadline < as_of])
        done = due["closed_at"].notna() if kpi == "G05" else due["closed_at"] <= due["day"]
        yield both(kpi, variant, due.assign(numerator=done.astype(float)))
    closed = alive[alive["closed_at"].notna()].assign(day=alive["closed_at"])
    unseen = closed["verified_at"].isna() & closed["verified_again_at"].isna()
    alone = closed["self_handled"] & unseen & (closed["closed_at"] - closed["reported_at"] <= SELF_CLOSE)
    yield both("G08", "main", closed.assign(numerator=alone.astype(float)))
    yield from _rework_truth(events)


def _rework_truth(events: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """G07: an event counts once in a period however often it was visited."""
    first = events[events["verified_at"].notna()]
    again = events[events["verified_again_at"].notna()]
    visits = pd.concat(
        [
            first.assign(day=first["verified_at"], numerator=1.0 - first["verified_passed"].astype(float)),
            again.assign(day=again["verified_again_at"], numerator=0.0),
        ],
        ignore_index=True,
    )[["event_id", "district", "day", "numerator"]]
    days = visits["day"].dt.normalize().astype("datetime64[s]")
    for period_type, start in period_starts(days).items():
        once = (
            visits.assign(period_start=start.dt.date)
            .groupby(["event_id", "district", "period_start"], as_index=False)["numerator"]
            .max()
            .assign(denominator=1.0, period_type=period_type, kpi_id="G07", variant="main")
        )
        for unit_type, unit in (("city", CITY_CODE), ("district", once["district"])):
            units = once.assign(unit_type=unit_type, unit_code=unit)
            sums = units.groupby(
                ["kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start"], as_index=False
            )[["numerator", "denominator"]].sum()
            for caliber in CALIBERS:
                yield sums.assign(caliber=caliber)


def app_truth(city: City, day: date) -> pd.DataFrame:
    """Accounts of the app on one day: rows for :func:`activity_truth`."""
    activity = activity_frame(city.seed, day, city.geography)
    return activity.assign(day=pd.Timestamp(day), district=activity["grid_code"].str[:6])


def activity_truth(activity: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """G03 by day, and person-days over longer periods."""
    counts = {"numerator": activity["active_count"].astype(float), "denominator": activity["registered_count"] * 1.0}
    whole = both("G03", "main", activity.assign(**counts))
    yield whole[whole["period_type"] == "day"]
    yield whole[whole["period_type"] != "day"].assign(variant="mean_daily")


def stock_truth(city: City, day: date) -> Iterator[pd.DataFrame]:
    """G01 and G02 as they stand at the end of ``day``."""
    geo = city.geography
    coverage = coverage_frame(city.seed, day, geo)
    coverage = coverage.assign(
        day=pd.Timestamp(day),
        district=coverage["community_code"].str[:6],
        numerator=coverage["covered_once_count"] * 1.0,
        denominator=coverage["address_count"] * 1.0,
    )
    yield both("G01", "main", coverage)
    low, high = HOUSEHOLDS
    sized = (geo.grid_households >= low) & (geo.grid_households <= high)
    districts = [code[:6] for code in geo.grid_codes]
    grids = pd.DataFrame(
        {"day": pd.Timestamp(day), "district": districts, "numerator": sized * 1.0, "denominator": 1.0}
    )
    yield both("G02", "main", grids)
