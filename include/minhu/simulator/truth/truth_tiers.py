"""The known truth of 立应立行: KPIs T01 to T04, as the contract words them, on clean records, away from any SQL.

Times are local (Asia/Shanghai) without offset. The tier is the one that stands at the end of the business date.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from minhu.simulator.truth.truth_cells import CALIBERS, cells
from minhu.simulator.truth.truth_hotline import in_caliber, is_judged

#: Seed ``kpi_parameters``: immediate_tier_hours, tracked_note_days.
IMMEDIATE = pd.Timedelta(hours=24)
NOTE_DAYS = pd.Timedelta(days=7)
_DAY = pd.Timedelta(days=1)


def tier_truth(orders: pd.DataFrame, events: pd.DataFrame, as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """T01 to T04.

    Args:
        orders: table of the hotline with the columns of :func:`minhu.simulator.truth.truth_hotline.order_facts`.
        events: those of the grid platform.
        as_of: first moment after the business date.
    """
    orders = orders.assign(district=orders["street_code"].str[:6])
    alive = events[events["status"] != "void"]
    seen = _matters(alive.assign(district=alive["grid_code"].str[:6]), "reported_at")
    for caliber in CALIBERS:
        counted = in_caliber(orders, caliber)
        judged = counted[is_judged(counted)]
        yield from _deadline_truth(pd.concat([_matters(judged, "created_at"), seen]), caliber, as_of)
        yield _tracked_truth(counted[counted["tier"] == "tracked"], caliber, as_of)
        sent = counted[counted["dispatched_at"].notna()]
        sent = sent.assign(day=sent["dispatched_at"], numerator=sent["is_relaxed"] * 1.0, denominator=1.0)
        yield cells("T04", "main", caliber, sent)


def _matters(records: pd.DataFrame, begun_at: str) -> pd.DataFrame:
    """What orders and grid events have in common."""
    return records.rename(columns={begun_at: "begun_at"})[["tier", "begun_at", "due_at", "closed_at", "district"]]


def _deadline_truth(matters: pd.DataFrame, caliber: str, as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """T01 by the hours of the immediate tier, T02 by the deadline in force; hotline and grid added up."""
    immediate = matters[matters["tier"] == "immediate"]
    limited = matters[matters["tier"] == "time_limited"]
    for kpi, some, deadline in (
        ("T01", immediate, immediate["begun_at"] + IMMEDIATE),
        ("T02", limited, limited["due_at"]),
    ):
        due = some.assign(day=deadline, denominator=1.0)[deadline < as_of]
        yield cells(kpi, "main", caliber, due.assign(numerator=(due["closed_at"] <= due["day"]).astype(float)))


def _tracked_truth(tracked: pd.DataFrame, caliber: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """T03: at the end of every week (of a running one: of the business date) who is open, and who has a fresh note.

    Whether an order was open then, its last closing or re-opening until then says; a note is fresh for seven days.
    """
    today = as_of.normalize() - _DAY
    created = tracked["created_at"].dt.normalize()
    weeks = [tracked.assign(day=created, numerator=0.0).iloc[:0]]
    monday = (created.min() if len(tracked) else today).to_period("W").start_time
    while monday <= today:
        last = min(monday + 6 * _DAY, today)
        is_open = np.array(
            [_is_open(*known, last + _DAY) for known in zip(tracked["turns"], tracked["closed_at"], strict=True)],
            dtype=bool,
        )
        still = tracked[(created <= last) & is_open]
        fresh = [any(last - NOTE_DAYS < day <= last for day in days) for days in still["noted_on"]]
        weeks.append(still.assign(day=monday, numerator=pd.Series(fresh, index=still.index, dtype=float)))
        monday += 7 * _DAY
    return cells("T03", "main", caliber, pd.concat(weeks).assign(denominator=1.0), only="week")


def _is_open(turns: list[tuple[pd.Timestamp, str]], closed_at: pd.Timestamp, end: pd.Timestamp) -> bool:
    """An order that was merged has a time of closing and no step that says so."""
    closing = [] if pd.isna(closed_at) else [(closed_at, "close")]
    before = [kind for moment, kind in sorted([*turns, *closing]) if moment < end]
    return not before or before[-1] == "reopen"
