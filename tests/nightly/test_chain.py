"""Following the chain of DAGs: progress, numbers, and why a night cannot go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from minhu.errors import PermanentError, UsageError
from minhu.extract import registry
from minhu.landing.night import Night
from minhu.pipeline import stages
from minhu.settings import CityProfile, Settings
from minhu.standalone import nightly
from minhu.standalone.airflow_api import DAG_IDS, Airflow
from minhu.standalone.nightly import NightFailed, Simulation, run_night
from tests.fixtures.landed import NIGHT

EXTRACT_IDS = tuple(source.dag_id for source in registry.sources())
KEY = NIGHT.isoformat()


@dataclass
class Chain:
    """Stands in for Airflow; a run takes two looks to end.

    Attributes:
        ends: state in which a DAG's run ends; "running" never ends, "" never begins.
        old_runs: runs of the date from before, by DAG.
        announced: DAGs whose failed run has announced that nothing came.
    """

    ends: dict[str, str] = field(default_factory=dict)
    old_runs: dict[str, int] = field(default_factory=dict)
    announced: tuple[str, ...] = ()
    triggered: list[tuple[str, str, str]] = field(default_factory=list)
    looks: dict[str, int] = field(default_factory=dict)

    def runs(self, dag_id: str, key: str) -> list[dict[str, Any]]:
        assert key == KEY
        old = [{"dag_run_id": f"old_{n}", "state": "failed"} for n in range(self.old_runs.get(dag_id, 0))]
        if not self.triggered or self.ends.get(dag_id) == "":
            return old
        self.looks[dag_id] = self.looks.get(dag_id, 0) + 1
        state = "running" if self.looks[dag_id] < 2 else self.ends.get(dag_id, "success")
        return [*old, {"dag_run_id": "new", "state": state}]

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        assert run_id == "new"
        end = self.ends.get(dag_id, "success")
        state = "running" if self.looks[dag_id] < 2 else end
        told = "success" if dag_id in self.announced and state == "failed" else None
        return [
            {"task_id": "only_task", "state": state, "duration": 1.25},
            {"task_id": "announce_arrival", "state": told},
        ]

    def trigger(self, dag_id: str, key: str, run_id: str) -> None:
        self.triggered.append((dag_id, key, run_id))

    def check_alive(self) -> None:
        pass


@pytest.fixture
def follow(night: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Chain], tuple[list[str], dict[str, float]]]:
    """Follows a chain and returns what was said and the seconds of each stage."""
    monkeypatch.setattr(nightly, "_POLL_SECONDS", 0.0)

    def run(chain: Chain) -> tuple[list[str], dict[str, float]]:
        said: list[str] = []
        stopwatch = nightly._Stopwatch(said.append)
        nightly._follow(cast(Airflow, chain), night, NIGHT, stopwatch)
        return said, stopwatch.seconds

    return run


Follow = Callable[[Chain], tuple[list[str], dict[str, float]]]


def test_night_triggers_the_extracts_and_waits_for_every_dag(follow: Follow) -> None:
    chain = Chain()
    said, seconds = follow(chain)
    assert chain.triggered == [(dag_id, KEY, f"nightly__{KEY}__1") for dag_id in EXTRACT_IDS]
    assert set(seconds) == set(DAG_IDS)
    assert said.count("  grid_extract.only_task: success (1.2 s)") == 1
    assert sum(line.startswith("kpi_publish done in ") for line in said) == 1


def test_runs_of_the_same_date_from_before_are_not_taken_for_this_night(follow: Follow) -> None:
    chain = Chain(old_runs=dict.fromkeys(DAG_IDS, 2))
    follow(chain)
    assert {run_id for _, _, run_id in chain.triggered} == {f"nightly__{KEY}__3"}
    assert set(chain.looks) == set(DAG_IDS)


def test_failed_dag_ends_the_night_with_its_own_words(night: Settings, follow: Follow) -> None:
    with (
        pytest.raises(PermanentError),
        stages.noting_failures(Night(night, NIGHT), "assessment_build", "build_marts"),
    ):
        raise PermanentError("dbt build", "model fct_calls: no such column", "mend the model")
    with pytest.raises(
        NightFailed, match="assessment_build failed: dbt build: model fct_calls: no such column"
    ) as told:
        follow(Chain(ends={"assessment_build": "failed", "kpi_publish": ""}))
    assert told.value.exit_code == 4
    assert "nothing of 2026-11-20 is published" in told.value.next_step
    assert "docs/runbook/build-failed.md" in told.value.next_step


def test_a_source_that_failed_and_said_so_does_not_end_the_night(follow: Follow) -> None:
    said, seconds = follow(Chain(ends={"grid_extract": "failed"}, announced=("grid_extract",)))
    assert set(seconds) == set(DAG_IDS)
    assert sum(line.startswith("grid_extract FAILED in ") for line in said) == 1


def test_a_source_that_failed_without_a_word_ends_it(follow: Follow) -> None:
    with pytest.raises(NightFailed, match="grid_extract failed"):
        follow(Chain(ends={"grid_extract": "failed"}))


def test_failed_dag_without_a_note_says_so(follow: Follow) -> None:
    with pytest.raises(NightFailed, match="kpi_publish failed: without a message of its own - .*logs"):
        follow(Chain(ends={"kpi_publish": "failed"}))


def test_chain_that_does_not_go_on_is_given_up(follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "_STUCK_SECONDS", 0.2)
    with pytest.raises(NightFailed, match="nothing moved for .*; not finished: assessment_build, kpi_publish"):
        follow(Chain(ends={"assessment_build": "", "kpi_publish": ""}))


def test_task_that_takes_long_is_waited_for_until_the_night_is_over(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "_STUCK_SECONDS", 0.0)
    monkeypatch.setattr(nightly, "_NIGHT_SECONDS", 0.3)
    with pytest.raises(NightFailed, match="not finished: assessment_build"):
        follow(Chain(ends={"assessment_build": "running", "kpi_publish": ""}))


def test_city_without_a_known_source_is_told_how_to_get_one(night: Settings) -> None:
    baltimore = replace(night, city=CityProfile(code="baltimore311", kind="connected"), published_uri="dbname=x")
    with pytest.raises(UsageError, match="load-orders --map maps/baltimore311.toml FILES.*MINHU_HOTLINE_URI") as told:
        run_night(replace(baltimore, hotline_uri=None), NIGHT, Simulation(), lambda _: None)
    assert told.value.exit_code == 2
    assert not (night.home / "night.json").exists(), "the city is free again"
    assert not (Path(night.postgres_dir) / "postmaster.pid").exists(), "and its database is stopped"
