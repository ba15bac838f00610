"""Airflow that stays: the chain by its own schedule, until somebody ends it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date

from minhu.errors import UsageError
from minhu.settings import Settings
from minhu.standalone import airflow_runtime, nightly
from minhu.standalone.airflow_api import Airflow
from minhu.standalone.lock import exclusive_night
from minhu.standalone.nightly import Progress, Simulation

DEFAULT_CRON = "0 1 * * *"
_LOOK_SECONDS = 2.0


@dataclass(frozen=True)
class Serving:
    """An Airflow that runs by schedule.

    Attributes:
        airflow: its REST API.
        url: of its pages.
        carry_on: brings a synthetic city to the end of a business date; does nothing where the sources are real.
    """

    airflow: Airflow
    url: str
    carry_on: Callable[[date], None]


@contextmanager
def scheduled(
    settings: Settings, business_date: date, simulation: Simulation, progress: Progress, port: int = 0
) -> Iterator[Serving]:
    """Database, sources and Airflow with the DAGs on their schedule; everything that was started ends with the block.

    Args:
        settings: of the city's home; ``nightly_cron`` (environment MINHU_NIGHTLY_CRON) replaces 01:00 local time.
        business_date: a synthetic city is made up to the end of this day.
        simulation: its size.
        progress: told a line whenever something begins or ends.
        port: of Airflow's pages; 0 takes a free one.

    Raises:
        UsageError: the port is taken, nothing is known of this city, or its sources are not those that are set.
        Busy: a night of this city is running.
    """
    nightly.refuse_other_sources(settings)
    _refuse_taken_port(port)
    with exclusive_night(settings.home, business_date, "Airflow by schedule"), ExitStack() as stack:
        airflow_runtime.end_leftovers(settings)
        stack.callback(progress, "Airflow, sources and database are stopped")
        progress("start the database ...")
        nightly.start_postgres(settings, stack)
        progress("prepare the sources ...")
        settings, connections = nightly.prepare_sources(settings, business_date, simulation, stack, progress)
        settings = replace(settings, nightly_cron=settings.nightly_cron or DEFAULT_CRON)
        progress("start Airflow ...")
        airflow = stack.enter_context(airflow_runtime.running(settings, connections, port))
        stack.callback(progress, "stop what was started ...")

        def carry_on(day: date) -> None:
            if settings.city.kind == "simulated":
                nightly.bring_city_to(settings, day, simulation, progress)

        yield Serving(airflow, airflow.url, carry_on)


def wait(
    serving: Serving, last_day: Callable[[], date] | None = None, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Return when ``is_over``, looking after the processes and the synthetic city meanwhile.

    Args:
        serving: what runs.
        last_day: the business date that has ended last, by the caller's clock; None leaves the city as it is.
        is_over: asked every few seconds.

    Raises:
        PermanentError: one of Airflow's processes has ended.
    """
    shown = last_day() if last_day else None
    while not is_over():
        serving.airflow.check_alive()
        if last_day and shown and (now := last_day()) > shown:
            serving.carry_on(now)
            shown = now
        time.sleep(_LOOK_SECONDS)


def _refuse_taken_port(port: int) -> None:
    if not port:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that ended a moment ago is no obstacle
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise UsageError(
                "start Airflow", f"port {port} of 127.0.0.1 is taken or not allowed",
                "choose another with --port (make airflow PORT=8081); 0 takes any free one",
            ) from None  # fmt: skip
