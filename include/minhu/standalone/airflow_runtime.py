"""Airflow for one night: its home inside the city's home, and its processes.

Airflow's database holds nothing that is not made again, so a night that did not come to its end costs no repair: its
processes are ended by number and start time, and its database is set aside, with the half-finished runs in it.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import psutil
from psycopg.conninfo import conninfo_to_dict

from minhu import atomic
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.extract import registry
from minhu.extract.registry import Endpoint, Source
from minhu.settings import DEFAULT_CITY, Settings
from minhu.standalone import airflow_log_in
from minhu.standalone.airflow_api import Airflow
from minhu.standalone.preload import LOCAL_SETTINGS

_PROCESSES = ("api-server", "scheduler", "dag-processor")
#: Logs are read as files here; their server would listen on every address of the machine.
_ARGUMENTS = {"scheduler": ("--skip-serve-logs",)}
_START_SECONDS = 300.0
_END_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Connections:
    """Where the DAGs find sources and target; a source that the city does not have is absent."""

    sources: Mapping[str, Endpoint]
    published_uri: str

    def endpoint(self, source: str) -> Endpoint:
        """Where a source is; without an address if the city does not have it."""
        return self.sources.get(source, Endpoint(None))


def environment(settings: Settings, connections: Connections, port: int) -> dict[str, str]:
    """Environment of Airflow's processes: everything below the home, nothing of an Airflow the user has elsewhere.

    Only this machine reaches the server, and who logs in needs a password (:mod:`minhu.standalone.airflow_log_in`). A server
    for people is set up differently (docs/runbook/airflow-on-a-server.md).
    """
    values = command_environment(settings) | {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW_CONN_MINHU_PUBLISHED": _postgres_connection(connections.published_uri),
    }
    if settings.notify:
        values["AIRFLOW_CONN_MINHU_NOTIFY"] = _json_connection("generic", password=settings.notify)
    for source in registry.sources():
        endpoint = connections.endpoint(source.name)
        if endpoint.address is not None:
            values[f"AIRFLOW_CONN_MINHU_{source.name.upper()}"] = _source_connection(source, endpoint)
    return values


def _source_connection(source: Source, endpoint: Endpoint) -> str:
    """The Airflow connection of a source, as :func:`minhu.orchestration.tasks.endpoint` reads it."""
    if source.endpoint == "database":
        return _postgres_connection(str(endpoint.address))
    if source.endpoint == "api":
        return _json_connection("http", host=endpoint.address, password=endpoint.token or None)
    return _json_connection("fs", host=endpoint.address)


def command_environment(settings: Settings) -> dict[str, str]:
    """Environment in which ``airflow …`` speaks of the city's Airflow; without connections, which only tasks need."""
    base = {name: value for name, value in os.environ.items() if not name.lstrip("_").startswith("AIRFLOW")}
    bin_folder = str(Path(sys.executable).parent)
    no_proxy = ",".join(filter(None, [base.get("NO_PROXY") or base.get("no_proxy"), "127.0.0.1"]))
    return base | {
        "PATH": f"{bin_folder}{os.pathsep}{base.get('PATH', os.defpath)}",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "MINHU_HOME": str(settings.home if settings.city.code == DEFAULT_CITY else settings.home.parents[1]),
        "MINHU_CITY": settings.city.code,
        "MINHU_NIGHTLY_CRON": settings.nightly_cron or "manual",
        "AIRFLOW_HOME": str(settings.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.project_root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": settings.city.time_zone,  # dates given to `airflow backfill` are local days
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        **airflow_log_in.environment(settings),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": settings.log_level,
        "AIRFLOW__API__INSTANCE_NAME": f"民呼我行 · {settings.city.name}",
        "SPT_NOENV": "1",  # processes that change their title keep their environment, by which they are known as ours
    }


def run_command(settings: Settings, arguments: Sequence[str]) -> int:
    """Run ``airflow <arguments>`` on the city's Airflow with this terminal; returns its exit code.

    Raises:
        UsageError: the city has no Airflow yet.
    """
    if not (settings.airflow_home / "airflow.db").exists():
        raise UsageError(
            f"run airflow {' '.join(arguments[:2])}",
            f"there is no Airflow in {settings.home} yet",
            "start it with `minhu airflow`",
        )
    return subprocess.run(["airflow", *arguments], env=command_environment(settings), check=False).returncode


@contextmanager
def running(settings: Settings, connections: Connections, port: int = 0) -> Iterator[Airflow]:
    """Airflow's api-server, scheduler and dag-processor, ended at the end whatever happens.

    Args:
        settings: of the home; its ``nightly_cron`` decides whether runs begin by schedule or on demand only.
        connections: where the DAGs find sources and target.
        port: of the api-server and its pages; 0 takes a free one.

    Raises:
        TransientError: it does not answer in time; the message names the logs.
        PermanentError: its database cannot be prepared, or one of its processes does not start.
    """
    end_leftovers(settings)
    port = port or _free_port()
    env = environment(settings, connections, port)
    logs = settings.airflow_home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    atomic.write_json(_record(settings), [])  # from here to the last line the night counts as unfinished
    atomic.write_bytes(settings.airflow_home / "config" / "airflow_local_settings.py", LOCAL_SETTINGS.encode())
    _prepare_database(settings, env)
    airflow_log_in.make_passwords(settings)
    processes: list[subprocess.Popen[bytes]] = []
    leaders: list[tuple[int, float]] = []

    def check_alive() -> None:
        for name, process in zip(_PROCESSES, processes, strict=False):
            if process.poll() is not None:
                raise PermanentError(
                    "run Airflow", f"its {name} ended with code {process.returncode}", f"read {logs / name}.log"
                )

    try:
        for name in _PROCESSES:
            with (logs / f"{name}.log").open("wb") as log:
                processes.append(_start(name, env, log.fileno()))
            leaders.append(_identity(processes[-1].pid))
            atomic.write_json(_record(settings), leaders)
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, check_alive, logs)
        airflow = Airflow(url, airflow_log_in.password_of(settings), check_alive)
        try:
            airflow.wait_for_dags(_START_SECONDS)
            airflow.make_pools()
            yield airflow
        finally:
            airflow.close()
    finally:
        _end(leaders, _END_SECONDS, settings.airflow_home)
        for process in processes:
            process.wait(timeout=30)
    _record(settings).unlink(missing_ok=True)


