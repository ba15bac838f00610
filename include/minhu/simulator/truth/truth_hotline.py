"""The known truth of the hotline: definitions as the KPI catalogue words them, on clean records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city.city import City
from minhu.simulator.city.geography import CITY_CODE
from minhu.simulator.hotline.calls import call_start
from minhu.simulator.hotline.order_state import event_frame, order_frame
from minhu.simulator.hotline.orders import TIERS, order_lives
from minhu.simulator.truth.truth_cells import CALIBERS, both, cells, period_starts
from minhu.simulator.truth.truth_deadlines import rule_deadlines

REPEAT_DAYS = 30
ANSWER_SECONDS = 15


def order_facts(city: City, day: date, as_of: int) -> pd.DataFrame:
    """Of the orders created on ``day`` what their table does not say: person, movements, deadlines by rule.

    Returns:
        One row per order as recorded before ``as_of``: ``order_id``, ``person`` (-1: nobody knows), ``dispatched_at``,
        ``returns``, ``hops``, ``is_relaxed`` (its tier was made more lenient after dispatch), ``noted_on`` (local days
        with a recorded step), ``turns`` (moments of closings and re-openings with their kind), ``rule_unpaused_due_at``,
        ``rule_paused_due_at`` (local times).
    """
    lives = order_lives(city.seed, city.scale, day, city.geography)
    seen = lives.recorded["create"] < as_of
    orders = order_frame(lives, city.geography, as_of)
    events = event_frame(lives, as_of)
    moved = events[events["event_type"].isin(["dispatch", "return", "reroute"])]
    first = moved[moved["event_type"] == "dispatch"].groupby("order_id")["occurred_at"].min()
    returns = moved[moved["event_type"] != "dispatch"].groupby("order_id").size()
    hops = moved[moved["occurred_at"] > moved["order_id"].map(first)].groupby("order_id").size()
    changed = events[events["event_type"] == "tier_change"]
    lenient = changed["to_value"].map(TIERS.index) > changed["from_value"].map(TIERS.index)
    relaxed = changed.loc[lenient & (changed["occurred_at"] > changed["order_id"].map(first)), "order_id"]
    noted = events["occurred_at"].dt.normalize().groupby(events["order_id"]).agg(set)
    turned = events[events["event_type"].isin(["close", "reopen"])].sort_values("occurred_at")
    turns = {
        order_id: list(zip(some["occurred_at"], some["event_type"], strict=True))
        for order_id, some in turned.groupby("order_id")
    }
    facts = pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "person": np.where(lives.channel[seen] == "transfer", -1, lives.person[seen]),
            "dispatched_at": orders["order_id"].map(first),
            "returns": orders["order_id"].map(returns).fillna(0).astype(int),
            "hops": orders["order_id"].map(hops).fillna(0).astype(float),
            "is_relaxed": orders["order_id"].isin(relaxed),
            "noted_on": orders["order_id"].map(noted),
            "turns": [turns.get(order_id, []) for order_id in orders["order_id"]],
        }
    )
    return facts.merge(rule_deadlines(orders, events), on="order_id", how="left")


def hotline_truth(
    orders: pd.DataFrame, calls_back: pd.DataFrame, calls: pd.DataFrame, as_of: pd.Timestamp
) -> Iterator[pd.DataFrame]:
    """H01 to H09, H11 to H13. ``orders`` and ``calls_back`` as tables of the hotline, times local and naive.

    Where ``orders`` has the columns of :func:`order_facts`, also the KPIs that need them.
    """
    for direction, some in calls.assign(day=call_start(calls), district=None).groupby("direction"):
        yield both("H01", str(direction), some.assign(numerator=1.0))
    yield from _answer_truth(calls)
    orders = orders.assign(district=orders["street_code"].str[:6])
    valid = calls_back[calls_back["is_valid"]].sort_values(["called_at", "attempt_no"])
    for caliber in CALIBERS:
        counted = in_caliber(orders, caliber)
        yield cells("H04", "main", caliber, counted.assign(day=counted["created_at"], numerator=1.0))
        judged = is_judged(counted)
        due = due_orders(counted, as_of)
        yield cells("H05", "main", caliber, due.assign(numerator=(due["replied_at"] < as_of).astype(float)))
        yield cells("H06", "main", caliber, due.assign(numerator=(due["closed_at"] <= due["due_at"]).astype(float)))
        yield from _callback_truth(counted, valid, caliber)
        closed = counted[counted["closed_at"].notna() & judged & (counted["channel"] != "transfer")]
        asked = closed["order_id"].isin(valid["order_id"]).astype(float)
        yield cells("H11", "main", caliber, closed.assign(day=closed["closed_at"], numerator=asked, denominator=1.0))
        if "person" in orders:
            yield from _life_truth(counted, orders, judged, caliber, as_of)


def in_caliber(orders: pd.DataFrame, caliber: str) -> pd.DataFrame:
    """Orders that a caliber counts: all, or without those excluded from assessment."""
    return orders if caliber == "full" else orders[orders["assessment_scope"] != "excluded"]


def is_judged(orders: pd.DataFrame) -> pd.Series[bool]:
    """Whether an order can be due: not merged into another, not withdrawn."""
    judged: pd.Series[bool] = orders["parent_order_id"].isna() & (orders["closure_code"] != "withdrawn")
    return judged


def due_orders(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Orders whose deadline in force has passed, each with its deadline as ``day`` and 1 as ``denominator``."""
    due = orders[is_judged(orders) & (orders["due_at"] < as_of)]
    return due.assign(day=due["due_at"], denominator=1.0)


