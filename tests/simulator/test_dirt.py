"""Broken records are there, say what they should, and stay out of the truth."""

from __future__ import annotations

import pandas as pd
import pytest

from minhu.landing.contracts.stations import HANDLING_LEVELS, REVIEWS
from minhu.simulator.city.city import City, cases_day, grid_day, hotline_day
from minhu.simulator.city.dirt import CASE_KINDS, EVENT_KINDS, ORDER_KINDS
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.truth.truth import truth
from tests.simulator.conftest import LAST

AS_OF = end_of_day(LAST)


@pytest.fixture(scope="module")
def known(city: City) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    return truth(city, LAST)


@pytest.fixture(scope="module")
def dirt(known: tuple[pd.DataFrame, dict[str, list[str]]]) -> dict[str, list[str]]:
    return known[1]


@pytest.fixture(scope="module")
def orders(city: City) -> pd.DataFrame:
    frames = [hotline_day(city, day, AS_OF)["work_orders"] for day in city.days(LAST)]
    return pd.concat(frames, ignore_index=True).set_index("order_id")


def test_every_kind_of_fault_occurs_and_is_listed(dirt: dict[str, list[str]]) -> None:
    assert set(dirt) == set(ORDER_KINDS) | set(EVENT_KINDS) | set(CASE_KINDS)
    assert all(dirt.values())
    keys = [key for some in dirt.values() for key in some]
    assert len(keys) == len(set(keys))


def test_each_broken_order_has_the_fault_it_is_listed_for(dirt: dict[str, list[str]], orders: pd.DataFrame) -> None:
    as_of = pd.Timestamp(AS_OF, unit="s")
    backwards = orders.loc[dirt["order_closed_before_created"]]
    assert (backwards["closed_at"] < backwards["created_at"]).all()
    assert (orders.loc[dirt["order_created_in_future"], "created_at"] > as_of + pd.Timedelta(days=600)).all()
    assert not orders.loc[dirt["order_unknown_status"], "status"].isin(["open", "suspended", "closed"]).any()
    assert (orders.loc[dirt["order_year_3020"], "created_at"].dt.year == 3020).all()
    strange = orders.loc[dirt["order_unknown_community"], "community_code"]
    assert (strange == "610199099999").all()


def test_orders_not_listed_are_clean(city: City, dirt: dict[str, list[str]], orders: pd.DataFrame) -> None:
    clean = orders.drop(index=[key for name in ORDER_KINDS for key in dirt[name]])
    assert len(clean) > 700
    assert clean["status"].isin(["open", "suspended", "closed"]).all()
    assert (clean["created_at"] < pd.Timestamp(AS_OF, unit="s")).all()
    assert not (clean["closed_at"] < clean["created_at"]).any()
    assert set(clean["community_code"].dropna()) <= set(city.geography.communities)


def test_broken_events_and_cases(city: City, dirt: dict[str, list[str]]) -> None:
    events = pd.concat([grid_day(city, day, AS_OF)[1]["event_closed_before_reported"] for day in city.days(LAST)])
    assert sorted(events["event_id"]) == dirt["event_closed_before_reported"]
    assert (events["closed_at"] < events["reported_at"]).all()
    cases = pd.concat([cases_day(city, day, AS_OF)[1]["case_finished_before_accepted"] for day in city.days(LAST)])
    assert sorted(cases["办件编号"]) == dirt["case_finished_before_accepted"]
    assert (cases["办结时间"] < cases["受理时间"]).all()


def test_clean_events_and_cases_break_no_rule(city: City) -> None:
    events = pd.concat([grid_day(city, day, AS_OF)[0] for day in city.days(LAST)])
    cases = pd.concat([cases_day(city, day, AS_OF)[0] for day in city.days(LAST)])
    for column in ("accepted_at", "registered_at", "handled_at", "closed_at", "verified_at"):
        assert not (events[column] < events["reported_at"]).any()
    assert events["event_id"].is_unique and cases["办件编号"].is_unique
    assert set(events["grid_code"]) <= set(city.geography.grid_codes)
    assert set(events["status"]) == {"reported", "registered", "handling", "closed", "void"}
    assert events["deferred_until"].notna().any() and events["self_handled"].any()
    assert not (cases["办结时间"] < cases["受理时间"]).any()
    assert set(cases["办理层级"]) == set(HANDLING_LEVELS) and set(cases["评价"].dropna()) == set(REVIEWS)


def test_the_number_of_orders_in_the_truth_leaves_the_broken_ones_out(
    known: tuple[pd.DataFrame, dict[str, list[str]]], orders: pd.DataFrame
) -> None:
    cells, dirt = known
    month = cells[(cells["kpi_id"] == "H04") & (cells["unit_type"] == "city") & (cells["period_type"] == "month")]
    broken = sum(len(dirt[name]) for name in ORDER_KINDS)
    assert month.loc[month["caliber"] == "full", "numerator"].tolist() == [len(orders) - broken]
