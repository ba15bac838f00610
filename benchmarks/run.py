"""``make bench``: what a full-size night costs, stage by stage, against the targets; written to results/latest.json.

    python -m benchmarks.run [--scale 1.0] [--days 30] [--long-days 0] [--home var/benchmark]
                             [--results FILE]

A city of ``--days`` full-size days is backfilled, one night runs on top of it through a running Airflow, and the ratios
are measured on the night after that. ``--long-days 365`` does the same on a year and compares; it takes about an hour
more. A figure that was not measured says so and counts as not met.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from benchmarks import catalogue_cost, dbt_overhead, gate_cost, landing, verify_speed
from benchmarks.homes import settings_at
from benchmarks.memory import Peak, peak
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.pipeline import stages
from minhu.quality import validation
from minhu.settings import Settings
from minhu.standalone import nightly
from minhu.standalone.backfill import backfill
from minhu.warehouse import dbt_build

RESULTS = Path(__file__).parent / "results" / "latest.json"
LAST = date(2026, 11, 20)
SOURCES = ("hotline", "grid", "stations")
#: Stages of a night that are not the pipeline's own work.
APART = ("start the database", "prepare the sources", "start Airflow")
Figure = dict[str, Any]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the city; 1.0 is Xi'an")
    parser.add_argument("--days", type=int, default=30, help="history under the night")
    parser.add_argument("--long-days", type=int, default=0, help="the longer history to compare with; 0 leaves it out")
    parser.add_argument("--home", type=Path, default=Path("var/benchmark"), help="scratch folder; removed first")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written")
    options = parser.parse_args()
    console = Console(width=120)
    short = _measure_history(options.home / "short", options.scale, options.days, console, details=True)
    figures = short["figures"]
    long: dict[str, Any] | None = None
    if options.long_days:
        long = _measure_history(options.home / "long", options.scale, options.long_days, console, details=False)
    figures += _compared(short, long, options)
    result = {
        "machine": {
            "cpus": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "system": platform.platform(), "python": platform.python_version(),
        },
        "versions": {
            name: version(name)
            for name in ("apache-airflow", "dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "pyarrow", "pandas")
        },
        "parameters": {"scale": options.scale, "days": options.days, "long_days": options.long_days},
        "figures": figures,
    }  # fmt: skip
    options.results.parent.mkdir(exist_ok=True)
    options.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for figure in figures:
        mark = "met" if figure["met"] else "MISSED"
        console.print(f"{mark:7} {figure['name']}: {figure['value']} {figure['unit']} (target {figure['target']})")
    console.print(f"written to {options.results}")


def _measure_history(home: Path, scale: float, days: int, console: Console, details: bool) -> dict[str, Any]:
    shutil.rmtree(home, ignore_errors=True)
    first = LAST - timedelta(days=days - 1)
    simulation = nightly.Simulation(days, scale, 7)
    console.rule(f"{days} days at scale {scale:g}")
    with peak(_own, 1.0) as own, peak(_resident, 0.5) as all_of_it:
        report = backfill(settings_at(home), first, LAST, simulation, console)
    filled = {
        "seconds": {name: round(spent, 1) for name, spent in report.seconds.items() if name != "sources"},
        "peak_gib": _gib(own),
        "resident_gib": _gib(all_of_it),
        "rows": report.rows,
    }
    night = LAST + timedelta(days=1)
    with peak(_own, 1.0) as own, peak(_resident, 0.5) as all_of_it:
        done = nightly.run_night(settings_at(home), night, replace(simulation, days=None), console.print)
    spent = {name: round(seconds, 1) for name, seconds in done.seconds.items()}
    figures = _night_figures(spent, _gib(own), _gib(all_of_it), days)
    if details:
        figures += _ratios(home, night + timedelta(days=1), simulation, console)
    return {"figures": figures, "night": spent, "total": _total(spent), "backfill": filled}


def _total(spent: dict[str, float]) -> float:
    """From the trigger to the release: the extracts run side by side, so the night's own clock counts."""
    return round(spent["from trigger to release"], 1)


def _night_figures(spent: dict[str, float], gib: float, resident_gib: float, days: int) -> list[Figure]:
    total = _total(spent)
    return [
        {
            "name": f"night on {days} days, all stages through a running Airflow",
            "value": total, "unit": "s", "target": 60, "met": total < 60,
            "detail": spent,
        },
        {
            "name": f"peak memory of that night, the pipeline and Airflow together, databases and simulator apart, {days} days",
            "value": gib, "unit": "GiB", "target": 4, "met": gib < 4,
            "detail": {"resident sizes of everything added up, databases and simulator included": resident_gib},
        },
    ]  # fmt: skip