def _callback_truth(orders: pd.DataFrame, valid: pd.DataFrame, caliber: str) -> Iterator[pd.DataFrame]:
    """H07, H08, H09: one row per order, from its last valid call back."""
    last = valid.drop_duplicates("order_id", keep="last")
    rows = last.merge(orders[["order_id", "district", "assessment_scope", "parent_order_id"]], on="order_id")
    rows = rows.assign(day=rows["called_at"], denominator=1.0)
    three_rate = rows if caliber == "full" else rows[rows["assessment_scope"] != "response_only"]
    weights = {"very_satisfied": 1.0, "satisfied": 1.0, "basically_satisfied": 0.9}
    yield cells("H07", "main", caliber, rows.assign(numerator=rows["contacted"].astype(float)))
    solved = three_rate["resolved"].astype(bool) & three_rate["parent_order_id"].isna()
    yield cells("H08", "main", caliber, three_rate.assign(numerator=solved.astype(float)))
    worth = three_rate["satisfaction"].map(weights).fillna(0.0).astype(float)
    yield cells("H09", "main", caliber, three_rate.assign(numerator=worth))


def _answer_truth(calls: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """H02 and H03, and the worst 24 hours of every period."""
    offered = calls[(calls["direction"] == "inbound") & calls["offered_at"].notna()].assign(district=None)
    offered = offered.assign(day=offered["offered_at"], denominator=1.0)
    answered = offered["answered_at"].notna()
    wait = (offered["answered_at"] - offered["offered_at"]).dt.total_seconds()
    yield both("H02", "main", offered.assign(numerator=answered.astype(float)))
    yield both("H03", "main", offered.assign(numerator=(wait <= ANSWER_SECONDS).astype(float)))
    if offered.empty:
        return
    hours = offered["offered_at"].dt.floor("h")
    first, last = hours.min().normalize(), calls["ended_at"].max().normalize() + pd.Timedelta(hours=23)
    spine = pd.date_range(first, last, freq="h")
    per_hour = pd.DataFrame({"offered": 1.0, "answered": answered.astype(float)}).groupby(hours).sum()
    windows = per_hour.reindex(spine, fill_value=0.0).rolling(24).sum().dropna()
    windows = windows[windows["offered"] > 0].rename_axis("hour").reset_index()
    windows["rate"] = windows["answered"] / windows["offered"]
    windows = windows.sort_values(["rate", "offered", "hour"], ascending=[True, False, True])
    days = windows["hour"].dt.normalize().astype("datetime64[s]")
    for period_type, start in period_starts(days).items():
        worst = windows.assign(period_start=start.dt.date).drop_duplicates("period_start")
        worst = worst.rename(columns={"answered": "numerator", "offered": "denominator"}).assign(
            kpi_id="H02", variant="rolling_24h_minimum", unit_type="city", unit_code=CITY_CODE, period_type=period_type
        )
        for caliber in CALIBERS:
            yield worst.assign(caliber=caliber)


def _life_truth(
    counted: pd.DataFrame, everybody: pd.DataFrame, judged: pd.Series[bool], caliber: str, as_of: pd.Timestamp
) -> Iterator[pd.DataFrame]:
    """H06 by the two rule clocks, H12 and H13."""
    for variant in ("unpaused", "paused"):
        deadline = counted[f"rule_{variant}_due_at"]
        due = counted[judged & (deadline < as_of)]
        due = due.assign(day=due[f"rule_{variant}_due_at"], denominator=1.0)
        on_time = (due["closed_at"] <= due["day"]).astype(float)
        yield cells("H06", f"calendar_{variant}", caliber, due.assign(numerator=on_time))
    closed = counted[counted["closed_at"].notna()]
    again = closed["order_id"].isin(_followed(closed, everybody)).astype(float)
    yield cells("H12", "main", caliber, closed.assign(day=closed["closed_at"], numerator=again, denominator=1.0))
    sent = counted[counted["dispatched_at"].notna()]
    sent = sent.assign(day=sent["dispatched_at"], denominator=1.0, district=None)
    yield cells("H13", "main", caliber, sent.assign(numerator=(sent["returns"] > 0).astype(float)))
    yield cells("H13", "mean_hops", caliber, sent.assign(numerator=sent["hops"]))


def _followed(closed: pd.DataFrame, everybody: pd.DataFrame) -> set[str]:
    """Ids of closed orders after which the same person called about the same matter in the same street, as each names it."""
    matter = ["person", "category_code", "street_code"]
    columns = ["order_id", *matter]
    left = closed.loc[closed["person"] >= 0, [*columns, "closed_at"]].dropna()
    right = everybody.loc[everybody["person"] >= 0, [*matter, "created_at"]].dropna()
    pairs = left.merge(right, on=matter)
    after = pairs["created_at"] - pairs["closed_at"]
    near = (after > pd.Timedelta(0)) & (after <= pd.Timedelta(days=REPEAT_DAYS))
    return set(pairs.loc[near, "order_id"])
