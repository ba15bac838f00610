"""`minhu status` and `minhu sql`: what they show, and what they refuse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from minhu.analysis.query import run_sql
from minhu.analysis.status import read_status, without_password
from minhu.errors import UsageError
from minhu.release import publisher, releases

from .conftest import CELLS, D19, D20, Home


def test_status_names_the_release_and_its_cells(home: Home) -> None:
    night = home.night(D20)
    status = json.loads(json.dumps(read_status(home.settings, home.uri).as_dict()))
    assert {"releases", "public_keys"} <= set(status.pop("disk"))
    assert status == {
        "city": "xian",
        "release_id": night.release_id,
        "business_date": "2026-11-20",
        "as_of": "2026-11-20T16:00:00+00:00",
        "release_path": str(night.path),
        "published_uri": home.uri,
        "published": "running",
        "not_published": [],
        "verdicts": {"NOT_RATED": 1, "PUBLISHED": 4},
        "kpi_ids": ["H04", "H06"],
        "stale_sources": ["grid", "hotline", "returns", "stations"],
        "findings": {"block": 0, "info": 0, "warn": 1},
        "signed_off_by": None,
        "signed_off_on": None,
        "last_signed_off": None,
    }


def test_status_follows_the_pointer_and_without_a_server_the_ledger(home: Home) -> None:
    first = home.night(D19)
    home.night(D20)
    publisher.rollback(home.settings, home.uri, first.release_id)
    assert read_status(home.settings, home.uri).release_id == first.release_id
    offline = read_status(home.settings, None)
    assert (offline.release_id, offline.published_uri) == (first.release_id, None)
    assert offline.published.startswith("not running")
    unreachable = read_status(home.settings, "postgresql://127.0.0.1:1/minhu?connect_timeout=2")
    assert (unreachable.release_id, unreachable.published_uri) == (first.release_id, None)
    assert unreachable.published.startswith("not reached")


def test_status_before_the_first_release_says_what_to_do(home: Home) -> None:
    for uri in (home.uri, None):
        with pytest.raises(UsageError, match="run a night first"):
            read_status(home.settings, uri)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql://me:secret@db:5432/minhu", "postgresql://me@db:5432/minhu"),
        ("postgresql://me@db/minhu", "postgresql://me@db/minhu"),
        ("host=db user=me password=secret", "user=me host=db"),
        ("postgresql://db/minhu?user=me&password=secret", "user=me dbname=minhu host=db"),
        ("postgresql:// not one", "(a connection string that cannot be read)"),
    ],
)
def test_password_is_never_shown(uri: str, shown: str) -> None:
    assert "secret" not in without_password(uri)
    assert sorted(without_password(uri).split()) == sorted(shown.split())


def test_sql_reads_the_current_release(home: Home) -> None:
    first = home.night(D19)
    home.night(D20, (replace(CELLS[0], numerator=6), *CELLS[1:]))
    statement = (
        "select release_id, unit_code, numerator::int n, as_of::varchar as_of_text "
        "from published.kpi_results order by 2, 3"
    )
    assert [row["n"] for row in run_sql(home.settings, statement).to_pylist()] == [120, 2, 6, 9, 1]
    assert {row["as_of_text"] for row in run_sql(home.settings, statement).to_pylist()} == {"2026-11-20 16:00:00"}
    publisher.rollback(home.settings, home.uri, first.release_id)
    assert set(run_sql(home.settings, statement)["release_id"].to_pylist()) == {first.release_id}


def test_sql_has_the_columns_of_the_postgres_views(published_home: Home) -> None:
    home = published_home
    for name in ("kpi_results", "quality_findings", "dim_units"):
        columns = home.rows(
            "select column_name::text from information_schema.columns where table_schema = 'published' "
            "and table_name = %s order by ordinal_position",
            name,
        )
        assert run_sql(home.settings, f"from {name}").column_names == [row[0] for row in columns]


@pytest.mark.parametrize(
    "statement",
    ["with a as (select 1 as x) select * from a", "describe kpi_results", "show tables", "explain select 1",
     "select count(*) from kpi_results join dim_units using (unit_code)"],
)  # fmt: skip
def test_sql_allows_whatever_only_reads(published_home: Home, statement: str) -> None:
    assert run_sql(published_home.settings, statement).num_rows >= 1


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("delete from published.kpi_results", "expected a select, found delete"),
        ("create table mine (a integer)", "expected a select, found create"),
        ("copy (select 1) to '{release}/out.csv'", "expected a select, found copy"),
        ("attach '{home}/warehouse/work.duckdb'", "expected a select, found attach"),
        ("set enable_external_access = true", "expected a select, found set"),
        ("install httpfs", "expected a select, found load"),
        ("select 1; drop view published.kpi_results", "expected one statement, found 2"),
        ("", "expected one statement, found 0"),
        ("selec 1", "syntax error"),
        ("select * from nothing_here", "the tables are: dim_units, kpi_contract, kpi_results, quality_findings"),
        ("select * from read_csv('/etc/hostname')", "reaches outside the release"),
        ("select * from '{release}/dim_units.parquet'", "reaches outside the release"),
        ("select * from glob('/etc/*')", "reaches outside the release"),
        ("select * from home", "the tables are"),
    ],
)
def test_sql_refuses_what_writes_or_reads_elsewhere(published_home: Home, statement: str, says: str) -> None:
    home, night = published_home, releases.current(published_home.settings)
    before = sorted(p for p in home.settings.home.rglob("*"))
    text = statement.replace("{release}", str(night.path)).replace("{home}", str(home.settings.home))
    with pytest.raises(UsageError, match=says):
        run_sql(home.settings, text)
    assert sorted(p for p in home.settings.home.rglob("*")) == before
    assert Path("/etc/hostname").exists()
