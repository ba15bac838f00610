"""The known truth: the KPIs of the simulated city, computed in pandas from its clean records, away from any SQL.

Definitions: the exact cohorts of the KPI catalogue. Broken records are left out, as the pipeline quarantines them.
Stocks (grids, addresses, items, residents) are known for the periods that hold the business date.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from minhu import atomic
from minhu.simulator.city.city import City, broken_keys, cases_day, clean_orders_day, grid_day
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.hotline.calls import call_frame
from minhu.simulator.stations.stations import terminals_frame
from minhu.simulator.truth import truth_grid, truth_stations
from minhu.simulator.truth.truth_cells import COLUMNS, KEY
from minhu.simulator.truth.truth_estimates import estimate_truth, gap_truth
from minhu.simulator.truth.truth_grid import activity_truth, app_truth, grid_truth
from minhu.simulator.truth.truth_hotline import hotline_truth, order_facts
from minhu.simulator.truth.truth_matters import matter_truth
from minhu.simulator.truth.truth_returns import return_truth
from minhu.simulator.truth.truth_sheets import returned_sheets
from minhu.simulator.truth.truth_stations import station_truth
from minhu.simulator.truth.truth_tiers import tier_truth

__all__ = ["COLUMNS", "KEY", "grid_truth", "hotline_truth", "station_truth", "truth", "write_truth"]


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
    names = ("orders", "callbacks", "events", "cases", "calls", "facts", "activity")
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    broken: dict[str, list[str]] = {}
    for day in city.days(business_date):
        orders, calls_back, bad_orders = clean_orders_day(city, day, as_of)
        events, bad_events = grid_day(city, day, as_of)
        cases, bad_cases = cases_day(city, day, as_of)
        calls = call_frame(city.seed, city.scale, day, as_of)
        more = (order_facts(city, day, as_of), app_truth(city, day))
        for name, frame in zip(parts, (orders, calls_back, events, cases, calls, *more), strict=True):
            parts[name].append(frame)
        for bad in (bad_orders, broken_keys(bad_events, "event_id"), broken_keys(bad_cases, "办件编号")):
            for fault, keys in bad.items():
                broken.setdefault(fault, []).extend(keys)
    whole = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    terminals = [
        terminals_frame(city.seed, day, city.stations, city.geography).assign(day=pd.Timestamp(day))
        for day in city.days(business_date)
    ]
    end = pd.Timestamp(as_of, unit="s")
    orders, events = whole["orders"].merge(whole["facts"], on="order_id", how="left"), whole["events"]
    sheets = returned_sheets(city, business_date)
    residents = pd.Series(city.geography.residents).groupby(city.geography.district_codes).sum()
    cells = pd.concat(
        [
            *hotline_truth(orders, whole["callbacks"], whole["calls"], end),
            *grid_truth(events, end),
            *activity_truth(whole["activity"]),
            *station_truth(whole["cases"], pd.concat(terminals, ignore_index=True)),
            *truth_grid.stock_truth(city, business_date),
            *truth_stations.stock_truth(city, business_date),
            *return_truth(city, sheets),
            *tier_truth(orders, events, end),
            *matter_truth(orders, events, end, city.merger),
            *estimate_truth(sheets, orders, residents),
            *gap_truth(orders, whole["callbacks"], end),
        ],
        ignore_index=True,
    )
    cells = cells[COLUMNS].sort_values(KEY, ignore_index=True)
    return cells, {fault: sorted(keys) for fault, keys in sorted(broken.items())}
