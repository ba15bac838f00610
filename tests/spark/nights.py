"""The same nights on both engines, compared relation by relation as soon as each is published."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from minhu.findings import Finding
from minhu.gate import decision
from minhu.landing.night import Night
from minhu.pipeline import publication
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import dbt_build, spark_engine, spark_tables, work_file
from tests.fixtures import floors
from tests.fixtures.homes import build, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order
from tests.spark import sameness

NIGHTS = (NIGHT, NIGHT + timedelta(days=1))
_DBT = PROJECT_ROOT / "dbt_project"
#: Files of models and seeds; seeds/reference are the simulator's.
RELATIONS = [
    *(path for path in (_DBT / "models").rglob("*") if path.suffix in (".sql", ".py")), *(_DBT / "seeds").glob("*.csv"),
]  # fmt: skip
#: Small rows cost less interpreted than compiled, none are worth planning anew, and Java runs for minutes only.
_FOR_SMALL_ROWS = """
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.adaptive.enabled false
spark.ui.showConsoleProgress false
spark.driver.defaultJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m
"""


def write_spark_defaults(folder: Path) -> None:
    """What Spark starts with here, in a folder for ``SPARK_CONF_DIR``."""
    folder.mkdir(parents=True)
    (folder / "spark-defaults.conf").write_text(_FOR_SMALL_ROWS, encoding="utf-8")


def story() -> Iterator[tuple[date, LandedCity]]:
    """A city whose second night corrects orders of the first, and adds some."""
    yield NIGHTS[0], floors.first_delivery()
    city = LandedCity()
    floors.pictures(city)
    for number in range(3):
        add_order(city, f"d20-{number}", "d20", due_at="2026-11-10 18:00", closed_at="2026-11-11 11:00")
    for number in range(4):
        add_order(city, f"d12-new-{number}", "d12", due_at="2026-11-21 12:00", closed_at="2026-11-21 11:00")
    yield NIGHTS[1], city


@dataclass(frozen=True)
class Homes:
    """A home of each engine, of the same landing."""

    duckdb: Settings
    spark: Settings

    @classmethod
    def below(cls, folder: Path) -> Homes:
        return cls(settings_at(folder / "duckdb"), replace(settings_at(folder / "spark"), engine="spark"))

    def land(self, day: date, city: LandedCity) -> None:
        city.land(self.duckdb, day)
        shutil.copytree(self.duckdb.landing_dir, self.spark.landing_dir, dirs_exist_ok=True)


@dataclass(frozen=True)
class Compared:
    """What the two homes hold after a night.

    Attributes:
        rows: rows of each model and seed on DuckDB, by schema and name.
        models: how they differ on Spark; absent where they do not.
        brought_back: how what came back from Spark into the work file differs, and what did not come.
        findings: of the data tests, on DuckDB and on Spark.
        files: of the release, (name, hash) of each: from DuckDB and from Spark.
    """

    rows: dict[str, int]
    models: dict[str, list[str]]
    brought_back: dict[str, list[str]]
    findings: list[list[Finding]]
    files: list[set[tuple[str, str]]]


def publish_and_compare(homes: Homes, uri: str, day: date) -> Compared:
    """Publish the night in both homes, and compare what they hold."""
    findings, files = [], []
    for home in (homes.duckdb, homes.spark):
        night = Night(home, day)
        build(home, day)
        findings.append(dbt_build.check_marts(night))
        decision.decide_verdicts(night)
        files.append({(file.name, file.sha256) for file in publication.publish_release(night, uri).files})
    rows, models, brought_back = _compare(homes)
    return Compared(rows, models, brought_back, findings, files)


def _compare(homes: Homes) -> tuple[dict[str, int], dict[str, list[str]], dict[str, list[str]]]:
    rows: dict[str, int] = {}
    models: dict[str, list[str]] = {}
    brought_back: dict[str, list[str]] = {}
    spark = spark_engine.session(homes.spark)
    with (
        work_file.connect(homes.duckdb, read_only=True) as duck,
        work_file.connect(homes.spark, read_only=True) as work,
    ):
        held = _relations(work)
        for name in _relations(duck):
            expected = duck.execute(f"select * from {name}").to_arrow_table()
            rows[name] = expected.num_rows
            models[name] = sameness.differences(expected, spark_tables.arrow_of(spark, name))
            if name in held:
                brought_back[name] = sameness.differences(
                    expected, work.execute(f"select * from {name}").to_arrow_table()
                )
            elif name.split(".")[0] in ("kpis", "publish", "seeds"):
                brought_back[name] = ["it did not come back"]
    return rows, {n: d for n, d in models.items() if d}, {n: d for n, d in brought_back.items() if d}


def _relations(db: duckdb.DuckDBPyConnection) -> list[str]:
    listed = "select table_schema, table_name from information_schema.tables where table_schema <> 'raw' order by all"
    return [f"{schema}.{name}" for schema, name in db.execute(listed).fetchall()]
