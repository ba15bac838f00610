"""``make bench-peers`` without its hour: what it tells of runs, and that a run with other results does not count."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import duckdb
import psutil
import pytest

from benchmarks import statements
from benchmarks.memory import peak
from benchmarks.peers import NAMES, __main__, measure, pandas_kpis, report
from benchmarks.peers.measure import Spent
from benchmarks.peers.night import FILE_NAME, Night, differing, environ, expected_outcome, fingerprint, outcome
from benchmarks.peers.report import Outcome
from tests.fixtures.waiting import PATIENCE, until


def measured(name: str, *seconds: float) -> Outcome:
    return Outcome(name, name.upper(), runs=tuple(Spent(cpu, 2 * cpu, 100.0, 0) for cpu in seconds))


@pytest.mark.parametrize("name", NAMES)
def test_every_peer_has_the_shape_and_can_be_read_without_its_packages(name: str) -> None:
    peer = importlib.import_module(f"benchmarks.peers.{name}")
    assert name == peer.NAME
    assert peer.PYTHON in __main__.PYTHONS
    assert peer.TITLE and peer.PACKAGES and callable(peer.run)


def test_the_table_has_the_median_of_all_runs() -> None:
    lines = report.table([measured("own", 2.0, 100.0, 4.0), measured("cosmos_local", 20.0)]).splitlines()
    assert lines[2:] == [
        "| OWN | 4.0 | 8.0 | 100 | 3 | 1.00 |",
        "| COSMOS_LOCAL | 20.0 | 40.0 | 100 | 1 | 5.00 |",
    ]


def test_what_was_not_measured_has_its_reason_and_no_figure() -> None:
    failed = Outcome("sqlmesh_models", "SQLMesh", runs=measured("x", 1.0).runs, reason="2 published tables differ")
    table = report.table([measured("own", 2.0), failed])
    assert table.splitlines()[-1] == "| SQLMesh | not measured: 2 published tables differ | | | | |"
    assert "SQLMesh" not in report.picture([measured("own", 2.0), failed])


def test_a_target_is_met_only_by_what_was_measured() -> None:
    found = {ratio["name"]: ratio for ratio in report.ratios([measured("own", 2.0), measured("cosmos_local", 10.0)])}
    local, watcher = (found[f"own way / one task a model ({mode})"] for mode in ("LOCAL", "WATCHER"))
    assert (local["value"], local["met"]) == (0.2, True)
    assert (watcher["value"], watcher["met"]) == (None, False)


def test_a_part_of_a_night_is_compared_with_nobody() -> None:
    part = Outcome("pandas_kpis", "pandas", runs=measured("x", 1.0).runs, is_part=True)
    assert report.table([measured("own", 2.0), part]).splitlines()[-1].endswith("| 1 |  |")


def test_the_picture_is_xml_with_two_bars_a_peer() -> None:
    picture = ElementTree.fromstring(report.picture([measured("own", 2.0), measured("bare <duckdb>", 0.5)]))
    assert len(picture.findall("{http://www.w3.org/2000/svg}rect")) == 4


def test_rows_are_compared_whatever_their_order_and_width() -> None:
    with duckdb.connect() as db:
        db.execute("create table one as select * from (values (1, 0.5, null), (2, 1.25, 'x')) as t(a, b, c)")
        db.execute(
            "create table same as select c, cast(b as decimal(5, 2)) as b, cast(a as hugeint) as a from one order by a desc"
        )
        db.execute("create table other as select a, b, coalesce(c, 'y') as c from one")
        assert fingerprint(db, "one") == fingerprint(db, "same") != fingerprint(db, "other")


def test_what_differs_is_named() -> None:
    said = differing({"a": "2:7", "b": "2:7", "c": "2:7", "d": "2:7"}, {"a": "2:7", "b": "3:7", "c": "2:8", "e": "1:1"})
    assert said == ["d is missing", "b: 3 rows for 2", "c: other values"]


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """A night whose one published table has two rows."""
    found = Night(str(tmp_path), "2026-11-20", {}, {})
    for path in (found.built, found.given):
        path.parent.mkdir(parents=True)
        with duckdb.connect(str(path)) as db:
            db.execute("create schema publish")
            db.execute("create table publish.kpi_results as select unnest([1, 2]) as value")
    found.folder_of("own").mkdir(parents=True)
    return found


def test_figures_of_the_same_night_are_kept_and_of_another_not(night: Night, tmp_path: Path) -> None:
    options = SimpleNamespace(results=tmp_path / "peers.json", picture=tmp_path / "peers.svg")
    of_own = measured("own", 2.0, 4.0)
    assert __main__._write(night, {"own": of_own}, options) == [of_own]
    assert report.kept(options.results, night) == {"own": of_own}
    assert report.kept(options.results, replace(night, size={"scale": 2})) == {}
    assert report.kept(tmp_path / "none.json", night) == {}


@pytest.mark.parametrize(
    ("sql", "exit_code", "reason"),
    [
        ("select 1", 0, ""),
        ("insert into publish.kpi_results values (3)", 0, "1 published tables differ: kpi_results: 3 rows for 2"),
        (
            "update publish.kpi_results set value = 3 where value = 2",
            0,
            "1 published tables differ: kpi_results: other values",
        ),
        ("drop table publish.kpi_results", 0, "1 published tables differ: kpi_results is missing"),
        ("select 1", 3, "failed: no such file"),
        ("select 1", None, "longer than 9 s"),
    ],
)
def test_a_run_counts_only_with_the_product_s_results(
    night: Night, monkeypatch: pytest.MonkeyPatch, sql: str, exit_code: int | None, reason: str
) -> None:
    def run(command: list[str], of: object, log: Path, timeout_s: float) -> Spent:
        with duckdb.connect(str(night.work_file_of("own"))) as db:
            db.execute(sql)
        log.write_text("reading\nno such file\n", encoding="utf-8")
        (log.parent / "told.json").write_text(
            json.dumps({"details": {}, "versions": {"duckdb": "1"}}), encoding="utf-8"
        )
        return Spent(1.0, 1.0, 1.0, exit_code)

    monkeypatch.setattr(measure, "run", run)
    night.start("own")
    peer = SimpleNamespace(PYTHON="product")
    found = __main__._run(
        night, Outcome("own", "own"), peer, {"product": Path(sys.executable)}, outcome(night.built), 9.0
    )
    assert found.reason == reason
    assert found.is_measured == (not reason)


def test_a_night_that_published_nothing_is_compared_with_nobody(night: Night) -> None:
    assert expected_outcome(night) == outcome(night.built) != {}
    with duckdb.connect(str(night.built)) as db:
        db.execute("drop table publish.kpi_results")
    with pytest.raises(ValueError, match="expected published tables, found none"):
        expected_outcome(night)


def test_a_peer_without_its_environment_says_so(night: Night) -> None:
    peer = SimpleNamespace(PYTHON="spark")
    found = __main__._prepared(night, Outcome("own", "own"), peer, {"spark": Path("/nowhere/python")}, None)
    assert found.reason == "no environment at /nowhere/python"


def test_what_a_run_leaves_running_is_ended(tmp_path: Path) -> None:
    program = "import subprocess; print(subprocess.Popen(['sleep', '1000'], start_new_session=True).pid)"
    spent = measure.run([sys.executable, "-c", program], environ(), tmp_path / "log", PATIENCE)
    assert spent.exit_code == 0
    assert spent.cpu_s > 0 and spent.wall_s > 0
    assert not psutil.pid_exists(int((tmp_path / "log").read_text()))


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    program = "import os, time; print(os.getpid(), flush=True); time.sleep(1000)"
    assert measure.run([sys.executable, "-c", program], environ(), tmp_path / "log", 2.0).exit_code is None
    said = (tmp_path / "log").read_text()
    assert not said or not psutil.pid_exists(int(said))


def test_statements_are_replayed_in_their_order_python_among_them(tmp_path: Path) -> None:
    python = (
        "class dbtObj:\n    def __init__(self, load):\n        self.ref = load\n"
        "def model(dbt, session):\n    return dbt.ref('a').df().assign(y=lambda rows: rows.x + 1)\n"
        "def materialize(found, con):\n    con.register('found', found)\n    con.execute('create table b as from found')\n"
    )
    sent = [
        statements.Statement("create table a as select 1 as x"),
        statements.Statement(python, is_python=True),
        statements.Statement("create table c as select x + y as z from b"),
    ]
    statements.write(tmp_path / "statements.json", sent)
    statements.replay(tmp_path / FILE_NAME, statements.read(tmp_path / "statements.json"))
    with duckdb.connect(str(tmp_path / FILE_NAME)) as db:
        assert db.execute("from c").fetchall() == [(3,)]


def test_the_most_memory_is_kept_whatever_comes_after() -> None:
    figures = [3, 9, 4]
    with peak(lambda: figures.pop(0) if figures else 0, 0.001) as found:
        until(lambda: not figures, "every figure was looked at")
    assert found.bytes == 9


def test_a_figure_of_pandas_that_differs_is_refused() -> None:
    import pandas as pd

    figures = pd.DataFrame(
        [{"kpi_id": "H04", "unit_type": "city", "unit_code": "", "caliber": "full", "numerator": 3, "denominator": 4}]
    )
    pandas_kpis.compare(figures, figures)
    with pytest.raises(ValueError, match="1 differ"):
        pandas_kpis.compare(figures.assign(numerator=2), figures)
    with pytest.raises(ValueError, match="1 differ"):
        pandas_kpis.compare(figures.iloc[:0], figures)
