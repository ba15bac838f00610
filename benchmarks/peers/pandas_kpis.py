"""Five KPIs of orders of one month by pandas, from the landed rows: what a script in a notebook would do for a part of a night.

H04 (volume), H05 (replied), H06 (closed on time), H08 (resolved) and H13 (sent on), by city and district, both calibers:
versions, record rules, time zone, places and deadlines as the contract has them; counts only, without intervals,
verdicts, history or hiding of small figures.
"""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from benchmarks.peers.night import Night

if TYPE_CHECKING:
    import pandas as pd

TITLE = "five KPIs of orders of one month, by pandas"
PYTHON = "product"
PACKAGES = ("pandas", "numpy")
NAME = "pandas_kpis"
#: Compared with what was published by itself, below.
IS_PART = True
ZONE = "Asia/Shanghai"
TABLES = ("work_orders", "order_events", "callbacks", "places_states", "units_states")
#: Raw tables are read as they landed: windows overlap, so an order comes again with every change.
_VERSION = {
    "work_orders": ("order_id", "updated_at"), "order_events": ("event_id", "recorded_at"), "callbacks": ("callback_id", "recorded_at"),
}  # fmt: skip


def run(night: Night) -> dict[str, Any]:
    """Count, and compare with what the product published.

    Raises:
        ValueError: a figure differs.
    """
    import pandas as pd

    with duckdb.connect(str(night.work_file_of(NAME)), read_only=True) as db:
        db.execute("set TimeZone = 'UTC'")
        frames = {name: db.execute(f"select * from raw.hotline__{name}").df() for name in TABLES}  # noqa: S608
    started = time.perf_counter()
    month = pd.Period(date.fromisoformat(night.business_date), "M") - 1
    found = count(frames, pd.Timestamp(night.variables["as_of"]), month)
    spent = time.perf_counter() - started
    expected = published(night, month)
    levels = expected[["kpi_id", "unit_type"]].drop_duplicates()  # not every KPI is counted at every level
    compare(found.merge(levels), expected)
    return {"figures": len(found), "counting_s": round(spent, 3)}


def count(frames: dict[str, pd.DataFrame], as_of: pd.Timestamp, month: pd.Period) -> pd.DataFrame:
    """Numerators and denominators by KPI, unit type, unit and caliber.

    Args:
        frames: raw tables of the hotline, times UTC without a zone.
        as_of: end of the business date, UTC.
        month: local.
    """
    import pandas as pd

    orders = _judged(_latest(frames, "work_orders"), frames, as_of)
    orders = orders.join(_callbacks(_latest(frames, "callbacks"), as_of), on="order_id")
    orders = orders.join(_movements(_latest(frames, "order_events"), as_of), on="order_id")
    orders["is_merged"] = orders.parent_order_id.notna()
    is_due = (orders.due_at < as_of) & ~orders.is_merged & (orders.closure_code.fillna("") != "withdrawn")
    # KPI: the day it counts by, what counts, what of it is in the numerator, scopes left out when assessed
    rules = {
        "H04": ("created_at", orders.created_at.notna(), orders.created_at.notna(), ["excluded"]),
        "H05": ("due_at", is_due, orders.replied_at.notna(), ["excluded"]),
        "H06": ("due_at", is_due, orders.closed_at <= orders.due_at, ["excluded"]),
        "H08": (
            "called_at",
            orders.called_at.notna(),
            orders.is_resolved & ~orders.is_merged,
            ["excluded", "response_only"],
        ),
        "H13": ("first_dispatched_at", orders.first_dispatched_at.notna(), orders.return_count > 0, ["excluded"]),
    }
    counted = []
    for kpi_id, (anchor, is_counted, is_met, left_out) in rules.items():
        local = orders[anchor].dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
        in_month = is_counted & (local >= month.start_time) & (local <= month.end_time)
        for caliber, in_caliber in (
            ("full", in_month),
            ("assessed", in_month & ~orders.assessment_scope.isin(left_out)),
        ):
            rows = pd.DataFrame({
                "district": orders.district_code, "denominator": in_caliber.astype("int64"),
                "numerator": (in_caliber & is_met.fillna(False).astype(bool)).astype("int64"),
            })  # fmt: skip
            districts = rows.groupby("district")[["numerator", "denominator"]].sum()
            city = rows[["numerator", "denominator"]].sum().to_frame().T
            for unit_type, figures in (("district", districts), ("city", city)):
                figures = figures.assign(kpi_id=kpi_id, unit_type=unit_type, caliber=caliber)
                figures["unit_code"] = figures.index.astype(str) if unit_type == "district" else ""
                counted.append(figures[figures.denominator > 0])
    return pd.concat(counted, ignore_index=True)


