"""Where things are and how to reach them. The only reader of the environment.

A *home* is the folder that holds all state of one city: landing, work file, releases, embedded PostgreSQL, Airflow.
The default city lives in ``var/``; any other in ``var/cities/<city>/``.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, TypeAdapter, ValidationError

from minhu import environment
from minhu.environment import ANYBODY as ANYBODY
from minhu.environment import DEFAULT_CITY as DEFAULT_CITY
from minhu.environment import NO_PERSONS as NO_PERSONS
from minhu.environment import PIPELINE_USER as PIPELINE_USER
from minhu.errors import UsageError
from minhu.texts import storable

PROJECT_ROOT = Path(__file__).resolve().parents[2]


def _iso_date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a date as YYYY-MM-DD") from None
    return text


@dataclass(frozen=True)
class CityProfile:
    """What is known of a city before any of its sources is read (``<home>/city.json``).

    Attributes:
        code: short name, also the folder name.
        name: display name, in the city's language.
        time_zone: IANA name; business days are calendar days there.
        kind: ``simulated`` (sources are made by ``minhu simulate``), ``loaded`` (``minhu load-orders``) or
            ``connected`` (the addresses in the environment or in Airflow are a real city's).
        default_business_date: ISO date used when none is asked for; None means yesterday.
        absent_inputs: input name (see ``contracts.INPUTS``) to the reason why this city does not have it.
        simulation: parameters of the simulated city, empty otherwise.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    code: Annotated[str, AfterValidator(environment.known_city)] = DEFAULT_CITY
    name: Annotated[str, AfterValidator(storable)] = "西安市"
    time_zone: Annotated[str, AfterValidator(environment.known_time_zone)] = "Asia/Shanghai"
    kind: Literal["simulated", "loaded", "connected"] = "simulated"
    default_business_date: Annotated[str, AfterValidator(_iso_date)] | None = None
    absent_inputs: dict[str, Annotated[str, AfterValidator(storable)]] = field(default_factory=dict)
    simulation: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """All settings of one run; build it with :func:`load`, never by hand outside tests.

    URIs are libpq connection strings. ``None`` for a source means "not configured here". ``approvers`` are those who may
    sign a release off: user id in Airflow to name. ``sources`` are the addresses of sources without a field of their own.
    ``readers_group`` is the group of the operating system that may read what is published. ``notify`` are the addresses
    that a local Airflow tells of failures (see :mod:`minhu.orchestration.notify`). ``holds_against_source`` is false only
    for nights of a backfill, which holds all that landed against its sources once, in the last of them. ``engine`` is what the
    models of a night run on.
    """

    home: Path
    city: CityProfile
    hotline_uri: str | None
    published_uri: str | None
    grid_url: str | None
    grid_token: str | None
    stations_dir: Path | None
    returns_dir: Path | None
    nightly_cron: str | None
    overlap_days: int
    log_level: str
    project_root: Path = PROJECT_ROOT
    missing_percent: int = 5
    approvers: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    readers_group: str | None = None
    notify: str | None = field(default=None, repr=False)
    engine: Literal["duckdb", "spark"] = "duckdb"
    holds_against_source: bool = True

    @property
    def state_folders(self) -> tuple[Path, ...]:
        """The folders of the state directory down to the home of the city, outermost first."""
        is_below = self.city.code != DEFAULT_CITY and self.home.parent.name == "cities"
        return (self.home.parents[1], self.home.parent, self.home) if is_below else (self.home,)

    @property
    def landing_dir(self) -> Path:
        return self.home / "landing"

    @property
    def warehouse_path(self) -> Path:
        """The private DuckDB work file; one writer, no reader but the build."""
        return self.home / "warehouse" / "work.duckdb"

    @property
    def spark_dir(self) -> Path:
        """What Spark holds beside the work file where the models run on it: its tables, its catalog and what it is offered."""
        return self.home / "warehouse" / "spark"

    @property
    def releases_dir(self) -> Path:
        return self.home / "releases"

    @property
    def store_dir(self) -> Path:
        return self.home / "store"

    @property
    def ledger_path(self) -> Path:
        return self.home / "ledger.jsonl"

    @property
    def postgres_dir(self) -> Path:
        return self.home / "postgres"

    @property
    def airflow_home(self) -> Path:
        return self.home / "airflow"

    @property
    def secrets_dir(self) -> Path:
        return self.home / "secrets"

    @property
    def truth_dir(self) -> Path:
        return self.home / "truth"

    @property
    def simulator_dir(self) -> Path:
        return self.home / "simulator"

    @property
    def dbt_dir(self) -> Path:
        return self.project_root / "dbt_project"

    def source_address(self, source: str, kind: str) -> tuple[str | None, str]:
        """Address and token of a source: its own variables by kind of endpoint, else what ``MINHU_SOURCES`` says of it."""
        field_name = source + {"database": "_uri", "api": "_url", "folder": "_dir"}[kind]
        address = getattr(self, field_name) if hasattr(self, field_name) else self.sources.get(source)
        return (str(address) if address else None, getattr(self, f"{source}_token", None) or "")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.city.time_zone)


