"""The project's Python models beside Spark: run in this process on rows taken from it, and their rows put before it.

dbt-spark hands Python models to Databricks only (dbt-spark#415). Ours are functions over tables in memory, written against
what dbt-duckdb gives them, so that is what they get here as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from minhu.warehouse import spark_tables


def install(folder: Path) -> None:
    """Let dbt-spark run Python models in this process; what they give lies in ``folder``."""
    from dbt.adapters.spark.impl import SparkAdapter

    class InThisProcess:
        """What dbt asks of a way to submit a Python model."""

        def __init__(self, parsed_model: dict[str, Any], credentials: object) -> None:
            self._relation = f"{parsed_model['schema']}.{parsed_model['alias']}"

        def submit(self, compiled_code: str) -> None:
            run(compiled_code, self._relation, folder)

    SparkAdapter.default_python_submission_method = property(lambda _: "in_this_process")
    SparkAdapter.python_submission_helpers = property(lambda _: {"in_this_process": InThisProcess})


def run(compiled_code: str, relation: str, folder: Path) -> None:
    """Run a compiled Python model and make ``relation`` its rows.

    Args:
        compiled_code: what dbt makes of the model: its function and the object that it is called with.
        relation: schema and name.
        folder: where its files lie.
    """
    from pyspark.sql import SparkSession

    spark = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    named: dict[str, Any] = {"__name__": relation}
    exec(compile(compiled_code, relation, "exec"), named)
    with duckdb.connect() as db:
        db.execute("set TimeZone = 'UTC'")
        given = named["dbtObj"](lambda name: db.from_arrow(spark_tables.arrow_of(spark, name)))
        rows = named["model"](given, db)
        if isinstance(rows, duckdb.DuckDBPyRelation):
            rows = rows.to_arrow_table()
        db.register("rows_of_model", rows)
        place = folder / relation / uuid4().hex  # files that a query still reads are left alone
        place.mkdir(parents=True)
        db.execute(f"copy (select * from rows_of_model) to '{place}/rows.parquet' (format parquet)")
        columns = spark_tables.columns_of(db, "rows_of_model")
    spark_tables.declare(spark, relation, columns, place)