def end_leftovers(settings: Settings) -> int:
    """Clear up after a night that was killed or failed; returns how many of its processes were still running."""
    record = _record(settings)
    if not record.exists():
        return 0
    ended = _end(_read_record(record), 0.0, settings.airflow_home)
    unfinished = settings.airflow_home / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for path in sorted(settings.airflow_home.glob("airflow.db*")):
        path.replace(unfinished / path.name)
    record.unlink()
    return ended


def _prepare_database(settings: Settings, env: dict[str, str]) -> None:
    """Bring Airflow's SQLite file to the installed version; skipped where a night of this version did that before."""
    stamp, installed = settings.airflow_home / "database-version", version("apache-airflow")
    database = settings.airflow_home / "airflow.db"
    if database.exists() and atomic.read_text(stamp) == installed:
        return
    try:
        subprocess.run(["airflow", "db", "migrate"], env=env, capture_output=True, text=True, timeout=300, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = str(error.stderr or error)[-500:]
        raise PermanentError(
            "prepare Airflow's database", said, f"delete {settings.airflow_home} and try again"
        ) from error
    atomic.write_bytes(stamp, installed.encode())


def _start(name: str, env: dict[str, str], log: int) -> subprocess.Popen[bytes]:
    """An Airflow process as leader of a session, by which all it starts can be found again."""
    command = ["airflow", name, *_ARGUMENTS.get(name, ())]
    on_linux = sys.platform == "linux"
    return subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        preexec_fn=_end_with_parent if on_linux else None,
    )  # fmt: skip


