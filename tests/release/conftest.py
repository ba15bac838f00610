"""A hand-made work file of a small city and a real embedded PostgreSQL, a fresh database for each test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml
from psycopg import sql

from minhu.landing.night import Night
from minhu.release import published_contract, publisher
from minhu.release.release_folder import Release, ReleaseIdentity
from minhu.settings import PROJECT_ROOT, CityProfile, Settings
from minhu.standalone import postgres

IDENTITY = ReleaseIdentity(git_commit="abc123", lock_sha256="1" * 64, dbt_manifest_sha256="2" * 64)
LANDING = [
    {"path": "landing/hotline/work_orders/dt=2026-11-20/attempt=001/manifest.json", "sha256": "3" * 64, "rows": 5}
]
D18, D19, D20, D21 = (date(2026, 11, day) for day in (18, 19, 20, 21))

#: Models whose tables the fixture publishes: few, for a release of all of them is built in tests/dbt.
OFFERED = ("kpi_results", "published_contract", "published_rules", "published_units", "quality_findings", "waivers")
#: What a column holds that may not be null and of which nothing is said.
ANYTHING = {
    "varchar": "", "boolean": False, "date": D20, "timestamp": datetime(2026, 11, 20), "double": 0.0, "integer": 0,
    "bigint": 0, "hugeint": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One KPI cell of the fixture; everything else follows from it."""

    unit_code: str = "U1"
    numerator: int = 3
    denominator: int = 7
    kpi_id: str = "H06"
    period_start: date = D20
    verdict: str = "PUBLISHED"
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
        """Replace the work file by one with these cells, in the tables of the contract."""
        path = self.settings.warehouse_path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as work:
            work.execute("create schema publish")
            for table in published_contract.load(self.settings.dbt_dir).tables.values():
                columns = ", ".join(f"{column.name} {column.data_type}" for column in table.columns)
                work.execute(f"create table publish.{table.name} ({columns})")
        self.insert("kpi_contract", KPIS)
        self.insert("dim_units", UNITS)
        self.insert("kpi_results", [_cell(cell, day) for cell in cells])
        self.insert("quality_findings", [_finding(number, severity, day) for number, severity in enumerate(findings)])

    def insert(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows to a table of the work file; columns of which nothing is said are null, or what stands for nothing."""
        table = published_contract.load(self.settings.dbt_dir).tables[name]
        made = [
            [row.get(c.name, None if c.is_nullable else ANYTHING.get(c.data_type)) for c in table.columns]
            for row in rows
        ]
        marks = ", ".join("?" for _ in table.columns)
        with duckdb.connect(str(self.settings.warehouse_path)) as work:
            for values in made:
                work.execute(f"insert into publish.{name} values ({marks})", values)

    def describe(self, name: str, columns: Mapping[str, str], key: Sequence[str] = ()) -> None:
        """Add a table to the contract, or to one of it nullable columns: name and type."""
        described = [
            {"name": column, "data_type": kind, "description": f"{column}的说明\nWhat {column} is"}
            for column, kind in columns.items()
        ]
        with self._contract_of(name) as model:
            meta = model["config"].setdefault("meta", {"primary_key": list(key), "nullable": []})
            meta["nullable"] += [column for column in columns if column not in key]
            model["columns"] += described

    def retype(self, name: str, column: str, data_type: str) -> None:
        """Give a column of the contract another type."""
        with self._contract_of(name) as model:
            next(each for each in model["columns"] if each["name"] == column)["data_type"] = data_type

    def give_up(self, name: str) -> None:
        """Take a table out of the contract."""
        (self.settings.dbt_dir / published_contract.MODELS / f"{name}.yml").unlink()
        published_contract.load.cache_clear()

    @contextmanager
    def _contract_of(self, name: str) -> Iterator[dict[str, Any]]:
        """The yml of a model, to be changed; a new one has nothing in it but what every one has."""
        path = self.settings.dbt_dir / published_contract.MODELS / f"{name}.yml"
        config = {"contract": {"enforced": True}, "access": "public"}
        model = {"name": name, "description": "一张表\nA table", "config": config, "columns": []}
        content = yaml.safe_load(path.read_text()) if path.exists() else {"models": [model]}
        yield content["models"][0]
        path.write_text(yaml.safe_dump(content, allow_unicode=True))
        published_contract.load.cache_clear()

    def change(self, statement: str) -> None:
        with duckdb.connect(str(self.settings.warehouse_path)) as work:
            work.execute(statement)

    def publish(self, day: date, **more: Any) -> Release:
        arguments: dict[str, Any] = {"identity": IDENTITY, "landing_manifests": LANDING, **more}
        return publisher.publish(Night(self.settings, day), self.uri, progress=self.said.append, **arguments)

    def night(self, day: date, cells: Sequence[Cell] = CELLS, **more: Any) -> Release:
        self.build(day, cells)
        return self.publish(day, **more)

    def execute(self, statement: str) -> None:
        """Change the published database behind the publisher's back."""
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(statement.encode())

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


KPIS = (
    {"kpi_id": "H04", "variant": "main", "kpi_name": "work_order_volume", "name_zh": "工单量", "name_en": "Work orders",
     "unit": "count"},
    {"kpi_id": "H06", "variant": "main", "kpi_name": "on_time_closure_rate", "name_zh": "按时办结率",
     "name_en": "On-time closure rate", "unit": "share"},
)  # fmt: skip
UNITS = ({"unit_code": "U1", "unit_name": "城管局"}, {"unit_code": "U2", "unit_name": "住建局"})


def _cell(cell: Cell, day: date) -> dict[str, Any]:
    return {
        "kpi_id": cell.kpi_id, "variant": "main", "unit_type": "unit", "unit_code": cell.unit_code, "unit_name": "城管局",
        "period_type": "day", "period_start": cell.period_start, "period_end": cell.period_start, "caliber": "full",
        "numerator": cell.numerator, "denominator": cell.denominator,
        "value": cell.numerator / cell.denominator if cell.denominator else None, "ci_low": 0.1, "ci_high": 0.9,
        "verdict": cell.verdict, "reason": "", "is_stale": cell.stale_as_of is not None, "contract_version": "1",
        "as_of": cell.stale_as_of or datetime(day.year, day.month, day.day, 16),  # naive UTC, as in the work file
    }  # fmt: skip


def _finding(number: int, severity: str, day: date) -> dict[str, Any]:
    return {
        "rule_id": f"L2-HOT-{number:03d}", "severity": severity, "layer": "L2", "source": "hotline",
        "table_name": "hotline.work_orders", "column_name": "", "unit_type": "", "unit_code": "", "period_from": day,
        "rows_seen": 5, "rows_failed": 1, "sample_keys": "K1 K2", "message": '时间在未来, "引号"\n换行',
    }  # fmt: skip


def offered_project(folder: Path) -> Path:
    """A project whose contract has the tables of :data:`OFFERED` and nothing else, to be changed by one test."""
    models = folder / "dbt_project" / published_contract.MODELS
    if not models.exists():
        models.mkdir(parents=True)
        real = PROJECT_ROOT / "dbt_project"
        for name in (*(f"{model}.yml" for model in OFFERED), "_columns.md"):
            shutil.copy(real / published_contract.MODELS / name, models / name)
        shutil.copy(real / published_contract.CODES, folder / "dbt_project" / published_contract.CODES)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("pg") / "data"
    postgres.start(folder)
    with psycopg.connect(postgres.superuser_uri(folder), autocommit=True) as connection:
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
        settings = replace(settings_at(tmp_path / name), project_root=offered_project(tmp_path / f"{name}_project"))
        return Home(settings, empty_database(server, name))

    return make


@pytest.fixture(scope="module")
def published_home(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Home:
    """One release for all tests of a module that only read."""
    project = offered_project(tmp_path_factory.mktemp("published_project"))
    settings = replace(settings_at(tmp_path_factory.mktemp("published")), project_root=project)
    home = Home(settings, empty_database(server, "published_once"))
    home.night(D20)
    return home


def settings_at(home: Path) -> Settings:
    return Settings(
        home=home, city=CityProfile(), hotline_uri=None, published_uri=None, grid_url=None, grid_token=None,
        stations_dir=None, returns_dir=None, nightly_cron=None, overlap_days=3, log_level="INFO",
    )  # fmt: skip


def empty_database(server: Path, name: str) -> str:
    """The connection string of a database without our schemas; databases are reused, making one is slow."""
    with psycopg.connect(postgres.superuser_uri(server), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    uri = postgres.superuser_uri(server, name)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("drop schema if exists published, published_store cascade")
    return uri


@pytest.fixture
def home(make_home: Callable[[], Home], monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("MINHU_SIGNING_KEY", raising=False)
    return make_home()
