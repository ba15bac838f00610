"""Airflow by itself: its scheduler starts the extracts, asset events carry the business date to the release."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from minhu import settings as settings_module
from minhu.extract import registry
from minhu.landing.zone import Landing
from minhu.release import releases
from minhu.standalone import airflow_runtime, serving
from minhu.standalone.airflow_api import DAG_IDS
from minhu.standalone.nightly import Simulation
from tests.cli.processes import processes_of
from tests.fixtures.waiting import patiently

pytestmark = [pytest.mark.end_to_end, pytest.mark.nights(4)]

SMALL = Simulation(days=4, scale=0.01, seed=7)


def test_scheduler_runs_the_chain_by_clock_and_assets_through_to_the_release(tmp_path: Path) -> None:
    home = settings_module.load(environ={"MINHU_HOME": str(tmp_path / "home")})
    now = datetime.now(home.zone)
    yesterday = now.date() - timedelta(days=1)
    night = yesterday if now.hour >= 1 else yesterday - timedelta(days=1)  # the last one that began at 01:00
    key = night.isoformat()
    lines: list[str] = []
    with serving.scheduled(home, yesterday, SMALL, lines.append) as running:
        ended = patiently(lambda: releases.latest_on(home, night) is not None, f"the release of {key}")
        serving.wait(running, is_over=ended)
        runs = {dag_id: running.airflow.runs(dag_id, key) for dag_id in DAG_IDS}
        assert {dag_id: [run["run_type"] for run in found] for dag_id, found in runs.items()} == {
            **{dag_id: ["scheduled"] for dag_id in [source.dag_id for source in registry.sources()]},
            "assessment_build": ["asset_triggered"],
            "kpi_publish": ["asset_triggered"],
        }, "the clock starts the extracts and their assets the rest; nobody asks for a run"
        assert {run["partition_key"] for found in runs.values() for run in found} == {key}
    found = releases.latest_on(home, night)
    assert found is not None
    assert found.business_date == night
    assert found.manifest["stale_sources"] == []
    assert sum(found.manifest["verdicts"].values()) > 1000
    assert {Landing(home.landing_dir).arrival(source, night).status for source in ("hotline", "grid", "stations")} == {  # type: ignore[union-attr]
        "accepted"
    }
    assert lines[-1] == "Airflow, sources and database are stopped"
    assert airflow_runtime.end_leftovers(home) == 0
    assert processes_of(home.home) == []
