"""What needs Spark is collected where it is installed (`.venv-spark`), and nowhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import duckdb
import pytest

from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file
from tests.fixtures import floors
from tests.fixtures.homes import build_and_judge, settings_at
from tests.fixtures.landed import NIGHT
from tests.spark import engine

#: All that a model may read.
SCHEMAS = ("raw", "seeds", "staging", "reference", "intermediate", "core", "assessment", "kpis", "publish")
collect_ignore_glob = [] if find_spec("pyspark") else ["*_on_spark.py"]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A city built and judged by DuckDB."""
    settings = settings_at(tmp_path_factory.mktemp("spark") / "home")
    floors.first_delivery().land(settings)
    build_and_judge(settings, NIGHT)
    return settings


@pytest.fixture(scope="session")
def spark(built: Settings) -> Iterator[Any]:
    """The session that dbt finds as well."""
    session = engine.start(built.dbt_dir, built.home / "spark")
    yield session
    session.stop()


class Project:
    """dbt's commands on either engine, with the variables of the night."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        with work_file.connect(settings, read_only=True) as db:
            state = work_file.read_state(db)
        self.variables = json.dumps(dbt_build.variables_of(Night(settings, NIGHT), state))

    def run(self, command: str, target: str, *arguments: str) -> dict[str, Any]:
        """Results by the name of the node; whatever failed is an error here."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        os.environ["MINHU_WORK_FILE"] = str(self.settings.warehouse_path)
        folder, written = str(self.settings.dbt_dir), self.settings.home / "dbt" / target
        said = ["--vars", self.variables, "--no-populate-cache", "--log-level", "none", "--log-level-file", "none"]
        where = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", str(written)]
        try:
            outcome = dbtRunner().invoke([command, "--target", target, *where, *said, *arguments])
        finally:
            DuckDBConnectionManager.close_all_connections()
        results = list(getattr(outcome.result, "results", None) or [])
        failed = [f"{r.node.name}: {r.message}" for r in results if str(r.status) not in ("success", "pass")]
        assert outcome.success and not failed, failed or outcome.exception
        return {result.node.name: result for result in results}

    def sql_of_models(self, target: str) -> dict[str, str]:
        """Every SQL model as this engine is asked for all of it."""
        nodes = (
            r.node for r in self.run("compile", target, "--full-refresh", "--select", "resource_type:model").values()
        )
        return {node.name: node.compiled_code for node in nodes if node.language == "sql"}


@pytest.fixture(scope="session")
def project(built: Settings) -> Project:
    return Project(built)


@dataclass
class Engines:
    """Both engines before the same relations, with the models as each is asked for them."""

    duck: duckdb.DuckDBPyConnection
    spark: Any
    of_duck: dict[str, str]
    of_spark: dict[str, str]


@pytest.fixture(scope="session")
def engines(built: Settings, project: Project, spark: Any) -> Iterator[Engines]:
    of_duck = project.sql_of_models("duckdb")
    with work_file.connect(built, read_only=True) as db:
        db.execute("set default_null_order = 'nulls_first_on_asc_last_on_desc'")  # as profiles.yml has it
        engine.offer(db, spark, built.home / "parquet", SCHEMAS)
        yield Engines(db, spark, of_duck, project.sql_of_models("spark"))
