"""Spark on two cores of this machine: the models as dbt compiles them for Spark, from the same inputs, as Parquet.

The tables of dbt's Python models are given, neither computed nor timed, and data tests are left out.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.peers.night import Night
from minhu.settings import Settings, load
from minhu.warehouse import spark_engine, spark_tables

TITLE = "Spark `local[2]`, the SQL compiled for it"
PYTHON = "spark"
PACKAGES = ("pyspark", "dbt-spark", "duckdb")
NAME = "spark_local"
MOST_RUNS = 1
SCHEMAS = ("raw", "seeds", "staging", "reference", "intermediate", "core", "assessment", "kpis", "publish")


def prepare(night: Night) -> None:
    """Inputs as Parquet, and every model compiled for Spark before the relations that the product built."""
    from dbt.cli.main import dbtRunner

    folder = night.folder_of(NAME)
    shutil.rmtree(folder / "compiled", ignore_errors=True)
    os.environ.update(night.environment(night.work_file_of(NAME)))
    spark = spark_engine.session(_home(folder / "compiled"))
    with duckdb.connect(str(night.built), read_only=True) as db:
        db.execute("set TimeZone = 'UTC'")
        for schema in SCHEMAS:
            spark_tables.offer(db, spark, folder / "compiled" / "parquet" / schema, schema)
        offered = [f"{path.parent.name}.{path.name}" for path in sorted((folder / "compiled" / "parquet").glob("*/*"))]
        columns = {relation: spark_tables.columns_of(db, relation) for relation in offered}
    (folder / "columns.json").write_text(json.dumps(columns), encoding="utf-8")
    outcome = dbtRunner().invoke([
        "compile", "--target", "spark", "--full-refresh", "--select", "resource_type:model", "--log-level", "none",
        "--log-level-file", "none", "--no-populate-cache", "--project-dir", str(night.dbt_dir),
        "--profiles-dir", str(night.dbt_dir), "--target-path", str(folder / "dbt"), "--vars", json.dumps(night.variables),
    ])  # fmt: skip
    compiled = {r.node.name: r.node.compiled_code for r in outcome.result.results if r.node.language == "sql"}
    (folder / "compiled.json").write_text(json.dumps(compiled), encoding="utf-8")
    spark_engine.stop()


def _home(folder: Path) -> Settings:
    return replace(load(environ={"MINHU_HOME": str(folder)}), engine="spark")


def run(night: Night) -> dict[str, Any]:
    """A new session: inputs, then every model after those that it reads."""
    folder = night.folder_of(NAME)
    shutil.rmtree(folder / "run", ignore_errors=True)
    compiled = json.loads((folder / "compiled.json").read_text(encoding="utf-8"))
    spark = spark_engine.session(_home(folder / "run"))
    for schema in SCHEMAS:
        spark.sql(f"create schema if not exists {schema}")
    nodes = night.nodes()
    given = {node["relation"] for node in nodes if node["resource_type"] == "seed" or node.get("language") == "python"}
    for relation, columns in json.loads((folder / "columns.json").read_text(encoding="utf-8")).items():
        schema, name = relation.split(".")
        if schema == "raw" or relation in given:
            spark_tables.declare(spark, relation, columns, folder / "compiled" / "parquet" / schema / name)
    models = [node for node in nodes if node["resource_type"] == "model" and node["name"] in compiled]
    for node in models:
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        stored = "" if kind == "view" else "using parquet "
        spark.sql(f"create {kind} {node['relation']} {stored}as {compiled[node['name']]}")
    spark_engine.stop()
    return {"models": len(models)}


def collect(night: Night) -> None:
    """What it published, into the file that is compared; columns in the product's types."""
    published = _home(night.folder_of(NAME) / "run").spark_dir / "tables" / "publish.db"
    with duckdb.connect(str(night.work_file_of(NAME))) as db:
        db.execute("set TimeZone = 'UTC'")
        db.execute(f"attach '{night.built}' as built (read_only)")
        db.execute("create schema publish")
        for folder in sorted(path for path in published.iterdir() if path.is_dir()):
            described = db.execute(f'describe built.publish."{folder.name}"').fetchall()
            columns = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind, *_ in described)
            db.execute(f"create table publish.\"{folder.name}\" as select {columns} from '{folder}/*.parquet'")  # noqa: S608
