"""People who are logged in to a real Airflow, with the passwords of the state directory."""

from __future__ import annotations

import httpx


def log_in(url: str, name: str, password: str) -> httpx.Client:
    """A client of Airflow's REST API in somebody's name; whoever opened it closes it.

    Raises:
        httpx.HTTPStatusError: 401, for another's password.
    """
    client = httpx.Client(base_url=url, timeout=30.0, trust_env=False)
    token = client.post("/auth/token", json={"username": name, "password": password}).raise_for_status().json()
    client.headers["Authorization"] = f"Bearer {token['access_token']}"
    return client


def log_of(client: httpx.Client, dag_id: str, run_id: str, task_id: str) -> str:
    """What the first try of a task wrote, as Airflow's pages show it."""
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/1"
    return client.get(path, headers={"Accept": "application/json"}).raise_for_status().text
