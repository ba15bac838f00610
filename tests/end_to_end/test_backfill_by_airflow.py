"""Past nights again, by Airflow's own backfill: the releases are those of the nights, in whatever order dates run."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from minhu.extract import registry
from minhu.release import releases
from minhu.settings import Settings
from minhu.standalone import postgres, serving
from minhu.standalone.nightly import Simulation
from tests.cli.processes import minhu
from tests.fixtures.homes import settings_at
from tests.fixtures.nights import publish_night_here
from tests.fixtures.waiting import patiently

pytestmark = [pytest.mark.slow, pytest.mark.end_to_end]

NIGHTS = 7
SMALL = Simulation(scale=0.01, seed=7)


def release_ids(home: Settings, days: list[date]) -> dict[date, str]:
    found = {day: releases.latest_on(home, day) for day in days}
    return {day: release_of_day.release_id for day, release_of_day in found.items() if release_of_day}


def forget_what_was_published(home: Settings) -> None:
    """Leave nothing but the landing and the keys: no release, no work file, no published rows."""
    shutil.rmtree(home.warehouse_path.parent)
    kept = home.home / "by-night"
    kept.mkdir()
    for path in (home.releases_dir, home.store_dir, home.ledger_path):
        path.rename(kept / path.name)
    with psycopg.connect(postgres.superuser_uri(home.postgres_dir), autocommit=True) as connection:
        connection.execute("drop database minhu with (force)")
    postgres.start(home.postgres_dir)  # makes it anew, empty


@pytest.mark.timeout(2400)
def test_backfill_of_past_nights_gives_the_releases_of_its_nights(tmp_path: Path) -> None:
    home = settings_at(tmp_path / "home")
    last = datetime.now(home.zone).date() - timedelta(days=2)
    days = [last - timedelta(days=back) for back in reversed(range(NIGHTS))]
    postgres.start(home.postgres_dir)
    postgres.stay(home.postgres_dir)
    try:
        for day in days:
            publish_night_here(home, day, days=NIGHTS + 3 if day == days[0] else None)
        by_night = release_ids(settings_at(home.home), days)
        assert len(set(by_night.values())) == NIGHTS
        forget_what_was_published(home)
        again = backfilled(settings_at(home.home), days)
    finally:
        postgres.stop(home.postgres_dir)
    assert again == by_night


def backfilled(home: Settings, days: list[date]) -> dict[date, str]:
    """Release ids after ``airflow backfill create`` of the extracts; assets start the rest."""
    after = days[-1] + timedelta(days=1)  # the night that the schedule runs by itself meanwhile
    lines: list[str] = []
    with serving.scheduled(home, after, SMALL, lines.append) as running:
        for dag_id in [source.dag_id for source in registry.sources()]:
            command = [
                "airflow-cli", "backfill", "create", "--dag-id", dag_id, "--from-date", f"{days[0]}", "--to-date", f"{after}",
                "--max-active-runs", "1",
            ]  # fmt: skip
            done = minhu(home.home, *command)
            assert done.code == 0, done.said[-800:]
        released = patiently(
            lambda: len(release_ids(home, days)) == len(days),
            "a release of every day",
            lambda: sorted(release_ids(home, days)),
        )
        serving.wait(running, is_over=released)
        run_types = {
            run["run_type"]
            for dag_id in [source.dag_id for source in registry.sources()]
            for day in days
            for run in running.airflow.runs(dag_id, f"{day}")
        }
        assert run_types == {"backfill"}
    return release_ids(home, days)
