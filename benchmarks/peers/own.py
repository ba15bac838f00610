"""The product's own way: dbt in one process, with findings and verdicts."""

from __future__ import annotations

import shutil
import time
from datetime import date
from typing import Any

from benchmarks.peers.night import Night

TITLE = "the product's own way, findings and verdicts included"
PYTHON = "product"
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")
NAME = "own"


def run(night: Night) -> dict[str, Any]:
    """``build_marts``, ``check_marts``, ``decide_verdicts`` in a new process; details are wall seconds of each."""
    from benchmarks.peers.landed import settings_at
    from minhu.gate import decision
    from minhu.landing import night as landed_night
    from minhu.warehouse import dbt_build

    settings = settings_at(night.home)
    shutil.copyfile(night.loaded, settings.warehouse_path)
    of = landed_night.Night(settings, date.fromisoformat(night.business_date))
    spent = {}
    for name, stage in (
        ("build", dbt_build.build_marts), ("check", dbt_build.check_marts), ("verdicts", decision.decide_verdicts),
    ):  # fmt: skip
        started = time.perf_counter()
        stage(of)
        spent[name] = round(time.perf_counter() - started, 1)
    shutil.copyfile(settings.warehouse_path, night.work_file_of(NAME))
    return spent
