"""The known truth: the KPIs of the simulated city, computed in pandas from its clean records, away from any SQL.

Definitions: the exact cohorts of the KPI catalogue. Broken records are left out, as the pipeline quarantines them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from minhu import atomic
from minhu.simulator.calls import call_frame, call_start
from minhu.simulator.city import City, broken_keys, cases_day, clean_orders_day, grid_day
from minhu.simulator.geography import CITY_CODE
from minhu.simulator.reference import service_items
from minhu.simulator.stations import terminals_frame
from minhu.simulator.streams import end_of_day

KEY = ["kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber"]
COLUMNS = [*KEY, "numerator", "denominator"]
ASSESSMENT_MONTH_START = 19
_CALIBERS = ("full", "assessed")


def write_truth(folder: Path, city: City, business_date: date) -> int:
    """Write ``kpi_truth.parquet`` and ``dirt.json`` as known at the end of ``business_date``.

    Returns:
        Number of KPI cells.
    """
    cells, broken = truth(city, business_date)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / ".kpi_truth.parquet"
    cells.to_parquet(temporary, index=False)
    temporary.replace(folder / "kpi_truth.parquet")
    atomic.write_json(folder / "dirt.json", broken)
    atomic.write_json(folder / "about.json", {**city.identity(), "business_date": business_date.isoformat()})
    return len(cells)


def truth(city: City, business_date: date) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """All cells of the truth, and fault to the keys of the broken records visible at the end of ``business_date``."""
    as_of = end_of_day(business_date)
    parts: dict[str, list[pd.DataFrame]] = {"orders": [], "callbacks": [], "events": [], "cases": [], "calls": []}
    broken: dict[str, list[str]] = {}
    for day in city.days(business_date):
        orders, calls_back, bad_orders = clean_orders_day(city, day, as_of)
        events, bad_events = grid_day(city, day, as_of)
        cases, bad_cases = cases_day(city, day, as_of)
        calls = call_frame(city.seed, city.scale, day, as_of)
        for name, frame in zip(parts, (orders, calls_back, events, cases, calls), strict=True):
            parts[name].append(frame)
        for bad in (bad_orders, broken_keys(bad_events, "event_id"), broken_keys(bad_cases, "办件编号")):
            for fault, keys in bad.items():
                broken.setdefault(fault, []).extend(keys)
    whole = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    terminals = [
        terminals_frame(city.seed, day, city.stations, city.geography).assign(day=pd.Timestamp(day))
        for day in city.days(business_date)
    ]
    cells = pd.concat(
        [
            *hotline_truth(whole["orders"], whole["callbacks"], whole["calls"], pd.Timestamp(as_of, unit="s")),
            *grid_truth(whole["events"], pd.Timestamp(as_of, unit="s")),
            *station_truth(whole["cases"], pd.concat(terminals, ignore_index=True)),
        ],
        ignore_index=True,
    )
    cells = cells[COLUMNS].sort_values(KEY, ignore_index=True)
    return cells, {fault: sorted(keys) for fault, keys in sorted(broken.items())}


def hotline_truth(
    orders: pd.DataFrame, calls_back: pd.DataFrame, calls: pd.DataFrame, as_of: pd.Timestamp
) -> Iterator[pd.DataFrame]:
    """H01, H04-H09 and H11. ``orders`` and ``calls_back`` as tables of the hotline, times local and naive."""
    for direction, some in calls.assign(day=call_start(calls), district=None).groupby("direction"):
        yield _both("H01", str(direction), some.assign(numerator=1.0))
    orders = orders.assign(district=orders["street_code"].str[:6])
    valid = calls_back[calls_back["is_valid"]].sort_values(["called_at", "attempt_no"])
    for caliber in _CALIBERS:
        counted = orders if caliber == "full" else orders[orders["assessment_scope"] != "excluded"]
        yield _cells("H04", "main", caliber, counted.assign(day=counted["created_at"], numerator=1.0))
        gone = counted["parent_order_id"].notna() | (counted["closure_code"] == "withdrawn")
        due = counted[~gone & (counted["due_at"] < as_of)]
        due = due.assign(day=due["due_at"], denominator=1.0)
        yield _cells("H05", "main", caliber, due.assign(numerator=(due["replied_at"] < as_of).astype(float)))
        yield _cells("H06", "main", caliber, due.assign(numerator=(due["closed_at"] <= due["due_at"]).astype(float)))
        yield from _callback_truth(counted, valid, caliber)
        closed = counted[counted["closed_at"].notna() & ~gone & (counted["channel"] != "transfer")]
        asked = closed["order_id"].isin(valid["order_id"]).astype(float)
        yield _cells("H11", "main", caliber, closed.assign(day=closed["closed_at"], numerator=asked, denominator=1.0))


def _callback_truth(orders: pd.DataFrame, valid: pd.DataFrame, caliber: str) -> Iterator[pd.DataFrame]:
    """H07, H08, H09: one row per order, from its last valid call back."""
    last = valid.drop_duplicates("order_id", keep="last")
    rows = last.merge(orders[["order_id", "district", "assessment_scope"]], on="order_id")
    rows = rows.assign(day=rows["called_at"], denominator=1.0)
    three_rate = rows if caliber == "full" else rows[rows["assessment_scope"] != "response_only"]
    weights = {"very_satisfied": 1.0, "satisfied": 1.0, "basically_satisfied": 0.9}
    yield _cells("H07", "main", caliber, rows.assign(numerator=rows["contacted"].astype(float)))
    yield _cells("H08", "main", caliber, three_rate.assign(numerator=three_rate["resolved"].astype(float)))
    worth = three_rate["satisfaction"].map(weights).fillna(0.0).astype(float)
    yield _cells("H09", "main", caliber, three_rate.assign(numerator=worth))


def grid_truth(events: pd.DataFrame, as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """G04, G05 and G06. ``events`` with flat verification columns, times local and naive."""
    events = events.assign(district=events["grid_code"].str[:6])
    reported = events.assign(day=events["reported_at"], numerator=1.0)
    yield _both("G04", "raw", reported)
    verified = reported[reported["verified_at"].notna() | reported["verified_again_at"].notna()]
    picture = ["grid_code", "category_code", "photo_hash", "local_day"]
    verified = verified.assign(local_day=verified["reported_at"].dt.normalize()).drop_duplicates(picture)
    yield _both("G04", "clustered_verified", verified)
    alive = events[events["status"] != "void"].assign(denominator=1.0)
    for kpi, variant, deadline in (
        ("G05", "main", alive["due_at"]),
        ("G06", "main", alive["due_at"]),
        ("G06", "deferred", alive["deferred_until"].fillna(alive["due_at"])),
    ):
        due = alive[deadline < as_of].assign(day=deadline[deadline < as_of])
        done = due["closed_at"].notna() if kpi == "G05" else due["closed_at"] <= due["day"]
        yield _both(kpi, variant, due.assign(numerator=done.astype(float)))


def station_truth(cases: pd.DataFrame, terminals: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """S02, S05 and S06. Frames as the station files have them, times local; ``terminals`` with a ``day``."""
    items = service_items()
    done = cases[cases["办结时间"].notna()]
    done = done.assign(day=done["办结时间"], district=done["district_code"], denominator=1.0)
    personal = done[done["事项编码"].isin(items.codes[items.personal])]
    near = personal["办理层级"].isin(["街镇", "社区", "自助"])
    yield _both("S02", "main", personal.assign(numerator=near.astype(float)))
    devices = terminals.assign(district=terminals["district_code"])
    minutes = {"numerator": devices["可用分钟"].astype(float), "denominator": devices["计划服务分钟"].astype(float)}
    yield _both("S05", "main", devices.assign(**minutes))
    usage = devices.assign(numerator=devices["办件数"].astype(float), denominator=1.0)
    yield _both("S05", "cases_per_device_day", usage)
    reviewed = done["评价"].notna()
    good = done["评价"].isin(["非常满意", "满意", "基本满意"])
    yield _both("S06", "main", done[reviewed].assign(numerator=good[reviewed].astype(float)))
    yield _both("S06", "coverage", done.assign(numerator=reviewed.astype(float)))


def _both(kpi: str, variant: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Cells of a KPI whose calibers do not differ."""
    return pd.concat([_cells(kpi, variant, caliber, rows) for caliber in _CALIBERS], ignore_index=True)


