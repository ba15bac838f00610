"""Versions of past releases lie apart from the current ones: how a database of before comes there, and what stands in the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from minhu.errors import PermanentError
from minhu.ledger.chain import Ledger, SignOff
from minhu.ledger.signing import load_signer
from minhu.release import published, published_contract, published_versions, publisher

from .checks import as_before, files_equal_postgres, versions
from .conftest import CELLS, D18, D19, D20, D21, Cell, Home


def test_versions_of_before_they_lay_apart_are_brought_apart_and_show_the_same(home: Home) -> None:
    home.night(D19)
    changed = (replace(CELLS[0], numerator=5), *CELLS[1:])
    home.night(D20, changed)

    def shown() -> list[Counter[tuple[Any, ...]]]:
        views = ("kpi_results", "kpi_results_history", "kpi_results_at(1)")
        return [Counter(home.rows(f"select * from published.{view}")) for view in views]

    before, kept = shown(), versions(home)
    as_before(home)
    assert shown() == before
    assert home.publish(D20).is_new is False  # the same content again: nothing to load, nothing to bring apart
    assert home.rows("select relkind::text from pg_class where relname = 'kpi_results_versions'") == [("r",)]
    home.night(D21, changed)
    assert shown()[2] == before[2]
    assert versions(home)[: len(kept)] == kept
    assert home.rows("select count(*) from published_store.kpi_results_closed where to_release is null") == [(0,)]
    assert home.rows("select count(*) from published_store.kpi_results_closed")[0][0] > 0
    assert home.rows("select relname from pg_class where relname like '%apart'") == []
    assert files_equal_postgres(home) == 3


def test_readers_read_on_while_versions_are_brought_apart(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads the table of before when its rows have just been copied ends neither itself nor the night."""
    home.night(D19)
    as_before(home)
    copy_apart, seen = published_versions.copy_apart, []

    def read_meanwhile(*arguments: Any) -> Any:
        made = copy_apart(*arguments)
        with psycopg.connect(home.uri, options="-c statement_timeout=5s") as reader:
            seen.extend(reader.execute("select count(*) from published.kpi_results").fetchall())
        return made

    monkeypatch.setattr(published_versions, "copy_apart", read_meanwhile)
    home.night(D20)
    tables = len(published_contract.load(home.settings.dbt_dir).tables)
    assert seen == [(len(CELLS),)] * tables
    assert files_equal_postgres(home) == 2


