"""A hand-made work file of a small city and a real embedded PostgreSQL, a fresh database for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from psycopg import sql

from minhu.release import publisher
from minhu.release.release_folder import Release, ReleaseIdentity
from minhu.settings import CityProfile, Settings
from minhu.standalone import postgres

IDENTITY = ReleaseIdentity(git_commit="abc123", lock_sha256="1" * 64, dbt_manifest_sha256="2" * 64)
LANDING = [
    {"path": "landing/hotline/work_orders/dt=2026-11-20/attempt=001/manifest.json", "sha256": "3" * 64, "rows": 5}
]
D18, D19, D20, D21 = (date(2026, 11, day) for day in (18, 19, 20, 21))

_TABLES = """
create schema publish;
create table publish.kpi_results (
    kpi_id varchar, variant varchar, unit_type varchar, unit_code varchar, unit_name varchar, period_type varchar,
    period_start date, period_end date, caliber varchar, numerator decimal(18, 4), denominator decimal(18, 4),
    value double, ci_low double, ci_high double, verdict varchar, rule_id varchar, reason varchar,
    is_provisional boolean, is_stale boolean, as_of timestamp, contract_version varchar, last_good_value double,
    last_good_as_of timestamp
);
create table publish.quality_findings (
    rule_id varchar, severity varchar, layer varchar, source varchar, table_name varchar, column_name varchar,
    unit_type varchar, unit_code varchar, period_from date, period_to date, rows_seen bigint, rows_failed bigint,
    sample_keys varchar, message varchar, business_date date
);
create table publish.kpi_contract (kpi_id varchar, variant varchar, name varchar, name_zh varchar, unit varchar);
create table publish.dim_units (unit_code varchar, name varchar);
insert into publish.kpi_contract values
    ('H04', '', 'work_order_volume', '工单量', 'count'), ('H06', '', 'on_time_closure_rate', '按时办结率', 'percent');
insert into publish.dim_units values ('U1', '城管局'), ('U2', '住建局');
"""
_INSERT_CELL = "insert into publish.kpi_results values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_INSERT_FINDING = """
insert into publish.quality_findings values (
    ?, ?, 'L2', 'hotline', 'hotline.work_orders', '', '', '', ?, null, 5, 1, 'K1 K2', '时间在未来, "引号"
换行', ?
)
"""


@dataclass(frozen=True)
class Cell:
    """One KPI cell of the fixture; everything else follows from it."""

    unit_code: str = "U1"
    numerator: int = 3
    denominator: int = 7
    kpi_id: str = "H06"
    period_start: date = D20
    verdict: str = "PUBLISH"
    stale_as_of: datetime | None = None


CELLS = (
    Cell("U1", 3, 7),
    Cell("U2", 1, 3),
    Cell("C1", 120, 0, kpi_id="H04"),
    Cell("U1", 2, 2, period_start=date(2026, 10, 5)),
    Cell("U1", 9, 10, period_start=date(2026, 3, 2), verdict="NOT_RATED"),
)


@dataclass
class Home:
    """One city's home: writes its work file and publishes it."""

    settings: Settings
    uri: str
    said: list[str] = field(default_factory=list)

    def build(self, day: date, cells: Sequence[Cell] = CELLS, findings: Sequence[str] = ("warn",)) -> None:
        """Replace the work file by one with these cells."""
        path = self.settings.warehouse_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as work:
            work.execute(_TABLES)
            for cell in cells:
                work.execute(_INSERT_CELL, _row(cell, day))
            for number, severity in enumerate(findings):
                work.execute(
                    _INSERT_FINDING,
                    [f"L2-HOT-{number:03d}", severity, day, day],
                )

    def change(self, statement: str) -> None:
        with duckdb.connect(str(self.settings.warehouse_path)) as work:
            work.execute(statement)

    def publish(self, day: date, **more: Any) -> Release:
        arguments: dict[str, Any] = {"identity": IDENTITY, "landing_manifests": LANDING, **more}
        return publisher.publish(self.settings, self.uri, day, progress=self.said.append, **arguments)

    def night(self, day: date, cells: Sequence[Cell] = CELLS, **more: Any) -> Release:
        self.build(day, cells)
        return self.publish(day, **more)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


def _row(cell: Cell, day: date) -> list[Any]:
    as_of = cell.stale_as_of or datetime(day.year, day.month, day.day, 16)  # naive UTC, as in the work file
    value = cell.numerator / cell.denominator if cell.denominator else None
    return [
        cell.kpi_id, "", "unit", cell.unit_code, "城管局", "day", cell.period_start, cell.period_start, "full",
        cell.numerator, cell.denominator, value, 0.1, 0.9, cell.verdict, None, "", False, cell.stale_as_of is not None,
        as_of, "1", None, None,
    ]  # fmt: skip


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("pg") / "data"
    postgres.start(folder)
    with psycopg.connect(postgres.uri(folder), autocommit=True) as connection:
        connection.execute("alter system set fsync = off")  # the tests kill publishers, never the server
        connection.execute("select pg_reload_conf()")
    yield folder
    postgres.stop(folder)


@pytest.fixture
def make_home(tmp_path: Path, server: Path) -> Callable[[], Home]:
    """Homes with an empty database each."""
    numbers = itertools.count(1)

    def make() -> Home:
        name = f"published_{next(numbers)}"
        return Home(settings_at(tmp_path / name), empty_database(server, name))

    return make


@pytest.fixture(scope="module")
def published_home(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Home:
    """One release for all tests of a module that only read."""
    home = Home(settings_at(tmp_path_factory.mktemp("published")), empty_database(server, "published_once"))
    home.night(D20)
    return home


def settings_at(home: Path) -> Settings:
    return Settings(
        home=home, city=CityProfile(), hotline_uri=None, published_uri=None, grid_url=None, grid_token=None,
        stations_dir=None, returns_dir=None, nightly_cron=None, overlap_days=3, log_level="INFO",
    )  # fmt: skip


def empty_database(server: Path, name: str) -> str:
    """The connection string of a database without our schemas; databases are reused, making one is slow."""
    with psycopg.connect(postgres.uri(server), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    uri = postgres.uri(server, name)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("drop schema if exists published, published_store cascade")
    return uri


@pytest.fixture
def home(make_home: Callable[[], Home], monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("MINHU_SIGNING_KEY", raising=False)
    return make_home()
