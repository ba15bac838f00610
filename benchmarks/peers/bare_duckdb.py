"""The limit: what dbt sent in the product's night, replayed by DuckDB with nothing around it."""

from __future__ import annotations

from typing import Any

from benchmarks import statements
from benchmarks.peers.night import Night

TITLE = "the statements alone, by bare DuckDB"
PYTHON = "product"
PACKAGES = ("duckdb",)
NAME = "bare_duckdb"


def run(night: Night) -> dict[str, Any]:
    """Seeds, models, tests, one after the other in one process."""
    sent = statements.read(night.statements)
    statements.replay(night.work_file_of(NAME), sent)
    return {"statements": len(sent)}
