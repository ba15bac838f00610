"""One night of a city from start to end: sources, Airflow, the chain of DAGs, the release, and the clearing up."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from minhu.errors import MinhuError, UsageError
from minhu.extract import registry
from minhu.extract.registry import Endpoint
from minhu.landing.night import Night
from minhu.landing.zone import Arrival, Landing
from minhu.pipeline import notices, stages
from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.settings import Settings, read_profile
from minhu.standalone import airflow_runtime, postgres
from minhu.standalone.airflow_api import DAG_IDS, Airflow
from minhu.standalone.airflow_runtime import Connections
from minhu.standalone.lock import exclusive_night

if TYPE_CHECKING:
    from minhu.simulator.simulate import SimulatedCity

_STUCK_SECONDS = 120.0
_NIGHT_SECONDS = 3600.0
_POLL_SECONDS = 0.5
#: The task by which the run of a source that failed, which is red, lets the night go on without it.
_ANNOUNCES = "announce_arrival"
#: Task states worth a line.
_TOLD = ("success", "failed", "upstream_failed", "up_for_retry", "skipped")

Progress = Callable[[str], None]


class NightFailed(MinhuError):
    """Nothing new was published; what was published before stays."""

    exit_code = 4


@dataclass(frozen=True)
class NightReport:
    """What a night did.

    Attributes:
        release: the release of the date (``release.is_new`` False: nothing had changed).
        arrivals: what came of each source's delivery.
        seconds: wall seconds of each stage, in order.
        failures: notes of stages that failed and did not stop the night.
    """

    business_date: date
    release: Release
    arrivals: dict[str, Arrival]
    seconds: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def blocked_sources(self) -> list[str]:
        return [source for source, arrival in self.arrivals.items() if arrival.status == "blocked"]


@dataclass(frozen=True)
class Simulation:
    """Size of the synthetic city; used only where the city is simulated. None takes what the city has."""

    days: int | None = None
    scale: float | None = None
    seed: int | None = None


def run_night(settings: Settings, business_date: date, simulation: Simulation, progress: Progress) -> NightReport:
    """Run the night of ``business_date`` and return once it is published.

    Args:
        settings: of the city's home.
        business_date: the local day whose end the release describes.
        simulation: the synthetic city, where there is no real one.
        progress: told a line whenever something begins or ends.

    Raises:
        UsageError: nothing is known of this city, or its sources are not those that are set; nothing was made for it.
        Busy: another night of this city is running.
        NightFailed: a stage that everything rests on failed; the message says which and why.
    """
    refuse_other_sources(settings)
    stopwatch = _Stopwatch(progress)
    with exclusive_night(settings.home, business_date), ExitStack() as stack:
        earlier = releases.latest_on(settings, business_date)
        ended = airflow_runtime.end_leftovers(settings)
        if ended:
            progress(f"a night before did not come to its end: {ended} of its processes were ended")
        with stopwatch.stage("start the database"):
            start_postgres(settings, stack)
        with stopwatch.stage("prepare the sources"):
            settings, connections = prepare_sources(settings, business_date, simulation, stack, progress)
        with stopwatch.stage("start Airflow"):
            airflow = stack.enter_context(airflow_runtime.running(settings, connections))
        with stopwatch.stage("from trigger to release"):
            _follow(airflow, settings, business_date, stopwatch)
        found = releases.latest_on(settings, business_date)
        if found is None:
            raise NightFailed(
                f"find the release of {business_date}", "the chain ended without one", "run the night again"
            )
        landing = Landing(settings.landing_dir)
        arrivals = {a.source: a for s in registry.names() if (a := landing.arrival(s, business_date))}
        report = NightReport(
            business_date,
            replace(found, is_new=earlier is None or earlier.release_id != found.release_id),
            arrivals,
            stopwatch.seconds,
            stages.failures(Night(settings, business_date)),
        )
        progress("stop what was started")
    return report


def refuse_other_sources(settings: Settings) -> None:
    """Say so before a home and a database are made: the city is not known, or not the one whose sources are set.

    A city that nobody has told of is most often a slip of the pen. The sources of a simulated or loaded city are made
    here, so an address that is set would be passed over. A hotline of its own is one that the simulator fills.
    """
    city = settings.city
    if city.kind == "connected" and not settings.hotline_uri:
        raise UsageError(
            f"run a night of {city.code}",
            "no source of this city is known here",
            f"load its files with `minhu load-orders --map maps/{city.code}.toml FILES`, or set MINHU_HOTLINE_URI",
        )
    addresses = {
        "MINHU_HOTLINE_URI": settings.hotline_uri if city.kind == "loaded" else None,
        "MINHU_GRID_URL": settings.grid_url,
        "MINHU_STATIONS_DIR": settings.stations_dir,
        "MINHU_RETURNS_DIR": settings.returns_dir,
    }
    unused = [name for name, address in addresses.items() if address]
    if city.kind != "connected" and unused:
        raise UsageError(
            f"run a night of {city.code}",
            f"expected no addresses of sources, for {settings.home / 'city.json'} says that this city is {city.kind}; "
            f"found {', '.join(unused)}",
            "unset them, or use another MINHU_HOME for the city whose addresses they are",
        )


class _Stopwatch:
    """Times stages and tells of their beginning and end."""

    def __init__(self, progress: Progress) -> None:
        self.seconds: dict[str, float] = {}
        self.progress = progress

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        self.progress(f"{name} ...")
        yield
        self.done(name, time.monotonic() - started)

    def done(self, name: str, seconds: float, state: str = "done") -> None:
        self.seconds[name] = seconds
        self.progress(f"{name} {state} in {seconds:.1f} s")


def start_postgres(settings: Settings, stack: ExitStack) -> None:
    """Start the embedded server, unless both databases are elsewhere; it is stopped at the end unless somebody wants it."""
    if settings.hotline_uri and settings.published_uri:
        return
    stack.callback(postgres.stop_after_night, settings.postgres_dir)
    postgres.start_for_night(settings.postgres_dir, settings.readers_group)


def prepare_sources(
    settings: Settings,
    business_date: date,
    simulation: Simulation,
    stack: ExitStack,
    progress: Progress,
) -> tuple[Settings, Connections]:
    """Where the sources and the target are; a synthetic city is brought to ``business_date`` and served.

    ``stack`` ends what is started here.
    """
    published = postgres.published_uri(settings)
    if settings.city.kind == "connected":
        return settings, Connections(registry.configured(settings), published)
    if settings.city.kind == "loaded":
        return settings, Connections({"hotline": Endpoint(postgres.hotline_uri(settings))}, published)
    from minhu.simulator.grid.grid_server import GridServer
    from minhu.simulator.simulate import simulate

    uri = postgres.hotline_uri(settings)
    size = (simulation.days, simulation.scale, simulation.seed)
    city = simulate(settings.home, uri, business_date, *size, progress)
    if city.is_another_city:
        _refuse_to_replace_what_was_published(settings, city)
        _set_aside(settings, progress)
        city = simulate(settings.home, uri, business_date, *size, progress, replace_city=True)
    server = stack.enter_context(GridServer(settings.home))
    settings = replace(settings, city=read_profile(settings.home, settings.city.code))  # simulating wrote it
    sources = {
        "hotline": Endpoint(uri),
        "grid": Endpoint(server.url, server.token),
        "stations": Endpoint(str(city.stations_dir)),
        "returns": Endpoint(str(city.returns_dir)),
    }
    return settings, Connections(sources, published)


def bring_city_to(settings: Settings, business_date: date, simulation: Simulation, progress: Progress) -> None:
    """Let the sources of a synthetic city that is being served show the end of a later ``business_date``."""
    from minhu.simulator.simulate import simulate

    uri = postgres.hotline_uri(settings)
    simulate(settings.home, uri, business_date, None, simulation.scale, simulation.seed, progress)


def _refuse_to_replace_what_was_published(settings: Settings, city: SimulatedCity) -> None:
    """Releases name the landing they were made of: under another city's they could never be replayed."""
    if not settings.releases_dir.is_dir() or not any(settings.releases_dir.iterdir()):
        return
    held = city.city
    raise UsageError(
        f"make another synthetic city in {settings.home}",
        f"it holds releases of the one of scale {held.scale:g} and seed {held.seed}, which begins on {held.start}; what was asked "
        "for is another (scale, seed, or more history than it has)",
        "leave SCALE, SEED and DAYS out to go on with it, or begin elsewhere: MINHU_HOME=<another folder>",
    )


