"""What a session of the hotline must not depend on, what its errors are worth, and its catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import pytest

from minhu.database import sessions
from minhu.errors import MinhuError, PermanentError, SourceBlocked, TransientError
from minhu.extract.hotline import extract as hotline
from minhu.extract.hotline.snapshot import reading_error
from minhu.landing.zone import Landing
from minhu.settings import PROJECT_ROOT, Settings
from minhu.standalone import postgres
from tests.fixtures.hotline_source import KEY, add_order, execute, fill_pictures, land, landed_ids
from tests.fixtures.landed import NIGHT
from tests.fixtures.waiting import until

ODD_SETTINGS = {
    "client_encoding": ["LATIN1", "GBK", "EUC_CN", "SQL_ASCII"],
    "datestyle": ["German, DMY", "SQL, MDY", "Postgres, DMY"],
    "intervalstyle": ["iso_8601", "sql_standard"],
    "extra_float_digits": ["-15", "0"],
    "timezone": ["America/New_York"],
    "standard_conforming_strings": ["off"],
    "default_transaction_isolation": ["serializable"],
    "lock_timeout": ["1"],
    "search_path": ["pg_temp"],
    "bytea_output": ["escape"],
    "transform_null_equals": ["on"],
    "array_nulls": ["off"],
    "quote_all_identifiers": ["on"],
    "statement_timeout": ["2000"],
}
#: Where a session may be given a setting.
PLACES = ("database", "role", "environment", "address")


def rows_of(settings: Settings, uri: str) -> dict[str, list[dict[str, Any]]]:
    number = land(settings, uri).number
    landing = Landing(settings.landing_dir)
    return {
        name: landing.read_table("hotline", name, NIGHT, number).to_pylist()
        for name in ("work_orders", "places", "units", "order_events")
    }


@pytest.fixture
def full_uri(hotline_uri: str) -> str:
    fill_pictures(hotline_uri)
    add_order(
        hotline_uri, "o1", "2026-11-03 08:05:06.789", lon=108.95999, lat=34.24999, content="路灯不亮",
        due_at="2026-12-01 00:00", closed_at="2026-11-04 09:00",
    )  # fmt: skip
    execute(
        hotline_uri,
        "insert into hotline.order_events values ('e1', 'o1', 'return', '2026-11-03', '2026-11-03', 'u1', 'u2', 'u3')",
    )
    execute(hotline_uri, "update hotline.units set valid_from = '2026-03-04', valid_to = 'infinity'")
    return hotline_uri


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        (name, value, PLACES[number % len(PLACES)])
        for number, (name, value) in enumerate(
            (name, value) for name, values in ODD_SETTINGS.items() for value in values
        )
    ],
)
def test_rows_are_the_same_whatever_a_session_is_given(
    home: Settings, full_uri: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str, where: str
) -> None:
    wanted = rows_of(home, full_uri)
    assert wanted["places"][0]["name"] == "西安市" and wanted["work_orders"][0]["location_cell"] == "108.95_34.24"
    uri, undo = full_uri, "select 1"
    if where == "database":
        execute(full_uri, f"alter database hotline set {name} = '{value}'")
        undo = f"alter database hotline reset {name}"
    elif where == "role":
        execute(full_uri, f"alter role current_user in database hotline set {name} = '{value}'")
        undo = f"alter role current_user in database hotline reset {name}"
    elif where == "environment":
        monkeypatch.setenv("PGOPTIONS", f"-c {name}={value}".replace(", ", ","))
    else:
        joined = "&" if "?" in full_uri else "?"
        uri = f"{full_uri}{joined}options=-c%20{name}%3D{value}".replace(", ", "%2C")
    try:
        assert rows_of(home, uri) == wanted
    finally:
        monkeypatch.delenv("PGOPTIONS", raising=False)
        execute(full_uri.replace("?", "?client_encoding=UTF8&", 1), undo)


@pytest.fixture
def ascii_uri(postgres_folder: Path) -> Iterator[str]:
    """A hotline whose database keeps bytes and does not know of what."""
    with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
        connection.execute(
            "create database bytes encoding 'SQL_ASCII' locale_provider libc locale 'C' template template0"
        )
    uri = postgres.superuser_uri(postgres_folder, "bytes")
    execute(uri, resources.files("minhu").joinpath("extract", "hotline", "hotline.sql").read_text(encoding="utf-8"))
    yield uri
    with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
        connection.execute("drop database bytes with (force)")


def test_a_database_that_does_not_know_its_encoding_is_named(home: Settings, ascii_uri: str) -> None:
    with pytest.raises(PermanentError, match="expected a database in UTF8, found SQL_ASCII") as caught:
        land(home, ascii_uri)
    assert "nothing says which characters its bytes are" in str(caught.value)


@pytest.mark.parametrize("encoding", ["LATIN1", "EUC_CN"])
def test_a_source_in_another_encoding_is_read(home: Settings, postgres_folder: Path, encoding: str) -> None:
    with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
        connection.execute(
            f"create database other encoding '{encoding}' locale_provider libc locale 'C' template template0"
        )
    uri = postgres.superuser_uri(postgres_folder, "other")
    name = "西安市" if encoding == "EUC_CN" else "Zürich"
    try:
        execute(uri, resources.files("minhu").joinpath("extract", "hotline", "hotline.sql").read_text(encoding="utf-8"))
        execute(uri, "insert into hotline.places (place_code, name, level) values ('1', %s, 'city')", name)
        assert rows_of(home, uri)["places"][0]["name"] == name
    finally:
        with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
            connection.execute("drop database other with (force)")


def test_every_session_is_opened_by_one_function() -> None:
    opened = []
    for path in sorted((PROJECT_ROOT / "include" / "minhu").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "psycopg.connect",
                "psycopg.Connection.connect",
            ):
                opened.append(path.relative_to(PROJECT_ROOT / "include" / "minhu").as_posix())
    # the simulator shares nothing with the pipeline, and the embedded server is the product's own
    assert [path for path in opened if path.split("/")[0] not in ("simulator", "standalone")] == [
        "database/sessions.py"
    ]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("25P03", TransientError), ("25P04", TransientError), ("57P05", TransientError), ("57014", TransientError),
        ("40P01", TransientError), ("40001", TransientError), ("53300", TransientError), ("55P03", TransientError),
        ("57P01", TransientError), ("08006", TransientError), ("58030", TransientError), ("22P05", PermanentError),
        ("53100", TransientError), ("57P02", TransientError), ("57P03", TransientError), ("08P01", TransientError),
        ("0A000", PermanentError), ("28P01", PermanentError), ("42P01", PermanentError),
        ("22021", PermanentError), ("42883", PermanentError), ("XX001", PermanentError), ("25006", PermanentError),
    ],
)  # fmt: skip
def test_errors_are_worth_a_retry_by_their_sqlstate(state: str, kind: type[MinhuError]) -> None:
    error = reading_error(psycopg.errors.lookup(state)(), "hotline")
    assert type(error) is kind and state in str(error)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("idle_in_transaction_session_timeout", "waited in a transaction"),
        ("transaction_timeout", "took too long .transaction_timeout."),
    ],
)
def test_a_time_out_at_the_source_is_worth_a_retry_and_said(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch, setting: str, says: str
) -> None:
    read = hotline._read

    def read_slowly(connection: Any, *more: Any) -> Any:
        with psycopg.connect(hotline_uri, autocommit=True) as other:
            pid = [connection.info.backend_pid]
            is_over = "select 1 from pg_stat_activity where pid = %s"
            until(lambda: other.execute(is_over, pid).fetchone() is None, "the end of the session")
        return read(connection, *more)

    monkeypatch.setitem(sessions.PINNED, setting, "50")  # as if the source's own limit were so short
    monkeypatch.setattr(hotline, "_read", read_slowly)
    with pytest.raises(TransientError, match=says):
        land(home, hotline_uri)


@pytest.mark.parametrize(
    "change",
    [
        "create materialized view hotline.work_orders as select * from hotline.all_orders",
        "create view hotline.work_orders as select * from hotline.all_orders",
        "create table hotline.work_orders partition of hotline.nothing default",
        "create table hotline.work_orders (like hotline.all_orders); alter table hotline.all_orders inherit hotline.work_orders",
    ],
)
def test_a_table_may_be_a_view_a_materialized_view_or_a_partition(home: Settings, full_uri: str, change: str) -> None:
    execute(full_uri, "alter table hotline.work_orders rename to all_orders")
    if "partition" in change:
        execute(full_uri, "create table hotline.nothing (like hotline.all_orders) partition by list (status)")
        execute(full_uri, change)
        execute(full_uri, "insert into hotline.work_orders select * from hotline.all_orders")
    else:
        execute(full_uri, change)
    assert landed_ids(home, land(home, full_uri)) == ["o1"]


def test_a_domain_of_a_domain_is_the_type_it_is_made_of(home: Settings, full_uri: str) -> None:
    for statement in (
        "create domain hotline.moment as timestamp",
        "create domain hotline.due as hotline.moment",
        "alter table hotline.work_orders alter column due_at type hotline.due",
    ):
        execute(full_uri, statement)
    (order,) = rows_of(home, full_uri)["work_orders"]
    assert order["due_at"] == datetime(2026, 11, 30, 16)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (['alter table hotline.work_orders rename column order_id to "ORDER_ID"'], 'found "ORDER_ID", which is written in capitals'),
        (['alter table hotline.calls rename to "CALLS"'], 'found "CALLS", which is written in capitals'),
        (["alter schema hotline rename to hotline_old"], "schema hotline does not exist, holds no table"),
        (['alter table hotline.calls rename to "Calls"'], 'found "Calls", which is written in capitals'),
        (['alter table hotline.work_orders rename column order_id to "order_id "'], "order_id.*found none; the nearest is order_id"),
        (["alter table hotline.calls rename to call"], "the table does not exist or may not be read; found none; the nearest is call"),
    ],
)  # fmt: skip
def test_names_in_capitals_and_a_missing_schema_are_said_so(
    home: Settings, hotline_uri: str, changes: list[str], says: str
) -> None:
    for change in changes:
        execute(hotline_uri, change)
    try:
        with pytest.raises(SourceBlocked, match=says):
            land(home, hotline_uri)
    finally:
        execute(hotline_uri, "create schema if not exists hotline")
        execute(hotline_uri, "drop schema if exists hotline_old cascade")


@pytest.mark.parametrize(
    "written", ["k1 ", " k1", "ｋ１", "k\u200e1", "\u202ak1\u202c", "k\u00ad1", "k1\ufeff", "k1\t"]
)
def test_one_code_is_one_place_however_it_is_written(home: Settings, hotline_uri: str, written: str) -> None:
    fill_pictures(hotline_uri)
    execute(
        hotline_uri, "insert into hotline.places (place_code, name, level) values (%s, '社区', 'community')", written
    )
    add_order(hotline_uri, "o1 ", "2026-11-20 08:00", community_code="k1")
    add_order(hotline_uri, "６１０１", "2026-11-20 08:00", community_code=written, unit_code="1.01E+11")
    rows = rows_of(home, hotline_uri)
    assert {row["order_id"]: row["community_code"] for row in rows["work_orders"]} == {"o1": "k1", "6101": "k1"}
    assert {row["place_code"] for row in rows["places"]} == {"610100", "k1"}
    assert [row["unit_code"] for row in rows["work_orders"]] == [None, None]


def test_names_stay_as_people_wrote_them(home: Settings, hotline_uri: str) -> None:
    execute(hotline_uri, "insert into hotline.places (place_code, name, level) values ('1', '西安市（本级）', 'city')")
    assert rows_of(home, hotline_uri)["places"][0]["name"] == "西安市（本级）"


@pytest.mark.parametrize(
    ("written", "is_same"),
    [
        ("013800138000", True), ("+86 138-0013-8000", True), ("8613800138000", True), ("+86013800138000", True),
        ("１３８００１３８０００", True), ("13800138000\u202c", True), ("1.38001E+10", None), ("1.38001E10", None), ("1.4E+10", None),
        ("", None), ("13800138001", False),
    ],
)  # fmt: skip
def test_one_caller_is_one_person_however_the_number_is_written(
    home: Settings, hotline_uri: str, written: str, is_same: bool | None
) -> None:
    add_order(hotline_uri, "o1", "2026-11-20 08:00", caller_phone="13800138000")
    add_order(hotline_uri, "o2", "2026-11-20 08:00", caller_phone=written)
    one, other = (row["caller_key"] for row in rows_of(home, hotline_uri)["work_orders"])
    assert one == KEY.person("phone", "13800138000")
    assert other is None if is_same is None else (one == other) is is_same


def test_control_marks_do_not_land(home: Settings, hotline_uri: str) -> None:
    fill_pictures(hotline_uri)
    for number in range(40):
        add_order(hotline_uri, f"o{number}", "2026-11-20 08:00")
    add_order(hotline_uri, "o\x01", "2026-11-20 08:00")
    add_order(hotline_uri, "ox", "2026-11-20 08:00", tier="immediate\x7f")
    attempt = land(home, hotline_uri)
    assert len(landed_ids(home, attempt)) == 41
    assert {f.column_name for f in attempt.findings if f.rule_id == "L1-TXT-001"} == {"order_id", "tier"}


def test_what_is_pinned_holds_in_every_kind_of_session(hotline_uri: str) -> None:
    names = ("DateStyle", "TimeZone", "client_encoding", "statement_timeout", "idle_in_transaction_session_timeout")
    shown = "select " + ", ".join(f"current_setting('{name}')" for name in names)
    odd = f"{hotline_uri}&options=-c%20datestyle%3DGerman%20-c%20statement_timeout%3D90000"
    for more in ({"autocommit": True}, {"purpose": "write"}, {"is_snapshot": True}):
        with sessions.connect(odd, "hotline", **more) as connection:
            assert connection.execute(shown).fetchone() == ("ISO, YMD", "UTC", "UTF8", "15min", "30min")
