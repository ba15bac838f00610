"""What no window of change times brings is noticed: rows that are gone, ahead of the clock, never brought, changed unseen."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from minhu.extract.hotline import completeness
from minhu.findings import Finding
from minhu.landing.zone import Arrival, Landing
from minhu.quality import validation
from minhu.settings import Settings
from tests.fixtures.hotline_source import add_order, execute, fill_pictures, land

#: Nights that any clock has behind it.
NIGHT, NEXT, AFTER = date(2024, 11, 20), date(2024, 11, 28), date(2024, 11, 29)


def fill(uri: str, orders: int = 50) -> None:
    fill_pictures(uri)
    for number in range(orders):
        add_order(uri, f"o{number:02d}", "2024-11-10 08:00", assessment_scope="three_rate")


def arrive(settings: Settings, uri: str, day: date = NIGHT) -> tuple[Arrival, dict[str, Finding]]:
    """What came of a night, and its findings about completeness by rule; without the suites, which ask other things."""
    landing, attempt = Landing(settings.landing_dir), land(settings, uri, day)
    blocking = [f"{f.rule_id} {f.message}" for f in attempt.findings if f.severity == "block"]
    arrival = landing.block("hotline", day, "; ".join(blocking)) if blocking else landing.accept(attempt)
    rules = (completeness.AHEAD, completeness.GONE, completeness.NEVER, completeness.UNSEEN)
    return arrival, {f.rule_id: f for f in attempt.findings if f.rule_id in rules}


@pytest.mark.parametrize("moment", ["2206-11-20 08:00", "infinity", "9999-12-31 23:59", "now"])
@pytest.mark.parametrize("offset", [False, True])
def test_rows_whose_change_time_is_ahead_of_the_clock_are_counted_and_named(
    home: Settings, hotline_uri: str, moment: str, offset: bool
) -> None:
    if offset:
        execute(hotline_uri, "alter table hotline.work_orders alter column updated_at type timestamptz")
    fill(hotline_uri)
    ahead = "now() + interval '3 days'" if moment == "now" else f"'{moment}'"
    execute(hotline_uri, f"update hotline.work_orders set updated_at = {ahead} where order_id in ('o03', 'o04')")
    arrival, found = arrive(home, hotline_uri)
    assert arrival.status == "accepted" and list(found) == [completeness.AHEAD]
    finding = found[completeness.AHEAD]
    assert (finding.severity, finding.rows_seen, finding.rows_failed) == ("warn", 50, 2)
    assert (finding.table_name, finding.sample_keys) == ("hotline.work_orders", "o03 o04")
    execute(hotline_uri, f"update hotline.work_orders set updated_at = {ahead} where order_id < 'o20'")
    arrival, found = arrive(home, hotline_uri, NEXT)
    assert arrival.status == "blocked" and found[completeness.AHEAD].rows_failed == 20


def test_rows_that_changed_since_the_end_of_the_date_are_no_finding(home: Settings, hotline_uri: str) -> None:
    fill(hotline_uri)
    execute(hotline_uri, "update hotline.work_orders set updated_at = '2024-11-21 00:30' where order_id < 'o10'")
    arrive(home, hotline_uri)
    execute(hotline_uri, "update hotline.work_orders set updated_at = '2024-11-28 00:30' where order_id > 'o40'")
    add_order(hotline_uri, "new", "2024-11-29 00:30", assessment_scope="three_rate")
    assert arrive(home, hotline_uri, date(2024, 11, 27)) == (
        Landing(home.landing_dir).arrival("hotline", date(2024, 11, 27)),
        {},
    )


def test_rows_that_are_gone_are_named_every_night(home: Settings, hotline_uri: str) -> None:
    fill(hotline_uri)
    assert arrive(home, hotline_uri)[1] == {}
    execute(hotline_uri, "delete from hotline.work_orders where order_id in ('o07', 'o08')")
    for day in (NEXT, AFTER):
        arrival, found = arrive(home, hotline_uri, day)
        assert arrival.status == "accepted" and list(found) == [completeness.GONE]
        assert (found[completeness.GONE].rows_failed, found[completeness.GONE].sample_keys) == (2, "o07 o08")


def test_a_night_that_another_follows_at_once_is_not_held_against_the_source(home: Settings, hotline_uri: str) -> None:
    fill(hotline_uri)
    arrive(home, hotline_uri)
    execute(hotline_uri, "delete from hotline.work_orders where order_id = 'o07'")
    assert arrive(dataclasses.replace(home, holds_against_source=False), hotline_uri, NEXT)[1] == {}
    assert list(arrive(home, hotline_uri, AFTER)[1]) == [completeness.GONE]


@pytest.mark.parametrize(
    "loss", ["delete from hotline.work_orders where order_id <> 'o00'", "truncate hotline.work_orders"]
)
def test_a_loss_above_the_share_refuses_the_delivery_until_it_is_allowed_for_a_night(
    home: Settings, hotline_uri: str, loss: str
) -> None:
    fill(hotline_uri)
    arrive(home, hotline_uri)
    execute(hotline_uri, loss)
    arrival, found = arrive(home, hotline_uri, NEXT)
    assert arrival.status == "blocked" and completeness.GONE in arrival.reason
    assert found[completeness.GONE].rows_failed == (49 if "delete" in loss else 50)
    refused = land(home, hotline_uri, NEXT)
    assert validation.arrive(home, Landing(home.landing_dir), refused).status == "blocked"
    on_purpose = dataclasses.replace(home, missing_percent=100)
    assert arrive(on_purpose, hotline_uri, NEXT)[0].status == "accepted"
    arrival, found = arrive(home, hotline_uri, AFTER)
    assert arrival.status == "accepted" and found[completeness.GONE].severity == "warn", "what was known is not new"


def test_a_swap_of_one_row_for_another_is_noticed(home: Settings, hotline_uri: str) -> None:
    """Counts alone are the same; the states that no window brings are not."""
    fill(hotline_uri)
    arrive(home, hotline_uri)
    execute(hotline_uri, "delete from hotline.work_orders where order_id = 'o07'")
    add_order(
        hotline_uri, "late", "2024-11-01 08:00", assessment_scope="three_rate", status="closed", closed_at="2024-11-02"
    )
    found = arrive(home, hotline_uri, NEXT)[1]
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.GONE: "o07", completeness.NEVER: "late"}


@pytest.mark.parametrize("offset", [False, True])
@pytest.mark.parametrize("moment", ["2024-11-01 08:00", "2024-11-10 08:00:00.000001"])
def test_an_exact_swap_of_one_row_for_another_is_noticed(
    home: Settings, hotline_uri: str, moment: str, offset: bool
) -> None:
    """Counts and states are the same; the change times do not add up."""
    if offset:
        execute(hotline_uri, "alter table hotline.work_orders alter column updated_at type timestamptz")
    fill(hotline_uri)
    arrive(home, hotline_uri)
    execute(hotline_uri, "delete from hotline.work_orders where order_id = 'o07'")
    add_order(hotline_uri, "late", moment, assessment_scope="three_rate")
    found = arrive(home, hotline_uri, NEXT)[1]
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.GONE: "o07", completeness.NEVER: "late"}


def test_a_row_that_comes_under_an_old_change_time_is_named(home: Settings, hotline_uri: str) -> None:
    fill(hotline_uri)
    arrive(home, hotline_uri)
    add_order(hotline_uri, "late", "2024-11-01 08:00", assessment_scope="three_rate")
    found = arrive(home, hotline_uri, NEXT)[1]
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.NEVER: "late"}


@pytest.mark.parametrize(
    "change",
    [
        "set status = 'closed', closed_at = '2024-11-21 09:00'",
        "set status = 'suspended'",
        "set closed_at = '2024-11-21'",
    ],
)
def test_an_order_that_changes_its_state_under_its_old_change_time_is_named(
    home: Settings, hotline_uri: str, change: str
) -> None:
    fill(hotline_uri)
    arrive(home, hotline_uri)
    execute(hotline_uri, f"update hotline.work_orders {change} where order_id in ('o11', 'o12')")
    arrival, found = arrive(home, hotline_uri, NEXT)
    assert arrival.status == "accepted"
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.UNSEEN: "o11 o12"}


def test_nothing_is_said_of_what_windows_bring(home: Settings, hotline_uri: str) -> None:
    fill(hotline_uri)
    execute(hotline_uri, "update hotline.work_orders set closed_at = 'infinity' where order_id = 'o01'")
    execute(hotline_uri, "update hotline.work_orders set status = ' open ' where order_id = 'o02'")
    execute(hotline_uri, "update hotline.work_orders set updated_at = '-infinity' where order_id = 'o03'")
    arrive(home, hotline_uri)
    add_order(hotline_uri, "new ", "2024-11-27 08:00", assessment_scope="three_rate")
    execute(
        hotline_uri,
        "update hotline.work_orders set status = 'closed', closed_at = '2024-11-27', updated_at = '2024-11-27' "
        "where order_id = 'o05'",
    )
    for day in (NEXT, AFTER):
        arrival, found = arrive(home, hotline_uri, day)
        assert (arrival.status, found) == ("accepted", {})


ROWS = pytest.mark.parametrize(
    ("table", "row"),
    [
        ("calls", "('c{n}', 'inbound', null, '2024-11-10', null, null, null, '2024-11-10')"),
        ("order_events", "('e{n}', 'o01', 'create', '2024-11-10', '2024-11-10', null, null, null)"),
        ("callbacks", "('b{n}', 'o01', 1, '2024-11-10', null, true, true, null, true, true, null, '2024-11-10')"),
    ],
)


@ROWS
def test_an_exact_swap_is_noticed_in_tables_without_states(
    home: Settings, hotline_uri: str, table: str, row: str
) -> None:
    fill(hotline_uri)
    execute(hotline_uri, f"insert into hotline.{table} values {row.format(n=1)}")
    arrive(home, hotline_uri)
    execute(hotline_uri, f"truncate hotline.{table}")
    execute(hotline_uri, f"insert into hotline.{table} values {row.format(n=2).replace('11-10', '11-09')}")
    found = arrive(home, hotline_uri, NEXT)[1]
    gone, never = (f"{row[2]}{number}" for number in (1, 2))
    assert {rule: f.sample_keys for rule, f in found.items()} == {completeness.GONE: gone, completeness.NEVER: never}


@ROWS
def test_every_table_with_change_times_is_watched(home: Settings, hotline_uri: str, table: str, row: str) -> None:
    fill(hotline_uri)
    for number in range(30):
        execute(hotline_uri, f"insert into hotline.{table} values {row.format(n=number)}")
    arrive(home, hotline_uri)
    execute(hotline_uri, f"delete from hotline.{table} where ctid in (select ctid from hotline.{table} limit 1)")
    (finding,) = arrive(home, hotline_uri, NEXT)[1].values()
    assert (finding.rule_id, finding.table_name, finding.rows_failed) == (completeness.GONE, f"hotline.{table}", 1)


def test_a_source_that_is_filled_anew_may_lose_rows_and_that_is_told(home: Settings, hotline_uri: str) -> None:
    fill(hotline_uri)
    loaded = dataclasses.replace(home, city=dataclasses.replace(home.city, kind="loaded"))
    arrive(loaded, hotline_uri)
    execute(hotline_uri, "delete from hotline.work_orders where order_id > 'o10'")
    arrived, found = arrive(loaded, hotline_uri, NEXT)
    assert arrived.status == "accepted" and {rule: finding.severity for rule, finding in found.items()} == {
        "L1-HOT-026": "warn"
    }


def test_only_where_counts_differ_the_keys_are_read(
    home: Settings, hotline_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(hotline_uri)
    arrive(home, hotline_uri)
    read: list[Any] = []
    keys = completeness._keys

    def keys_of(connection: Any, table: Any, condition: Any, states: Any) -> Any:
        read.append(condition)
        return keys(connection, table, condition, states)

    monkeypatch.setattr(completeness, "_keys", keys_of)
    arrive(home, hotline_uri, NEXT)
    assert all(condition.as_string(None) != "true" for condition in read)
