"""One Airflow task a model by astronomer-cosmos: one command of dbt, watched by a task a model."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import cosmos_dag
from benchmarks.peers.night import Night

TITLE = "Cosmos `WATCHER`, one `dbt build`, a sensor a model"
PYTHON = "peers"
PACKAGES = cosmos_dag.PACKAGES
NAME = "cosmos_watcher"
MOST_RUNS = 1


def prepare(night: Night) -> None:
    """The Airflow that runs it."""
    cosmos_dag.prepare(night, NAME, "watcher")


def run(night: Night) -> dict[str, Any]:
    """The DAG from start to end."""
    return cosmos_dag.run(night, NAME, "watcher")
