"""Many past nights in one go: every night is landed and checked, marts are built once, the last night is released.

The figures are those that night after night would have given: landing is the same, and a build from all of it equals
the increments (tests/dbt/test_incremental_property.py). What is saved is a build and a release per night.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from minhu.errors import MinhuError, UsageError
from minhu.extract import registry
from minhu.gate import decision
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.pipeline import publication, stages
from minhu.release.release_folder import Release
from minhu.reports import dossier, site
from minhu.settings import Settings
from minhu.standalone import nightly
from minhu.standalone.airflow_runtime import Connections
from minhu.standalone.lock import exclusive_night
from minhu.warehouse import dbt_build


@dataclass(frozen=True)
class BackfillReport:
    """What a backfill did.

    Attributes:
        release: of the last date.
        nights: landed now.
        skipped: nights that had an arrival of every source before.
        blocked: nights and sources that could not be accepted, with the reason.
        rows: landed now.
        seconds: by stage.
    """

    release: Release
    nights: int
    skipped: int
    blocked: dict[tuple[date, str], str]
    rows: int
    seconds: dict[str, float]


def backfill(
    settings: Settings, first: date, last: date, simulation: nightly.Simulation, console: Console
) -> BackfillReport:
    """Land every night from ``first`` to ``last``, build once and release ``last``.

    Safe to end at any point and to start again: a night whose sources all have an arrival is not read again.

    Args:
        settings: of the city's home.
        first: local day.
        last: local day, not before ``first``.
        simulation: size of the synthetic city; its history begins with ``first``.
        console: shows the bar.

    Raises:
        UsageError: the dates are the wrong way round.
        Busy: a night of this city is running.
    """
    if last < first:
        raise UsageError("backfill", f"expected --to not before --from, found {first} to {last}", "swap the dates")
    simulation = replace(simulation, days=simulation.days or (last - first).days + 1)
    seconds: dict[str, float] = {}
    started = time.monotonic()

    def lap(name: str) -> None:
        nonlocal started
        seconds[name] = time.monotonic() - started
        console.print(f"{name}: {seconds[name]:.1f} s", highlight=False)
        started = time.monotonic()

    with exclusive_night(settings.home, last), ExitStack() as stack:
        nightly.start_postgres(settings, stack)
        settings, connections = nightly.prepare_sources(
            settings, last, simulation, stack, lambda line: console.print(line, highlight=False)
        )
        lap("sources")
        landing = Landing(settings.landing_dir)
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        missing = [day for day in days if not _has_arrived(landing, day)]
        blocked: dict[tuple[date, str], str] = {}
        rows = 0
        with _bar(console) as bar:
            task = bar.add_task("nights landed", total=len(missing), speed="")
            for day in missing:
                rows += _land(_settled(settings, day, last), day, connections, blocked)
                pace = rows / max(time.monotonic() - started, 0.001)
                bar.update(task, advance=1, description=f"landed {day}", speed=f"{pace:,.0f} rows/s")
        lap("landing")
        dbt_build.load_landing(Night(settings, last))
        lap("load")
        dbt_build.build_marts(Night(settings, last))
        dbt_build.check_marts(Night(settings, last))
        lap("build")
        decision.decide_verdicts(Night(settings, last))
        lap("verdicts")
        published = publication.publish_release(Night(settings, last), connections.published_uri)
        dossier.write_after_release(settings, published)
        site.write_after_release(settings, published)
        lap("release")
    return BackfillReport(published, len(missing), len(days) - len(missing), blocked, rows, seconds)


def _has_arrived(landing: Landing, day: date) -> bool:
    return all(landing.arrival(source, day) is not None for source in registry.names())


def _settled(settings: Settings, day: date, last: date) -> Settings:
    """Windows overlap because rows may be committed late; what changed long before now has long been committed."""
    return settings if day > last - timedelta(days=settings.overlap_days) else replace(settings, overlap_days=0)


def _land(settings: Settings, day: date, connections: Connections, blocked: dict[tuple[date, str], str]) -> int:
    """Land and check the sources of one night; a source that fails is blocked and the night goes on.

    They are read side by side, for each waits for another server; they are checked one after the other.
    """
    endpoints = {source: connections.endpoint(source) for source in registry.names()}
    with ThreadPoolExecutor(len(endpoints)) as pool:
        landings = {
            source: pool.submit(stages.land_source, Night(settings, day), source, endpoint)
            for source, endpoint in endpoints.items()
        }
    rows = 0
    for source, endpoint in endpoints.items():
        try:
            landings[source].result()
            arrival = stages.validate_arrival(Night(settings, day), source, endpoint)
        except MinhuError as error:
            arrival = Landing(settings.landing_dir).block(source, day, str(error))
        rows += sum(arrival.row_counts.values())
        if arrival.status == "blocked":
            blocked[day, source] = arrival.reason
    return rows


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(), console=console,
    )  # fmt: skip
