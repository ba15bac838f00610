"""The hotline extract against a real PostgreSQL."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from minhu.errors import MinhuError, PermanentError, SourceBlocked, TransientError
from minhu.extract.hotline import extract as hotline
from minhu.extract.hotline.snapshot import connection_error
from minhu.landing.zone import Landing
from minhu.quality import validation
from minhu.settings import Settings
from minhu.standalone import postgres
from tests.fixtures.hotline_source import KEY, add_order, execute, fill_pictures, land, landed_ids
from tests.sources.everything import everything_in

D20, D21 = date(2026, 11, 20), date(2026, 11, 21)
PERSONAL = {
    "phone": "13891234567",
    "name": "张建国",
    "address": "碑林区友谊东路88号",
    "text": "王大妈家楼下路灯坏了三天没人管",
}


def test_the_first_night_reads_everything_before_its_end_in_utc(home: Settings, hotline_uri: str) -> None:
    add_order(hotline_uri, "old", "2019-01-01 00:00")
    add_order(hotline_uri, "last", "2026-11-20 23:59:59.999")
    add_order(hotline_uri, "next-day", "2026-11-21 00:00")
    attempt = land(home, hotline_uri)
    assert landed_ids(home, attempt) == ["last", "old"]
    rows = Landing(home.landing_dir).read_table("hotline", "work_orders", D20, attempt.number)
    assert rows["updated_at"].to_pylist()[1] == datetime(2018, 12, 31, 16, 0)
    manifest = Landing(home.landing_dir).manifest("hotline", "work_orders", D20, attempt.number)
    assert (manifest["row_count"], manifest["control_totals"]) == (2, {"rows": 2, "table_rows": 3})


def test_a_night_of_a_backfill_counts_its_window_and_not_the_whole_table(home: Settings, hotline_uri: str) -> None:
    add_order(hotline_uri, "last", "2026-11-20 23:59:59.999")
    add_order(hotline_uri, "next-day", "2026-11-21 00:00")
    attempt = land(dataclasses.replace(home, holds_against_source=False), hotline_uri)
    assert landed_ids(home, attempt) == ["last"]
    manifest = Landing(home.landing_dir).manifest("hotline", "work_orders", D20, attempt.number)
    assert manifest["control_totals"] == {"rows": 1}


def test_the_next_night_reads_what_changed_with_an_overlap_and_catches_up_missed_ones(
    home: Settings, hotline_uri: str
) -> None:
    add_order(hotline_uri, "before-overlap", "2026-11-17 23:59")
    add_order(hotline_uri, "in-overlap", "2026-11-18 00:00")
    landing = Landing(home.landing_dir)
    landing.accept(land(home, hotline_uri))
    add_order(hotline_uri, "new", "2026-11-22 10:00")
    assert landed_ids(home, land(home, hotline_uri, D21)) == ["in-overlap"]
    caught_up = land(home, hotline_uri, date(2026, 11, 25))
    assert landed_ids(home, caught_up) == ["in-overlap", "new"]
    assert caught_up.window.start == datetime(2026, 11, 17, 16, tzinfo=UTC)


def test_local_times_of_a_zone_with_summer_time_become_utc(home: Settings, hotline_uri: str) -> None:
    boston = dataclasses.replace(home, city=dataclasses.replace(home.city, time_zone="America/New_York"))
    add_order(hotline_uri, "summer", "2026-07-01 12:00")
    add_order(hotline_uri, "winter", "2026-11-20 12:00")
    attempt = land(boston, hotline_uri)
    rows = Landing(boston.landing_dir).read_table("hotline", "work_orders", D20, attempt.number)
    assert rows["created_at"].to_pylist() == [datetime(2026, 7, 1, 16), datetime(2026, 11, 20, 17)]


def test_times_with_an_offset_are_accepted_too(home: Settings, hotline_uri: str) -> None:
    execute(
        hotline_uri,
        "alter table hotline.work_orders alter column created_at type timestamptz using created_at at time zone 'Asia/Shanghai'",
    )
    add_order(hotline_uri, "o1", "2026-11-20 08:00", created_at="2026-11-20 08:00+08")
    rows = Landing(home.landing_dir).read_table("hotline", "work_orders", D20, land(home, hotline_uri).number)
    assert rows["created_at"].to_pylist() == [datetime(2026, 11, 20, 0, 0)]


def test_nothing_personal_is_written_logged_or_said(
    home: Settings, hotline_uri: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    add_order(
        hotline_uri, "o1", "2026-11-20 08:00", caller_phone=f"+86 {PERSONAL['phone']}", caller_name=PERSONAL["name"],
        address=PERSONAL["address"], lon=108.9512345, lat=34.2412345, content=PERSONAL["text"],
    )  # fmt: skip
    add_order(hotline_uri, "o2", "2026-11-20 09:00", caller_phone=PERSONAL["phone"])
    execute(
        hotline_uri,
        "insert into hotline.order_events values ('e1', 'o1', 'return', '2026-11-20', '2026-11-20', 'u1', 'u2', %s)",
        PERSONAL["text"],
    )
    execute(
        hotline_uri,
        "insert into hotline.calls values ('c1', 'inbound', %s, '2026-11-20', null, null, 'agent-007', '2026-11-20')",
        PERSONAL["phone"],
    )
    execute(
        hotline_uri,
        "insert into hotline.callbacks values "
        "('b1', 'o1', 1, '2026-11-20', 'asker-008', true, false, %s, true, true, null, '2026-11-20')",
        f"回电 {PERSONAL['phone']}",
    )
    attempt = land(home, hotline_uri)
    landing = Landing(home.landing_dir)
    orders = landing.read_table("hotline", "work_orders", D20, attempt.number).to_pylist()
    assert orders[0]["caller_key"] == orders[1]["caller_key"] and orders[0]["caller_key"].startswith(KEY.key_id)
    assert (orders[0]["location_cell"], orders[0]["content_length"]) == ("108.95_34.24", len(PERSONAL["text"]))
    assert [(f.rule_id, f.column_name) for f in attempt.findings] == [
        ("L1-HOT-020", "to_value"),
        ("L1-HOT-020", "invalid_reason"),
    ]
    assert landing.read_table("hotline", "order_events", D20, attempt.number)["to_value"].to_pylist() == [None]
    seen = everything_in(home.home) + caplog.text + repr(attempt.findings)
    assert "o1" in seen and "c1" in seen and "b1" in seen
    for secret in (*PERSONAL.values(), "agent-007", "asker-008", "108.9512345", "34.2412345"):
        assert secret not in seen


def test_a_second_run_lands_the_same_bytes_as_the_same_attempt_and_a_change_as_the_next(
    home: Settings, hotline_uri: str
) -> None:
    add_order(hotline_uri, "o1", "2026-11-20 08:00")
    landing = Landing(home.landing_dir)
    first = land(home, hotline_uri)
    landing.accept(first)
    part = next(home.landing_dir.glob("hotline/work_orders/dt=2026-11-20/*/part.parquet"))
    before = part.read_bytes()
    assert land(home, hotline_uri).number == first.number == 1
    assert part.read_bytes() == before
    execute(hotline_uri, "update hotline.work_orders set tier = 'tracked'")
    assert land(home, hotline_uri).number == 2
    assert part.read_bytes() == before, "an accepted attempt never changes"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "alter table hotline.work_orders rename column due_at to due_time",
            "column due_at, found none; the nearest is due_time",
        ),
        ("alter table hotline.work_orders alter column due_at type text", "expected timestamp"),
        ("drop table hotline.callbacks", r"hotline\.callbacks: the table does not exist"),
    ],
)
def test_a_changed_schema_is_refused_by_name(home: Settings, hotline_uri: str, change: str, says: str) -> None:
    execute(hotline_uri, change)
    with pytest.raises(SourceBlocked, match=says):
        land(home, hotline_uri)
    assert not list(home.landing_dir.rglob("*.parquet"))


def test_everything_that_differs_in_the_schema_is_said_at_once(home: Settings, hotline_uri: str) -> None:
    execute(hotline_uri, "alter table hotline.calls rename column ended_at to ended")
    execute(hotline_uri, "alter table hotline.callbacks alter column reached type text")
    execute(hotline_uri, "drop table hotline.units")
    with pytest.raises(SourceBlocked) as caught:
        land(home, hotline_uri)
    for says in (
        "nearest is ended",
        "hotline.callbacks.reached: expected boolean, found text",
        "hotline.units: the table",
    ):
        assert says in str(caught.value)


def test_the_window_holds_where_change_times_carry_an_offset(home: Settings, hotline_uri: str) -> None:
    execute(
        hotline_uri,
        "alter table hotline.work_orders alter column updated_at type timestamptz using updated_at at time zone 'Asia/Shanghai'",
    )
    execute(hotline_uri, "alter database hotline set timezone = 'America/New_York'")
    try:
        add_order(hotline_uri, "last", "2026-11-20 23:59+08", created_at="2026-11-20")
        add_order(hotline_uri, "next-day", "2026-11-21 00:00+08", created_at="2026-11-20")
        attempt = land(home, hotline_uri)
        assert landed_ids(home, attempt) == ["last"]
        Landing(home.landing_dir).accept(attempt)
        assert landed_ids(home, land(home, hotline_uri, D21)) == ["last", "next-day"]
    finally:
        execute(hotline_uri, "alter database hotline reset timezone")


def test_times_that_no_calendar_has_are_landed_for_the_record_rules(home: Settings, hotline_uri: str) -> None:
    add_order(hotline_uri, "open-end", "2026-11-20 08:00", due_at="infinity")
    add_order(hotline_uri, "year-12020", "2026-11-20 08:00", due_at="12020-01-01")
    execute(
        hotline_uri, "insert into hotline.units values ('u', 'U', 'street', null, null, '0044-03-15 BC', 'infinity')"
    )
    number = land(home, hotline_uri).number
    landing = Landing(home.landing_dir)
    orders = landing.read_table("hotline", "work_orders", D20, number).to_pylist()
    assert [(o["order_id"], o["due_at"] and o["due_at"].year) for o in orders] == [
        ("open-end", None),
        ("year-12020", 9999),
    ]
    (unit,) = landing.read_table("hotline", "units", D20, number).to_pylist()
    assert (unit["valid_from"], unit["valid_to"]) == (date.max, None)


def test_a_row_without_a_change_time_is_landed_and_reported_and_many_refuse_the_delivery(
    home: Settings, hotline_uri: str
) -> None:
    fill_pictures(hotline_uri)
    execute(hotline_uri, "alter table hotline.work_orders alter column updated_at drop not null")
    for number in range(9):
        add_order(hotline_uri, f"o{number}", "2026-11-20 08:00", assessment_scope="three_rate")
    execute(hotline_uri, "update hotline.work_orders set updated_at = null where order_id = 'o3'")
    landing = Landing(home.landing_dir)
    attempt = land(home, hotline_uri)
    assert len(landed_ids(home, attempt)) == 9
    assert [(f.rule_id, f.rows_failed, f.sample_keys) for f in attempt.findings] == [("L1-HOT-021", 1, "o3")]
    assert validation.arrive(home, landing, attempt).status == "accepted"
    execute(hotline_uri, "update hotline.work_orders set updated_at = null where order_id < 'o5'")
    arrival = validation.arrive(home, landing, land(home, hotline_uri, D21))
    assert arrival.status == "blocked" and "L1-HOT-107" in arrival.reason


def test_enumerations_numbers_and_decimals_of_a_real_database_are_read(home: Settings, hotline_uri: str) -> None:
    execute(hotline_uri, "create type hotline.way as enum ('phone', 'web')")
    for change in (
        "channel type hotline.way using channel::hotline.way",
        "lon type numeric(9,6)",
        "lat type numeric(9,6)",
        "caller_phone type bigint using caller_phone::bigint",
    ):
        execute(hotline_uri, f"alter table hotline.work_orders alter column {change}")
    add_order(hotline_uri, "o1", "2026-11-20", channel="web", lon=108.9512, lat=34.2412, caller_phone=13891234567)
    (order,) = (
        Landing(home.landing_dir).read_table("hotline", "work_orders", D20, land(home, hotline_uri).number).to_pylist()
    )
    assert (order["channel"], order["location_cell"]) == ("web", "108.95_34.24")
    assert order["caller_key"] == KEY.person("phone", PERSONAL["phone"])


def test_a_value_that_does_not_fit_its_type_refuses_the_delivery_without_repeating_it(
    home: Settings, hotline_uri: str
) -> None:
    execute(hotline_uri, "alter table hotline.places alter column resident_count type numeric")
    execute(hotline_uri, "insert into hotline.places values ('k', 'K', 'city', null, 12345.75, null, null, null)")
    with pytest.raises(SourceBlocked, match=r"hotline.places.resident_count: expected values that fit int64") as caught:
        land(home, hotline_uri)
    assert "12345" not in str(caught.value)


def test_a_table_that_a_city_need_not_have_lands_empty(home: Settings, hotline_uri: str) -> None:
    attempt = land(home, hotline_uri)
    manifest = Landing(home.landing_dir).manifest("hotline", "order_claims", D20, attempt.number)
    assert (manifest["row_count"], manifest["control_totals"]) == (0, {"rows": 0, "table_rows": 0})
    assert attempt.findings == ()


def test_what_order_files_left_behind_becomes_findings(home: Settings, hotline_uri: str) -> None:
    with psycopg.connect(hotline_uri) as connection:
        connection.execute(resources.files("minhu").joinpath("extract", "hotline", "hotline_claims.sql").read_bytes())
    execute(hotline_uri, "insert into hotline.order_claims values ('o1', true, null, 'beside', '2026-11-20 08:00')")
    execute(
        hotline_uri,
        "insert into hotline.load_findings values ('L1-ORD-003', 'warn', 'hotline.work_orders', 'status', 9, 2, 'o1 o2', 'said', "
        "'2026-10-01', '2026-10-31')",
    )
    attempt = land(home, hotline_uri)
    (found,) = attempt.findings
    assert (found.rule_id, found.source, found.rows_failed, found.message) == ("L1-ORD-003", "hotline", 2, "said")
    assert (found.period_from, found.period_to) == ("2026-10-01", "2026-10-31")
    claims = Landing(home.landing_dir).read_table("hotline", "order_claims", D20, attempt.number)
    assert claims["role"].to_pylist() == ["beside"]


def test_rows_missing_against_the_sources_own_count_refuse_the_delivery(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_order(hotline_uri, "o1", "2026-11-20 08:00")
    count = hotline._count
    monkeypatch.setattr(hotline, "_count", lambda *a: {name: n + 1 for name, n in count(*a).items()})
    with pytest.raises(SourceBlocked, match="expected 1 rows by the source's own count, read 0"):
        land(home, hotline_uri)


def test_one_snapshot_ignores_what_is_committed_while_it_reads(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_order(hotline_uri, "o1", "2026-11-20 08:00")
    read = hotline._read

    def read_while_others_write(*arguments: object) -> object:
        add_order(hotline_uri, f"late-{datetime.now(UTC).timestamp()}", "2026-11-20 09:00")
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(hotline, "_read", read_while_others_write)
    assert landed_ids(home, land(home, hotline_uri)) == ["o1"]


def test_a_server_that_is_down_is_worth_a_retry_and_its_password_is_not_repeated(
    home: Settings, tmp_path: Path
) -> None:
    with pytest.raises(TransientError, match="does not answer") as caught:
        land(home, f"postgresql://reader:hunter2@/hotline?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://reader:hunter2 x@localhost/hotline",
        "host=localhost pasword=hunter2",
        "postgresql://reader:hunter2@localhost/hotline?sslmode=maybe",
        "postgresql://reader:hunter2@localhost:99999/hotline",
    ],
)
def test_an_address_that_cannot_be_used_is_said_without_repeating_it(home: Settings, uri: str) -> None:
    with pytest.raises(PermanentError, match="correct the connection minhu_hotline") as caught:
        land(home, uri)
    assert "hunter2" not in str(caught.value) and caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('FATAL:  password authentication failed for user "r"', PermanentError),
        ('致命错误:  用户 "r" Password 认证失败', PermanentError),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "r", database "h", no encryption', PermanentError),
        ('FATAL:  role "r" does not exist', PermanentError),
        ('FATAL:  database "h" does not exist', PermanentError),
        ("server does not support SSL, but SSL was required", PermanentError),
        ('FATAL:  too many connections for role "r"', TransientError),
        ("FATAL:  the database system is starting up", TransientError),
        ("connection refused", TransientError),
    ],
)
def test_what_a_server_says_is_worth_a_retry_or_not(text: str, kind: type[MinhuError]) -> None:
    assert type(connection_error(psycopg.OperationalError(text), "hotline")) is kind


def test_a_connection_that_breaks_while_reading_is_worth_a_retry(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = hotline._read

    def cut_off(*arguments: object) -> object:
        execute(
            hotline_uri,
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'hotline' and pid <> pg_backend_pid()",
        )
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(hotline, "_read", cut_off)
    with pytest.raises(TransientError, match="the connection broke .AdminShutdown"):
        land(home, hotline_uri)
    assert not list(home.landing_dir.rglob("*.parquet"))
    monkeypatch.undo()
    assert land(home, hotline_uri).number == 1


@pytest.fixture
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server that asks for passwords."""
    folder = tmp_path_factory.mktemp("pw") / "data"
    postgres.start(folder)
    execute(postgres.superuser_uri(folder, "hotline"), "create role reader login password 'right'")
    execute(postgres.superuser_uri(folder, "hotline"), "grant connect on database hotline to reader")
    (folder / "pg_hba.conf").write_text("local all postgres peer map=minhu\nlocal all all scram-sha-256\n")
    execute(postgres.superuser_uri(folder, "hotline"), "select pg_reload_conf()")
    yield folder
    postgres.stop(folder)


