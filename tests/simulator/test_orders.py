"""Orders: their fields say the same as their events, and their figures are those of the brief."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from minhu.simulator.city.city import City
from minhu.simulator.city.geography import places_table
from minhu.simulator.city.reference import categories_table, units_table
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.hotline.callbacks import callback_frame, callback_lives
from minhu.simulator.hotline.order_state import event_frame, order_frame, with_persons
from minhu.simulator.hotline.orders import STEPS, order_lives
from minhu.simulator.truth.truth import truth

BIG = City(seed=3, scale=0.15, start=date(2026, 11, 2))
LAST = date(2026, 11, 20)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    as_of = end_of_day(LAST)
    found: dict[str, list[pd.DataFrame]] = {"orders": [], "events": [], "callbacks": []}
    for day in BIG.days(LAST):
        lives = order_lives(BIG.seed, BIG.scale, day, BIG.geography)
        found["orders"].append(order_frame(lives, BIG.geography, as_of))
        found["events"].append(event_frame(lives, as_of))
        found["callbacks"].append(callback_frame(lives, callback_lives(BIG.seed, lives), as_of))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def replayed(events: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The fields of each order, told from its visible events alone, in the order in which they happened."""
    ordered = events.sort_values(["order_id", "occurred_at", "event_id"])
    for order_id, steps in ordered.groupby("order_id"):
        fields: dict[str, Any] = dict.fromkeys(["due_at", "replied_at", "closed_at", "closure_code", "parent_order_id"])
        fields |= {"order_id": order_id, "status": "open", "unit_code": "D00"}
        for step in steps.itertuples():
            kind = step.event_type
            if kind in ("dispatch", "reroute"):
                fields["unit_code"] = step.to_value
            elif kind in ("resume", "defer_grant", "reopen"):
                fields["due_at"] = step.to_value
            elif kind == "reply":
                fields["replied_at"] = step.occurred_at
            elif kind in ("close", "merge_into"):
                fields |= {"status": "closed", "closed_at": step.occurred_at, "closure_code": step.to_value}
                if kind == "merge_into":
                    fields |= {"closure_code": "duplicate", "parent_order_id": step.to_value}
            if kind in ("suspend", "resume") and fields["status"] != "closed":
                fields["status"] = "suspended" if kind == "suspend" else "open"
            if kind == "reopen":
                fields |= {"status": "open", "closed_at": None, "closure_code": None}
        yield fields


def test_fields_in_force_are_those_the_events_tell(tables: dict[str, pd.DataFrame]) -> None:
    """Independent replay. Orders with a late-recorded step in the middle may tell less, so they are left out."""
    orders, events = tables["orders"], tables["events"]
    late = events[events["recorded_at"] - events["occurred_at"] > pd.Timedelta(minutes=3)]["order_id"]
    sample = orders[~orders["order_id"].isin(late)].iloc[::9].set_index("order_id")
    told = pd.DataFrame(replayed(events[events["order_id"].isin(sample.index)])).set_index("order_id")
    assert len(told) == len(sample) > 800
    told = told.loc[sample.index]
    for column in ("status", "unit_code", "closure_code", "parent_order_id", "replied_at", "closed_at"):
        pd.testing.assert_series_equal(
            sample[column].astype("str"), told[column].astype("str").replace({"None": None}), check_names=False
        )
    moved = told["due_at"].notna()
    assert moved.sum() > 20
    assert (sample.loc[moved, "due_at"] == pd.to_datetime(told.loc[moved, "due_at"])).all()


def test_every_step_of_a_life_occurs(tables: dict[str, pd.DataFrame]) -> None:
    seen = set(tables["events"]["event_type"])
    assert seen == set(STEPS) - {"close_again"}
    assert set(tables["orders"]["status"]) == {"open", "suspended", "closed"}
    assert set(tables["orders"]["closure_code"].dropna()) == {
        "solved", "explained", "duplicate", "not_responsible", "withdrawn",
    }  # fmt: skip


def test_a_reopened_order_is_open_again(tables: dict[str, pd.DataFrame]) -> None:
    events = tables["events"].sort_values("occurred_at")
    last = events[events["event_type"].isin(["close", "reopen"])].groupby("order_id").tail(1)
    reopened = last[last["event_type"] == "reopen"]["order_id"]
    orders = tables["orders"].set_index("order_id").loc[reopened]
    assert len(orders) > 10
    assert orders["closed_at"].isna().all() and orders["closure_code"].isna().all()
    assert (orders["status"] == "open").all()