def _ratios(home: Path, day: date, simulation: nightly.Simulation, console: Console) -> list[Figure]:
    """Landing, arrival suites and dbt, each in this process."""
    settings = settings_at(home)
    with ExitStack() as stack:
        nightly.start_postgres(settings, stack)
        settings, connections = nightly.prepare_sources(
            settings, day, replace(simulation, days=None), stack, console.print
        )
        hotline, grid, stations = (connections.endpoint(source) for source in SOURCES)
        assert hotline.address and grid.address and stations.address
        figures = landing.measure(settings, day, hotline.address, grid.address, grid.token, Path(stations.address))
        for source in SOURCES:
            stages.land_source(Night(settings, day), source, connections.endpoint(source))
        figures.append(_great_expectations(settings, day))
        # a source without a delivery would have every cell judged anew
        stages.land_source(Night(settings, day), "returns", connections.endpoint("returns"))
        stages.validate_arrival(Night(settings, day), "returns", connections.endpoint("returns"))
    dbt_build.load_landing(Night(settings, day))
    figures.append(catalogue_cost.measure(settings, day))
    figures.append(dbt_overhead.measure(settings, day))
    figures.append(gate_cost.measure(settings, day, figures[-1]["detail"]["dbt_s"]))
    figures.append(verify_speed.measure(settings))
    return figures


def _great_expectations(settings: Settings, day: date) -> Figure:
    import great_expectations  # noqa: F401  its import is not part of the figure

    landed = Landing(settings.landing_dir)
    started = time.perf_counter()
    rows = 0
    for source in SOURCES:
        attempt = landed.pending(source, day)
        assert attempt is not None, source
        rows += sum(validation.arrive(settings, landed, attempt).row_counts.values())
    spent = time.perf_counter() - started
    return {
        "name": "Great Expectations over the landed night", "value": round(spent, 2), "unit": "s", "target": 5,
        "met": spent < 5, "detail": {"rows": rows},
    }  # fmt: skip


def _compared(short: dict[str, Any], long: dict[str, Any] | None, options: argparse.Namespace) -> list[Figure]:
    figures = []
    ratio = round(long["total"] / short["total"], 2) if long else None
    figures.append(
        {
            "name": f"the same night on {options.long_days or 365} days / on {options.days} days",
            "value": ratio, "unit": "ratio", "target": 1.25, "met": ratio is not None and ratio <= 1.25,
            "detail": {"short_s": short["total"], "long": long["night"] if long else "not measured"},
        }
    )  # fmt: skip
    filled = long["backfill"] if long else short["backfill"]
    days = options.long_days if long else options.days
    minutes = round(sum(filled["seconds"].values()) / 60, 1)
    is_year = days >= 365
    figures.append(
        {
            "name": f"backfill of {days} days, simulation not counted", "value": minutes, "unit": "min", "target": 20,
            "met": is_year and minutes < 20, "detail": filled,
        }
    )  # fmt: skip
    figures.append(
        {
            "name": f"peak memory of that backfill ({days} days)", "value": filled["peak_gib"], "unit": "GiB",
            "target": 6, "met": is_year and filled["peak_gib"] <= 6,
        }
    )  # fmt: skip
    return figures


def _resident() -> int:
    """Resident bytes of this process and all it started; what they share counts once for each."""
    return _sum(lambda process: int(process.memory_info().rss))


def _own() -> int:
    """Bytes of the pipeline's and Airflow's processes, shared pages once: without databases and the simulated sources."""
    return _sum(lambda process: 0 if _is_apart(process) else int(process.memory_full_info().pss))


def _is_apart(process: psutil.Process) -> bool:
    return process.name() == "postgres" or "minhu.simulator.grid.grid_api" in process.cmdline()


def _sum(measure: Callable[[psutil.Process], int]) -> int:
    me, total = psutil.Process(), 0
    for process in [me, *me.children(recursive=True)]:
        with suppress(psutil.Error):  # it has just ended
            total += measure(process)
    return total


def _gib(found: Peak) -> float:
    return round(found.bytes / 2**30, 2)


if __name__ == "__main__":
    sys.exit(main())
