"""One Airflow task a model by astronomer-cosmos: every task is a command of dbt."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import cosmos_dag
from benchmarks.peers.night import Night

TITLE = "Cosmos `LOCAL`, a command of dbt a task"
PYTHON = "peers"
PACKAGES = cosmos_dag.PACKAGES
NAME = "cosmos_local"
#: It takes longer than all others together.
MOST_RUNS = 1


def prepare(night: Night) -> None:
    """The Airflow that runs it."""
    cosmos_dag.prepare(night, NAME, "local")


def run(night: Night) -> dict[str, Any]:
    """The DAG from start to end."""
    return cosmos_dag.run(night, NAME, "local")
