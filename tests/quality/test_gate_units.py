"""The gate's small parts by themselves: what a failed expectation becomes, what is kept, what is forgotten, what is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.gate import decision, kpi_checks, release_before
from minhu.quality import validation
from minhu.quality.validation import Failure
from minhu.warehouse import work_file

NIGHT = date(2026, 11, 20)
META = {"rule_id": "L4-GXK-004", "severity": "block", "why": "a share lies in 0..1"}


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    """A work file of two KPIs with figures of two months, of which the later was counted since."""
    connection = duckdb.connect()
    work_file.prepare(connection)
    connection.execute(
        "create schema if not exists kpis; create schema if not exists seeds; create schema if not exists publish"
    )
    connection.execute(
        "create table seeds.kpi_contract as select * from (values ('A01', 'main', 'wilson', 'orders', false), "
        "('B01', 'main', 'none', 'posts', true), ('X01', 'main', 'none', 'orders', true)) "
        "as t (kpi_id, variant, interval_method, count_model, is_optional)"
    )
    connection.execute(
        "create table kpis.kpi_values as select kpi.kpi_id, 'main' as variant, 'district' as unit_type, unit_code, "
        "'month' as period_type, period.first as period_start, last_day(period.first) as period_end, 'full' as caliber, "
        "cast(numerator as decimal(18, 2)) as numerator, cast(4 as decimal(18, 2)) as denominator, "
        "numerator / 4.0 as value, 0.0 as ci_low, 2.0 as ci_high "
        "from (values ('A01'), ('B01')) as kpi (kpi_id), (values (date '2026-10-01'), (date '2026-11-01')) as period (first), "
        "(values ('d1', 2), ('d2', 6)) as unit (unit_code, numerator)"
    )
    connection.execute(
        "create or replace table raw.periods_pending as select 'orders' as count_model, 'month' as period_type, "
        "date '2026-11-01' as period_start"
    )
    yield connection
    connection.close()


def cells_of(findings: list[Finding]) -> set[tuple[str, ...]]:
    return {(f.rule_id, f.kpi_id, f.unit_type, f.unit_code, f.period_from, f.period_to) for f in findings}


def test_each_cell_that_fails_is_a_finding_of_its_own(db: duckdb.DuckDBPyConnection) -> None:
    found = kpi_checks.check_values(db)
    months = (("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30"))
    wrong = {(rule, "A01", "district", "d2", *month) for rule in ("L4-GXK-004", "L4-GXK-005") for month in months}
    assert cells_of(found) == wrong, "B01 is no share"
    (one, *_) = (f for f in found if f.rule_id == "L4-GXK-004")
    assert (one.severity, one.source, one.table_name, one.rows_seen, one.rows_failed) == (
        "block",
        "minhu",
        "kpi_values",
        8,
        2,
    )
    assert one.sample_keys == "d2" and one.message == "does not hold: a share lies in 0..1"


def test_what_was_not_counted_since_is_not_looked_at(db: duckdb.DuckDBPyConnection) -> None:
    found = kpi_checks.check_values(db, everything=False)
    assert {f.period_from for f in found} == {"2026-11-01"} and found[0].rows_seen == 2
    db.execute("delete from raw.periods_pending")
    assert kpi_checks.check_values(db, everything=False) == []
    db.execute("delete from kpis.kpi_values")
    for everything in (True, False):
        (nothing,) = kpi_checks.check_values(db, everything)
        assert (nothing.rule_id, nothing.severity, nothing.source, nothing.table_name) == (
            "L4-GXK-000",
            "info",
            "minhu",
            "kpi_values",
        )


def failing(monkeypatch: pytest.MonkeyPatch, *positions: int) -> None:
    failure = Failure(META, "value", positions, bool(positions))
    monkeypatch.setattr(validation, "run_suites", lambda _: {"kpi_values": [failure]})


def test_a_check_that_could_not_run_stands_against_every_kpi(
    db: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch)
    (found,) = kpi_checks.check_values(db)
    assert (found.kpi_id, found.unit_code, found.period_from, found.rows_failed) == ("", "", "", 1)
    assert found.message == "the check could not be made: a share lies in 0..1" and found.severity == "block"


@pytest.mark.parametrize(("most", "cells"), [(3, False), (4, True)])
def test_very_many_cells_are_one_finding_of_their_kpi(
    db: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, most: int, cells: bool
) -> None:
    monkeypatch.setattr(kpi_checks, "MAX_CELL_FINDINGS", most)
    failing(monkeypatch, 0, 2, 4, 5)
    found = kpi_checks.check_values(db)
    assert len(found) == (4 if cells else 2) and {f.kpi_id for f in found} == {"A01", "B01"}
    assert all(f.rows_failed == 4 and bool(f.unit_code) == cells == bool(f.period_from) for f in found)
    assert all(f.message == "does not hold: a share lies in 0..1" for f in found)
    if not cells:
        assert [f.kpi_id for f in found] == ["A01", "B01"] and found[0].sample_keys.split() == ["d1", "d2"]


def planted(kpi_id: str, since: str) -> Finding:
    return Finding(
        "L4-GXK-004", "block", "minhu", "kpi_values", "planted", kpi_id=kpi_id, period_from=since, period_to=since
    )


def kept(db: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return db.execute("select kpi_id, period_from from raw.value_findings order by all").fetchall()


def test_findings_take_the_place_of_those_about_the_same_cells(db: duckdb.DuckDBPyConnection) -> None:
    kpi_checks.keep(
        db,
        [planted("A01", "2026-10-01"), planted("A01", "2026-11-01"), planted("B01", "2026-11-01"), planted("A01", "")],
        True,
    )
    kpi_checks.keep(db, [planted("X01", "2026-11-01")], False)
    assert kept(db) == [("A01", "2026-10-01"), ("B01", "2026-11-01"), ("X01", "2026-11-01")]
    kpi_checks.keep(db, [planted("B01", "2026-10-01")], True)
    assert kept(db) == [("B01", "2026-10-01")]


def test_where_one_cell_fails_all_are_looked_at(db: duckdb.DuckDBPyConnection) -> None:
    decision._check_values(db, False)
    assert {since for _, since in kept(db)} == {"2026-10-01", "2026-11-01"}
    db.execute("update kpis.kpi_values set numerator = 1, value = 0.25")
    decision._check_values(db, False)
    assert kept(db) == [], "what was found before is looked at again"
    decision._check_values(db, False)
    assert kept(db) == []


def test_a_finding_of_a_delivery_stands_against_its_day_unless_it_names_others() -> None:
    bare = Finding("L1-GRD-025", "warn", "grid", "grid.events", "x")
    dated = decision._dated(bare, NIGHT)
    assert (dated.period_from, dated.period_to) == ("2026-11-20", "2026-11-20")
    for own in ({"period_from": "2026-10-01"}, {"period_to": "2026-10-31"}):
        named = Finding("L1-GRD-025", "warn", "grid", "grid.events", "x", **own)
        assert decision._dated(named, NIGHT) is named


class Before:
    release_id, business_date = "2026-11-19.1", date(2026, 11, 19)


def test_a_release_that_does_not_say_since_when_is_known_for_its_own_night(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("create table raw.previous_kpi_results as from kpis.kpi_values")
    release_before._show_grains(db, Before())  # type: ignore[arg-type]
    shown = db.execute("from raw.previous_kpi_published_since order by all").fetchall()
    assert shown == [(kpi_id, "main", "district", "month", date(2026, 11, 19)) for kpi_id in ("A01", "B01")]


def test_periods_that_the_release_before_may_show_otherwise_are_kept_until_one_shows_them(
    db: duckdb.DuckDBPyConnection,
) -> None:
    def kept() -> list[tuple[Any, ...]]:
        return db.execute("select distinct kpi_id, period_start from raw.periods_since_release order by all").fetchall()

    october, november = date(2026, 10, 1), date(2026, 11, 1)
    db.execute("create table raw.previous_kpi_results as from kpis.kpi_values where period_start = date '2026-10-01'")
    decision.expect_differences(db, None)
    assert kept() == [("A01", october), ("B01", october)], "published as no release: nothing is known to be the same"
    db.execute("delete from raw.periods_since_release; insert into raw.exported_as values ('2026-11-19.1')")
    decision.expect_differences(db, Before())  # type: ignore[arg-type]
    assert kept() == []
    db.execute(
        "create table kpis.kpi_periods_to_judge as from kpis.kpi_values where kpi_id = 'A01' and unit_code = 'd1'"
    )
    decision.remember_judged(db, False)
    db.execute("update kpis.kpi_periods_to_judge set kpi_id = 'B01'")
    decision.remember_judged(db, False)
    assert kept() == [(kpi_id, month) for kpi_id in ("A01", "B01") for month in (october, november)]
    db.execute("delete from raw.periods_since_release; create table publish.kpi_results as from kpis.kpi_values")
    decision.remember_judged(db, True)
    assert len(kept()) == 4, "what was judged as a whole may differ as a whole"


def test_no_kpi_with_figures_and_none_that_is_promised_may_be_lost(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("create table publish.kpi_results as select distinct kpi_id, variant from kpis.kpi_values")
    db.execute("create table kpis.kpi_blocked (kpi_id varchar, variant varchar)")
    decision.require_every_kpi(db)
    db.execute("delete from publish.kpi_results")
    with pytest.raises(PermanentError, match="found none of A01/main, B01/main"):
        decision.require_every_kpi(db)
    db.execute("insert into kpis.kpi_blocked select distinct kpi_id, variant from kpis.kpi_values")
    with pytest.raises(PermanentError, match="found none of A01/main") as caught:
        decision.require_every_kpi(db)
    assert "B01" not in str(caught.value), "of what is blocked and not promised there need be nothing"
    db.execute("update seeds.kpi_contract set is_optional = true")
    db.execute("delete from kpis.kpi_blocked")
    db.execute("update kpis.kpi_values set denominator = 0 where kpi_id = 'B01'")
    with pytest.raises(PermanentError) as caught:
        decision.require_every_kpi(db)
    assert "A01/main" in str(caught.value) and "B01" not in str(caught.value), "nothing to rate, nothing to lose"
