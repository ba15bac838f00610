"""The hotline in a real PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from minhu.errors import PermanentError, TransientError
from minhu.simulator.city.city import City
from minhu.simulator.hotline.hotline_db import fill_hotline
from tests.simulator.conftest import LAST

TABLES = ("places", "units", "categories", "calls", "work_orders", "order_events", "callbacks")


def content(uri: str) -> dict[str, list[tuple[Any, ...]]]:
    with psycopg.connect(uri) as connection:
        return {
            table: connection.execute(
                sql.SQL("select * from {} order by 1").format(sql.Identifier("hotline", table))
            ).fetchall()
            for table in TABLES
        }


def test_going_forward_going_back_and_starting_afresh_show_the_same(hotline: str, city: City) -> None:
    first = fill_hotline(hotline, city, LAST)
    day_one = content(hotline)
    assert first == sum(map(len, day_one.values())) and all(day_one.values())
    assert fill_hotline(hotline, city, LAST) == 0
    forward = fill_hotline(hotline, city, LAST + timedelta(days=2))
    day_three = content(hotline)
    assert 0 < forward < first
    fill_hotline(hotline, city, LAST)
    assert content(hotline) == day_one
    with psycopg.connect(hotline, autocommit=True) as connection:
        connection.execute("drop schema hotline cascade")
    fill_hotline(hotline, city, LAST + timedelta(days=2))
    assert content(hotline) == day_three


def test_times_are_local_and_change_times_are_never_null(hotline: str, city: City) -> None:
    fill_hotline(hotline, city, LAST)
    with psycopg.connect(hotline) as connection:
        row = connection.execute(
            "select max(updated_at) < '2026-11-21', max(updated_at) > '2026-11-20 20:00',"
            " count(*) filter (where caller_phone ~ '^1[0-9]{10}$') > 500 from hotline.work_orders"
        ).fetchone()
    assert row == (True, True, True)


def test_a_schema_that_is_not_marked_is_never_touched(hotline: str, city: City) -> None:
    with psycopg.connect(hotline, autocommit=True) as connection:
        connection.execute("create schema hotline")
        connection.execute("create table hotline.work_orders (order_id text)")
        connection.execute("insert into hotline.work_orders values ('real')")
        for comment in (None, "our hotline", '{"simulated": false}', "[1]"):
            statement = sql.SQL("comment on schema hotline is {}").format(sql.Literal(comment))
            connection.execute(statement)
            with pytest.raises(PermanentError, match="may be a real one"):
                fill_hotline(hotline, city, LAST)
        assert connection.execute("select order_id from hotline.work_orders").fetchall() == [("real",)]


def test_a_reader_sees_the_old_state_until_its_transaction_ends(hotline: str, city: City) -> None:
    fill_hotline(hotline, city, LAST)
    count = "select count(*) from hotline.work_orders"
    with psycopg.connect(hotline) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        before = reader.execute(count).fetchone()
        fill_hotline(hotline, City(99, 0.01, date(2026, 11, 20)), LAST)
        assert reader.execute(count).fetchone() == before
        assert reader.execute("select count(*) > 3000 from hotline.order_events").fetchone() == (True,)
        reader.rollback()
        assert reader.execute(count).fetchone() != before


def test_a_failure_half_way_leaves_the_old_state(hotline: str, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_hotline(hotline, city, LAST)
    before = content(hotline)
    monkeypatch.setattr("minhu.simulator.hotline.hotline_db.hotline_day", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fill_hotline(hotline, City(8, 0.02, city.start), LAST)
    assert content(hotline) == before


def test_a_server_that_is_down_is_worth_another_try(tmp_path: Path, city: City) -> None:
    with pytest.raises(TransientError, match="cannot be reached"):
        fill_hotline(f"host={tmp_path} dbname=hotline password=geheim", city, LAST)
