"""Relations between the work file and Spark: offered as Parquet in the home, brought back as Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from minhu import atomic
from minhu.landing import contracts

#: Types of DuckDB that Spark knows under another name, or not as wide.
_TYPES = {
    "VARCHAR": "string", "HUGEINT": "bigint", "UBIGINT": "bigint", "INTEGER": "int", "FLOAT": "float",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}  # fmt: skip
_NARROWED = ("HUGEINT", "UBIGINT")


def offer(db: duckdb.DuckDBPyConnection, spark: Any, folder: Path, schema: str = "raw") -> None:
    """Put every relation of a schema before Spark under the same name, as it is now.

    Rows that landed are never changed: of them a part is added for each load. The others are written again where they differ.

    Args:
        db: the work file.
        spark: the session.
        folder: where the files lie; Spark's executors have to reach it as well.
        schema: of the work file.
    """
    spark.sql(f"create schema if not exists {schema}")
    known = {row.tableName for row in spark.sql(f"show tables in {schema}").collect()}
    added_to = {f"raw.{each.source}__{each.name}" for each in contracts.TABLES if not each.is_snapshot}
    listed = "select table_name from information_schema.tables where table_schema = ? order by 1"
    for (name,) in db.execute(listed, [schema]).fetchall():
        relation, place = f"{schema}.{name}", folder / name
        is_new = _write_loads(db, place, relation) if relation in added_to else _write(db, place, relation)
        if name not in known:
            declare(spark, relation, columns_of(db, relation), place)
        elif is_new:
            spark.catalog.refreshTable(relation)


def declare(spark: Any, relation: str, columns: Mapping[str, str], folder: Path) -> None:
    """Make ``relation`` the table of the Parquet files of a folder; ``columns`` have types of DuckDB."""
    listed = ", ".join(f"`{column}` {_TYPES.get(kind, kind.lower())}" for column, kind in columns.items())
    spark.sql(f"create table {relation} ({listed}) using parquet location '{folder.as_uri()}'")


def columns_of(db: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Columns of a relation of DuckDB with their types."""
    return {column: kind for column, kind, *_ in db.execute(f"describe {relation}").fetchall()}


def arrow_of(spark: Any, relation: str) -> pa.Table:
    """The rows of a relation of Spark; moments are UTC without a zone, as they are in the work file."""
    frame = spark.table(relation)
    batches = frame._collect_as_arrow()
    table = pa.Table.from_batches(batches) if batches else _empty(frame)
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            moments = table[field.name].cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
            table = table.set_column(index, field.name, moments)
    return table


def bring_back(db: duckdb.DuckDBPyConnection, spark: Any, schema: str, name: str, declared: Mapping[str, str]) -> None:
    """Make a table of the work file hold what Spark has under its name.

    Args:
        db: the work file.
        spark: the session.
        schema: of the relation.
        name: of the relation.
        declared: types of DuckDB of its columns; the others follow from Spark's.
    """
    rows = arrow_of(spark, f"{schema}.{name}")
    kinds = {field.name: declared.get(field.name) or _kind(field.type) for field in rows.schema}
    listed = ", ".join(
        f'cast("{column}" as {kind}) as "{column}"' if kind else f'"{column}"' for column, kind in kinds.items()
    )
    db.execute(f'create schema if not exists "{schema}"')
    db.register("rows_of_spark", rows)
    db.execute(f'create or replace table "{schema}"."{name}" as select {listed} from rows_of_spark')
    db.unregister("rows_of_spark")


def _kind(kind: pa.DataType) -> str:
    """Whole numbers are no decimals in DuckDB; "" for what it takes as it is."""
    return "hugeint" if pa.types.is_decimal(kind) and kind.scale == 0 else ""


def _empty(frame: Any) -> pa.Table:
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema).empty_table()


def _write_loads(db: duckdb.DuckDBPyConnection, folder: Path, relation: str) -> bool:
    """A file for each load that has none; returns whether there was one."""
    folder.mkdir(parents=True, exist_ok=True)
    loads = [number for (number,) in db.execute(f"select distinct load_no from {relation} order by 1").fetchall()]
    missing = [number for number in loads if not (folder / f"load-{number}.parquet").exists()]
    for number in missing:
        _copy(db, relation, f"where load_no = {int(number)}", folder / f"load-{number}.parquet")
    return bool(missing)


def _write(db: duckdb.DuckDBPyConnection, folder: Path, relation: str) -> bool:
    """All rows in one file; returns whether it is another than before."""
    folder.mkdir(parents=True, exist_ok=True)
    path, written = folder / "rows.parquet", folder / ".rows.parquet"
    _copy(db, relation, "", written)
    if path.exists() and atomic.sha256_of(path) == atomic.sha256_of(written):
        written.unlink()
        return False
    written.replace(path)
    return True


def _copy(db: duckdb.DuckDBPyConnection, relation: str, condition: str, path: Path) -> None:
    narrowed = ", ".join(
        f'cast("{column}" as bigint) as "{column}"'
        for column, kind in columns_of(db, relation).items()
        if kind in _NARROWED
    )
    columns = f"* replace ({narrowed})" if narrowed else "*"
    db.execute(f"copy (select {columns} from {relation} {condition}) to '{path}' (format parquet)")
