"""Filling a real PostgreSQL: once, again, beside other people's tables, and when it cannot be reached."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from minhu import settings
from minhu.errors import MinhuError, PermanentError, TransientError, UsageError
from minhu.order_files import load_orders
from tests.order_files.conftest import FIXTURES, rows_of

MAP, FILE = FIXTURES / "smallville.toml", FIXTURES / "smallville.csv"
TABLES = (
    "places", "units", "categories", "work_orders", "order_claims", "load_findings", "load_rejects", "load_files", "calls",
    "order_events", "callbacks",
)  # fmt: skip


def _execute(uri: str, statement: bytes) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(statement)


def test_orders_places_units_claims_and_findings_are_in_the_schema(uri: str, tmp_path: Path) -> None:
    said: list[str] = []
    report = load_orders(MAP, [FILE], uri, tmp_path, said.append)
    assert (report.rows_read, report.orders, report.rejected, report.business_date) == (3, 3, 0, "2022-01-10")
    assert len(rows_of(uri, "work_orders")) == 3
    assert [row[:3] for row in rows_of(uri, "units")] == [("U1", "Roads", "department"), ("U2", "Water", "department")]
    with psycopg.connect(uri) as connection:
        orders = connection.execute(
            "select order_id, channel, demand_type, tier, status, closure_code, parent_order_id, assessment_scope, "
            "due_at::text, closed_at::text from hotline.work_orders order by order_id"
        ).fetchall()
        claims = connection.execute(
            "select order_id, claimed_on_time, role, claimed_at::text from hotline.order_claims order by order_id"
        ).fetchall()
        findings = connection.execute(
            "select rule_id, rows_seen, rows_failed, sample_keys from hotline.load_findings where rule_id = 'L1-ORD-030'"
        ).fetchall()
    due, closed = "2022-01-05 09:00:00", "2022-01-04 09:00:00"
    assert orders[0] == (
        "2022-1",
        "phone",
        "complaint",
        "immediate",
        "closed",
        None,
        None,
        "response_only",
        due,
        closed,
    )
    assert orders[1][4:7] == ("closed", "duplicate", "2022-1")
    assert orders[2][2] is None
    assert claims[1] == ("2022-2", False, "beside", "2022-01-05 11:00:00")
    assert findings == [("L1-ORD-030", 3, 1, "2022-3")]
    assert sum(report.findings.values()) == len(rows_of(uri, "load_findings"))
    assert any("L1-ORD-030" in line for line in said)
    assert "make nightly CITY=smallville" in str(report)


def test_personal_columns_of_the_schema_stay_empty(uri: str, tmp_path: Path) -> None:
    load_orders(MAP, [FILE], uri, tmp_path)
    with psycopg.connect(uri) as connection:
        filled = connection.execute(
            "select count(*), count(caller_name), count(caller_phone), count(address), count(lon), count(lat), "
            "count(content) from hotline.work_orders"
        ).fetchone()
    assert filled == (3, 0, 0, 0, 0, 0, 0)


def test_the_home_learns_what_city_it_holds(uri: str, tmp_path: Path) -> None:
    load_orders(MAP, [FILE], uri, tmp_path)
    profile = settings.read_profile(tmp_path, "smallville")
    assert (profile.code, profile.name, profile.kind) == ("smallville", "Smallville", "loaded")
    assert (profile.time_zone, profile.default_business_date) == ("America/New_York", "2022-01-10")
    assert profile.absent_inputs == dict.fromkeys(("callbacks", "calls", "grid", "stations"), "none")


def test_loading_the_same_files_again_leaves_the_same_rows(uri: str, tmp_path: Path) -> None:
    first = load_orders(MAP, [FILE], uri, tmp_path)
    rows = {table: rows_of(uri, table) for table in TABLES}
    profile = (tmp_path / "city.json").read_bytes()
    assert load_orders(MAP, [FILE], uri, tmp_path) == first
    assert {table: rows_of(uri, table) for table in TABLES} == rows
    assert (tmp_path / "city.json").read_bytes() == profile


def test_other_files_of_the_city_replace_what_was_loaded(uri: str, tmp_path: Path) -> None:
    load_orders(MAP, [FILE], uri, tmp_path)
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("\n".join(FILE.read_text(encoding="utf-8").splitlines()[:2]) + "\n", encoding="utf-8")
    assert load_orders(MAP, [shorter], uri, tmp_path).orders == 1
    assert len(rows_of(uri, "work_orders")) == 1


def test_rejected_rows_can_be_read_by_file_and_line(uri: str, tmp_path: Path) -> None:
    report = load_orders(FIXTURES / "flagtown.toml", [FIXTURES / "flagtown.csv"], uri, tmp_path)
    assert report.rejected == 1
    assert [row[1:5] for row in rows_of(uri, "load_rejects")] == [
        ("flagtown.csv", 6, "L1-ORD-005", "no time of creation that can be read"),
    ]
    assert rows_of(uri, "load_files") == [("flagtown.csv", 5, 0, 1)]


def test_an_empty_schema_of_someone_else_is_filled(uri: str, tmp_path: Path) -> None:
    _execute(uri, resources.files("minhu").joinpath("extract", "hotline", "hotline.sql").read_bytes())
    assert load_orders(MAP, [FILE], uri, tmp_path).orders == 3


def test_a_schema_with_rows_that_this_command_did_not_load_is_left_alone(uri: str, tmp_path: Path) -> None:
    _execute(uri, resources.files("minhu").joinpath("extract", "hotline", "hotline.sql").read_bytes())
    _execute(uri, b"insert into hotline.units values ('X', 'someone', 'company')")
    with pytest.raises(
        PermanentError, match=r"not filled by this command and has rows in units .* nothing was changed"
    ):
        load_orders(MAP, [FILE], uri, tmp_path)
    assert [row[0] for row in rows_of(uri, "units")] == ["X"]
    assert not (tmp_path / "city.json").exists()


def test_a_schema_that_holds_another_city_is_left_alone(uri: str, tmp_path: Path) -> None:
    load_orders(MAP, [FILE], uri, tmp_path / "a")
    with pytest.raises(PermanentError, match="it holds another city"):
        load_orders(FIXTURES / "flagtown.toml", [FIXTURES / "flagtown.csv"], uri, tmp_path / "b")
    assert len(rows_of(uri, "work_orders")) == 3


def test_a_load_that_fails_halfway_changes_nothing(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from minhu.order_files import loading

    load_orders(MAP, [FILE], uri, tmp_path)
    before = {table: rows_of(uri, table) for table in TABLES}
    copy = loading._copy

    def broken(connection: object, name: str, *more: object) -> None:
        if name == "order_claims":
            raise TransientError("load", "the connection broke", "again")
        copy(connection, name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "_copy", broken)
    with pytest.raises(TransientError):
        load_orders(MAP, [FILE], uri, tmp_path)
    assert {table: rows_of(uri, table) for table in TABLES} == before


def test_the_home_of_another_city_is_left_alone(uri: str, tmp_path: Path) -> None:
    (tmp_path / "city.json").write_text(json.dumps({"code": "xian", "kind": "simulated"}), encoding="utf-8")
    with pytest.raises(UsageError, match="it is the home of xian, a simulated city"):
        load_orders(MAP, [FILE], uri, tmp_path)


def test_a_server_that_does_not_answer_is_an_error_without_the_connection_string(tmp_path: Path) -> None:
    uri = f"postgresql://someone:secret@/hotline?host={tmp_path}"
    with pytest.raises(MinhuError) as caught:
        load_orders(MAP, [FILE], uri, tmp_path / "home")
    assert isinstance(caught.value, TransientError)
    assert "secret" not in str(caught.value)
