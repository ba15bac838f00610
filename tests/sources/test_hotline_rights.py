"""A user with fewer rights than the owner: what is hidden is said, never missing quietly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from minhu.errors import PermanentError, SourceBlocked
from minhu.extract.hotline import extract as hotline
from minhu.landing.zone import Landing
from minhu.settings import Settings
from minhu.standalone import postgres
from tests.fixtures.hotline_source import KEY, add_order, execute, fill_pictures, land
from tests.fixtures.landed import NIGHT


@pytest.fixture
def reader_uri(postgres_folder: Path, hotline_uri: str) -> Iterator[str]:
    """The hotline as a user sees it who may only read."""
    add_order(hotline_uri, "o1", "2026-11-20 08:00", tier="immediate")
    add_order(hotline_uri, "o2", "2026-11-20 09:00", tier="tracked")
    fill_pictures(hotline_uri)
    superuser = postgres.superuser_uri(postgres_folder, "hotline")
    for statement in (
        "create role reader login",
        "grant connect on database hotline to reader",
        "grant usage on schema hotline to reader",
        "grant select on all tables in schema hotline to reader",
    ):
        execute(superuser, statement)
    yield hotline_uri.replace("//minhu_source@", "//reader@")
    for statement in ("drop owned by reader", "drop role reader"):
        execute(superuser, statement)


def landed(settings: Settings) -> list[str]:
    table = Landing(settings.landing_dir).read_table("hotline", "work_orders", NIGHT, 1)
    return list(table["order_id"].to_pylist())


def test_the_right_to_read_is_enough_and_no_other_is_used(home: Settings, reader_uri: str) -> None:
    land(home, reader_uri)
    assert landed(home) == ["o1", "o2"]


def test_a_policy_that_hides_rows_refuses_the_delivery(home: Settings, hotline_uri: str, reader_uri: str) -> None:
    execute(hotline_uri, "alter table hotline.work_orders enable row level security")
    execute(hotline_uri, "create policy few on hotline.work_orders for select using (tier = 'immediate')")
    with pytest.raises(PermanentError, match=r"row-level security policy for table \"work_orders\".*bypass the policy"):
        land(home, reader_uri)
    assert not list(home.landing_dir.rglob("*.parquet"))


def test_a_view_of_the_owner_may_stand_in_for_a_table_with_a_policy(
    home: Settings, hotline_uri: str, reader_uri: str
) -> None:
    for statement in (
        "alter table hotline.work_orders rename to all_orders",
        "alter table hotline.all_orders enable row level security",
        "create view hotline.work_orders as select * from hotline.all_orders where tier = 'immediate'",
        "grant select on hotline.work_orders to reader",
    ):
        execute(hotline_uri, statement)
    land(home, reader_uri)
    assert landed(home) == ["o1"]


def test_a_table_that_may_not_be_read_is_named(home: Settings, hotline_uri: str, reader_uri: str) -> None:
    execute(hotline_uri, "revoke select on hotline.callbacks from reader")
    with pytest.raises((SourceBlocked, PermanentError), match=r"callbacks.*grant select"):
        land(home, reader_uri)


def test_reading_changes_nothing_at_the_source(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the connection could write: the transaction is read-only."""
    add_order(hotline_uri, "o1", "2026-11-20 08:00")

    def writing(connection: psycopg.Connection[object], *_: object) -> None:
        connection.execute("delete from hotline.work_orders")

    monkeypatch.setattr(hotline, "_count", writing)
    with pytest.raises(PermanentError, match=r"ReadOnlySqlTransaction"):
        hotline.land(home, Landing(home.landing_dir), NIGHT, hotline_uri, KEY)
    with psycopg.connect(hotline_uri) as connection:
        assert connection.execute("select count(*) from hotline.work_orders").fetchone() == (1,)
