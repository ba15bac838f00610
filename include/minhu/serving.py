"""Airflow that stays: the chain by its own schedule, until somebody ends it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date

from minhu import airflow_runtime
from minhu.airflow_api import Airflow
from minhu.lock import exclusive_night
from minhu.nightly import Progress, Simulation, prepare_sources, start_postgres
from minhu.settings import Settings

DEFAULT_CRON = "0 1 * * *"
_LOOK_SECONDS = 2.0


@contextmanager
def scheduled(
    settings: Settings, business_date: date, simulation: Simulation, progress: Progress, port: int = 0
) -> Iterator[Airflow]:
    """Database, sources and Airflow with the DAGs on their schedule; everything that was started ends with the block.

    Args:
        settings: of the city's home; ``nightly_cron`` (environment MINHU_NIGHTLY_CRON) replaces 01:00 local time.
        business_date: a synthetic city is made up to the end of this day; later days have no new records.
        simulation: its size.
        progress: told a line whenever something begins.
        port: of Airflow's pages; 0 takes a free one.

    Raises:
        Busy: a night of this city is running.
    """
    with exclusive_night(settings.home, business_date), ExitStack() as stack:
        airflow_runtime.end_leftovers(settings)
        progress("start the database ...")
        start_postgres(settings, stack)
        progress("prepare the sources ...")
        settings, connections = prepare_sources(settings, business_date, simulation, stack, progress)
        settings = replace(settings, nightly_cron=settings.nightly_cron or DEFAULT_CRON)
        progress("start Airflow ...")
        yield stack.enter_context(airflow_runtime.running(settings, connections, port))
        progress("stop what was started")


def wait(airflow: Airflow, is_over: Callable[[], bool] = lambda: False) -> None:
    """Return when ``is_over``; raises PermanentError as soon as one of Airflow's processes has ended."""
    while not is_over():
        airflow.check_alive()
        time.sleep(_LOOK_SECONDS)