def published(night: Night, month: pd.Period) -> pd.DataFrame:
    """The same figures of the product, also those that it hides."""
    with duckdb.connect(str(night.built), read_only=True) as db:
        return db.execute(
            "select kpi_id, unit_type, case when unit_type = 'city' then '' else unit_code end as unit_code, caliber, "
            "cast(numerator as bigint) as numerator, cast(coalesce(denominator, numerator) as bigint) as denominator "
            "from kpis.kpi_values where variant = 'main' and list_contains(['H04', 'H05', 'H06', 'H08', 'H13'], kpi_id) "
            "and unit_type in ('city', 'district') and period_type = 'month' and period_start = ? "
            "and coalesce(denominator, numerator) > 0",
            [month.start_time.date()],
        ).df()


def compare(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Every figure of the product, and no other.

    Raises:
        ValueError: naming figures that differ.
    """
    key = ["kpi_id", "unit_type", "unit_code", "caliber"]
    both = expected.merge(found, on=key, how="outer", suffixes=("_ours", ""))
    wrong = both[(both.numerator != both.numerator_ours) | (both.denominator != both.denominator_ours)]
    if len(wrong) or both.empty:
        raise ValueError(
            f"compare {len(both)} figures with the product's: {len(wrong)} differ: {wrong.head(3).to_dict('records')}"
        )


def _latest(frames: dict[str, pd.DataFrame], table: str) -> pd.DataFrame:
    key, version = _VERSION[table]
    rows = frames[table].sort_values([version, "landed_date", "landed_attempt"])
    return rows.drop_duplicates(key, keep="last").reset_index(drop=True)


def _judged(orders: pd.DataFrame, frames: dict[str, pd.DataFrame], as_of: pd.Timestamp) -> pd.DataFrame:
    """Orders that break no record rule, with their district."""
    import pandas as pd

    places = frames["places_states"].drop_duplicates("place_code", keep="last").set_index("place_code")
    known_units = set(frames["units_states"].unit_code)
    street = orders.street_code.where(orders.street_code.isin(places.index))
    community = orders.community_code.where(orders.community_code.isin(places.index))
    orders["district_code"] = street.fillna(community.map(places.parent_code)).map(places.parent_code)
    first_day = pd.Timestamp("2000-01-01")
    moments = orders[["created_at", "due_at", "replied_at", "closed_at"]]
    past = orders[["created_at", "replied_at", "closed_at"]]
    is_broken = (
        orders.created_at.isna()
        | (moments < first_day).any(axis=1)
        | (past > as_of).any(axis=1)
        | (orders.closed_at < orders.created_at) | (orders.replied_at < orders.created_at) | (orders.due_at < orders.created_at)
        | ~orders.status.isin(["open", "suspended", "closed", "final"])
        | ((orders.status == "closed") != orders.closed_at.notna())
        | (orders.community_code.notna() & community.isna()) | (orders.street_code.notna() & street.isna())
        | (orders.unit_code.notna() & ~orders.unit_code.isin(known_units))
        | ~orders.assessment_scope.isin(["three_rate", "response_only", "excluded"])
    )  # fmt: skip
    return orders[~is_broken].copy()


def _callbacks(callbacks: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """By order: the last valid call-back."""
    valid = callbacks[callbacks.is_valid.fillna(False).astype(bool) & (callbacks.called_at <= as_of)]
    last = valid.sort_values(["called_at", "attempt_no", "callback_id"]).drop_duplicates("order_id", keep="last")
    return last.assign(is_resolved=last.resolved.fillna(False).astype(bool)).set_index("order_id")[
        ["called_at", "is_resolved"]
    ]


def _movements(steps: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """By order: when it was first dispatched, and how often it was returned or re-routed."""
    past = steps[steps.occurred_at <= as_of]
    first = past[past.event_type == "dispatch"].groupby("order_id").occurred_at.min().rename("first_dispatched_at")
    sent_on = past[past.event_type.isin(["return", "reroute"])].groupby("order_id").size().rename("return_count")
    return first.to_frame().join(sent_on).fillna({"return_count": 0})
