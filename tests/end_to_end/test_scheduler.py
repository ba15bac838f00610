"""Airflow by itself: its scheduler starts the extracts, asset events carry the business date to the release."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from minhu import airflow_runtime, nightly, release, serving
from minhu import settings as settings_module
from minhu.airflow_api import DAG_IDS, Airflow
from minhu.airflow_runtime import environment
from minhu.ledger import Ledger, release_events
from minhu.releases import open_release
from minhu.settings import Settings

SMALL = nightly.Simulation(days=4, scale=0.01, seed=7)
EXTRACTS = ("hotline_extract", "grid_extract", "stations_extract")


def settings_at(home: Path, **environ: str) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(home), **environ})


def wait_for_release(airflow: Airflow, home: Settings, day: date | None, seconds: float) -> release.Release:
    deadline = time.monotonic() + seconds
    found: list[release.Release] = []

    def is_over() -> bool:
        current = release.current(home) if day is None else release.latest_on(home, day)
        found[:] = [current] if current is not None else []
        assert time.monotonic() < deadline, f"no release after {seconds:.0f} s"
        return bool(found)

    serving.wait(airflow, is_over)
    return found[0]


@pytest.mark.timeout(300)
def test_the_scheduler_runs_the_chain_by_schedule_and_assets_through_to_the_release(tmp_path: Path) -> None:
    home = settings_at(tmp_path / "home")
    yesterday = datetime.now(home.zone).date() - timedelta(days=1)
    lines: list[str] = []
    with serving.scheduled(home, yesterday, SMALL, lines.append) as airflow:
        published = wait_for_release(airflow, home, None, 240)
        key = published.business_date.isoformat()
        runs = {dag_id: airflow.runs(dag_id, key) for dag_id in DAG_IDS}
        started_by = {dag_id: [run["run_type"] for run in found] for dag_id, found in runs.items()}
        # nobody asked for a run: the clock started the extracts, their assets the rest
        assert started_by == {
            **{dag_id: ["scheduled"] for dag_id in EXTRACTS},
            "assessment_build": ["asset_triggered"],
            "kpi_publish": ["asset_triggered"],
        }
        for found in runs.values():
            assert [run["partition_key"] for run in found] == [key]
    assert published.business_date in (yesterday, yesterday - timedelta(days=1)), "before 01:00 the day before counts"
    assert sum(published.manifest["verdicts"].values()) > 1000
    assert lines[-1] == "stop what was started"
    assert airflow_runtime.end_leftovers(home) == 0, "nothing is left running"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_airflows_own_backfill_of_past_nights_gives_the_figures_of_those_nights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three nights, then the same dates again by `airflow backfill create`: not one published cell differs."""
    days = [date(2026, 11, 18) + timedelta(days=offset) for offset in range(3)]
    home = settings_at(tmp_path / "home")
    for day in days:
        nightly.run_night(home, day, replace(SMALL, days=None if day != days[0] else 4), lambda _: None)
        home = settings_at(tmp_path / "home")
    before = {day: cells(home, day) for day in days}
    home = replace(home, nightly_cron="0 1 * * *")
    with ExitStack() as stack:
        nightly.start_postgres(home, stack)
        _, connections = nightly.prepare_sources(
            home, days[-1], replace(SMALL, days=None), stack, lambda _: None, with_truth=False
        )
        airflow = stack.enter_context(airflow_runtime.running(home, connections))
        env = environment(home, connections, 1) | {"MINHU_NIGHTLY_CRON": "0 1 * * *"}
        runs_before = {day: len(airflow.runs("kpi_publish", day.isoformat())) for day in days}
        for dag_id in EXTRACTS:
            # a run of the day D + 1 at 01:00 has the key D; the last day of the range is left out
            asked = ["--from-date", f"{days[0] + timedelta(days=1)}", "--to-date", f"{days[-1] + timedelta(days=2)}"]
            command = ["airflow", "backfill", "create", "--dag-id", dag_id, *asked, "--reprocess-behavior", "completed"]
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stderr[-800:]
        deadline = time.monotonic() + 600

        def is_over() -> bool:
            assert time.monotonic() < deadline, "the backfill did not end"
            now = {day: airflow.runs("kpi_publish", day.isoformat()) for day in days}
            return all(len(found) > runs_before[day] and found[-1]["state"] == "success" for day, found in now.items())

        serving.wait(airflow, is_over)
    assert {day: cells(home, day) for day in days} == before


def cells(home: Settings, day: date) -> dict[str, str]:
    """Hash of every file of the figures of the newest release of a date."""
    known = release_events(Ledger(home.ledger_path).events())
    found = release.latest_on(home, day)
    assert found is not None
    opened = open_release(home, known, found.release_id)
    return {file.name: file.sha256 for file in opened.files if file.table == "kpi_results"}
