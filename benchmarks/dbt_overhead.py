"""A dbt build against the same SQL, statement by statement, on a copy of the same work file by bare DuckDB."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build


def measure(settings: Settings, day: date) -> dict[str, Any]:
    """Ratio of the wall time of ``warehouse.build_marts`` in this (warm) process to that of its statements alone.

    The work file must hold the loaded, not yet built night of ``day``; it is built by this.
    """
    copy = settings.home / "benchmark" / settings.warehouse_path.name  # the catalog has the name of the file
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    shutil.copyfile(settings.warehouse_path, copy)
    with _recorded() as statements:
        started = time.perf_counter()
        dbt_build.build_marts(Night(settings, day))
        by_dbt = time.perf_counter() - started
    bare = _replay(copy, statements)
    ratio = by_dbt / bare
    return {
        "name": "dbt build / the same SQL by bare DuckDB",
        "value": round(ratio, 2), "unit": "ratio", "target": 2.0, "met": ratio <= 2.0,
        "detail": {"dbt_s": round(by_dbt, 2), "bare_s": round(bare, 2), "statements": len(statements)},
    }  # fmt: skip


@contextmanager
def _recorded() -> Iterator[list[str]]:
    """What dbt sends meanwhile, in the order it is sent; seeds (a thousand rows in all) are left to dbt."""
    sent: list[str] = []
    execute = DuckDBCursorWrapper.execute

    def record(cursor: Any, sql: str, bindings: Any = None) -> Any:
        if bindings is None and sql.strip().upper() not in ("BEGIN", "COMMIT", "ROLLBACK"):
            sent.append(sql)
        return execute(cursor, sql, bindings)

    DuckDBCursorWrapper.execute = record
    try:
        yield sent
    finally:
        DuckDBCursorWrapper.execute = execute


def _replay(path: Path, statements: list[str]) -> float:
    connection = duckdb.connect(str(path))
    try:
        for option in ("TimeZone = 'UTC'", "threads = 2", "preserve_insertion_order = false"):
            connection.execute(f"set {option}")
        started = time.perf_counter()
        for statement in statements:
            with connection.cursor() as cursor:  # as dbt does: what is temporary goes with it
                cursor.execute(statement)
        return time.perf_counter() - started
    finally:
        connection.close()
