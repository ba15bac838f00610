"""What a release is: its files, its id, what a re-run does, what PostgreSQL shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minhu.audit import verification
from minhu.business_dates import Window
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.landing import contracts
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.ledger.chain import Ledger
from minhu.release import publisher, releases
from tests.release.manifests import landed_manifests

from .checks import files_equal_postgres, shown, versions
from .conftest import CELLS, D18, D19, D20, D21, IDENTITY, LANDING, Home, empty_database


def test_first_release_can_be_read_everywhere(home: Home) -> None:
    night = home.night(D20)
    assert night.is_new
    assert night.release_id == f"2026-11-20-{night.manifest['content_sha256'][:10]}"
    assert night.as_of.isoformat() == "2026-11-20T16:00:00+00:00"
    assert sorted(p.name for p in (night.path / "kpi_results").iterdir()) == [
        "2026-03.parquet", "2026-10.parquet", "2026-11.parquet",
    ]  # fmt: skip
    rows = home.rows("select kpi_id, unit_code, numerator, value, as_of, release_id from published.kpi_results")
    assert len(rows) == len(CELLS)
    assert {(row[4], row[5]) for row in rows} == {(datetime(2026, 11, 20, 16), night.release_id)}
    assert files_equal_postgres(home) == 1
    assert verification.verify(home.settings) == []


def test_manifest_names_inputs_code_and_outputs(home: Home) -> None:
    first = home.night(D19)
    second = home.night(D20, CELLS[:3])
    manifest = second.manifest
    assert manifest["landing"] == LANDING
    assert (manifest["git_commit"], manifest["lock_sha256"], manifest["dbt_manifest_sha256"]) == (
        "abc123", "1" * 64, "2" * 64,
    )  # fmt: skip
    assert manifest["engine"] == "duckdb"
    assert manifest["verdicts"] == {"PUBLISHED": 3}
    assert first.manifest["verdicts"] == {"NOT_RATED": 1, "PUBLISHED": 4}
    assert manifest["findings"] == {"block": 0, "info": 0, "warn": 1}
    assert manifest["kpi_ids"] == ["H04", "H06"]
    assert manifest["previous"] == {"release_id": first.release_id, "manifest_sha256": first.manifest_sha256}
    assert first.manifest["previous"] is None
    assert {file.name: file.rows for file in second.files}["kpi_results/2026-11.parquet"] == 3


def test_landing_manifests_inside_the_home_are_named_relative_to_it(home: Home) -> None:
    path = home.settings.home / "landing" / "grid" / "manifest.json"
    night = home.night(D20, landing_manifests=[{"path": str(path), "sha256": "0" * 64, "rows": 1}])
    assert [entry["path"] for entry in night.manifest["landing"]] == ["landing/grid/manifest.json"]


def test_stale_sources_are_those_without_an_accepted_delivery(home: Home) -> None:
    landing = Landing(home.settings.landing_dir)
    landing.block("hotline", D20, "a wrong total")
    landing.mark_absent("grid", D20, "this city has none")
    assert home.night(D20).manifest["stale_sources"] == ["hotline", "returns", "stations"]


def test_unchanged_rerun_is_the_same_release_and_writes_nothing(home: Home) -> None:
    first = home.night(D20)
    before = {p: p.stat().st_mtime_ns for p in sorted(home.settings.home.rglob("*")) if p.is_file()}
    stored = versions(home)
    again = home.night(D20)
    after = {p: p.stat().st_mtime_ns for p in before if p.suffix != ".duckdb" and p.name != "release.lock"}
    assert (again.release_id, again.is_new) == (first.release_id, False)
    assert {p: before[p] for p in after} == after
    assert versions(home) == stored
    assert home.rows("select count(*) from published.releases") == [(1,)]
    assert len(home.settings.ledger_path.read_text().splitlines()) == 1


def test_same_rows_in_another_order_and_home_give_the_same_id_and_bytes(make_home: Callable[[], Home]) -> None:
    one, other = make_home(), make_home()
    first, second = one.night(D20), other.night(D20, CELLS[::-1])
    assert first.release_id == second.release_id
    assert {f.name: f.sha256 for f in first.files} == {f.name: f.sha256 for f in second.files}


@pytest.mark.parametrize(
    "changed",
    [
        {"identity": replace(IDENTITY, dbt_manifest_sha256="def")},
        {"identity": replace(IDENTITY, lock_sha256="9" * 64)},
        {"landing_manifests": [*LANDING, {"path": "landing/more", "sha256": "4" * 64}]},
    ],
)
def test_other_code_or_inputs_are_another_release(home: Home, changed: dict[str, object]) -> None:
    first, second = home.night(D20), home.night(D20, **changed)
    assert first.release_id != second.release_id
    assert shown(home) == second.release_id


def test_a_commit_that_changes_no_model_makes_no_release(home: Home) -> None:
    first = home.night(D20)
    again = home.night(D20, identity=replace(IDENTITY, git_commit="def"))
    assert (again.release_id, again.is_new) == (first.release_id, False)
    assert again.manifest["git_commit"] == IDENTITY.git_commit


def test_only_the_changed_cell_gets_a_new_version(home: Home) -> None:
    home.night(D20)
    home.night(D21, (replace(CELLS[0], numerator=4), *CELLS[1:]))
    assert versions(home) == [
        ("C1", "2026-11", 1, None),
        ("U1", "2026-03", 1, None),
        ("U1", "2026-10", 1, None),
        ("U1", "2026-11", 1, 2),
        ("U1", "2026-11", 2, None),
        ("U2", "2026-11", 1, None),
    ]
    assert files_equal_postgres(home) == 2
    # as known then and as known now, in one join
    then_and_now = home.rows(
        "select old.numerator, new.numerator, old.as_of, new.as_of from published.kpi_results_at(1) as old "
        "join published.kpi_results as new using (kpi_id, unit_code, period_start) "
        "where old.numerator is distinct from new.numerator"
    )
    assert [(int(a), int(b), c.day, d.day) for a, b, c, d in then_and_now] == [(3, 4, 20, 21)]


def test_cells_that_go_away_and_months_that_empty_are_closed(home: Home) -> None:
    home.night(D20)
    home.night(D21, CELLS[:2])
    assert home.rows("select count(*) from published.kpi_results") == [(2,)]
    assert files_equal_postgres(home) == 2


def test_unchanged_settled_month_is_one_file_for_both_nights(home: Home) -> None:
    first, second = home.night(D20), home.night(D21)
    inodes = [(night.path / "kpi_results" / "2026-03.parquet").stat().st_ino for night in (first, second)]
    assert inodes[0] == inodes[1]
    # its as_of is left away in the file and filled in by every reader
    assert pq.read_table(second.path / "kpi_results" / "2026-03.parquet")["as_of"].to_pylist() == [None]
    assert set(second.table("kpi_results")["as_of"].to_pylist()) == {datetime(2026, 11, 21, 16)}
    assert files_equal_postgres(home) == 2


def test_time_written_out_is_not_taken_for_tonights_because_the_bytes_are_the_same(home: Home) -> None:
    home.describe("dim_seen", {"unit_code": "varchar", "as_of": "timestamp"})
    for day in (D20, D21):
        home.build(day)
        home.insert("dim_seen", [{"unit_code": "U1", "as_of": datetime(2026, 11, 20, 16)}])
        home.publish(day)
    assert home.rows("select as_of::text from published.dim_seen") == [("2026-11-20 16:00:00",)]
    assert files_equal_postgres(home) == 2


def test_stale_cell_keeps_its_own_as_of(home: Home) -> None:
    home.night(D20)
    old = datetime(2026, 11, 20, 16)
    stale = tuple(replace(cell, stale_as_of=old) if cell.unit_code == "U1" else cell for cell in CELLS)
    home.night(D21, stale)
    rows = home.rows("select is_stale, as_of::date::text, count(*) from published.kpi_results group by 1, 2 order by 1")
    assert rows == [(False, "2026-11-21", 2), (True, "2026-11-20", 3)]
    home.night(date(2026, 11, 22), stale)
    assert files_equal_postgres(home) == 3


def test_values_carried_from_the_files_of_settled_months_get_their_as_of_back(home: Home) -> None:
    earlier = home.night(D19)
    carried = pq.read_table(earlier.path / "kpi_results" / "2026-03.parquet")["as_of"].to_pylist()
    assert carried == [None]  # what the gate finds there
    home.build(D21)
    home.change("update publish.kpi_results set is_stale = true, as_of = null where period_start < '2026-04-01'")
    home.change("update publish.kpi_results set last_good_value = 0.5 where period_start = '2026-10-05'")
    home.publish(D21)
    rows = home.rows(
        "select is_stale, as_of::date::text, last_good_as_of::text from published.kpi_results "
        "where period_start < '2026-11-01' order by period_start"
    )
    assert rows == [(True, "2026-11-19", None), (False, "2026-11-21", "2026-11-19 16:00:00")]
    assert files_equal_postgres(home) == 2


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "update publish.kpi_results set is_stale = true, as_of = null",
            "a row has is_stale and no as_of, and there is no",
        ),
        ("update publish.kpi_results set last_good_value = 1", "a row has last_good_value and no last_good_as_of, and"),
        ("insert into publish.kpi_results from publish.kpi_results limit 1", "expected one row for kpi_id="),
        ("update publish.kpi_results set caliber = null", "key column caliber is null"),
        (
            "alter table publish.dim_units add column tags varchar[]",
            "column tags: expected no such column, found varchar[]",
        ),
        (
            "create table publish.dim_more as select 1 as a",
            "found the table dim_more, which the contract does not have",
        ),
        ("drop table publish.kpi_results", "expected the table kpi_results, found dim_units"),
    ],
)
def test_work_file_that_cannot_be_published_is_refused_whole(home: Home, statement: str, says: str) -> None:
    home.build(D20)
    home.change(statement)
    with pytest.raises(PermanentError, match=re.escape(says)):
        home.publish(D20)
    assert not home.settings.releases_dir.exists()
    assert not home.settings.ledger_path.exists()


def test_empty_tables_are_released_with_their_columns(home: Home) -> None:
    home.build(D20, (), findings=())
    night = home.publish(D20)
    assert [file.name for file in night.files if file.table == "kpi_results"] == ["kpi_results/empty.parquet"]
    assert night.table("quality_findings").num_rows == 0
    assert "severity" in night.table("quality_findings").column_names
    assert home.rows("select rule_id from published.quality_findings") == []
    assert files_equal_postgres(home) == 1
    home.night(D21)
    assert files_equal_postgres(home) == 2


def test_text_and_types_arrive_unchanged(home: Home) -> None:
    values = {
        "empty": ("varchar", ""), "nothing": ("varchar", None), "quoted": ("varchar", 'a"b,\nc'), "flag": ("boolean", True),
        "third": ("double", 1 / 3), "not_number": ("double", float("nan")), "huge": ("hugeint", 12345678901234567890),
        "exact": ("decimal(18, 4)", Decimal("0.1000")), "small": ("integer", 7), "day": ("date", D20),
        "moment": ("timestamp", datetime(2026, 11, 20, 1, 2, 3, 4)),
    }  # fmt: skip
    home.describe("dim_odd", {name: kind for name, (kind, _) in values.items()})
    home.build(D20)
    home.insert("dim_odd", [{name: value for name, (_, value) in values.items()}])
    night = home.publish(D20)
    wanted = {name: value for name, (_, value) in values.items()} | {"not_number": "NaN"}
    columns = ", ".join("not_number::text" if name == "not_number" else name for name in wanted)
    assert home.rows(f"select {columns} from published.dim_odd") == [tuple(wanted.values())]
    assert night.table("dim_odd")["moment"].to_pylist() == [datetime(2026, 11, 20, 1, 2, 3, 4)]


def test_new_column_and_new_table_join_the_history(home: Home) -> None:
    home.night(D19)
    home.describe("kpi_results", {"note": "varchar"})
    home.describe("dim_places", {"place_code": "varchar"}, ["place_code"])
    home.build(D20)
    home.insert("dim_places", [{"place_code": "P1"}])
    home.publish(D20)
    assert versions(home) == [
        (unit, part, 1, None) for unit, part, *_ in versions(home)
    ]  # an empty column changes none
    home.build(D21)
    home.change("update publish.kpi_results set note = 'seen'")
    home.publish(D21)
    assert {row[0] for row in home.rows("select note from published.kpi_results_at(2)")} == {None}
    assert {row[0] for row in home.rows("select note from published.kpi_results_at(3)")} == {"seen"}
    assert home.rows("select place_code from published.dim_places") == []
    assert home.rows("select place_code from published.dim_places_at(2)") == [("P1",)]


def test_table_that_the_contract_gave_up_stays_in_the_history(home: Home, server: Path) -> None:
    home.describe("dim_places", {"place_code": "varchar"}, ["place_code"])
    home.build(D19)
    home.insert("dim_places", [{"place_code": "P1"}])
    home.publish(D19)
    home.give_up("dim_places")
    home.night(D20)
    assert home.rows("select place_code from published.dim_places") == []
    assert home.rows("select place_code from published.dim_places_at(1)") == [("P1",)]
    home.uri = empty_database(server, "published_again")  # learns of it from the files of the older release
    home.publish(D20)
    assert home.rows("select place_code from published.dim_places_at(1)") == [("P1",)]
    assert files_equal_postgres(home) == 2


def test_column_that_changes_its_type_is_refused(home: Home) -> None:
    home.night(D19)
    home.retype("kpi_results", "value", "varchar")
    home.build(D20)
    with pytest.raises(PermanentError, match="column value was double precision in earlier releases and is text now"):
        home.publish(D20)
    assert home.rows("select count(*) from published.kpi_results") == [(len(CELLS),)]


def test_older_night_is_recorded_but_does_not_become_current(home: Home) -> None:
    middle = home.night(D20)
    older = home.night(D18, CELLS[:2])
    assert shown(home) == middle.release_id
    newer = home.night(D21, (replace(CELLS[0], numerator=5), *CELLS[1:]))
    assert shown(home) == newer.release_id
    assert files_equal_postgres(home) == 3
    assert releases.current(home.settings).release_id == newer.release_id
    assert older.release_id in [row[0] for row in home.rows("select release_id from published.releases")]


def test_latest_before_goes_by_business_date_not_by_order(home: Home) -> None:
    assert releases.latest_before(home.settings, D20) is None
    first = home.night(D19)
    home.night(D21)
    home.night(D18)
    corrected = home.night(D19, CELLS[:4])
    on_the_day = releases.latest_on(home.settings, D19)
    assert on_the_day is not None
    assert on_the_day.release_id == corrected.release_id
    assert releases.latest_on(home.settings, D20) is None
    found = releases.latest_before(home.settings, D21)
    assert found is not None
    assert found.release_id == corrected.release_id != first.release_id
    assert found.path.is_dir()
    assert found.manifest["business_date"] == "2026-11-19"
    publisher.rollback(home.settings, home.uri, first.release_id)
    again = releases.latest_before(home.settings, D21)
    assert again is not None
    assert again.release_id == corrected.release_id  # a roll-back changes what is shown, not what is built on


def _land_map(home: Home, digest: str) -> list[dict[str, object]]:
    """A delivery of order files that were read by a map; the manifests that a release on it lists."""
    landing = Landing(home.settings.landing_dir)
    tables = {contract.name: contract.schema.empty_table() for contract in contracts.tables_of("hotline")}
    tables["load_map"] = pa.table({"map_sha256": [digest]}, tables["load_map"].schema)
    attempt = landing.write_attempt("hotline", D19, Window(None, datetime(2026, 11, 20, tzinfo=UTC)), tables, {})
    landing.accept(attempt)
    return landed_manifests(home.settings, D19)


def test_a_night_by_another_map_is_held_against_the_last_of_its_date_and_again_the_same(home: Home) -> None:
    def before(line: int | None = None) -> str | None:
        found = releases.latest_before(home.settings, D19, line)
        return found.release_id if found else None

    def night(digest: str, first_numerator: int) -> str:
        manifests = _land_map(home, digest)
        cells = (replace(CELLS[0], numerator=first_numerator), *CELLS[1:])
        return home.night(D19, cells, landing_manifests=manifests).release_id

    wrong = night("a", 1)
    assert before() is None, "no earlier date, and no other map"
    _land_map(home, "b")
    assert before() == wrong
    right = night("b", 2)
    assert before() == wrong, "the night again is held against the same"
    late = night("b", 3)
    assert before() == wrong != late
    _land_map(home, "a")
    assert before() == late, "back to the first map: the last that readers saw"
    numbers = {e.release_id: e.number for e in Ledger(home.settings.ledger_path).events()}
    assert (before(numbers[wrong]), before(numbers[right]), before(numbers[late])) == (None, wrong, wrong), (
        "for a replay too"
    )
    home.night(D18)
    assert before() == late, "an earlier date does not stand before another map of the same date"


def test_without_a_work_file_the_error_says_to_build(home: Home) -> None:
    with pytest.raises(UsageError, match="build a business date first"):
        home.publish(D20)


def test_unreachable_server_leaves_a_complete_release_that_the_next_run_publishes(home: Home) -> None:
    home.build(D20)
    with pytest.raises(TransientError, match="check that the server runs"):
        publisher.publish(
            Night(home.settings, D20), "postgresql://127.0.0.1:1/minhu?connect_timeout=2", IDENTITY, LANDING
        )
    assert verification.verify(home.settings) == []
    assert not home.publish(D20).is_new
    assert files_equal_postgres(home) == 1


def test_another_city_is_refused_in_the_same_database(make_home: Callable[[], Home]) -> None:
    xian, other = make_home(), make_home()
    xian.night(D20)
    other.settings = replace(other.settings, city=replace(other.settings.city, code="pingshan"))
    other.uri = xian.uri
    with pytest.raises(PermanentError, match="this database holds the releases of city xian"):
        other.night(D20)


def test_readers_may_read_and_nothing_else(home: Home) -> None:
    home.night(D20)
    with psycopg.connect(home.uri, autocommit=True) as connection:
        connection.execute("set role minhu_reader")
        counted = connection.execute("select count(*) from published.kpi_results").fetchone()
        past = connection.execute("select count(*) from published.kpi_results_at(1)").fetchone()
        assert counted == past == (len(CELLS),)
        for refused in (
            "select * from published_store.releases",
            "delete from published.quality_findings",
            "insert into published.dim_units (unit_code) values ('X')",
            "create table published.mine (a integer)",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)):
                connection.execute(refused.encode())


def test_ledger_lines_are_a_chain_without_a_clock(home: Home) -> None:
    home.night(D20)
    home.night(D21)
    lines = [json.loads(line) for line in home.settings.ledger_path.read_text().splitlines()]
    assert [line["number"] for line in lines] == [1, 2]
    assert lines[0]["previous"] == "0" * 64
    assert set(lines[0]) == {
        "number", "kind", "release_id", "business_date", "manifest_sha256", "previous", "git_commit", "verdicts",
        "published_by",
        "key_id", "signature",
    }  # fmt: skip
    assert (lines[0]["git_commit"], lines[0]["verdicts"]) == ("abc123", {"NOT_RATED": 1, "PUBLISHED": 4})
