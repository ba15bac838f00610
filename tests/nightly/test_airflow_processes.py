"""Starting and ending Airflow, with a stand-in program; the real one runs in tests/end_to_end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from minhu import atomic
from minhu.errors import MinhuError, PermanentError
from minhu.settings import PROJECT_ROOT, Settings
from minhu.standalone import airflow_runtime
from minhu.standalone.airflow_runtime import Connections, end_leftovers, running
from tests.fixtures.waiting import PATIENCE, until

pytestmark = pytest.mark.usefixtures("fake_airflow")
PYTHON = sys.executable  # the stand-in's folder takes its place in a test
NOWHERE = Connections({}, "dbname=minhu")
_A_NIGHT = """
import sys, time, pathlib
from minhu import settings
from minhu.standalone import airflow_runtime
sys.executable = sys.argv[1]
found = settings.load(environ={"MINHU_HOME": sys.argv[2]})
with airflow_runtime.running(found, airflow_runtime.Connections({}, "dbname=minhu")):
    print("running", flush=True)
    time.sleep(600)
"""


def behave(night: Settings, **behaviour: object) -> None:
    atomic.write_json(night.airflow_home / "behaviour.json", behaviour)


def record(night: Settings) -> list[list[float]]:
    return list(json.loads((night.airflow_home / "processes.json").read_text()))


def alive(leaders: list[list[float]]) -> list[int]:
    """Processes in the sessions of the leaders."""
    sessions = {int(pid) for pid, _ in leaders}
    return [pid for pid in psutil.pids() if _session_of(pid) in sessions and _runs(pid)]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(leaders: list[list[float]], count: int, what: str = "") -> None:
    """Return once the sessions have ``count`` processes."""
    until(lambda: len(alive(leaders)) == count, what or f"{count} processes", lambda: len(alive(leaders)))


@contextmanager
def sleeper(of: Path | None = None, code: str = "import time; time.sleep(600)") -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, of the Airflow whose home is ``of``."""
    env = os.environ | ({"AIRFLOW_HOME": str(of)} if of else {})
    process = subprocess.Popen([PYTHON, "-c", code], start_new_session=True, env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def started(process: subprocess.Popen[bytes]) -> float:
    return psutil.Process(process.pid).create_time()


def test_three_processes_run_for_the_night_and_none_after(night: Settings) -> None:
    with running(night, NOWHERE):
        leaders = record(night)
        assert len(leaders) == 3
        wait_for(leaders, 4), "three and the task that the scheduler started"
    assert alive(leaders) == []
    assert not (night.airflow_home / "processes.json").exists()
    assert (night.airflow_home / "airflow.db").exists(), "the runs of a night that ended well stay readable"


def test_database_is_prepared_once_for_each_version(night: Settings) -> None:
    for _ in range(2):
        with running(night, NOWHERE):
            pass
    assert (night.airflow_home / "calls.txt").read_text().splitlines().count("db migrate") == 1
    (night.airflow_home / "database-version").write_text("2.0.0")
    with running(night, NOWHERE):
        pass
    assert (night.airflow_home / "calls.txt").read_text().splitlines().count("db migrate") == 2


def test_night_that_fails_ends_its_processes_and_its_runs_are_set_aside(night: Settings) -> None:
    with pytest.raises(ValueError, match="in the middle"), running(night, NOWHERE):
        leaders = record(night)
        raise ValueError("in the middle")
    assert alive(leaders) == []
    first = (night.airflow_home / "airflow.db").read_text()
    with running(night, NOWHERE):
        assert (night.airflow_home / "unfinished" / "airflow.db").read_text() == first
        assert (night.airflow_home / "airflow.db").read_text() != first


def test_killed_night_takes_its_processes_with_it(night: Settings, fake_airflow: Path) -> None:
    """Nobody goes on with a night whose command was killed; the kernel sees to it, then the next night."""
    process = subprocess.Popen(
        [PYTHON, "-c", _A_NIGHT, str(fake_airflow / "python"), str(night.home)],
        env={"PYTHONPATH": str(PROJECT_ROOT / "include"), "PATH": os.environ["PATH"]}, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"running\n"
    leaders = record(night)
    wait_for(leaders, 4)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    wait_for(leaders, 1, "the kernel's word to all but the task")
    assert not any(_runs(int(pid)) for pid, _ in leaders)
    assert end_leftovers(night) == 1
    wait_for(leaders, 0)
    assert not (night.airflow_home / "processes.json").exists()


def test_leftovers_are_ended_and_nothing_else(night: Settings, tmp_path: Path) -> None:
    home = night.airflow_home
    with (
        sleeper(home) as ours, sleeper(home) as reused, sleeper() as strangers, sleeper(tmp_path / "airflow") as anothers,
        sleeper() as other,
    ):  # fmt: skip
        atomic.write_json(
            home / "processes.json",
            [
                [ours.pid, started(ours)], [reused.pid, started(reused) - 3600], [strangers.pid, started(strangers)],
                [anothers.pid, started(anothers)], [2**22 - 1, 1.0],
            ],
        )  # fmt: skip
        assert end_leftovers(night) == 1
        assert not _runs(ours.pid)
        assert reused.poll() is None, "the number was given to another process since"
        assert strangers.poll() is None, "number and start fit, but it is no Airflow of this home"
        assert anothers.poll() is None, "it is the Airflow of another home"
        assert other.poll() is None


def test_orphans_of_a_dead_scheduler_are_ended_and_a_strangers_are_not(night: Settings, tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {name!r}])"
    cases = (("airflow worker", night.airflow_home, 1), ("my daemon", night.airflow_home, 0),
             ("airflow worker", tmp_path / "airflow", 0), ("airflow worker", None, 0))  # fmt: skip
    for name, of, expected in cases:
        with sleeper(of, code.format(name=name)) as leader:
            since = started(leader)
            leader.wait()
            orphans = alive([[leader.pid, since]])
            assert len(orphans) == 1
            try:
                atomic.write_json(night.airflow_home / "processes.json", [[leader.pid, since]])
                assert end_leftovers(night) == expected
                assert bool(alive([[leader.pid, since]])) is not bool(expected)
            finally:
                for pid in alive([[leader.pid, since]]):
                    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("content", ["", "[[12", "null", "[1]", '[["x", 1.0]]', '{"pid": 1}'])
def test_a_record_that_was_cut_off_names_nobody(night: Settings, content: str) -> None:
    path = night.airflow_home / "processes.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert end_leftovers(night) == 0
    assert not path.exists()


def test_nothing_is_ended_where_the_last_night_ended_well(night: Settings) -> None:
    assert end_leftovers(night) == 0


def test_failing_migration_says_what_airflow_said(night: Settings) -> None:
    behave(night, fails=["db"])
    with pytest.raises(PermanentError, match=r"(?s)prepare Airflow's database: .*no such table.* - delete "):  # noqa: SIM117
        with running(night, NOWHERE):
            pass


def test_process_that_does_not_start_is_named_with_its_log(night: Settings) -> None:
    behave(night, fails=["scheduler"], dags=[])
    with pytest.raises(PermanentError, match=r"its scheduler ended with code 3 - read .*scheduler\.log"):  # noqa: SIM117
        with running(night, NOWHERE):
            pass
    assert alive(record(night)) == []
    assert "no such table" in (night.airflow_home / "logs" / "scheduler.log").read_text()


def test_dag_that_cannot_be_imported_is_named(night: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_runtime, "_START_SECONDS", 1.5)
    behave(night, dags=["hotline_extract"])
    with pytest.raises(MinhuError, match=r"files that cannot be imported: grid_extract\.py - run `python dags/"):  # noqa: SIM117
        with running(night, NOWHERE):
            pass


def test_pool_that_exists_already_is_fine(night: Settings) -> None:
    behave(night, pools=409)
    with running(night, NOWHERE) as airflow:
        airflow.check_alive()


def test_scheduler_that_dies_in_the_night_is_noticed(night: Settings) -> None:
    with pytest.raises(PermanentError, match="its scheduler ended with code -9"), running(night, NOWHERE) as airflow:
        leaders = record(night)
        os.kill(int(leaders[1][0]), signal.SIGKILL)
        time.sleep(0.3)
        airflow.check_alive()
    wait_for(leaders, 0)
