"""Many nights in one go: the figures of night after night, and a start after a kill goes on where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console

from minhu.errors import TransientError, UsageError
from minhu.extract import registry
from minhu.landing.zone import Landing
from minhu.settings import Settings
from minhu.standalone import backfill, postgres
from minhu.standalone.airflow_runtime import Connections
from minhu.standalone.nightly import Simulation
from minhu.warehouse import work_file
from tests.fixtures.homes import build, copy_of, settings_at
from tests.fixtures.waiting import PATIENCE, until

pytestmark = pytest.mark.nights(5)

DAYS = [date(2026, 11, day) for day in (18, 19, 20)]
FIRST, LAST = DAYS[0], DAYS[-1]
SMALL = Simulation(None, 0.01, 7)
PROGRAM = """
import sys
from datetime import date
from rich.console import Console
from minhu import settings
from minhu.standalone import backfill
from minhu.standalone.airflow_runtime import Connections
from minhu.standalone.nightly import Simulation
first, last = (date.fromisoformat(day) for day in sys.argv[1:])
backfill.backfill(settings.load(), first, last, Simulation(None, 0.01, 7), Console())
"""


def figures(settings: Settings) -> list[tuple[object, ...]]:
    with work_file.connect(settings, read_only=True) as db:
        return db.execute("select * from kpis.kpi_values order by all").fetchall()


class Filled(NamedTuple):
    """A home whose backfill was killed on the way and begun again, and what the second start said."""

    settings: Settings
    report: backfill.BackfillReport


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    home = tmp_path_factory.mktemp("filled") / "home"
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(FIRST), str(LAST)], env={**os.environ, "MINHU_HOME": str(home)},
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def a_day_landed() -> bool:
        assert running.poll() is None, "it ended before it could be killed"
        return all(list((home / "landing" / source / "arrivals").glob("dt=*.json")) for source in registry.names())

    until(a_day_landed, "a first day of every source")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait(timeout=PATIENCE)
    try:
        report = backfill.backfill(settings_at(home), FIRST, LAST, SMALL, Console(quiet=True))
    finally:
        postgres.stop(settings_at(home).postgres_dir)
    return Filled(settings_at(home), report)


def test_a_backfill_goes_on_after_a_kill_and_gives_the_figures_of_its_nights(filled: Filled, tmp_path: Path) -> None:
    report = filled.report
    assert report.skipped >= 1 and report.nights + report.skipped == len(DAYS)
    assert report.blocked == {} and report.rows > 500
    assert report.release.business_date == LAST and report.release.is_new

    in_one_go = figures(filled.settings)
    assert len(in_one_go) > 2000
    settings = copy_of(filled.settings, tmp_path / "home")
    settings.warehouse_path.unlink()
    for day in DAYS:
        build(settings, day)
    assert figures(settings) == in_one_go


def test_every_night_has_an_arrival_and_a_second_backfill_reads_none_again(filled: Filled) -> None:
    landing = Landing(filled.settings.landing_dir)
    assert [a.business_date for a in landing.arrivals("grid")] == DAYS
    again = backfill.backfill(filled.settings, FIRST, LAST, SMALL, Console(quiet=True))
    assert (again.nights, again.skipped, again.rows) == (0, len(DAYS), 0)
    assert again.release.release_id == filled.report.release.release_id and not again.release.is_new


def test_dates_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected --to not before --from"):
        backfill.backfill(settings_at(tmp_path), LAST, FIRST, SMALL, Console(quiet=True))


def end_the_process(*_: object) -> tuple[int, str]:
    """What a process without memory does."""
    os._exit(9)


def test_a_process_that_is_ended_from_outside_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "_land", end_the_process)
    waiting = {source: list(DAYS) for source in registry.names()}
    with pytest.raises(TransientError, match="ended from outside.*begin again"):
        list(backfill._landed(settings_at(tmp_path), waiting, Connections({}, ""), LAST))


def test_only_the_last_night_of_a_backfill_is_held_against_its_sources(tmp_path: Path) -> None:
    nights = [backfill._settled(settings_at(tmp_path), day, LAST) for day in DAYS]
    assert [night.holds_against_source for night in nights] == [False, False, True]
