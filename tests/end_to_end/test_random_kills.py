"""Nights killed at random moments, again and again: the figures in the end are those of nights that were never killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date
from pathlib import Path

import pytest

from minhu.ledger.chain import Ledger, release_events
from minhu.release import releases
from minhu.release.releases import open_release
from minhu.settings import Settings
from minhu.simulator.simulate import simulate
from minhu.standalone import postgres
from tests.fixtures.homes import settings_at
from tests.fixtures.waiting import PATIENCE

DAYS = ("2026-11-19", "2026-11-20")
KILLS = 50
NIGHT = textwrap.dedent(
    """
    import sys
    from datetime import date

    from minhu import settings
    from minhu.landing.night import Night
    from minhu.pipeline import publication, stages
    from minhu.simulator.grid.grid_server import GridServer
    from minhu.standalone import postgres
    from minhu.warehouse import dbt_build
    home, day = settings.load(), date.fromisoformat(sys.argv[1])
    uri = postgres.uri(home.postgres_dir, "source")
    with GridServer(home.home) as server:
        endpoints = {
            "hotline": stages.Endpoint(uri),
            "grid": stages.Endpoint(server.url, server.token),
            "stations": stages.Endpoint(str(home.home / "simulator" / "stations")),
        }
        for source, endpoint in endpoints.items():
            stages.land_source(Night(home, day), source, endpoint)
            arrival = stages.validate_arrival(Night(home, day), source, endpoint)
            assert arrival.status == "accepted", arrival.reason
    dbt_build.load_landing(Night(home, day))
    dbt_build.build_marts(Night(home, day))
    dbt_build.check_marts(Night(home, day))
    publication.publish_night(Night(home, day), postgres.uri(home.postgres_dir, "publisher"))
    """
)


def start_night(home: Path, day: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "MINHU_HOME": str(home), "MINHU_PSEUDONYM_KEY": "6b" * 32}
    return subprocess.Popen(
        [sys.executable, "-c", NIGHT, day], env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def prepare(home: Path) -> Settings:
    settings = settings_at(home)
    postgres.start(settings.postgres_dir)
    uri = postgres.uri(settings.postgres_dir, "source")
    simulate(settings.home, uri, date_of(DAYS[-1]), 4, 0.01, 7)
    return settings_at(home)


def date_of(text: str) -> date:
    return date.fromisoformat(text)


def figures(settings: Settings) -> dict[str, dict[str, str]]:
    known = release_events(Ledger(settings.ledger_path).events())
    found = {}
    for day in DAYS:
        newest = releases.latest_on(settings, date_of(day))
        assert newest is not None, day
        opened = open_release(settings, known, newest.release_id)
        found[day] = {file.name: file.sha256 for file in opened.files if file.table == "kpi_results"}
        assert found[day], f"the release of {day} has no cells"
    return found


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_at_random_moments_change_no_figure(tmp_path: Path) -> None:
    chance = random.Random(50)
    calm, shaken = prepare(tmp_path / "calm"), prepare(tmp_path / "shaken")
    try:
        for day in DAYS:
            night = start_night(calm.home, day)
            assert night.wait(timeout=PATIENCE) == 0, (night.stderr.read() if night.stderr else b"")[-800:]
        killed = 0
        for day, share in zip(DAYS, (KILLS // 2, KILLS), strict=True):
            while killed < share:
                night = start_night(shaken.home, day)
                time.sleep(chance.uniform(1.0, 18.0))
                if night.poll() is None:
                    os.killpg(night.pid, signal.SIGKILL)
                    killed += 1
                night.wait(timeout=PATIENCE)
            night = start_night(shaken.home, day)
            assert night.wait(timeout=PATIENCE) == 0, (night.stderr.read() if night.stderr else b"")[-800:]
        assert killed == KILLS
        assert figures(shaken) == figures(calm)
    finally:
        postgres.stop(calm.postgres_dir)
        postgres.stop(shaken.postgres_dir)