def test_a_wrong_password_is_not_worth_a_retry(home: Settings, strict_server: Path) -> None:
    with pytest.raises(PermanentError, match="refused the user or password") as caught:
        land(home, f"postgresql://reader:wrong@/hotline?host={strict_server}")
    assert "wrong" not in str(caught.value)
    with pytest.raises(MinhuError, match="grant select|does not exist"):  # let in, but without rights
        land(home, f"postgresql://reader:right@/hotline?host={strict_server}")


def test_conflicting_versions_of_a_key_refuse_the_delivery_and_a_clean_one_is_accepted(
    home: Settings, hotline_uri: str
) -> None:
    fill_pictures(hotline_uri)
    add_order(hotline_uri, "o1", "2026-11-20 08:00", assessment_scope="three_rate")
    landing = Landing(home.landing_dir)
    assert validation.arrive(home, landing, land(home, hotline_uri)).status == "accepted"
    execute(hotline_uri, "alter table hotline.work_orders drop constraint work_orders_pkey")
    add_order(hotline_uri, "o1", "2026-11-20 08:00", assessment_scope="three_rate", tier="tracked")
    arrival = validation.arrive(home, landing, land(home, hotline_uri, D21))
    assert arrival.status == "blocked" and "L1-HOT-106" in arrival.reason
    assert [f.sample_keys for f in arrival.findings if f.rule_id == "L1-HOT-106"] == ["o1"]
