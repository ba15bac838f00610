"""Airflow by itself: its scheduler starts the extracts, asset events carry the business date to the release.

The weekly replay runs in the same Airflow, on the release of that night.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from minhu import settings as settings_module
from minhu.extract import registry
from minhu.landing.zone import Landing
from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.settings import PIPELINE_USER, Settings
from minhu.standalone import airflow_log_in, airflow_runtime, postgres, serving
from minhu.standalone.airflow_api import DAG_IDS, WEEKLY_DAG_IDS
from minhu.standalone.nightly import Simulation
from minhu.standalone.serving import Serving
from tests.cli.processes import processes_of
from tests.end_to_end.people import log_in, log_of
from tests.fixtures.listening import addresses
from tests.fixtures.waiting import patiently, until

pytestmark = [pytest.mark.end_to_end, pytest.mark.nights(4)]

SMALL = Simulation(days=4, scale=0.01, seed=7)
(REPLAY,) = WEEKLY_DAG_IDS


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
        _nobody_listens_on_an_address_of_the_network(home)
        _the_release_is_replayed_and_what_was_tampered_with_is_named(home, running, found)
    assert found.business_date == night
    assert found.manifest["stale_sources"] == []
    assert sum(found.manifest["verdicts"].values()) > 1000
    assert {Landing(home.landing_dir).arrival(source, night).status for source in ("hotline", "grid", "stations")} == {  # type: ignore[union-attr]
        "accepted"
    }
    assert lines[-1] == "Airflow, sources and database are stopped"
    assert airflow_runtime.end_leftovers(home) == 0
    assert processes_of(home.home) == []


def _nobody_listens_on_an_address_of_the_network(home: Settings) -> None:
    """Scheduler, api-server, DAG processor, their workers and log server; the simulated platform; the database."""
    server = postgres.processes.find_server(home.postgres_dir)
    assert server is not None
    started = [*psutil.Process().children(recursive=True), server, *server.children(recursive=True)]
    at_work = " ".join(" ".join(process.cmdline()) for process in started)
    assert all(name in at_work for name in ("scheduler", "api_server", "dag-processor", "grid_api")), at_work
    found = addresses(started)
    assert set(found) == {"127.0.0.1"}, found


def _the_release_is_replayed_and_what_was_tampered_with_is_named(
    home: Settings, running: Serving, release: Release
) -> None:
    with closing(log_in(running.url, PIPELINE_USER, airflow_log_in.password_of(home))) as client:
        state, said = _replayed(client, "untouched")
        assert state == "success", said
        assert f"{release.release_id}: equal, {len(release.files)} files" in said
        landed = home.home / str(release.manifest["landing"][0]["path"])
        with _tampered_with(landed):
            state, said = _replayed(client, "landing")
            assert state == "failed"
            assert f"{landed.relative_to(home.home)} was changed: expected SHA-256 " in said
            assert "restore these files from a copy; the manifests have the hashes they must have" in said
            assert "docs/runbook/replay-differs.md" in said
        with _tampered_with(release.path / release.files[0].name):
            state, said = _replayed(client, "release")
            assert state == "failed"
            assert f"{release.files[0].name} of the release itself was changed or lost: run `minhu verify`" in said


def _replayed(client: httpx.Client, run_id: str) -> tuple[str, str]:
    """The end of a replay that is asked for by hand, and its log."""
    client.post(f"/api/v2/dags/{REPLAY}/dagRuns", json={"logical_date": None, "dag_run_id": run_id}).raise_for_status()

    def state() -> str:
        return str(client.get(f"/api/v2/dags/{REPLAY}/dagRuns/{run_id}").raise_for_status().json()["state"])

    until(lambda: state() in ("success", "failed"), f"the end of {run_id}", state)
    return state(), log_of(client, REPLAY, run_id, "replay_release")


@contextmanager
def _tampered_with(path: Path) -> Iterator[None]:
    """A file that has one byte more meanwhile."""
    held, mode = path.read_bytes(), path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(held + b" ")
    try:
        yield
    finally:
        path.write_bytes(held)
        path.chmod(mode)