@pytest.mark.parametrize("killed_in", ["copy_apart", "take_over"])
def test_a_kill_while_versions_are_brought_apart_leaves_the_table_of_before(
    home: Home, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    home.night(D19)
    as_before(home)
    step, done = getattr(published_versions, killed_in), []

    def killed(*arguments: Any) -> Any:
        done.append(step(*arguments))
        if len(done) == 3:
            raise KeyboardInterrupt
        return done[-1]

    monkeypatch.setattr(published_versions, killed_in, killed)
    with pytest.raises(KeyboardInterrupt):
        home.night(D20)
    kinds = "select count(*) from pg_class where relname like '%\\_versions' and relkind = "
    assert home.rows(f"{kinds} 'p' and not relispartition") == [(2,)]
    assert home.rows("select count(*) from published.kpi_results") == [(len(CELLS),)]
    monkeypatch.undo()
    home.publish(D20)
    assert home.rows(f"{kinds} 'r'") == [(0,)]
    assert files_equal_postgres(home) == 2


def test_a_sign_off_alone_brings_versions_apart_before_it_purges(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _, second, last = [home.night(day, (Cell("U1", n),)) for n, day in enumerate((D18, D19, D20))]
    as_before(home)
    monkeypatch.setattr(published, "KEEP_RELEASES", 1)
    ledger, approved = (
        Ledger(home.settings.ledger_path),
        SignOff("headquarters", datetime(2026, 12, 1, tzinfo=UTC), None),
    )
    ledger.append(
        "sign_off", second.release_id, D19, second.manifest_sha256, load_signer(home.settings), approved.as_record()
    )
    publisher.follow(home.settings, home.uri, ledger, home.said.append)
    kept = home.rows("select release_id from published.releases where not is_purged order by 1")
    assert kept == [(second.release_id,), (last.release_id,)]
    assert home.rows("select count(*) from published_store.kpi_results_closed") == [(1,)]
    assert files_equal_postgres(home) == 2


def test_the_planner_knows_both_all_versions_and_the_open_rows_of_tonight(home: Home) -> None:
    home.night(D19)
    kinds = (
        "select tablename::text, inherited from pg_stats where schemaname = 'published_store' and attname = 'unit_code'"
    )
    known = {("kpi_results_versions", True), ("kpi_results_open", False)}
    assert known <= set(home.rows(kinds))
    home.night(D20, (*CELLS, Cell("U7"), Cell("U8"), Cell("U9")))
    assert known <= set(home.rows(kinds))
    told = home.rows("select reltuples::int from pg_class where relname = 'kpi_results_open'")
    assert told == [(len(CELLS) + 3,)]


def test_the_planner_looks_again_only_where_a_table_grew_or_has_a_column_it_does_not_know(home: Home) -> None:
    looked = (
        "select distinct xmin::text from pg_statistic where starelid = 'published_store.kpi_results_open'::regclass"
    )
    cells = [Cell(f"U{n}") for n in range(20)]
    home.night(D18, cells)
    first = home.rows(looked)
    assert len(first) == 1
    home.night(D19, [*cells[:-1], Cell("U19", 7)])
    assert home.rows("select count(*) from published_store.kpi_results_closed") == [(1,)]
    assert home.rows(looked) == first
    home.execute(
        "delete from pg_statistic where starelid = 'published_store.kpi_results_open'::regclass and staattnum = 1"
    )
    home.night(D20, cells)
    again = home.rows(looked)
    assert len(again) == 1
    assert again != first


def test_past_versions_are_found_by_key_without_reading_them_all(home: Home) -> None:
    """By a lookup that is a part of the key where there is one, else by the key itself; also of a table of before."""
    home.night(D19)
    as_before(home)
    home.give_up("waivers")
    home.night(D20)
    of_closed = "select indexdef from pg_indexes where schemaname = 'published_store' and tablename = %s"
    for name, columns in (
        ("dim_units", "(unit_code)"), ("kpi_results", "(unit_code, kpi_id, period_type, period_start)"), ("waivers", "(to_release)"),
    ):  # fmt: skip
        assert any(row[0].endswith(columns) for row in home.rows(of_closed, f"{name}_closed")), name
    assert not any(row[0].endswith("caliber)") for row in home.rows(of_closed, "kpi_results_closed"))


def test_a_row_of_nobody_with_the_key_of_a_new_one_is_named(home: Home) -> None:
    home.night(D19)
    home.execute(
        "create temp table foreign_row as select * from published_store.kpi_results_open "
        "where unit_code = 'U1' and period_start = '2026-11-20'; "
        "update foreign_row set unit_code = 'U9', part = '2026-03', row_hash = gen_random_uuid(); "
        "insert into published_store.kpi_results_open select * from foreign_row"
    )
    with pytest.raises(
        PermanentError, match=r"publish table kpi_results: a row with the key of a new one .* `minhu db repair`"
    ):
        home.night(D20, (*CELLS, replace(CELLS[0], unit_code="U9")))
    publisher.rebuild(home.settings, home.uri)
    assert files_equal_postgres(home) == 2


def test_what_others_made_of_the_store_stops_the_change_and_is_named(home: Home) -> None:
    home.night(D19)
    as_before(home)
    home.execute("create view published.mine as select * from published_store.dim_units_versions")
    with pytest.raises(
        PermanentError, match=r"dim_units_versions: view published.mine depends on .* drop it, or make it of"
    ):
        home.night(D20)
    assert home.rows("select count(*) from published.kpi_results") == [(len(CELLS),)]
    home.execute("drop view published.mine")
    home.publish(D20)
    assert files_equal_postgres(home) == 2