def _end_with_parent() -> None:
    """Have the kernel tell this process to end when the night is killed, so that no orphan goes on with it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _identity(pid: int) -> tuple[int, float]:
    """A process number together with its start: numbers are used again."""
    return pid, psutil.Process(pid).create_time()


def _read_record(record: Path) -> list[tuple[int, float]]:
    """Numbers and starts of a night's processes; a record that was cut off names none."""
    said = atomic.read_json(record)
    pairs = [pair for pair in said if isinstance(pair, list)] if isinstance(said, list) else []
    return [(int(pair[0]), float(pair[1])) for pair in pairs if [type(part) for part in pair] == [int, float]]


def _end(leaders: Sequence[tuple[int, float]], patience: float, airflow_home: Path) -> int:
    """Ask the leaders of sessions to end; after ``patience`` seconds kill whatever of this Airflow is left in their sessions.

    Returns:
        How many processes the sessions had.
    """
    members = [process for leader in leaders for process in _session(*leader, airflow_home)]
    asked = [process for process in members if process.pid in {pid for pid, _ in leaders}]
    if patience:
        for process in asked:
            _signal(process, signal.SIGTERM)
        psutil.wait_procs(asked, timeout=patience)
    left = {*members, *(process for leader in leaders for process in _session(*leader, airflow_home))}
    for process in left:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(list(left), timeout=5)
    return len(members)


def _session(leader: int, started: float, airflow_home: Path) -> list[psutil.Process]:
    """Processes of this Airflow in the session that ``leader`` opened at ``started`` (epoch seconds), also after its end.

    A task has a process group of its own, but stays in the session of its scheduler. A number may be another's by now, so
    each has to have the home of this Airflow in its environment.
    """
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            is_member = os.getsid(process.pid) == leader and process.create_time() > started - 1
            if is_member and process.status() != psutil.STATUS_ZOMBIE and _is_of(process, airflow_home):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # it has ended, or it is not ours to ask
    if any(process.pid == leader for process in found):
        return found if abs(psutil.Process(leader).create_time() - started) < 1 else []
    return [
        process for process in found if _is_airflow(process)
    ]  # an orphan; what a task began may be another's to end


def _is_of(process: psutil.Process, airflow_home: Path) -> bool:
    return bool(process.environ().get("AIRFLOW_HOME") == str(airflow_home))


def _is_airflow(process: psutil.Process) -> bool:
    try:
        return any("airflow" in part for part in process.cmdline())
    except psutil.Error:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.Error:
        return  # it has ended


def _wait_until_healthy(url: str, check_alive: Callable[[], None], logs: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(base_url=url, timeout=5.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            check_alive()
            try:
                health = client.get("/api/v2/monitor/health").json()
                if health["scheduler"]["status"] == health["dag_processor"]["status"] == "healthy":
                    return
            except (httpx.HTTPError, ValueError, KeyError):
                pass
            time.sleep(0.5)
    raise TransientError(
        "start Airflow", f"it was not ready after {_START_SECONDS:.0f} s", f"read the logs in {logs} and try again"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _record(settings: Settings) -> Path:
    """The file that names a night's processes for as long as it has not come to its end."""
    return settings.airflow_home / "processes.json"


def _postgres_connection(uri: str) -> str:
    parts = {name: str(value) for name, value in conninfo_to_dict(uri).items() if value is not None}
    port = parts.pop("port", "")
    return _json_connection(
        "postgres", host=parts.pop("host", None), port=int(port) if port else None, login=parts.pop("user", None),
        password=parts.pop("password", None), schema=parts.pop("dbname", None), extra=parts or None,
    )  # fmt: skip


def _json_connection(kind: str, **fields: Any) -> str:
    return json.dumps({"conn_type": kind, **{name: value for name, value in fields.items() if value is not None}})
