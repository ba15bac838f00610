"""A dbt build against the same SQL, statement by statement, on a copy of the same work file by bare DuckDB."""

from __future__ import annotations

import shutil
import time
from datetime import date
from typing import Any

from benchmarks import statements
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
    with statements.recorded() as sent:
        started = time.perf_counter()
        dbt_build.build_marts(Night(settings, day))
        by_dbt = time.perf_counter() - started
    started = time.perf_counter()
    statements.replay(copy, sent)
    bare = time.perf_counter() - started
    ratio = by_dbt / bare
    return {
        "name": "dbt build / the same SQL by bare DuckDB",
        "value": round(ratio, 2), "unit": "ratio", "target": 1.2, "met": ratio <= 1.2,
        "detail": {"dbt_s": round(by_dbt, 2), "bare_s": round(bare, 2), "statements": len(sent)},
    }  # fmt: skip
