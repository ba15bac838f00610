"""Airflow for one night: its home inside the city's home, its processes, its REST API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import psutil
from psycopg.conninfo import conninfo_to_dict

from minhu import atomic
from minhu.errors import PermanentError, TransientError
from minhu.settings import Settings

DAG_IDS = ("hotline_extract", "grid_extract", "stations_extract", "assessment_build", "kpi_publish")
_PROCESSES = ("api-server", "scheduler", "dag-processor")
_START_SECONDS = 90.0


@dataclass(frozen=True)
class Connections:
    """Where the DAGs find sources and target; None for what the city does not have."""

    hotline_uri: str | None
    grid_url: str | None
    grid_token: str | None
    stations_dir: Path | None
    published_uri: str


class Airflow:
    """A running Airflow of one home; make it with :func:`running`."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30.0)
        token = self._client.get("/auth/token").raise_for_status().json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def wait_for_dags(self, seconds: float) -> None:
        """Return once all DAGs are known to the scheduler.

        Raises:
            PermanentError: a DAG file cannot be imported, or they do not appear in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            known = {dag["dag_id"] for dag in self._get("/api/v2/dags")["dags"]}
            if known >= set(DAG_IDS):
                return
            time.sleep(0.5)
        broken = [error["filename"] for error in self._get("/api/v2/importErrors")["import_errors"]]
        raise PermanentError(
            "load the DAGs into Airflow",
            f"expected {', '.join(DAG_IDS)}; files that cannot be imported: {', '.join(broken) or 'none'}",
            "run `python dags/<file>.py` to see the error",
        )

    def run_ids(self, dag_id: str, partition_key: str) -> list[str]:
        """Ids of the runs of a DAG for one business date, oldest first."""
        return [run["dag_run_id"] for run in self.runs(dag_id, partition_key)]

    def runs(self, dag_id: str, partition_key: str) -> list[dict[str, Any]]:
        """Runs of a DAG for one business date, oldest first."""
        found = self._get(f"/api/v2/dags/{dag_id}/dagRuns", {"limit": 100, "order_by": "-run_after"})["dag_runs"]
        return [run for run in reversed(found) if run.get("partition_key") == partition_key]

    def trigger(self, dag_id: str, partition_key: str, run_id: str) -> None:
        """Start a run for a business date."""
        body = {"logical_date": None, "partition_key": partition_key, "dag_run_id": run_id}
        self._client.post(f"/api/v2/dags/{dag_id}/dagRuns", json=body).raise_for_status()

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        return list(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def close(self) -> None:
        self._client.close()

    def _get(self, path: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        for attempt in range(5):
            try:
                return dict(self._client.get(path, params=parameters).raise_for_status().json())
            except httpx.TransportError:
                if attempt == 4:
                    raise
                time.sleep(1.0)
        raise AssertionError("unreachable")


def environment(settings: Settings, connections: Connections, port: int) -> dict[str, str]:
    """Environment of Airflow's processes: everything below the home, nothing in the user's.

    Nobody but this machine reaches the server, so whoever does is an administrator; a server for people is set up
    differently (see the runbook).
    """
    bin_folder = str(Path(sys.executable).parent)
    values = {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
        "MINHU_HOME": str(settings.home if settings.city.code == "xian" else settings.home.parents[1]),
        "MINHU_CITY": settings.city.code,
        "MINHU_NIGHTLY_CRON": settings.nightly_cron or "manual",
        "AIRFLOW_HOME": str(settings.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.project_root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": settings.log_level,
        "AIRFLOW_CONN_MINHU_PUBLISHED": _postgres_connection(connections.published_uri),
    }
    if connections.hotline_uri:
        values["AIRFLOW_CONN_MINHU_HOTLINE"] = _postgres_connection(connections.hotline_uri)
    if connections.grid_url:
        values["AIRFLOW_CONN_MINHU_GRID"] = _json_connection(
            "http", host=connections.grid_url, password=connections.grid_token
        )
    if connections.stations_dir:
        values["AIRFLOW_CONN_MINHU_STATIONS"] = _json_connection("fs", host=str(connections.stations_dir))
    return {**os.environ, **values}


@contextmanager
def running(settings: Settings, connections: Connections) -> Iterator[Airflow]:
    """Airflow's api-server, scheduler and dag-processor, ended at the end whatever happens.

    Raises:
        TransientError: it does not answer in time; the message names the logs.
    """
    end_leftovers(settings)
    port = _free_port()
    env = environment(settings, connections, port)
    logs = settings.airflow_home / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    migrate = subprocess.run(
        ["airflow", "db", "migrate"], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    if migrate.returncode:
        raise PermanentError(
            "prepare Airflow's database", migrate.stderr[-500:], f"delete {settings.airflow_home} and try again"
        )
    subprocess.run(
        ["airflow", "pools", "set", "warehouse_writer", "1", "the work file has one writer"],
        env=env, capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    processes: list[subprocess.Popen[bytes]] = []
    opened: list[IO[bytes]] = []
    try:
        for name in _PROCESSES:
            log: IO[bytes] = (logs / f"{name}.log").open("wb")
            opened.append(log)
            command = ["airflow", name]
            processes.append(subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True))
            atomic.write_json(_pid_file(settings), [_identity(p.pid) for p in processes])
        _wait_until_healthy(f"http://127.0.0.1:{port}", processes, logs)
        airflow = Airflow(f"http://127.0.0.1:{port}")
        try:
            airflow.wait_for_dags(_START_SECONDS)
            yield airflow
        finally:
            airflow.close()
    finally:
        for process in processes:
            _end_group(process.pid)
        for process in processes:
            process.wait(timeout=30)
        for log in opened:
            log.close()
        _pid_file(settings).unlink(missing_ok=True)


def end_leftovers(settings: Settings) -> int:
    """End Airflow processes that a killed night left behind; returns how many."""
    path = _pid_file(settings)
    if not path.exists():
        return 0

    ended = 0
    for pid, started in json.loads(path.read_text(encoding="utf-8")):
        if psutil.pid_exists(pid) and [pid, started] == _identity(pid):
            _end_group(pid)
            ended += 1
    path.unlink(missing_ok=True)
    return ended


def _identity(pid: int) -> list[float]:
    """A process number together with its start: numbers are used again."""
    return [pid, psutil.Process(pid).create_time()]


def _end_group(pid: int) -> None:
    """Ask a process group to end; make it after ten seconds."""
    try:
        members = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    try:
        os.killpg(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    _, alive = psutil.wait_procs(members, timeout=10)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def _wait_until_healthy(url: str, processes: list[subprocess.Popen[bytes]], logs: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        for name, process in zip(_PROCESSES, processes, strict=True):
            if process.poll() is not None:
                raise PermanentError(
                    "start Airflow", f"its {name} ended with code {process.returncode}", f"read {logs / name}.log"
                )
        try:
            health = httpx.get(f"{url}/api/v2/monitor/health", timeout=5.0).json()
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


def _pid_file(settings: Settings) -> Path:
    return settings.airflow_home / "processes.json"


def _postgres_connection(uri: str) -> str:
    parts = conninfo_to_dict(uri)
    return _json_connection(
        "postgres", host=parts.get("host"), port=int(str(parts["port"])) if parts.get("port") else None,
        login=parts.get("user"), password=parts.get("password"), schema=parts.get("dbname"),
    )  # fmt: skip


def _json_connection(kind: str, **fields: Any) -> str:

    return json.dumps({"conn_type": kind, **{name: value for name, value in fields.items() if value is not None}})
