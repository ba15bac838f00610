"""A dbt build against the same SQL, statement by statement, on a copy of the same work file by bare DuckDB."""

from __future__ import annotations

import re
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file

_LINE = re.compile(r"^\d\d:\d\d:\d\d\.\d+ \[")
_STATEMENT = re.compile(r"^\d\d:\d\d:\d\d\.\d+ \[debug\] \[[^\]]+\]: On (?P<name>[^:]+): (?P<sql>.*)$", re.DOTALL)


def measure(settings: Settings, day: date) -> dict[str, Any]:
    """Ratio of the wall time of ``warehouse.build_marts`` in this (warm) process to that of its statements alone.

    The work file must hold the loaded, not yet built night of ``day``; it is built by this.
    """
    copy = settings.home / "benchmark" / settings.warehouse_path.name  # the catalog has the name of the file
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    shutil.copyfile(settings.warehouse_path, copy)
    with work_file.connect(settings) as db:
        dbt_build.run_dbt(Night(settings, day), ["parse"], {**work_file.read_state(db), "previous_business_date": day})
    log = settings.home / "dbt" / "logs" / "dbt.log"
    before = log.stat().st_size
    started = time.perf_counter()
    dbt_build.build_marts(Night(settings, day))
    by_dbt = time.perf_counter() - started
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(before)
        statements = _statements(file.read())
    bare = _replay(copy, statements)
    ratio = by_dbt / bare
    return {
        "name": "dbt build / the same SQL by bare DuckDB",
        "value": round(ratio, 2), "unit": "ratio", "target": 2.0, "met": ratio <= 2.0,
        "detail": {"dbt_s": round(by_dbt, 2), "bare_s": round(bare, 2), "statements": len(statements)},
    }  # fmt: skip


def _statements(text: str) -> list[str]:
    """What dbt sent for models, in the order it was sent; seeds (a thousand rows in all) are left to dbt."""
    entries: list[str] = []
    for line in text.splitlines():
        if _LINE.match(line) or not entries:
            entries.append(line)
        else:
            entries[-1] += "\n" + line
    found = [match for entry in entries if (match := _STATEMENT.match(entry))]
    return [m["sql"].strip() for m in found if m["name"].startswith("model.") and m["sql"].strip()]


def _replay(path: Path, statements: list[str]) -> float:
    connection = duckdb.connect(str(path))
    try:
        for option in ("TimeZone = 'UTC'", "threads = 2", "preserve_insertion_order = false"):
            connection.execute(f"set {option}")
        started = time.perf_counter()
        for statement in statements:
            if statement.upper() not in ("BEGIN", "COMMIT") and not statement.startswith(("Close", "ROLLBACK")):
                connection.execute(statement)
        return time.perf_counter() - started
    finally:
        connection.close()
