"""What a night costs on histories of several lengths: the same city, the same nights, stage by stage in one process.

    python -m benchmarks.histories [--days 30 365 3650] [--scale 0.02] [--home var/benchmark/histories]

A history of up to a year is backfilled night by night; a longer one lands at once in a first night, for ten years of nights of a
small city cost what their number costs, not what they hold. On each history three nights run; the last is what is told.
Written to results/histories.json, one history a process, so that memory is that of its nights.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from benchmarks.homes import settings_at
from benchmarks.memory import peak
from benchmarks.processor import timed
from minhu.extract import registry
from minhu.gate import decision
from minhu.landing.night import Night
from minhu.pipeline import publication, stages
from minhu.release.release_folder import Release
from minhu.reports import dossier, provenance, site
from minhu.settings import Settings
from minhu.standalone import nightly
from minhu.standalone.airflow_runtime import Connections
from minhu.standalone.backfill import backfill
from minhu.warehouse import dbt_build, work_file

RESULTS = Path(__file__).parent / "results" / "histories.json"
LAST = date(2026, 11, 20)
NIGHTS = 3
LONGEST_BACKFILL = 400
Figures = dict[str, Any]


def main() -> None:
    """Measure each history in a process of its own, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--days", type=int, nargs="+", default=[30, 365, 3650], help="lengths; the first is the measure"
    )
    parser.add_argument("--scale", type=float, default=0.02, help="size of the city; 1.0 is Xi'an")
    parser.add_argument("--home", type=Path, default=Path("var/benchmark/histories"), help="scratch folder")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        found = _measure(options.home / str(options.one), options.one, options.scale)
        (options.home / f"{options.one}.json").write_text(json.dumps(found), encoding="utf-8")
        return
    console = Console(width=120)
    histories = []
    for days in options.days:
        console.rule(f"{days} days at scale {options.scale:g}")
        histories.append(measured(options.home, days, options.scale))
    result = {"machine": machine(), "scale": options.scale, "histories": histories}
    options.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(table(histories), markup=False, highlight=False)
    console.print(f"written to {options.results}")


def measured(home: Path, days: int, scale: float) -> Figures:
    """One history, in a process of its own."""
    home.mkdir(parents=True, exist_ok=True)
    own = ["--home", str(home), "--scale", str(scale), "--one", str(days)]
    subprocess.run([sys.executable, "-m", "benchmarks.histories", *own], check=True)
    return dict(json.loads((home / f"{days}.json").read_text(encoding="utf-8")))


def machine() -> Figures:
    """What it was measured on."""
    return {
        "cpus": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30, 1), "system": platform.platform(),
    }  # fmt: skip


def table(histories: list[Figures], told_by: str = "days of history", column: str = "days") -> str:
    """The histories side by side, in Markdown; processor seconds of each stage, and ratios to the first history."""
    first = histories[0]
    rows = [[told_by, *(f"{history[column]:,}" for history in histories)]]
    rows += [[name, *(f"{history[name]:,}" for history in histories)] for name in ("rows landed", "cells published")]
    rows += [
        [stage, *(f"{history['night'][stage]['processor_s']:.1f}" for history in histories)] for stage in first["night"]
    ]
    totals = [total(history) for history in histories]
    rows.append(["the night, processor, s", *(f"{spent:.1f}" for spent in totals)])
    rows.append(["of the first", *(f"{spent / totals[0]:.2f}" for spent in totals)])
    walls = [sum(stage["wall_s"] for stage in history["night"].values()) for history in histories]
    rows.append(["the night, wall, s", *(f"{wall:.1f}" for wall in walls)])
    rows.append(["peak memory of its process, MiB", *(f"{history['peak_mib']:,.0f}" for history in histories)])
    rows.append(["of the first", *(f"{history['peak_mib'] / first['peak_mib']:.2f}" for history in histories)])
    rows.append(["history: wall, s", *(f"{history['fill_s']:,.0f}" for history in histories)])
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "| --- |" + " ---: |" * len(histories), *body])


def total(history: Figures) -> float:
    """Processor seconds of all stages of its night."""
    return float(sum(stage["processor_s"] for stage in history["night"].values()))


def _measure(home: Path, days: int, scale: float) -> Figures:
    shutil.rmtree(home, ignore_errors=True)
    started = time.perf_counter()
    rows = _fill(home, days, nightly.Simulation(days, scale, 7))
    filled = time.perf_counter() - started
    night: dict[str, dict[str, float]] = {}
    for number in range(1, NIGHTS + 1):
        with peak(_resident, 0.2) as memory:
            night = _run(settings_at(home), LAST + timedelta(days=number))
    with work_file.connect(settings_at(home), read_only=True) as db:
        cells = work_file.scalar(db, "select count(*) from publish.kpi_results")
    return {
        "days": days, "rows landed": rows, "cells published": cells, "fill_s": round(filled, 1), "night": night,
        "peak_mib": round(memory.bytes / 2**20, 1),
    }  # fmt: skip


def _fill(home: Path, days: int, simulation: nightly.Simulation) -> int:
    """A city with a history and the release of its last day; rows landed."""
    if days <= LONGEST_BACKFILL:
        first = LAST - timedelta(days=days - 1)
        return backfill(settings_at(home), first, LAST, simulation, Console(width=120)).rows
    _run(settings_at(home), LAST, simulation)
    return _landed(settings_at(home))


def _landed(settings: Settings) -> int:
    return sum(table.rows for table in Night(settings, LAST).inventory.tables)


def _run(settings: Settings, day: date, simulation: nightly.Simulation | None = None) -> dict[str, dict[str, float]]:
    """Every stage of a night, with its processor (this process and the database's) and wall seconds."""
    spent: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        nightly.start_postgres(settings, stack)
        settings, connections = nightly.prepare_sources(
            settings, day, simulation or nightly.Simulation(), stack, lambda _: None
        )
        night = Night(settings, day)

        for source in registry.names():
            with timed(settings.postgres_dir, spent, f"landing of {source}"):
                _land(night, source, connections)
        published: list[Release] = []
        steps: dict[str, Callable[[], object]] = {
            "load": lambda: dbt_build.load_landing(night),
            "build": lambda: dbt_build.build_marts(night),
            "checks": lambda: dbt_build.check_marts(night),
            "verdicts": lambda: decision.decide_verdicts(night),
            "release": lambda: published.append(publication.publish_release(night, connections.published_uri)),
            "PostgreSQL held against it": lambda: publication.compare_published(night, connections.published_uri),
            "pages": lambda: _pages(settings, published[0]),
        }
        for name, step in steps.items():
            with timed(settings.postgres_dir, spent, name):
                step()
    return spent


def _land(night: Night, source: str, connections: Connections) -> None:
    endpoint = connections.endpoint(source)
    stages.land_source(night, source, endpoint)
    stages.validate_arrival(night, source, endpoint)
    stages.announce_arrival(night, source)


def _pages(settings: Settings, release: Release) -> None:
    dossier.write_after_release(settings, release)
    provenance.write_after_release(settings, release)
    site.write_after_release(settings, release)


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main()
