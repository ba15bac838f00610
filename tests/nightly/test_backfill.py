"""Many nights in one go: the figures of night after night, and a start after a kill goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from minhu import settings as settings_module
from minhu.errors import UsageError
from minhu.landing.zone import Landing
from minhu.settings import Settings
from minhu.standalone import backfill, postgres
from minhu.standalone.nightly import Simulation
from minhu.warehouse import dbt_build, work_file

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 20)
SMALL = Simulation(None, 0.01, 7)
PROGRAM = """
import sys
from datetime import date
from rich.console import Console
from minhu import settings
from minhu.standalone import backfill
from minhu.standalone.nightly import Simulation
backfill.backfill(settings.load(), date(2026, 11, 16), date(2026, 11, 20), Simulation(None, 0.01, 7), Console())
"""


def settings_at(home: Path) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(home)})


def figures(settings: Settings) -> list[tuple[object, ...]]:
    with work_file.connect(settings, read_only=True) as db:
        return db.execute("select * from kpis.kpi_values order by all").fetchall()


@pytest.mark.timeout(300)
def test_a_backfill_goes_on_after_a_kill_and_gives_the_figures_of_its_nights(tmp_path: Path) -> None:
    home = tmp_path / "home"
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env={**os.environ, "MINHU_HOME": str(home)},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    arrivals = home / "landing" / "stations" / "arrivals"
    deadline = time.monotonic() + 120
    while len(list(arrivals.glob("dt=*.json"))) < 2 and time.monotonic() < deadline:
        assert running.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait(timeout=30)

    console = Console(quiet=True)
    try:
        report = backfill.backfill(settings_at(home), FIRST, LAST, SMALL, console)
    finally:
        postgres.stop(settings_at(home).postgres_dir)
    settings = settings_at(home)
    assert report.skipped >= 1 and report.nights + report.skipped == 5
    assert report.blocked == {} and report.rows > 500
    assert report.release.business_date == LAST and report.release.is_new

    in_one_go = figures(settings)
    assert len(in_one_go) > 2000
    settings.warehouse_path.unlink()
    for day in (FIRST + timedelta(days=offset) for offset in range(5)):
        dbt_build.load_landing(settings, day)
        dbt_build.build_marts(settings, day)
    assert figures(settings) == in_one_go


def test_every_night_has_an_arrival_and_a_second_backfill_reads_none_again(tmp_path: Path) -> None:
    console = Console(quiet=True)
    day = date(2026, 11, 20)
    first = backfill.backfill(settings_at(tmp_path), day - timedelta(days=1), day, SMALL, console)
    landing = Landing(settings_at(tmp_path).landing_dir)
    assert [a.business_date for a in landing.arrivals("grid")] == [day - timedelta(days=1), day]
    again = backfill.backfill(settings_at(tmp_path), day - timedelta(days=1), day, SMALL, console)
    assert (again.nights, again.skipped, again.rows) == (0, 2, 0)
    assert again.release.release_id == first.release.release_id and not again.release.is_new


def test_dates_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected --to not before --from"):
        backfill.backfill(settings_at(tmp_path), LAST, FIRST, SMALL, Console(quiet=True))
