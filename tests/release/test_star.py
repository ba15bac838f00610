"""The star for BI: the same in PostgreSQL and DuckDB, with defaults that hold what they say, changed with the release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from minhu.analysis.downloads.download import export
from minhu.analysis.downloads.kinds import Kind
from minhu.analysis.downloads.selection import Selection
from minhu.analysis.query import run_sql
from minhu.errors import UsageError
from minhu.release import published_contract, publisher
from minhu.release.star.schema import views
from minhu.release.star.wide import Kpi
from minhu.settings import PROJECT_ROOT

from .conftest import D20, D21, KPIS, Home, empty_database, settings_at

D22 = D21 + timedelta(days=1)
KPI = Kpi("H06", "on_time_closure_rate", "按时办结率", "On-time closure rate", "share")
OCTOBER = {"period_type": "month", "period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31)}
CELL = {
    "kpi_id": "H06", "variant": "main", "unit_type": "district", "unit_code": "dA", "unit_name": "甲区", **OCTOBER,
    "caliber": "assessed", "numerator": 45, "denominator": 50, "value": 0.9, "ci_low": 0.8, "ci_high": 0.95,
    "verdict": "PUBLISHED", "rank_best": 1, "rank_worst": 2, "is_covered": True, "contract_version": "1.0.0",
}  # fmt: skip
HIDDEN = {
    "numerator": None,
    "value": None,
    "ci_low": None,
    "ci_high": None,
    "rule_id": "L4-KPI-003",
    "reason": "样本太小",
}
CELLS = (
    CELL,
    {**CELL, "unit_code": "dB", "unit_name": "乙区", **HIDDEN, "verdict": "SUPPRESSED"},
    {**CELL, "unit_code": "dC", "unit_name": "丙区", "verdict": "BAND_ONLY", "is_stale": True, "as_of": datetime(2026, 11, 19, 16)},
    {**CELL, "unit_code": "dD", "is_provisional": True},
    {**CELL, "caliber": "full", "value": 0.8},
    {**CELL, "variant": "claimed", "value": 1.0},
    {**CELL, "period_type": "week", "period_start": date(2026, 10, 5), "period_end": date(2026, 10, 11)},
    {**CELL, "kpi_id": "H04", "numerator": 1200, "denominator": None, "value": 1200, "unit_type": "city", "unit_code": "c"},
)  # fmt: skip

OF_CITY = {
    "kpi_id": "H06", "variant": "main", "unit_type": "city", "unit_code": "c", "unit_name": "市", **OCTOBER,
    "caliber": "assessed", "breakdown": "category", "numerator": 45, "denominator": 50, "value": 0.9, "ci_low": 0.8, "ci_high": 0.95,
    "verdict": "PUBLISHED", "contract_version": "1.0.0",
}  # fmt: skip
BREAKDOWNS = (
    {**OF_CITY, "value_code": "K001", "value_name": "噪声扰民"},
    {**OF_CITY, **HIDDEN, "value_code": "K002", "value_name": "", "denominator": 6, "verdict": "SUPPRESSED"},
    {**OF_CITY, "breakdown": "tier", "value_code": "immediate", "verdict": "BAND_ONLY", "is_stale": True},
    {**OF_CITY, "value_code": "K001", "value_name": "噪声扰民", "caliber": "full"},
)


def write(home: Home, day: date, kpis: Any = KPIS) -> None:
    """A work file with a month of a small city; ``kpis`` begin with those of the fixture."""
    home.build(day, cells=())
    for kpi in kpis[2:]:
        home.insert("kpi_contract", [kpi])
    home.insert("kpi_contract", [{**KPIS[1], "variant": "claimed"}])
    home.insert("kpi_results", CELLS)
    home.insert("dim_places", [
        {"place_code": "c", "place_name": "市", "place_level": "city"},
        {"place_code": "dA", "place_name": "甲区", "place_level": "district", "district_code": "dA"},
        {"place_code": "dA1", "place_name": "甲一街", "place_level": "street", "district_code": "dA", "street_code": "dA1"},
    ])  # fmt: skip
    home.insert(
        "dim_points",
        [{"unit_type": "point", "unit_code": "p", "unit_name": "站", "street_code": "dA1", "district_code": "dA"}],
    )
    home.insert("periods", [{**OCTOBER, "day_count": 31, "working_day_count": 18, "is_calendar_known": True}])
    home.insert("kpi_breakdowns", BREAKDOWNS)
    home.insert("kpi_signals", [{
        "kpi_id": "H06", "variant": "main", "unit_type": "district", "unit_code": "dA", "period_type": "month",
        "period_start": date(2026, 10, 1), "caliber": "assessed", "value": 0.9, "baseline_start": date(2025, 10, 1),
        "baseline_months": 12, "signal": "outside", "signal_direction": "better",
    }])  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Home:
    """One release of every table of the contract, for tests that only read."""
    settings = replace(settings_at(tmp_path_factory.mktemp("star")), project_root=PROJECT_ROOT)
    found = Home(settings, empty_database(server, "star"))
    write(found, D20)
    found.publish(D20)
    return found


@pytest.fixture(scope="module")
def database(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    path = export(home.settings, Selection(), Kind.duckdb, tmp_path_factory.mktemp("file")).path
    assert path.stat().st_mode & 0o222 == 0, "nobody writes into a release"
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def names() -> list[str]:
    contract = published_contract.load()
    return [view.name for view in views(contract, contract.tables, [KPI])]


def records(connection: psycopg.Connection[Any] | duckdb.DuckDBPyConnection, statement: str) -> list[tuple[Any, ...]]:
    found = connection.execute(statement.encode() if isinstance(connection, psycopg.Connection) else statement)  # type: ignore[arg-type]
    return sorted(found.fetchall(), key=repr)


@pytest.mark.parametrize("name", names())
def test_a_view_shows_the_same_in_postgresql_in_the_file_and_in_minhu_sql(
    home: Home, database: duckdb.DuckDBPyConnection, name: str
) -> None:
    statement = f"select * from published.{name}"
    with psycopg.connect(home.uri) as connection:
        connection.execute("set time zone 'UTC'")
        shown = records(connection, statement)
        columns = [column.name for column in connection.execute(statement.encode()).description or []]
    assert columns == [column[0] for column in database.execute(statement).description]
    database.execute("set timezone = 'UTC'")
    assert [tuple(map(str, row)) for row in records(database, statement)] == [tuple(map(str, row)) for row in shown]
    assert run_sql(home.settings, statement).num_rows == len(shown)
    assert shown or name in {"dim_unit_history", "dim_date", "fct_kpi_changes", "fct_kpi_peers"}


def test_default_facts_hold_main_variants_of_settled_months_in_one_caliber(home: Home) -> None:
    columns = "kpi_id, unit_code, value, mark, rule_id, reason, rank_best, numerator"
    assert home.rows(f"select {columns} from published.fct_kpi_results order by kpi_id, unit_code") == [
        ("H04", "c", 1200.0, None, None, None, 1, 1200.0),
        ("H06", "dA", 0.9, None, None, None, 1, 45.0),
        ("H06", "dB", None, "[c]", "L4-KPI-003", "样本太小", 1, None),
        ("H06", "dC", 0.9, "[u][o]", None, None, 1, 45.0),
    ]
    assert home.rows("select value from published.fct_kpi_results_full") == [(0.8,)]
    assert home.rows("select count(*) from published.fct_kpi_results_all") == [(len(CELLS),)]
    assert home.rows("select unit_code, h06_on_time_closure_rate, h04_work_order_volume from published.wide_kpi_months order by 1") == [
        ("c", None, 1200.0), ("dA", 0.9, None), ("dB", None, None), ("dC", 0.9, None),
    ]  # fmt: skip
    assert home.rows(
        "select business_date, newest_month, cell_count, shown_count, provisional_count, stale_count, withheld_count, "
        "suppressed_count from published.release_banner"
    ) == [(D20, date(2026, 10, 1), 5, 4, 1, 1, 0, 1)]


def test_values_of_breakdowns_have_names_and_say_why_they_are_hidden(home: Home) -> None:
    columns = "value_code, value_name, value_name_en, value, mark, denominator"
    assert home.rows(f"select {columns} from published.fct_kpi_breakdowns order by 1") == [
        ("K001", "噪声扰民", None, 0.9, None, 50.0),
        ("K002", "K002", None, None, "[c]", 6.0),
        ("immediate", "立即办", "immediate", 0.9, "[u][o]", 50.0),
    ]


def test_units_have_the_places_above_them_as_columns(home: Home) -> None:
    shown = home.rows(
        "select unit_type_zh, unit_name, city_name, district_name, street_name from published.dim_unit "
        "where unit_code in ('dA1', 'p', 'U1')"
    )
    assert set(shown) == {
        ("街镇", "甲一街", "市", "甲区", "甲一街"),
        ("承办单位", "城管局", "市", None, None),
        ("服务点", "站", "市", "甲区", "甲一街"),
    }


def test_every_view_and_column_is_described_in_chinese_and_has_a_type_that_drivers_know(
    home: Home, database: duckdb.DuckDBPyConnection
) -> None:
    described = home.rows(
        "select view.relname, attribute.attname, format_type(attribute.atttypid, null), "
        "col_description(view.oid, attribute.attnum), obj_description(view.oid) from pg_class as view "
        "join pg_attribute as attribute on attribute.attrelid = view.oid and attribute.attnum > 0 "
        "where view.relnamespace = 'published'::regnamespace and view.relname = any(%s)",
        names(),
    )
    assert {row[0] for row in described} == set(names())
    for view, column, kind, column_text, view_text in described:
        assert re.search("[一-鿿]", column_text or ""), f"{view}.{column} is not described"
        assert re.search("[一-鿿]", view_text or ""), f"{view} is not described"
        assert kind not in ("numeric", "timestamp without time zone", "unknown"), f"{view}.{column} is {kind}"
    shown = database.execute("select view_name, comment from duckdb_views() where schema_name = 'published'").fetchall()
    assert {name for name, comment in shown if comment} == set(names())


@pytest.fixture
def changing(tmp_path: Path, server: Path) -> Home:
    """A night, and after it one of another contract of KPIs."""
    settings = replace(settings_at(tmp_path / "home"), project_root=PROJECT_ROOT)
    home = Home(settings, empty_database(server, "star_changing"))
    write(home, D20)
    home.publish(D20)
    return home


H07 = {"kpi_id": "H07", "variant": "main", "kpi_name": "response_rate", "name_zh": "响应率", "name_en": "Response rate",
       "unit": "share"}  # fmt: skip
OF_H07 = (
    "select count(*) from information_schema.columns where table_name = 'wide_kpi_months' and column_name like 'h07%'"
)


def test_a_new_kpi_is_a_column_of_the_release_that_brings_it_and_of_no_other(changing: Home) -> None:
    write(changing, D21, (*KPIS, H07))
    changing.publish(D21)
    assert changing.rows(OF_H07) == [(1,)]
    changing.said.clear()
    write(changing, D22, (*KPIS, H07))
    changing.publish(D22)
    assert not [line for line in changing.said if "views for BI" in line], "a night that changes no view locks none"
    first = changing.rows("select release_id from published.releases order by release_no limit 1")[0][0]
    publisher.rollback(changing.settings, changing.uri, first)
    assert changing.rows(OF_H07) == [(0,)]


def test_what_others_made_of_a_view_keeps_it_and_no_night_from_being_published(changing: Home) -> None:
    changing.execute(
        "drop view if exists public.mine; create view public.mine as select * from published.wide_kpi_months"
    )
    write(changing, D21, (*KPIS, H07))
    changing.publish(D21)
    assert [line for line in changing.said if "stay as they are" in line]
    assert changing.rows("select business_date from published.releases where is_current") == [(D21,)]
    assert changing.rows("select count(*) > 0 from public.mine") == [(True,)]
    changing.execute("drop view public.mine")


def test_a_folder_of_parquet_files_has_the_same_rows_and_types(
    home: Home, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    made = [export(home.settings, Selection(), Kind.star, tmp_path / folder).path for folder in ("one", "two")]
    assert sorted(path.stem for path in made[0].iterdir()) == sorted(names())
    for path in made[0].iterdir():
        assert path.read_bytes() == (made[1] / path.name).read_bytes()
        rows = database.sql(f"from read_parquet('{path}')")
        shown = database.sql(f"from published.{path.stem}")
        assert rows.columns == shown.columns and rows.types == shown.types
        assert rows.except_(shown).fetchall() == []


def test_a_database_is_a_whole_release(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="whole release"):
        export(home.settings, Selection(kpis=("H06",)), Kind.duckdb, tmp_path)
    assert not list(tmp_path.iterdir())


QUERIES = re.findall(r"```sql\n(.*?)```", (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_page_runs_in_postgresql_and_in_the_file(
    home: Home, database: duckdb.DuckDBPyConnection, query: str
) -> None:
    with psycopg.connect(home.uri) as connection:
        shown = records(connection, query)
    assert len(records(database, query)) == len(shown)
    assert shown or "unit_type = 'street'" in query


def test_the_page_names_every_view() -> None:
    text = (PROJECT_ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    assert [name for name in names() if f"`{name}`" not in text] == []
    assert len(QUERIES) >= 7
