"""The real files of three cities: what they hold, what was found in them, and how fast. Figures stand in docs/cities."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import psycopg
import pytest

from minhu.order_files import load_orders, read_map
from minhu.order_files.orders import Loaded, make_orders
from minhu.order_files.reading import read_files
from tests.order_files.conftest import PROJECT, real_files

Counts = dict[tuple[str, str], int]


def _loaded(city: str, *names: str) -> Loaded:
    order_map = read_map(PROJECT / "maps" / f"{city}.toml")
    return make_orders(order_map, read_files(order_map, real_files(*names)))


def _counts(loaded: Loaded) -> Counts:
    return {(f.rule_id, f.column_name): f.rows_failed for f in loaded.findings if f.rule_id != "L1-ORD-033"}


@pytest.fixture(scope="module")
def pingshan() -> Loaded:
    return _loaded("pingshan", "pingshan/pingshan_dev_before_2018-11.csv")


@pytest.fixture(scope="module")
def baltimore() -> Loaded:
    return _loaded("baltimore311", "baltimore311/baltimore_dev_2014_2017.csv")


@pytest.fixture(scope="module")
def boston() -> Loaded:
    return _loaded("boston311", "boston311/boston311-100.csv")


def _closed_in_time(loaded: Loaded) -> tuple[int, int, int, int]:
    orders = loaded.tables["work_orders"]
    due, closed = orders["due_at"].notna(), orders["closed_at"].notna()
    return len(orders), int(due.sum()), int(closed.sum()), int((orders["closed_at"] <= orders["due_at"]).sum())


def test_pingshan_on_time_by_channel_comes_from_the_flags(pingshan: Loaded) -> None:
    claims = pingshan.tables["order_claims"].merge(pingshan.tables["work_orders"], on="order_id")
    known = claims[claims["claimed_on_time"].notna()]
    rates = {channel: (int(group["claimed_on_time"].sum()), len(group)) for channel, group in known.groupby("channel")}
    assert rates == {
        "hotline_12345": (1129, 1233), "hotline_12319": (965, 1072), "at_pingshan": (2502, 2722),
        "beautiful_shenzhen": (1051, 1253), "government_mailbox": (292, 344), "landline": (297, 326),
    }  # fmt: skip
    assert set(claims["role"]) == {"definition"}


def test_pingshan_findings(pingshan: Loaded) -> None:
    assert _counts(pingshan) == {
        ("L1-ORD-003", "order_id"): 64, ("L1-ORD-011", "unit_code"): 228, ("L1-ORD-012", "category_code"): 6,
        ("L1-ORD-016", "demand_type"): 17, ("L1-ORD-019", "district_code"): 6, ("L1-ORD-019", "street_code"): 7,
        ("L1-ORD-019", "community_code"): 7, ("L1-ORD-020", "unit_code"): 14, ("L1-ORD-021", "claimed_on_time"): 2,
        ("L1-ORD-030", "demand_type"): 11, ("L1-ORD-031", "street_code"): 1, ("L1-ORD-031", "community_code"): 1,
        ("L1-ORD-036", ""): 4, ("L1-ORD-037", "community_code"): 6,
    }  # fmt: skip
    pairs = {f.message.split(" ")[0]: f.rows_failed for f in pingshan.findings if f.rule_id == "L1-ORD-033"}
    assert pairs == {"EVENT_SRC_ID": 3, "EVENT_PROPERTY_ID": 6}
    (units,) = (f for f in pingshan.findings if f.rule_id == "L1-ORD-011")
    assert "144 names for 114 ids" in units.message


def test_pingshan_places_and_date(pingshan: Loaded) -> None:
    levels = pingshan.tables["places"]["level"].value_counts().to_dict()
    assert levels == {"city": 1, "district": 1, "street": 6, "community": 24}  # 23 communities and the unknown place
    assert pingshan.business_date == "2018-10-31"


def test_baltimore_on_time_by_the_contract(baltimore: Loaded) -> None:
    assert _closed_in_time(baltimore) == (7545, 7337, 7456, 6079)
    orders = baltimore.tables["work_orders"]
    assert int((orders["due_at"].notna() & orders["closed_at"].notna()).sum()) == 7278
    assert baltimore.business_date == "2019-02-11"
    assert baltimore.tables["order_claims"].empty


def test_baltimore_findings(baltimore: Loaded) -> None:
    assert _counts(baltimore) == {
        ("L1-ORD-010", "due_at"): 208, ("L1-ORD-014", "status"): 89, ("L1-ORD-015", "created_at"): 1238,
        ("L1-ORD-015", "due_at"): 1218, ("L1-ORD-015", "closed_at"): 1408, ("L1-ORD-017", "closure_code"): 159,
        ("L1-ORD-019", "district_code"): 583, ("L1-ORD-019", "community_code"): 583, ("L1-ORD-026", "due_at"): 2,
        ("L1-ORD-029", "status_at"): 318, ("L1-ORD-032", "community_code"): 117, ("L1-ORD-036", ""): 15,
        ("L1-ORD-037", "community_code"): 583, ("L1-ORD-039", "due_at"): 168, ("L1-ORD-040", "closed_at"): 1670,
    }  # fmt: skip


def test_boston_by_the_contract_and_by_its_own_column(boston: Loaded) -> None:
    assert _closed_in_time(boston) == (100, 89, 85, 72)
    claims = boston.tables["order_claims"]
    assert claims["claimed_on_time"].value_counts().to_dict() == {True: 83, False: 17}
    assert set(claims["role"]) == {"beside"}
    assert boston.business_date == "2022-05-20"


def test_boston_findings(boston: Loaded) -> None:
    assert _counts(boston) == {
        ("L1-ORD-010", "due_at"): 11, ("L1-ORD-017", "closure_code"): 5, ("L1-ORD-019", "district_code"): 1,
        ("L1-ORD-022", "claimed_on_time"): 11, ("L1-ORD-036", ""): 17, ("L1-ORD-037", "community_code"): 1,
        ("L1-ORD-042", "due_at"): 1,
    }  # fmt: skip


def test_boston_three_overlapping_files_are_one_hundred_orders(boston: Loaded) -> None:
    names = ("boston311-100.csv", "boston311-100-20dupes-random.csv", "boston311-100-with-nonascii.csv")
    three = _loaded("boston311", *(f"boston311/{name}" for name in names))
    counts = _counts(three)
    assert counts[("L1-ORD-001", "order_id")] == 198
    assert counts[("L1-ORD-002", "order_id")] == 1
    assert counts[("L1-ORD-024", "order_id")] == 1
    assert counts[("L1-ORD-004", "")] == 2
    pd.testing.assert_frame_equal(
        three.tables["work_orders"].reset_index(drop=True), boston.tables["work_orders"].reset_index(drop=True)
    )


def test_boston_twenty_repeated_rows_of_one_file_count_once() -> None:
    loaded = _loaded("boston311", "boston311/boston311-100-20dupes-random.csv")
    assert (len(loaded.tables["work_orders"]), _counts(loaded)[("L1-ORD-001", "order_id")]) == (80, 20)


def test_pingshan_loads_every_order_of_its_file(uri: str, tmp_path: Path) -> None:
    files = real_files("pingshan/pingshan_dev_before_2018-11.csv")
    report = load_orders(PROJECT / "maps" / "pingshan.toml", files, uri, tmp_path)
    with psycopg.connect(uri) as connection:
        assert connection.execute("select count(*) from hotline.work_orders").fetchone() == (report.orders,) == (6952,)
