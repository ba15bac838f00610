"""What becomes of a delivery: accepted, accepted with notes, or refused, and what its findings say."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import great_expectations.expectations as gxe
import pandas as pd
import pyarrow as pa
import pytest

from minhu.business_dates import Window
from minhu.findings import Finding
from minhu.landing import contracts
from minhu.landing.zone import Arrival, Attempt, Landing
from minhu.quality import validation
from minhu.settings import Settings

D20 = date(2026, 11, 20)
WINDOW = Window(None, datetime(2026, 11, 20, 16, tzinfo=UTC))
CHANGED = datetime(2026, 11, 20, 1, 0)
GRIDS = [{"grid_code": "g1", "household_count": 300}]


def write(settings: Settings, findings: tuple[Finding, ...] = (), **rows: list[dict[str, Any]]) -> Attempt:
    tables = {
        contract.name: pa.Table.from_pylist(rows.get(contract.name, []), schema=contract.schema)
        for contract in contracts.tables_of("grid")
    }
    return Landing(settings.landing_dir).write_attempt("grid", D20, WINDOW, tables, {}, findings)


def arrive(settings: Settings, findings: tuple[Finding, ...] = (), **rows: list[dict[str, Any]]) -> Arrival:
    return validation.arrive(settings, Landing(settings.landing_dir), write(settings, findings, **rows))


def event(event_id: str | None, **columns: Any) -> dict[str, Any]:
    return {"event_id": event_id, "status": "handling", "updated_at": CHANGED, **columns}


def broken(arrival: Arrival) -> tuple[Finding, ...]:
    """What does not hold, without the notes that a table is empty."""
    return tuple(f for f in arrival.findings if f.rule_id != "L1-GRD-024")


def test_a_warning_is_carried_by_the_accepted_delivery_with_the_key_of_the_row(home: Settings) -> None:
    activity = [
        {"activity_date": D20, "grid_code": code, "registered_count": 2, "active_count": active}
        for code, active in (("g1", 2), ("g2", 5), ("g3", None))
    ]
    arrival = arrive(home, grids=GRIDS, worker_activity=activity)
    assert arrival.status == "accepted"
    (found,) = broken(arrival)
    assert (found.rule_id, found.severity, found.source, found.table_name) == (
        "L1-GRD-118", "warn", "grid", "grid.worker_activity",
    )  # fmt: skip
    assert (found.rows_seen, found.rows_failed, found.sample_keys) == (3, 1, "2026-11-20/g2")
    assert found.message == "does not hold: active users are registered"


def test_a_blocking_rule_refuses_the_delivery_and_says_which_rows(home: Settings) -> None:
    seven = [event(f"e{number}", reported_at=CHANGED) for number in range(7)]
    again = [event(f"e{number}", reported_at=None) for number in range(7)]
    arrival = arrive(home, grids=GRIDS, events=[*seven, *again])
    assert (arrival.status, arrival.attempt, arrival.window_end) == ("blocked", None, None)
    assert arrival.reason == "L1-GRD-102 grid.events: does not hold: one content per key and version"
    (found,) = broken(arrival)
    assert (found.rows_seen, found.rows_failed, found.sample_keys) == (14, 14, "e0 e1 e2 e3 e4")


def test_an_empty_delivery_breaks_only_the_rules_that_ask_for_rows(home: Settings) -> None:
    arrival = arrive(home)
    assert arrival.status == "blocked"
    assert [(f.rule_id, f.rows_seen, f.rows_failed, f.sample_keys) for f in broken(arrival)] == [
        ("L1-GRD-112", 0, 1, "")
    ]
    nothing = [f for f in arrival.findings if f.rule_id == "L1-GRD-024"]
    assert [(f.severity, f.table_name) for f in nothing] == [
        ("info", f"grid.{name}")
        for name in ("address_coverage", "event_verifications", "events", "grids", "worker_activity")
    ]
    assert nothing[2].message == "no rows came: 6 rules had nothing to look at"


def on_the_day_after(settings: Settings, grids: list[dict[str, Any]]) -> Arrival:
    landing = Landing(settings.landing_dir)
    tables = {
        contract.name: pa.Table.from_pylist(grids if contract.name == "grids" else [], schema=contract.schema)
        for contract in contracts.tables_of("grid")
    }
    attempt = landing.write_attempt("grid", date(2026, 11, 21), WINDOW, tables, {}, ())
    return validation.arrive(settings, landing, attempt)


@pytest.mark.parametrize(
    ("left", "percent", "severity", "status"),
    [(96, 5, "info", "accepted"), (95, 5, "info", "accepted"), (94, 5, "block", "blocked"), (1, 5, "block", "blocked"),
     (1, 100, "info", "accepted")],
)  # fmt: skip
def test_a_list_that_was_cut_short_refuses_the_delivery_until_it_is_allowed_for_a_night(
    home: Settings, left: int, percent: int, severity: str, status: str
) -> None:
    whole = [{"grid_code": f"g{number:03d}", "household_count": 300} for number in range(100)]
    arrive(home, grids=whole)
    settings = dataclasses.replace(home, missing_percent=percent)
    arrival = on_the_day_after(settings, whole[100 - left :])
    assert arrival.status == status
    (found,) = broken(arrival)
    assert (found.rule_id, found.severity, found.table_name) == ("L1-LST-001", severity, "grid.grids")
    assert (found.column_name, found.rows_seen, found.rows_failed) == ("grid_code", 100, 100 - left)
    assert found.sample_keys.startswith("g000 ")
    assert found.message == f"{100 - left} of 100 listed on 2026-11-20 are listed no more"


def test_of_a_short_list_few_may_be_struck_off_and_a_longer_one_is_no_finding(home: Settings) -> None:
    few = [{"grid_code": f"g{number}", "household_count": 300} for number in range(5)]
    arrive(home, grids=few)
    arrival = on_the_day_after(home, few[:1])
    assert [(f.severity, f.rows_failed) for f in broken(arrival)] == [("info", 4)]
    assert broken(on_the_day_after(home, [*few, {"grid_code": "new", "household_count": 1}])) == ()


def test_lists_that_are_made_of_files_of_orders_are_not_held_against_the_day_before(home: Settings) -> None:
    whole = [{"grid_code": f"g{number:03d}", "household_count": 300} for number in range(100)]
    arrive(home, grids=whole)
    loaded = dataclasses.replace(home, city=dataclasses.replace(home.city, kind="loaded"))
    assert broken(on_the_day_after(loaded, GRIDS)) == ()


def hotline_arrival(settings: Settings, window: Window) -> dict[str, str]:
    """Rule id to severity of what an empty hotline breaks; its lists of units and places are there."""
    rows: dict[str, list[dict[str, Any]]] = {"units": [{"unit_code": "u1"}], "places": [{"place_code": "p1"}]}
    tables = {
        contract.name: pa.Table.from_pylist(rows.get(contract.name, []), schema=contract.schema)
        for contract in contracts.tables_of("hotline")
    }
    landing = Landing(settings.landing_dir)
    arrival = validation.arrive(settings, landing, landing.write_attempt("hotline", D20, window, tables, {}))
    return {f.rule_id: f.severity for f in arrival.findings if f.severity != "info"}


def test_a_first_delivery_must_hold_orders_and_should_hold_calls_where_the_city_has_them(home: Settings) -> None:
    assert hotline_arrival(home, WINDOW) == {"L1-HOT-138": "warn", "L1-HOT-142": "block"}
    no_calls = dataclasses.replace(home, city=dataclasses.replace(home.city, absent_inputs={"calls": "not recorded"}))
    assert hotline_arrival(no_calls, WINDOW) == {"L1-HOT-142": "block"}
    assert hotline_arrival(home, Window(datetime(2026, 11, 17, 16, tzinfo=UTC), WINDOW.end)) == {}


@pytest.mark.parametrize(("strange", "status"), [(2, "accepted"), (3, "blocked")])
def test_a_few_unknown_words_are_left_to_the_record_rules_and_many_refuse_the_delivery(
    home: Settings, strange: int, status: str
) -> None:
    events = [event(f"e{number}", status="???" if number < strange else "closed") for number in range(10)]
    arrival = arrive(home, grids=GRIDS, events=events)
    assert arrival.status == status
    assert [f.rule_id for f in broken(arrival)] == ([] if status == "accepted" else ["L1-GRD-104"])


def test_a_row_without_a_key_refuses_the_delivery(home: Settings) -> None:
    arrival = arrive(home, grids=GRIDS, events=[event("e1"), event(None)])
    assert arrival.status == "blocked" and [f.rule_id for f in broken(arrival)] == ["L1-GRD-101"]


def test_two_rows_of_one_key_without_a_change_time_are_told_apart_from_none(home: Settings) -> None:
    events = [event("e1", updated_at=None), event("e1", updated_at=None, status="closed")]
    events += [event(f"x{number}") for number in range(8)]
    arrival = arrive(home, grids=GRIDS, events=events)
    assert arrival.status == "blocked"
    assert [(f.rule_id, f.sample_keys) for f in broken(arrival)] == [("L1-GRD-102", "e1")]


def test_what_the_extract_found_is_kept_and_refuses_if_it_must(home: Settings) -> None:
    noted = Finding("L1-GRD-021", "info", "grid", "grid.events", "planted")
    assert broken(arrive(home, (noted,), grids=GRIDS)) == (noted,)
    refused = Finding("L1-GRD-998", "block", "grid", "grid.events", "planted")
    arrival = arrive(home, (refused,), grids=[*GRIDS, {"grid_code": "g2"}])
    assert arrival.status == "accepted" and arrival.attempt == 1, "the one accepted before stays"
    assert Landing(home.landing_dir).read_table("grid", "grids", D20, 1).num_rows == 1


def test_times_far_outside_a_life_reach_the_record_rules(home: Settings) -> None:
    events = [event("e1", due_at=datetime(9999, 12, 31, 23, 59, 59, 999999), reported_at=datetime(1, 1, 1))]
    arrival = arrive(home, grids=[{**GRIDS[0], "active_to": date.max}], events=events)
    assert arrival.status == "accepted" and broken(arrival) == ()


def test_a_key_that_holds_a_time_is_one_word_among_the_samples(home: Settings) -> None:
    twice = [
        {"event_id": "e1", "verified_at": CHANGED, "passed": passed, "updated_at": CHANGED} for passed in (True, False)
    ]
    arrival = arrive(home, grids=GRIDS, event_verifications=twice)
    assert [f.sample_keys for f in broken(arrival)] == ["e1/2026-11-20T01:00:00"]


def test_a_check_that_breaks_says_so_and_failures_keep_the_order_of_the_suite() -> None:
    frame = pd.DataFrame({"x": [1, None]})
    suite = [
        gxe.ExpectColumnValuesToNotBeNull(column="gone", meta={"rule_id": "L1-X-001"}),
        gxe.ExpectColumnValuesToNotBeNull(column="x", meta={"rule_id": "L1-X-002"}),
        gxe.ExpectColumnValuesToBeBetween(column="gone", min_value=0, meta={"rule_id": "L1-X-003"}),
    ]
    failures = validation.run_suites({"one": (frame, suite), "two": (frame.iloc[:1], suite[1:2])})
    assert [(f.meta["rule_id"], f.could_run, f.positions) for f in failures["one"]] == [
        ("L1-X-001", False, ()),
        ("L1-X-002", True, (1,)),
        ("L1-X-003", False, ()),
    ]
    assert failures["two"] == []


def test_a_check_that_breaks_becomes_a_finding_that_says_it_was_not_made(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations.landed import grid_grids

    unmakeable = gxe.ExpectColumnValuesToNotBeNull(
        column="gone", meta={"rule_id": "L1-GRD-997", "severity": "block", "why": "planted"}
    )
    monkeypatch.setattr(grid_grids, "EXPECTATIONS", [unmakeable])
    arrival = arrive(home, grids=GRIDS)
    assert arrival.status == "blocked"
    assert [f.message for f in broken(arrival)] == ["could not be checked: planted"]
