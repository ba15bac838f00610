"""What a night asks of a running Airflow, by its REST API: which DAGs, which runs, which tasks, and "run this date"."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from minhu.errors import PermanentError, TransientError
from minhu.extract import registry
from minhu.settings import PIPELINE_USER

#: The chain of a night.
DAG_IDS = (*(source.dag_id for source in registry.sources()), "assessment_build", "kpi_publish")
#: What runs beside the nights; no night waits for it.
WEEKLY_DAG_IDS = ("release_replay",)
MONTHLY_DAG_IDS = ("release_sign_off",)
#: The pool whose one slot lets a single task at a time write the work file.
WRITER_POOL = "warehouse_writer"
#: A replay has a work file of its own and must never keep a night waiting.
REPLAY_POOL = "release_replay"
_ATTEMPTS = 5
_MOST_RUNS = 100


class Airflow:
    """A running Airflow on this machine.

    Args:
        url: of its API server.
        password: of the pipeline's own user, for its token.
        check_alive: raises if one of Airflow's processes has ended; asked whenever the API does not answer.
    """

    def __init__(self, url: str, password: str, check_alive: Callable[[], None] = lambda: None) -> None:
        self.url = url
        self.check_alive = check_alive
        self._client = httpx.Client(base_url=url, timeout=30.0, trust_env=False)  # a proxy has no business here
        login = {"username": PIPELINE_USER, "password": password}
        self._client.headers["Authorization"] = (
            f"Bearer {self._ask('POST', '/auth/token', body=login).json()['access_token']}"
        )

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
            self.check_alive()
            time.sleep(0.5)
        broken = [error["filename"] for error in self._get("/api/v2/importErrors")["import_errors"]]
        raise PermanentError(
            "load the DAGs into Airflow",
            f"expected {', '.join(DAG_IDS)}; files that cannot be imported: {', '.join(broken) or 'none'}",
            "run `python dags/<file>.py` to see the error",
        )

    def make_pools(self) -> None:
        """Make sure that the one-slot pools of the build and of the replay exist."""
        for name, why in ((WRITER_POOL, "the work file has one writer"), (REPLAY_POOL, "one replay at a time")):
            body = {"name": name, "slots": 1, "description": why}
            self._ask("POST", "/api/v2/pools", body=body, exists_is_fine=True)

    def runs(self, dag_id: str, partition_key: str) -> list[dict[str, Any]]:
        """Runs of a DAG for one business date, oldest first."""
        query = {"limit": _MOST_RUNS, "order_by": "-run_after", "partition_key_prefix_pattern": partition_key}
        found = self._get(f"/api/v2/dags/{dag_id}/dagRuns", query)["dag_runs"]
        return [run for run in reversed(found) if run.get("partition_key") == partition_key]

    def trigger(self, dag_id: str, partition_key: str, run_id: str) -> None:
        """Start a run for a business date; harmless if that very run was started already."""
        body = {"logical_date": None, "partition_key": partition_key, "dag_run_id": run_id}
        self._ask("POST", f"/api/v2/dags/{dag_id}/dagRuns", body=body, exists_is_fine=True)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        return list(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def close(self) -> None:
        self._client.close()

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return dict(self._ask("GET", path, query=query).json())

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        exists_is_fine: bool = False,
    ) -> httpx.Response:
        """One request; a server that is busy (SQLite has one writer) is asked again.

        Raises:
            TransientError: no useful answer after some attempts.
            PermanentError: the request was refused.
        """
        said = ""
        for _ in range(_ATTEMPTS):
            try:
                response = self._client.request(method, path, params=query, json=body)
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                if response.is_success or (exists_is_fine and response.status_code == httpx.codes.CONFLICT):
                    return response
                said = f"status {response.status_code}: {response.text[:300]}"
                if response.is_client_error:
                    raise PermanentError(f"ask Airflow for {path}", said, "read the log of its api-server")
            self.check_alive()
            time.sleep(1.0)
        raise TransientError(f"ask Airflow for {path}", said, "read the log of its api-server and run the night again")