def home_of(city: str, environ: Mapping[str, str] | None = None) -> Path:
    """The state folder of a city: ``$MINHU_HOME`` (default ``<checkout>/var``), with other cities below it.

    Raises:
        UsageError: ``city`` is no name of a city, or a variable is wrong.
    """
    return _home_of(city, _environment(environ))


def load(city: str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and the city's profile.

    Args:
        city: overrides ``MINHU_CITY``.
        environ: a replacement for ``os.environ`` (tests).

    Raises:
        UsageError: variables, or keys of the profile, are wrong; the message names all of them.
    """
    variables = _environment(environ)
    code = city or variables.city
    home = _home_of(code, variables)
    return Settings(
        home=home,
        city=_profile(home, code, variables),
        hotline_uri=variables.hotline_uri,
        published_uri=variables.published_uri,
        grid_url=variables.grid_url,
        grid_token=variables.grid_token,
        stations_dir=variables.stations_dir,
        returns_dir=variables.returns_dir,
        nightly_cron=variables.nightly_cron,
        overlap_days=variables.overlap_days,
        missing_percent=variables.missing_percent,
        log_level=variables.log_level,
        approvers=variables.approvers,
        sources=variables.sources,
        readers_group=variables.readers_group,
        notify=variables.notify,
        engine=variables.engine,
    )


def secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A secret from the environment (``MINHU_PSEUDONYM_KEY``, ``MINHU_SIGNING_KEY``); None if it is not there."""
    env = os.environ if environ is None else environ
    return env.get(name) or None


def has_screen(environ: Mapping[str, str] | None = None) -> bool:
    """Whether a browser with a window can be opened here; one of the terminal would take the terminal over."""
    env = os.environ if environ is None else environ
    return bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")) or sys.platform in ("darwin", "win32")


def account(environ: Mapping[str, str] | None = None) -> str:
    """The account this process runs for: who called ``sudo``, else its own name at the operating system."""
    env = os.environ if environ is None else environ
    if caller := env.get("SUDO_USER"):
        return caller
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number that has no name
        return str(os.getuid())


def read_profile(home: Path, code: str, environ: Mapping[str, str] | None = None) -> CityProfile:
    """The profile in ``<home>/city.json``, or the default one of a city that has none yet.

    Raises:
        UsageError: the file is no JSON, or keys are wrong; the message names the file and all of them.
    """
    return _profile(home, code, _environment(environ))


def _environment(environ: Mapping[str, str] | None) -> environment.Environment:
    return environment.read(os.environ if environ is None else environ)


def _home_of(city: str, variables: environment.Environment) -> Path:
    try:
        environment.known_city(city)
    except ValueError as error:
        raise UsageError("choose a city", f"{error}, found {city!r}", "choose another name") from None
    base = variables.home or PROJECT_ROOT / "var"
    return base if city == DEFAULT_CITY else base / "cities" / city


def _profile(home: Path, code: str, variables: environment.Environment) -> CityProfile:
    path = home / "city.json"
    if path.exists():
        try:
            return _profile_reader().validate_json(path.read_bytes())
        except ValidationError as error:
            wrong = "; ".join(environment.sentences(error, CityProfile.__dataclass_fields__))
            raise UsageError(f"read {path}", wrong, "correct the file, or restore it from a backup") from None
    kind: Literal["connected", "simulated"] = (
        "connected" if variables.hotline_uri or code != DEFAULT_CITY else "simulated"
    )
    name = "西安市" if code == DEFAULT_CITY else code
    return CityProfile(code=code, name=name, time_zone=variables.time_zone, kind=kind)


@cache
def _profile_reader() -> TypeAdapter[CityProfile]:
    return TypeAdapter(CityProfile)