def _set_aside(settings: Settings, progress: Progress) -> None:
    """Another simulated city takes the place of the one before: its landing and work file are kept apart."""
    number = 1 + len(list((settings.home / "set-aside").glob("*")))
    folder = settings.home / "set-aside" / f"{number:03d}"
    folder.mkdir(parents=True)
    for name in ("landing", "warehouse", "failures"):
        if (settings.home / name).exists():
            shutil.move(settings.home / name, folder / name)
    progress(f"another simulated city was asked for: landing and work file of the one before are in {folder}")


def _follow(airflow: Airflow, settings: Settings, business_date: date, stopwatch: _Stopwatch) -> None:
    """Trigger the extracts for the date and watch the chain to its end."""
    key = business_date.isoformat()
    before = {dag_id: {run["dag_run_id"] for run in airflow.runs(dag_id, key)} for dag_id in DAG_IDS}
    for dag_id in (source.dag_id for source in registry.sources()):
        airflow.trigger(dag_id, key, f"nightly__{key}__{len(before[dag_id]) + 1}")
    started = last_change = time.monotonic()
    seen: dict[tuple[str, str], str] = {}
    begun: dict[str, float] = {}
    waiting = list(DAG_IDS)
    while waiting:
        now = time.monotonic()
        for dag_id in list(waiting):
            run = next((r for r in airflow.runs(dag_id, key) if r["dag_run_id"] not in before[dag_id]), None)
            if run is None:
                continue
            begun.setdefault(dag_id, now)
            for task in airflow.tasks(dag_id, run["dag_run_id"]):
                step, state = (dag_id, task["task_id"]), task["state"]
                if state and seen.get(step) != state:
                    seen[step], last_change = state, now
                    if state in _TOLD:
                        stopwatch.progress(f"  {dag_id}.{task['task_id']}: {state} {_seconds(task)}")
            if run["state"] in ("success", "failed"):
                waiting.remove(dag_id)
                last_change = now
                stopwatch.done(dag_id, now - begun[dag_id], "done" if run["state"] == "success" else "FAILED")
            if run["state"] == "failed" and seen.get((dag_id, _ANNOUNCES)) != "success":
                _fail(settings, business_date, dag_id)
        if now - started > _NIGHT_SECONDS or (now - last_change > _STUCK_SECONDS and not _any_active(seen)):
            raise NightFailed(
                f"run the night of {key}", f"nothing moved for {now - last_change:.0f} s; not finished: {', '.join(waiting)}",
                f"see {notices.page(notices.Page.AIRFLOW_DOES_NOT_MOVE)}; logs are in {settings.airflow_home / 'logs'}",
            )  # fmt: skip
        if waiting:
            airflow.check_alive()
            time.sleep(_POLL_SECONDS)


def _any_active(seen: dict[tuple[str, str], str]) -> bool:
    return any(state in ("running", "queued", "scheduled", "up_for_retry") for state in seen.values())


def _seconds(task: dict[str, object]) -> str:
    duration = task.get("duration")
    return f"({float(str(duration)):.1f} s)" if duration else ""


def _fail(settings: Settings, business_date: date, dag_id: str) -> None:
    notes = "; ".join(stages.failures(Night(settings, business_date), dag_id).values())
    notice = stages.notices_of(Night(settings, business_date), dag_id)
    raise NightFailed(
        f"run the night of {business_date}",
        f"{dag_id} failed: {notes or 'without a message of its own'}",
        f"{'; '.join(notice)}; logs are in {settings.airflow_home / 'logs'}",
    )
