"""Many past nights in one go: every night is landed and checked, marts are built once, the last night is released.

The figures are those that night after night would have given: landing is the same, and a build from all of it equals
the increments (tests/dbt/test_incremental_property.py). What is saved is a build and a release per night. A source's nights
follow one another, for a window begins where the one before ended; sources know nothing of each other and go side by side,
each night of one in a process that has other nights after it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from minhu import processes
from minhu.errors import MinhuError, UsageError
from minhu.extract import registry
from minhu.extract.registry import Endpoint
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
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        waiting = _not_arrived(Landing(settings.landing_dir), days)
        nights = len({day for missing in waiting.values() for day in missing})
        blocked: dict[tuple[date, str], str] = {}
        rows = 0
        with _bar(console) as bar:
            task = bar.add_task("landing", total=sum(map(len, waiting.values())), speed="")
            for day, source, found, reason in _landed(settings, waiting, connections, last):
                rows += found
                if reason:
                    blocked[day, source] = reason
                pace = rows / max(time.monotonic() - started, 0.001)
                bar.update(task, advance=1, description=f"landed {source} of {day}", speed=f"{pace:,.0f} rows/s")
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
    return BackfillReport(published, nights, len(days) - nights, blocked, rows, seconds)


def _not_arrived(landing: Landing, days: list[date]) -> dict[str, list[date]]:
    """Days without an arrival of a source, in order."""
    return {source: [day for day in days if landing.arrival(source, day) is None] for source in registry.names()}


def _settled(settings: Settings, day: date, last: date) -> Settings:
    """How a night is read of which a later one is read too.

    Windows overlap because rows may be committed late; what changed long before now has long been committed. What no window
    brings is looked for in the last night, which sees all that landed.
    """
    if day == last:
        return settings
    is_long_ago = day <= last - timedelta(days=settings.overlap_days)
    return replace(settings, overlap_days=0 if is_long_ago else settings.overlap_days, holds_against_source=False)


def _landed(
    settings: Settings, waiting: dict[str, list[date]], connections: Connections, last: date
) -> Iterator[tuple[date, str, int, str]]:
    """Land and check every source night after night; gives day, source, rows, and why it was blocked, as each is done.

    Raises:
        TransientError: a process was ended from outside; what had landed stays.
    """
    days_left = {source: iter(days) for source, days in waiting.items()}
    running: dict[Future[tuple[int, str]], tuple[date, str]] = {}

    def begin_next(source: str) -> None:
        day = next(days_left[source], None)
        if day is not None:
            night = (_settled(settings, day, last), day, source, connections.endpoint(source))
            running[pool.submit(_land, *night)] = (day, source)

    with processes.pool(f"land the nights up to {last}", len(waiting)) as pool:
        for source in waiting:
            begin_next(source)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                day, source = running.pop(future)
                yield day, source, *future.result()
                begin_next(source)


def _land(settings: Settings, day: date, source: str, endpoint: Endpoint) -> tuple[int, str]:
    """Land and check one source of one night; one that fails is blocked and the nights go on. Rows, and why it was blocked."""
    night = Night(settings, day)
    try:
        stages.land_source(night, source, endpoint)
        arrival = stages.validate_arrival(night, source, endpoint)
    except MinhuError as error:
        arrival = night.landing.block(source, day, str(error))
    return sum(arrival.row_counts.values()), arrival.reason if arrival.status == "blocked" else ""


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(), console=console,
    )  # fmt: skip
