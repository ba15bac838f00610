"""SQLMesh: the compiled SQL as its models, data tests as its audits, one plan.

Its own reader of dbt projects was tried first: docs/performance.md says what came of it. The tables of dbt's Python models
are given, neither computed nor timed. Seeds are read by DuckDB: SQLMesh's own go through pandas, which made `610104.0` of a
code. SQL is taken as it is written (``optimize_query``), which saves SQLMesh time.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.peers.night import Night, give_python_models

TITLE = "SQLMesh, the compiled SQL as its models"
PYTHON = "sqlmesh"
PACKAGES = ("sqlmesh", "sqlglot", "duckdb")
NAME = "sqlmesh_models"
_KINDS = {"view": "VIEW", "table": "FULL", "incremental": "FULL"}


def prepare(night: Night) -> None:
    """A SQLMesh project of the night's models."""
    project = night.folder_of(NAME) / "project"
    shutil.rmtree(project, ignore_errors=True)
    for folder in ("models", "audits"):
        (project / folder).mkdir(parents=True)
    (project / "config.yaml").write_text(json.dumps(_settings(night), indent=1))
    nodes = night.nodes()
    for node in nodes:
        if node["resource_type"] == "model" and node["language"] == "sql":
            kind = _KINDS[node["config"]["materialized"]]
            _write(project, "models", node["name"], f"MODEL (name {_name(node)}, kind {kind})", _compiled(night, node))
        elif node["resource_type"] == "test":
            of = "standalone true, blocking false"
            _write(project, "audits", node["name"], f"AUDIT (name {node['name']}, {of})", _compiled(night, node))
    with duckdb.connect(str(night.built), read_only=True) as db:
        for node in (node for node in nodes if node["resource_type"] == "seed"):
            described = db.execute(f"describe {node['relation']}").fetchall()
            columns = ", ".join(f"'{name}': '{kind}'" for name, kind, *_ in described)
            path = night.dbt_dir / node["original_file_path"]
            sql = f"select * from read_csv('{path}', header = true, delim = ',', columns = {{{columns}}})"  # noqa: S608
            _write(project, "models", node["name"], f"MODEL (name {_name(node)}, kind FULL)", sql)


def run(night: Night) -> dict[str, Any]:
    """Load the project, plan it and apply the plan to ``prod``, with a state of its own that is new."""
    folder = night.folder_of(NAME)
    (folder / "state.duckdb").unlink(missing_ok=True)
    give_python_models(night, NAME)
    from sqlmesh import Context
    from sqlmesh.core.console import configure_console

    configure_console()
    context = Context(paths=[str(folder / "project")])
    context.plan(auto_apply=True, no_prompts=True, skip_tests=True, no_diff=True)
    return {"models": len(context.models), "audits": len(context.standalone_audits)}


def _settings(night: Night) -> dict[str, Any]:
    folder = night.folder_of(NAME)
    return {
        "gateways": {
            "local": {
                "connection": {
                    "type": "duckdb", "catalogs": {"work": str(night.work_file_of(NAME))},
                    "connector_config": {
                        "TimeZone": "UTC", "memory_limit": "4GB", "preserve_insertion_order": False,
                        "default_null_order": "nulls_first_on_asc_last_on_desc",
                    },
                },
                "state_connection": {"type": "duckdb", "database": str(folder / "state.duckdb")},
            }
        },
        "default_gateway": "local",
        "model_defaults": {"dialect": "duckdb", "start": night.business_date, "optimize_query": False},
        "disable_anonymized_analytics": True,
        "cache_dir": str(folder / "cache"),
    }  # fmt: skip


def _name(node: dict[str, Any]) -> str:
    return f"work.{node['relation']}"


def _compiled(night: Night, node: dict[str, Any]) -> str:
    return (night.compiled / node["compiled_below"]).read_text(encoding="utf-8")


def _write(project: Path, folder: str, name: str, head: str, sql: str) -> None:
    (project / folder / f"{name}.sql").write_text(f"{head};\n\n{sql}\n", encoding="utf-8")
