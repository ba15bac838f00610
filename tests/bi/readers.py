"""What readers connect with reads the same: psql, pandas over SQLAlchemy, ADBC, DuckDB on the release's file.

Run by `make test-bi` in an environment of its own (`requirements-bi.txt`), on the current release of a home; it knows
nothing of the product but the page that readers have, docs/bi.md.

    python tests/bi/readers.py <libpq uri of the reader> <DuckDB file of the same release>
"""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import duckdb
import pandas as pd
import psycopg
import pyarrow as pa
import sqlalchemy

Rows = list[tuple[Any, ...]]
PAGE = Path(__file__).parents[2] / "docs" / "bi.md"
QUERIES = (
    *re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL),
    "select * from published.fct_kpi_results",
    "select * from published.dim_unit",
    "select * from published.release_banner",
)


def by_psql(uri: str, query: str) -> Rows:
    printed = subprocess.run(
        ["psql", uri, "--no-psqlrc", "--csv", "--tuples-only", "--command", query],
        check=True, capture_output=True, text=True, env={**os.environ, "PGTZ": "UTC"},
    ).stdout  # fmt: skip
    return [tuple(row) for row in csv.reader(io.StringIO(printed))]


def by_pandas(uri: str, query: str) -> Rows:
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(uri))
    frame = pd.read_sql(sqlalchemy.text(query), engine)
    return list(frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None))


def by_adbc(uri: str, query: str) -> Rows:
    with adbc_driver_postgresql.dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetch_arrow_table()
    opaque = [field.name for field in found.schema if isinstance(field.type, pa.BaseExtensionType)]
    assert not opaque, f"ADBC does not know the types of {', '.join(opaque)}"
    return [tuple(row.values()) for row in found.to_pylist()]


def by_duckdb(path: str, query: str) -> Rows:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchall()


def plain(value: Any) -> str:
    """A value as every reader means it: psql has nothing but text."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*", text):
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    try:
        return f"{float(text):.9g}"
    except ValueError:
        return text


def compared(rows: Iterable[tuple[Any, ...]]) -> Rows:
    return sorted(tuple(plain(value) for value in row) for row in rows)


def main(uri: str, path: str) -> None:
    readers: dict[str, Callable[[str], Rows]] = {
        "pandas": lambda query: by_pandas(uri, query),
        "ADBC": lambda query: by_adbc(uri, query),
        "DuckDB": lambda query: by_duckdb(path, query),
    }
    taken = dict.fromkeys(("psql", *readers), 0.0)
    for query in QUERIES:
        began = time.perf_counter()
        expected = compared(by_psql(uri, query))
        taken["psql"] += time.perf_counter() - began
        for name, read in readers.items():
            began = time.perf_counter()
            found = compared(read(query))
            taken[name] += time.perf_counter() - began
            if found != expected:
                other = next(
                    (pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]), "number of rows"
                )
                sys.exit(f"{name} reads something else than psql: {other}\n{query}")
        sys.stdout.write(f"{len(expected):>8} rows the same: {' '.join(query.split())[:100]}\n")
    sys.stdout.write(", ".join(f"{name} {seconds:.1f} s" for name, seconds in taken.items()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