def test_merged_orders_point_to_an_earlier_living_order(tables: dict[str, pd.DataFrame]) -> None:
    orders = tables["orders"].set_index("order_id")
    merged = orders[orders["parent_order_id"].notna()]
    parents = orders.loc[merged["parent_order_id"]]
    assert len(merged) > 80
    assert (merged["closure_code"] == "duplicate").all()
    assert parents["parent_order_id"].isna().all()
    assert (parents["created_at"].to_numpy() <= merged["created_at"].to_numpy()).all()
    assert (parents["category_code"].to_numpy() == merged["category_code"].to_numpy()).all()


def test_clean_orders_break_no_rule(tables: dict[str, pd.DataFrame]) -> None:
    orders, callbacks = tables["orders"], tables["callbacks"]
    geo = BIG.geography
    assert orders["order_id"].is_unique and tables["events"]["event_id"].is_unique
    assert callbacks["callback_id"].is_unique
    for column in ("replied_at", "closed_at", "due_at", "updated_at"):
        assert not (orders[column] < orders["created_at"]).any()
    assert set(orders["community_code"].dropna()) <= set(places_table(geo)["place_code"])
    assert set(orders["street_code"].dropna()) <= set(places_table(geo)["place_code"])
    assert set(orders["unit_code"]) <= set(units_table(geo)["unit_code"])
    assert set(orders["category_code"]) <= set(categories_table()["category_code"])
    both = orders.merge(callbacks, on="order_id")
    assert not (both["called_at"] < both["created_at"]).any()
    assert callbacks.groupby("order_id")["attempt_no"].max().max() >= 3
    assert callbacks.loc[~callbacks["is_valid"], "satisfaction"].isna().all()
    assert callbacks.loc[callbacks["is_valid"], ["contacted", "resolved"]].notna().all(axis=None)


def test_some_residents_call_again_and_again() -> None:
    lives = [order_lives(BIG.seed, BIG.scale, day, BIG.geography) for day in BIG.days(LAST)]
    again = pd.DataFrame(
        [row for some in lives for row in zip(some.person, some.category, some.community, strict=True)]
    ).value_counts()
    assert 0.03 < again[again > 1].sum() / again.sum() < 0.15


def test_personal_fields_look_real_and_reach_the_order_text(city: City) -> None:
    lives = order_lives(city.seed, city.scale, city.start, city.geography)
    as_of = end_of_day(LAST)
    orders = with_persons(order_frame(lives, city.geography, as_of), lives, city.geography, as_of)
    called = orders[orders["caller_phone"].notna()]
    assert called["caller_phone"].str.fullmatch(r"1\d{10}").all()
    assert all(phone in text for phone, text in zip(called["caller_phone"], called["content"], strict=True))
    assert all(name in text for name, text in zip(orders["caller_name"], orders["content"], strict=True))
    assert orders[["lon", "lat", "address"]].notna().all(axis=None)


def test_figures_are_those_of_the_brief() -> None:
    """Reply 99.46%, satisfaction 90.61%, grid closure at least 98%, 70% of personal cases near home."""
    cells, _ = truth(BIG, LAST)
    city_month = cells[
        (cells["unit_type"] == "city") & (cells["period_type"] == "month") & (cells["caliber"] == "full")
    ]
    sums = city_month.set_index(["kpi_id", "variant"])
    rate = (sums["numerator"] / sums["denominator"]).to_dict()
    assert rate["H05", "main"] == pytest.approx(0.9946, abs=0.003)
    assert rate["H09", "main"] == pytest.approx(0.9061, abs=0.012)
    assert 0.98 <= rate["G05", "main"] < 1
    assert 0.9 < rate["G06", "main"] < rate["G06", "deferred"] < rate["G05", "main"]
    assert rate["S02", "main"] == pytest.approx(0.70, abs=0.02)
    assert 0.92 < rate["H06", "main"] < rate["H05", "main"]
    assert 0.5 < rate["H11", "main"] < 0.9
    assert 0.95 < rate["S05", "main"] < 1 and 0.9 < rate["S06", "main"] < 1
    inbound, outbound = sums.loc[("H01", "inbound"), "numerator"], sums.loc[("H01", "outbound"), "numerator"]
    assert 0.43 < sums.loc[("H04", "main"), "numerator"] / (inbound + outbound) < 0.51
