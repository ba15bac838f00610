"""The known truth against counts made by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from minhu.simulator.city.city import City
from minhu.simulator.truth.truth import COLUMNS, KEY, grid_truth, hotline_truth, station_truth, write_truth
from tests.fixtures.truth import AS_OF, values

#: Calls have no place, dispatching has no district, the list of items is one for the city.
CITY_ONLY = {"H01", "H02", "H03", "H13", "S01", "R02", "E01", "E03"}
#: Estimates (the truth has them for the periods of the contract) and T03, which has weeks.
OF_SOME_PERIODS = {"E02", "Q01", "Q02", "X02", "T03"}


def order(order_id: str, **fields: str | None) -> dict[str, str | None]:
    usual: dict[str, str | None] = {
        "order_id": order_id, "created_at": "2026-11-18 09:00", "channel": "phone", "assessment_scope": "three_rate",
        "street_code": "610104001", "parent_order_id": None, "due_at": "2026-11-19 09:00", "replied_at": None,
        "closed_at": None, "closure_code": None,
    }  # fmt: skip
    return usual | fields


def callback(order_id: str, attempt: int, called_at: str, **fields: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "order_id": order_id, "attempt_no": attempt, "called_at": called_at, "is_valid": True, "contacted": True,
        "resolved": True, "satisfaction": "satisfied",
    }  # fmt: skip
    return usual | fields


@pytest.fixture
def hotline() -> list[pd.DataFrame]:
    orders = pd.DataFrame(
        [
            order("in_time", replied_at="2026-11-18 12:00", closed_at="2026-11-19 09:00", closure_code="solved"),
            order("late", replied_at="2026-11-19 10:00", closed_at="2026-11-19 09:01", closure_code="solved"),
            order("overdue_open"),
            order("due_later", due_at="2026-11-21 00:00"),
            order("merged", parent_order_id="in_time", closed_at="2026-11-18 10:00", closure_code="duplicate"),
            order("withdrawn", closed_at="2026-11-18 10:00", closure_code="withdrawn"),
            order("excluded", assessment_scope="excluded", street_code="610113001"),
            order("answered", assessment_scope="response_only", channel="transfer", street_code=None,
                  replied_at="2026-11-18 09:05", closed_at="2026-11-18 09:05", closure_code="explained"),
        ]
    )  # fmt: skip
    for column in ("created_at", "due_at", "replied_at", "closed_at"):
        orders[column] = pd.to_datetime(orders[column], format="ISO8601")
    calls_back = pd.DataFrame(
        [
            callback("in_time", 1, "2026-11-19 10:00", satisfaction="dissatisfied", resolved=False),
            callback("in_time", 2, "2026-11-20 10:00", satisfaction="basically_satisfied"),
            callback("in_time", 3, "2026-11-20 11:00", is_valid=False, satisfaction=None),
            callback("merged", 1, "2026-11-20 10:00", satisfaction="very_dissatisfied", resolved=False),
            callback("answered", 1, "2026-11-20 10:00", contacted=False, satisfaction=None),
            callback("late", 1, "2026-11-20 10:00", is_valid=False),
        ]
    )
    calls_back["called_at"] = pd.to_datetime(calls_back["called_at"], format="ISO8601")
    calls = pd.DataFrame(
        {
            "direction": ["inbound", "inbound", "outbound"],
            "offered_at": pd.to_datetime(["2026-11-18 23:59:59", None, None], format="ISO8601"),
            "answered_at": pd.to_datetime(["2026-11-19 00:00:05", None, "2026-11-19 08:00"], format="ISO8601"),
            "ended_at": pd.to_datetime(["2026-11-19 00:03", "2026-11-18 10:00", "2026-11-19 08:01"], format="ISO8601"),
        }
    )
    return list(hotline_truth(orders, calls_back, calls, AS_OF))


def test_due_orders_by_hand(hotline: list[pd.DataFrame]) -> None:
    """Merged, withdrawn and not yet due ones leave; open overdue ones stay."""
    found = values(hotline, unit_type="city", period_type="day", period_start="2026-11-19", caliber="full")
    assert found["H05", "main"] == (3, 5)
    assert found["H06", "main"] == (2, 5)
    found = values(hotline, unit_type="city", period_type="day", period_start="2026-11-19", caliber="assessed")
    assert found["H05", "main"] == (3, 4)
    assert found["H06", "main"] == (2, 4)


def test_call_backs_by_hand(hotline: list[pd.DataFrame]) -> None:
    """The last valid call back counts, the merged caller stays, scopes matter for resolution and satisfaction."""
    full = values(hotline, unit_type="city", period_type="day", period_start="2026-11-20", caliber="full")
    assert full["H07", "main"] == (2, 3)
    assert full["H08", "main"] == (2, 3)
    assert full["H09", "main"] == (pytest.approx(0.9), 3)
    assessed = values(hotline, unit_type="city", period_type="day", period_start="2026-11-20", caliber="assessed")
    assert assessed["H07", "main"] == (2, 3)
    assert assessed["H08", "main"] == (1, 2)
    assert assessed["H09", "main"] == (pytest.approx(0.9), 2)
    assert ("H07", "main") not in values(hotline, period_type="day", period_start="2026-11-19")


def test_coverage_volume_and_calls_by_hand(hotline: list[pd.DataFrame]) -> None:
    month = values(hotline, unit_type="city", period_type="month", caliber="full")
    assert month["H11", "main"] == (1, 2)
    assert month["H04", "main"] == (8, None)
    first = values(hotline, unit_type="city", period_type="day", period_start="2026-11-18", caliber="full")
    second = values(hotline, unit_type="city", period_type="day", period_start="2026-11-19", caliber="full")
    assert first["H01", "inbound"] == (2, None)
    assert ("H01", "outbound") not in first and second["H01", "outbound"] == (1, None)


def test_units_and_assessment_month_by_hand(hotline: list[pd.DataFrame]) -> None:
    """An order without a place counts in the city only; the assessment month turns on the 19th."""
    lianhu = values(hotline, unit_code="610104", period_type="month", caliber="full")
    yanta = values(hotline, unit_code="610113", period_type="month", caliber="full")
    assert (lianhu["H04", "main"], yanta["H04", "main"]) == ((6, None), (1, None))
    earlier = values(
        hotline, unit_type="city", period_type="assessment_month", period_start="2026-10-19", caliber="full"
    )
    later = values(hotline, unit_type="city", period_type="assessment_month", period_start="2026-11-19", caliber="full")
    assert earlier["H04", "main"] == (8, None) and ("H05", "main") not in earlier
    assert later["H05", "main"] == (3, 5)


def test_grid_events_by_hand() -> None:
    row = {
        "grid_code": "610104001001001", "category_code": "K008", "photo_hash": "a", "reported_at": "2026-11-18 09:00",
        "due_at": "2026-11-19 09:00", "closed_at": "2026-11-19 08:00", "deferred_until": None, "status": "closed",
        "verified_at": "2026-11-18 20:00", "verified_passed": True, "verified_again_at": None, "self_handled": False,
    }  # fmt: skip
    events = pd.DataFrame(
        [
            row,
            row | {"reported_at": "2026-11-18 10:00"},  # the same picture again
            row | {"reported_at": "2026-11-17 10:00"},  # the same picture the day before counts
            row | {"photo_hash": "b", "verified_at": None, "closed_at": None, "status": "handling"},
            row | {"photo_hash": "c", "closed_at": "2026-11-19 20:00", "deferred_until": "2026-11-20 09:00"},
            row | {"photo_hash": "d", "status": "void", "closed_at": None, "verified_at": None},
            row | {"photo_hash": "e", "due_at": "2026-11-21 00:00"},
        ]
    )
    events["event_id"] = [f"e{number}" for number in range(len(events))]
    for column in ("reported_at", "due_at", "closed_at", "deferred_until", "verified_at", "verified_again_at"):
        events[column] = pd.to_datetime(events[column], format="ISO8601")
    month = values(grid_truth(events, AS_OF), unit_type="city", period_type="month", caliber="assessed")
    assert month["G04", "raw"] == (7, None)
    assert month["G04", "clustered_verified"] == (4, None)
    assert month["G05", "main"] == (4, 5)
    assert month["G06", "main"] == (3, 5)
    assert month["G06", "deferred"] == (4, 5)
    day = values(
        grid_truth(events, AS_OF), unit_type="city", period_type="day", period_start="2026-11-20", caliber="full"
    )
    assert day["G06", "deferred"] == (1, 1) and ("G06", "main") not in day


def test_rework_and_self_closing_by_hand() -> None:
    row = {
        "grid_code": "610104001001001", "category_code": "K008", "photo_hash": "a", "reported_at": "2026-11-18 09:00",
        "due_at": "2026-12-19 09:00", "closed_at": "2026-11-18 09:10", "deferred_until": None, "status": "closed",
        "verified_at": None, "verified_passed": True, "verified_again_at": None, "self_handled": True,
    }  # fmt: skip
    failed = {"verified_at": "2026-10-31 09:00", "verified_passed": False, "verified_again_at": "2026-11-01 09:00"}
    events = pd.DataFrame(
        [
            row,
            row | {"closed_at": "2026-11-18 09:11"},
            row | {"verified_at": "2026-11-18 09:05"},
            row | {"self_handled": False},
            row | failed,
        ]
    )
    events["event_id"] = [f"e{number}" for number in range(len(events))]
    for column in ("reported_at", "due_at", "closed_at", "deferred_until", "verified_at", "verified_again_at"):
        events[column] = pd.to_datetime(events[column], format="ISO8601")
    frames = list(grid_truth(events, AS_OF))
    month = values(frames, unit_type="city", period_type="month", period_start="2026-11-01", caliber="full")
    assert month["G08", "main"] == (1, 5)
    assert month["G07", "main"] == (0, 2), "visited in November, but it failed in October"
    quarter = values(frames, unit_type="city", period_type="quarter", caliber="full")
    assert quarter["G07", "main"] == (1, 2), "two visits of one event count once"


def test_stations_by_hand() -> None:
    row = {
        "district_code": "610104",
        "事项编码": "SX0001",
        "办理层级": "社区",
        "办结时间": "2026-11-18 10:00",
        "评价": "满意",
        "是否代办": "否",
        "站点编码": "ZD0001",
    }
    cases = pd.DataFrame(
        [
            row,
            row | {"办理层级": "区县", "评价": "不满意"},
            row | {"事项编码": "SX0008", "评价": None},  # not a personal item
            row | {"办结时间": None},
            row | {"办理层级": "自助", "评价": "基本满意", "是否代办": "是"},
            row | {"办理层级": "市", "评价": None, "是否代办": "是"},  # brought to a point near home
            row | {"办理层级": "市", "评价": None, "是否代办": "是", "站点编码": None},  # at no point anybody named
        ]
    )
    cases["办结时间"] = pd.to_datetime(cases["办结时间"], format="ISO8601")
    terminals = pd.DataFrame(
        {
            "district_code": ["610104", "610104"],
            "day": pd.to_datetime(["2026-11-18", "2026-11-18"], format="ISO8601"),
            "计划服务分钟": [480, 690],
            "可用分钟": [480, 345],
            "办件数": [4, 5],
        }
    )
    found = values(station_truth(cases, terminals), unit_type="district", period_type="day", caliber="full")
    assert found["S02", "main"] == (3, 5)
    assert found["S05", "main"] == (825, 1170)
    assert found["S05", "cases_per_device_day"] == (9, 2)
    assert found["S06", "main"] == (2, 3)
    assert found["S06", "coverage"] == (3, 6)
    assert found["S04", "main"] == (3, None)


def test_written_truth_is_complete_and_the_same_each_time(city: City, tmp_path: Path) -> None:
    write_truth(tmp_path / "a", city, date(2026, 11, 20))
    write_truth(tmp_path / "b", city, date(2026, 11, 20))
    for name in ("kpi_truth.parquet", "dirt.json", "about.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    cells = pd.read_parquet(tmp_path / "a" / "kpi_truth.parquet")
    assert list(cells.columns) == COLUMNS
    assert not cells.duplicated(KEY).any()
    numbers = {"H": 13, "G": 8, "S": 6, "R": 4, "B": 4, "V": 2, "P": 4, "E": 3, "L": 2, "T": 4, "W": 3, "Q": 3}
    wanted = {f"{group}{n:02d}" for group, last in numbers.items() for n in range(1, last + 1)} - {"H10"}
    wanted |= {"X02"}  # X01 looks back over a week, X03 over thirty days that this city has not got
    assert set(cells["kpi_id"]) == wanted
    wanted -= OF_SOME_PERIODS
    for period_type in ("day", "week", "month", "assessment_month", "quarter", "half_year", "year"):
        for caliber in ("full", "assessed"):
            some = cells[(cells["period_type"] == period_type) & (cells["caliber"] == caliber)]
            some = some[~some["kpi_id"].isin(OF_SOME_PERIODS)]
            assert set(some[some["unit_type"] == "city"]["kpi_id"]) == wanted
            assert set(some[some["unit_type"] == "district"]["kpi_id"]) == wanted - CITY_ONLY
    counts = cells["kpi_id"].isin(["H01", "H04", "G04", "S04", "P02"])
    assert cells.loc[counts, "denominator"].isna().all() and cells.loc[~counts, "denominator"].gt(0).all()
    estimated = cells["kpi_id"].isin(["E02", "L03", "Q01", "Q02", "X02"]) | (cells["variant"] == "grade_entropy")
    assert cells.loc[~estimated, "value"].isna().all() and cells.loc[~estimated, "numerator"].notna().all()
    assert cells.loc[estimated & (cells["kpi_id"] != "L03"), "value"].notna().all()
