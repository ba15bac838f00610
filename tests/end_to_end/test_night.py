"""Real nights through real Airflow: the first, the same again, one with a broken source, one killed, and the way back."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from minhu.simulator import read_city
from minhu.simulator.truth.truth import write_truth
from minhu.standalone.report import FIRST_QUERY
from tests.cli.processes import Ended, minhu, processes_of
from tests.fixtures.waiting import until

from .conftest import FIRST, SECOND, THIRD, City, Night, Reader, looked_at

pytestmark = [pytest.mark.end_to_end, pytest.mark.nights(8)]

#: All groups of the catalogue: the letter and how many KPIs it has.
GROUPS = {"H": 13, "G": 8, "S": 6, "R": 4, "B": 4, "E": 3, "L": 3, "T": 4, "W": 3, "V": 2, "P": 4, "Q": 3, "X": 3}
KPIS = {f"{group}{number:02d}" for group, count in GROUPS.items() for number in range(1, count + 1)}
CITY_CELLS = (
    "select kpi_id, variant, period_type, cast(period_start as varchar) as period_start, caliber, numerator,"
    " denominator, value, verdict, is_stale, cast(as_of as varchar) as as_of from published.kpi_results"
    " where unit_type = 'city' order by all"
)


@dataclass(frozen=True)
class BrokenNight:
    """The second night, in which the hotline had lost a column, and what went on around it."""

    night: Night
    other: Ended
    night_went_on: bool
    reader: Reader
    cells_before: list[dict[str, Any]]
    cells_after: list[dict[str, Any]]


@dataclass(frozen=True)
class KilledNight:
    """The third night, killed in the middle of its build, then run again."""

    public_before: str
    state_of_work_file: list[tuple[Any, ...]]
    public_after_kill: dict[str, Any]
    again: Night


@pytest.fixture(scope="module")
def first(city: City) -> Night:
    return looked_at(city, city.nightly(FIRST))


@pytest.fixture(scope="module")
def repeated(city: City, first: Night) -> Night:
    return looked_at(city, city.nightly(FIRST))


@pytest.fixture(scope="module")
def broken(city: City, repeated: Night) -> BrokenNight:
    before = city.sql(CITY_CELLS)
    assert minhu(city.home, "simulate", "--date", SECOND, "--scale", "0.01").code == 0  # its server stays up
    hotline = minhu(city.home, "db", "uri", "hotline").out.strip()
    _rename_column(hotline, "due_at", "due_date")
    reader = Reader(minhu(city.home, "db", "uri").out.strip())
    with reader.reading():
        running = city.begin_night(SECOND)
        running.wait_for("start Airflow ...")
        other = city.nightly(THIRD)
        night_went_on = running.process.poll() is None
        ended = running.end()
    _rename_column(hotline, "due_date", "due_at")
    return BrokenNight(looked_at(city, ended), other, night_went_on, reader, before, city.sql(CITY_CELLS))


@pytest.fixture(scope="module")
def killed(city: City, broken: BrokenNight) -> KilledNight:
    assert minhu(city.home, "db", "stop").code == 0
    running = city.begin_night(THIRD)
    running.wait_for("hotline_extract.announce_arrival: success")
    _wait_for_dbt(city.home, THIRD)
    running.kill()
    with duckdb.connect(str(city.home / "warehouse" / "work.duckdb")) as work_file:
        state = work_file.execute("select status from raw.build_state").fetchall()
    after_kill = city.status()
    again = looked_at(city, city.nightly(THIRD))
    return KilledNight(broken.night.release_id, state, after_kill, again)


def test_first_night_publishes_and_says_where_to_look(city: City, first: Night) -> None:
    ended = first.ended
    assert ended.code == 0, ended.said
    for stage in (
        "hotline_extract",
        "grid_extract",
        "stations_extract",
        "returns_extract",
        "assessment_build",
        "kpi_publish",
    ):
        assert re.search(rf"\] {stage} done in \d+\.\d s", ended.out), f"no progress of {stage}"
        assert re.search(rf"│ {stage} +│ +\d+\.\d │", ended.out), f"no seconds of {stage}"
    for source in ("hotline", "grid", "stations", "returns"):
        landed = re.search(rf"│ {source} +│ accepted +│ +([\d,]+) │ +([\d,]+) │", ended.out)
        assert landed, f"no line about {source}"
        assert int(landed[1].replace(",", "")) > (100 if source == "returns" else 1000)
        assert int(landed[2]) > 0 or source == "returns", "the synthetic city is dirty: something must be in quarantine"
    assert f"release  {first.release_id}  (published)" in ended.out
    assert f"folder   {city.home}/releases/{first.release_id}" in ended.out
    assert (city.home / "releases" / first.release_id / "manifest.json").is_file()
    assert f'minhu sql "{FIRST_QUERY}"' in ended.out
    assert {row["unit_name"] for row in city.sql(FIRST_QUERY)} >= {"碑林区", "莲湖区"}


def test_night_stops_everything_it_started(first: Night, repeated: Night) -> None:
    assert first.left_running == []
    assert repeated.left_running == []


def test_status_says_which_release_and_how_many_cells_of_each_verdict(city: City, first: Night) -> None:
    status = first.status
    assert set(status) >= {
        "release_id", "business_date", "release_path", "published_uri", "verdicts", "kpi_ids", "stale_sources",
        "findings",
    }  # fmt: skip
    assert status["business_date"] == FIRST
    assert Path(status["release_path"]).is_dir()
    assert set(status["kpi_ids"]) == KPIS
    assert status["stale_sources"] == []
    assert status["verdicts"]["PUBLISHED"] > 500
    assert {"block", "warn", "info"} <= set(status["findings"])
    shown = {
        verdict: int(count.replace(",", ""))
        for verdict, count in re.findall(r"│ ([A-Z_]+) +│ +([\d,]+) │", first.ended.out)
    }
    assert shown == status["verdicts"]


def test_every_published_cell_has_what_the_issue_asks(city: City, first: Night) -> None:
    parts = str(Path(first.status["release_path"]) / "kpi_results" / "*.parquet")
    with duckdb.connect() as db:
        cells = db.from_parquet(parts)
        assert set(cells.columns) >= {
            "kpi_id", "unit_type", "unit_code", "period_type", "period_start", "caliber", "numerator", "denominator",
            "value", "ci_low", "ci_high", "verdict", "rule_id", "as_of", "contract_version",
        }  # fmt: skip
        counted = db.execute(f"select verdict, count(*) from '{parts}' group by 1").fetchall()
        levels = db.execute(f"select distinct unit_type from '{parts}'").fetchall()
    assert dict(counted) == first.status["verdicts"]
    assert {level for (level,) in levels} >= {"city", "district", "street", "community", "unit"}


def test_same_date_again_publishes_nothing_new(first: Night, repeated: Night) -> None:
    assert repeated.ended.code == 0, repeated.ended.said
    assert repeated.release_id == first.release_id
    assert "unchanged: the same content was published before" in repeated.ended.out
    assert repeated.ledger == first.ledger
    assert len(first.ledger) == 1


def test_second_night_at_once_is_told_who_holds_the_city(broken: BrokenNight) -> None:
    assert broken.other.code == 5, broken.other.said
    said = re.search(r"process (\d+) is running the night of (\S+) in", broken.other.err)
    assert said, broken.other.err
    assert said[2] == SECOND
    assert broken.night_went_on, "it waited for the other"


def test_broken_source_ends_with_code_3_and_the_reason(broken: BrokenNight) -> None:
    ended = broken.night.ended
    assert ended.code == 3, ended.said
    assert "hotline was blocked:" in ended.out
    assert "due_at" in ended.out, "the reason names the missing column"
    assert f"the hotline KPIs of {SECOND} stay those of {FIRST}, marked stale" in ended.out
    assert broken.night.status["stale_sources"] == ["hotline"]
    assert broken.night.status["business_date"] == SECOND
    assert broken.night.status["findings"]["block"] >= 1


def test_cells_of_the_broken_source_stay_and_are_marked_stale(broken: BrokenNight) -> None:
    def values(cells: list[dict[str, Any]], prefix: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        return {
            (c["kpi_id"], c["variant"], c["period_type"], c["period_start"], c["caliber"]): (
                c["numerator"], c["denominator"], c["value"],
            )
            for c in cells
            if c["kpi_id"].startswith(prefix)
        }  # fmt: skip

    before, after = values(broken.cells_before, "H"), values(broken.cells_after, "H")
    kept = [cell for cell in broken.cells_after if cell["kpi_id"].startswith("H") and cell["value"] is not None]
    assert len(kept) > 50
    assert {key: value for key, value in after.items() if value[2] is not None} == {
        key: value for key, value in before.items() if value[2] is not None
    }
    assert {cell["is_stale"] for cell in kept} == {True}
    assert {cell["as_of"][:10] for cell in kept} == {FIRST}, "the end of that day in UTC is still that date"


def test_cells_of_the_other_sources_go_on(broken: BrokenNight) -> None:
    others = [cell for cell in broken.cells_after if cell["kpi_id"][0] not in "HTX"]
    today = [cell for cell in others if cell["period_start"] == SECOND]
    assert len(today) > 5
    assert {cell["is_stale"] for cell in others} == {False}


def test_reader_sees_one_whole_release_at_every_moment_of_a_night(first: Night, broken: BrokenNight) -> None:
    reader = broken.reader
    assert reader.errors == []
    assert all(len(rows) == 1 for rows in reader.seen), "two releases in one answer"
    assert [rows[0][0] for rows in reader.seen] == [first.release_id, broken.night.release_id], (
        "each release showed one and the same content as long as it was current"
    )
    totals = [sum(night.status["verdicts"].values()) for night in (first, broken.night)]
    assert [rows[0][1] for rows in reader.seen] == totals


def test_server_that_somebody_asked_for_outlives_the_night(broken: BrokenNight) -> None:
    assert broken.night.left_running != []
    assert all("postgres" in line for line in broken.night.left_running)


def test_killed_build_leaves_readers_the_last_release(killed: KilledNight) -> None:
    assert killed.state_of_work_file == [("building",)], "the kill must have hit the build"
    assert killed.public_after_kill["release_id"] == killed.public_before
    assert killed.public_after_kill["business_date"] == SECOND


def test_night_after_a_kill_recovers_without_hand_work(city: City, killed: KilledNight) -> None:
    again = killed.again
    assert again.ended.code == 0, again.ended.said
    assert "(published)" in again.ended.out
    assert again.status["business_date"] == THIRD
    assert again.left_running == [], "also the database of the killed night is stopped"
    assert len(again.ledger) == 3
    assert minhu(city.home, "verify").code == 0


def test_source_catches_up_by_itself_and_every_cell_is_true(city: City, killed: KilledNight) -> None:
    """The night without hotline and the night that was killed have left no trace in the values."""
    assert killed.again.status["stale_sources"] == []
    held = read_city(city.home)
    assert held is not None
    write_truth(city.home / "truth", held, date.fromisoformat(THIRD))
    truth = str(city.home / "truth" / "kpi_truth.parquet")
    with duckdb.connect() as db:
        columns = "kpi_id, variant, period_type, cast(period_start as varchar) as period_start, caliber"
        known = db.execute(
            f"select {columns}, numerator, denominator from '{truth}' where unit_type = 'city'"
        ).fetchall()
    made = {
        (c["kpi_id"], c["variant"], c["period_type"], c["period_start"], c["caliber"]): c
        for c in city.sql(CITY_CELLS)
    }  # fmt: skip
    compared = 0
    for *key, numerator, denominator in known:
        cell = made.get(tuple(key))
        if cell is None or cell["numerator"] is None or key[1] == "mean_daily":
            continue  # by day where the contract has no days, too few to disclose, or days that were never handed out
        assert float(cell["numerator"]) == pytest.approx(numerator, abs=1e-6), key
        if denominator is not None:
            assert float(cell["denominator"]) == pytest.approx(denominator, abs=1e-4), key
        assert not cell["is_stale"], key
        compared += 1
    assert compared > 200
    nightly = {kpi for kpi in KPIS if kpi[0] in "HGS"} - {"H10"}
    assert {key[0] for *key, _, _ in known if made.get(tuple(key))} >= nightly


def test_rollback_and_forward_move_one_pointer(city: City, first: Night, killed: KilledNight) -> None:
    last = killed.again.release_id
    try:
        assert minhu(city.home, "db", "start").code == 0
        for release_id, day in ((first.release_id, FIRST), (last, THIRD)):
            done = minhu(city.home, "rollback", release_id)
            assert done.code == 0, done.said
            assert f"current release: {release_id}" in done.out
            assert city.status()["release_id"] == release_id
            assert city.status()["business_date"] == day
            assert city.sql("select distinct release_id from kpi_results") == [{"release_id": release_id}]
            with psycopg.connect(minhu(city.home, "db", "uri").out.strip()) as reader:
                assert reader.execute("select distinct release_id from published.kpi_results").fetchall() == [
                    (release_id,)
                ]
        assert minhu(city.home, "verify").code == 0
    finally:
        minhu(city.home, "db", "stop")
    assert processes_of(city.home) == []


@pytest.mark.slow
def test_night_killed_in_any_stage_is_finished_by_the_next(city: City, killed: KilledNight) -> None:
    """One date, killed again and again, each time further on."""
    day = "2026-11-23"
    stages = ("synthetic city", "start Airflow ...", "start Airflow done", "hotline_extract.land_tables",
              "hotline_extract done", "assessment_build done", "kpi_publish.publish_release")  # fmt: skip
    for number, stage in enumerate(stages):
        running = city.begin_night(day)
        running.wait_for(stage)
        time.sleep(1.5)  # well into what begins there
        running.kill(with_children=number % 2 == 0)
        status = city.status()
        expected = {killed.again.release_id}
        if stage.startswith(("assessment_build done", "kpi_publish")):
            expected |= {line.split()[-1] for line in city.releases()}
        assert status["release_id"] in expected, f"killed at {stage!r}"
    ended = looked_at(city, city.nightly(day))
    assert ended.ended.code == 0, ended.ended.said
    assert ended.status["business_date"] == day
    assert ended.status["stale_sources"] == []
    assert ended.left_running == []
    assert minhu(city.home, "verify").code == 0
    again = looked_at(city, city.nightly(day))
    assert again.release_id == ended.release_id


def _wait_for_dbt(home: Path, day: str) -> None:
    """Return when the build of ``day`` has begun to write models."""
    written = home / "dbt" / "target" / "run"
    begun = time.time()
    until(
        lambda: sum(path.stat().st_mtime > begun for path in written.rglob("*.sql")) >= 20,
        f"the build of {day}",
    )


def _rename_column(uri: str, old: str, new: str) -> None:
    statement = psycopg.sql.SQL("alter table hotline.work_orders rename column {} to {}")
    with psycopg.connect(uri, autocommit=True) as source:
        source.execute(statement.format(psycopg.sql.Identifier(old), psycopg.sql.Identifier(new)))
