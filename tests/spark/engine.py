"""A Spark session with the settings of the profile, and relations of DuckDB in it."""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import yaml

#: Below Iceberg's package, which is on PyPI only as a part of another.
JAR = "jars/iceberg-spark-runtime-3.5_2.12-1.10.2.jar"
#: Small rows cost less interpreted than compiled, and none are worth planning anew.
FOR_SMALL_ROWS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_TYPES = {
    "VARCHAR": "string", "HUGEINT": "bigint", "UBIGINT": "bigint", "INTEGER": "int", "BIGINT": "bigint", "SMALLINT": "smallint",
    "TINYINT": "tinyint", "DOUBLE": "double", "FLOAT": "float", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}  # fmt: skip


def iceberg_jar() -> Path:
    """Of the environment of `requirements-spark.txt`."""
    package = find_spec("snowpark_connect_deps_iceberg")
    assert package is not None and package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / JAR


def start(dbt_dir: Path, folder: Path) -> Any:
    """The session that dbt will find; its tables lie in ``folder``, its catalog in memory."""
    os.environ["MINHU_SPARK_JARS"] = str(iceberg_jar())
    os.environ["MINHU_SPARK_WAREHOUSE"] = str(folder)
    os.environ["TZ"] = "UTC"  # collected rows are in the zone of the process
    time.tzset()
    from pyspark.sql import SparkSession

    written = (dbt_dir / "profiles.yml").read_text(encoding="utf-8")
    target = yaml.safe_load(written)["minhu"]["outputs"]["spark"]
    builder = SparkSession.builder
    for name, value in {**target["server_side_parameters"], **FOR_SMALL_ROWS}.items():
        builder = builder.config(name, jinja2.Template(str(value)).render(env_var=os.environ.get))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def offer(db: duckdb.DuckDBPyConnection, spark: Any, folder: Path, schemas: tuple[str, ...]) -> int:
    """Put every relation of the schemas before Spark under the same name, as Parquet; returns how many."""
    held = db.execute(
        "select table_schema, table_name from information_schema.tables where list_contains($1, table_schema) order by all",
        [list(schemas)],
    ).fetchall()
    for schema in schemas:
        spark.sql(f"create schema if not exists {schema}")
    for schema, name in held:
        path = folder / schema / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = db.execute(f'describe "{schema}"."{name}"').fetchall()
        typed = {column: _TYPES.get(kind, kind.lower()) for column, kind, *_ in columns}
        wide = [
            f'cast("{column}" as bigint) as "{column}"'
            for column, kind, *_ in columns
            if kind in ("HUGEINT", "UBIGINT")
        ]
        replaced = f" replace ({', '.join(wide)})" if wide else ""
        db.execute(f'copy (select *{replaced} from "{schema}"."{name}") to \'{path}\' (format parquet)')
        listed = ", ".join(f"`{column}` {kind}" for column, kind in typed.items())
        spark.sql(f"create table {schema}.{name} ({listed}) using parquet location '{path.as_uri()}'")
    return len(held)


def rows_of(spark: Any, sql: str) -> pa.Table:
    """What a query gives on Spark."""
    from pyspark.sql.pandas.types import to_arrow_schema

    frame = spark.sql(sql)
    schema = to_arrow_schema(frame.schema)
    rows = frame.collect()
    return pa.Table.from_arrays(
        [pa.array([row[index] for row in rows], kind) for index, kind in enumerate(schema.types)], names=schema.names
    )