def _cells(kpi: str, variant: str, caliber: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Sums of ``numerator`` and ``denominator`` (absent: a count) by unit and period.

    ``rows`` has ``day`` (the anchoring local time) and ``district`` (None: known for the city only).
    """
    if "denominator" not in rows:
        rows = rows.assign(denominator=float("nan"))
    slim = pd.DataFrame(
        {
            "day": rows["day"].dt.normalize().astype("datetime64[s]"),
            "district": rows["district"].astype("str"),
            "numerator": rows["numerator"],
            "denominator": rows["denominator"],
        }
    )
    starts = {
        "day": slim["day"],
        "month": _month_start(slim["day"], 1),
        "assessment_month": _month_start(slim["day"], ASSESSMENT_MONTH_START),
    }
    found = []
    for period_type, start in starts.items():
        whole = slim.assign(period_start=start, period_type=period_type)
        by_district = whole[whole["district"].notna()].assign(unit_type="district")
        by_city = whole.assign(unit_type="city", unit_code=CITY_CODE)
        for some in (by_city, by_district.assign(unit_code=by_district["district"])):
            groups = some.groupby(["unit_type", "unit_code", "period_type", "period_start"])
            found.append(groups[["numerator", "denominator"]].sum(min_count=1).reset_index())
    cells = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    return cells.assign(kpi_id=kpi, variant=variant, caliber=caliber, period_start=cells["period_start"].dt.date)


def _month_start(days: pd.Series[pd.Timestamp], first_day: int) -> pd.Series[pd.Timestamp]:
    """First day of the month (from ``first_day`` to the day before it) that holds each day."""
    offset = pd.Timedelta(days=first_day - 1)
    shifted = days - offset
    starts: pd.Series[pd.Timestamp] = shifted - pd.to_timedelta(shifted.dt.day - 1, unit="D") + offset
    return starts.astype("datetime64[s]")
