"""Where things are and how to reach them. The only reader of the environment.

A *home* is the folder that holds all state of one city: landing, work file, releases, embedded PostgreSQL, Airflow.
The default city lives in ``var/``; any other in ``var/cities/<city>/``.
"""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from minhu.errors import UsageError

DEFAULT_CITY = "xian"
PROJECT_ROOT = Path(__file__).resolve().parents[2]
#: The user as whom the pipeline itself asks its Airflow, and whom an Airflow without log-in takes everybody for.
PIPELINE_USER, ANYBODY = "minhu", "Anonymous"
NO_PERSONS = frozenset({PIPELINE_USER, ANYBODY})


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

    code: str = DEFAULT_CITY
    name: str = "西安市"
    time_zone: str = "Asia/Shanghai"
    kind: str = "simulated"
    default_business_date: str | None = None
    absent_inputs: dict[str, str] = field(default_factory=dict)
    simulation: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """All settings of one run; build it with :func:`load`, never by hand outside tests.

    URIs are libpq connection strings. ``None`` for a source means "not configured here". ``approvers`` are those who may
    sign a release off: user id in Airflow to name.
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
    approvers: Mapping[str, str] = field(default_factory=dict)

    @property
    def landing_dir(self) -> Path:
        return self.home / "landing"

    @property
    def warehouse_path(self) -> Path:
        """The private DuckDB work file; one writer, no reader but the build."""
        return self.home / "warehouse" / "work.duckdb"

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
        """Address and token of a source: ``MINHU_<SOURCE>_URI``, ``_URL`` with ``_TOKEN``, or ``_DIR``, by kind."""
        suffix = {"database": "uri", "api": "url", "folder": "dir"}[kind]
        address = getattr(self, f"{source}_{suffix}", None)
        return (str(address) if address else None, getattr(self, f"{source}_token", None) or "")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.city.time_zone)


def home_of(city: str, environ: Mapping[str, str] | None = None) -> Path:
    """The state folder of a city: ``$MINHU_HOME`` (default ``<checkout>/var``), with other cities below it."""
    env = os.environ if environ is None else environ
    base = Path(env.get("MINHU_HOME") or PROJECT_ROOT / "var").resolve()
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,40}", city):
        raise UsageError(
            "choose a city", f"expected a short lower-case name, found {city!r}", "use letters, digits, - and _"
        )
    return base if city == DEFAULT_CITY else base / "cities" / city


def load(city: str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and the city's profile.

    Args:
        city: overrides ``MINHU_CITY``.
        environ: a replacement for ``os.environ`` (tests).

    Raises:
        UsageError: a value cannot be understood; the message names the variable.
    """
    env = os.environ if environ is None else environ
    code = city or env.get("MINHU_CITY") or DEFAULT_CITY
    home = home_of(code, env)
    stations, returns = env.get("MINHU_STATIONS_DIR"), env.get("MINHU_RETURNS_DIR")
    return Settings(
        home=home,
        city=read_profile(home, code, env),
        hotline_uri=env.get("MINHU_HOTLINE_URI") or None,
        published_uri=env.get("MINHU_PUBLISHED_URI") or None,
        grid_url=env.get("MINHU_GRID_URL") or None,
        grid_token=env.get("MINHU_GRID_TOKEN") or None,
        stations_dir=Path(stations) if stations else None,
        returns_dir=Path(returns) if returns else None,
        nightly_cron=env.get("MINHU_NIGHTLY_CRON") or None,
        overlap_days=_whole_number(env, "MINHU_OVERLAP_DAYS", 3),
        log_level=env.get("MINHU_LOG_LEVEL") or "INFO",
        approvers=_approvers(env.get("MINHU_APPROVERS") or ""),
    )


def secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A secret from the environment (``MINHU_PSEUDONYM_KEY``, ``MINHU_SIGNING_KEY``); None if it is not there."""
    env = os.environ if environ is None else environ
    return env.get(name) or None


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
    """The profile in ``<home>/city.json``, or the default one of a city that has none yet."""
    env = os.environ if environ is None else environ
    path = home / "city.json"
    if path.exists():
        return CityProfile(**json.loads(path.read_text(encoding="utf-8")))
    kind = "connected" if env.get("MINHU_HOTLINE_URI") or code != DEFAULT_CITY else "simulated"
    name = "西安市" if code == DEFAULT_CITY else code
    return CityProfile(code=code, name=name, time_zone=env.get("MINHU_TIME_ZONE") or "Asia/Shanghai", kind=kind)


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isdigit():
        raise UsageError(f"read {name}", f"expected a whole number, found {text!r}", f"correct {name} or unset it")
    return int(text)


def _approvers(text: str) -> dict[str, str]:
    """``li,3:zhao``: the user id in Airflow, and the name where it is another."""
    found: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        user_id, _, name = entry.partition(":")
        if not re.fullmatch(r"[^\s:]+(:[^\s:]+)?", entry) or {user_id, name} & NO_PERSONS or user_id in found:
            raise UsageError(
                "read MINHU_APPROVERS",
                f"expected names like `li,zhao`, or `3:zhao` where Airflow knows zhao as 3, each a person and once; found {entry!r}",
                "correct MINHU_APPROVERS or unset it",
            )
        found[user_id] = name or user_id
    return found
