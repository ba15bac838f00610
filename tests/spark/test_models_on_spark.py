"""Every SQL model gives on Spark, from the same inputs, the rows that it gives on DuckDB: it names the model that differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import work_file
from tests.spark import engine, sameness
from tests.spark.conftest import Project, by_path

pytestmark = pytest.mark.nights(1)

MODELS = by_path(PROJECT_ROOT / "dbt_project" / "models", ".sql")
#: All that a model may read.
SCHEMAS = ("raw", "seeds", "staging", "reference", "intermediate", "core", "assessment", "kpis", "publish")


@dataclass
class Engines:
    """Both engines before the same relations, with the models as each is asked for them."""

    duck: duckdb.DuckDBPyConnection
    spark: Any
    of_duck: dict[str, str]
    of_spark: dict[str, str]


@pytest.fixture(scope="module")
def engines(built: Settings, project: Project, spark: Any) -> Any:
    of_duck = project.sql_of_models("duckdb")
    with work_file.connect(built, read_only=True) as db:
        db.execute("set default_null_order = 'nulls_first_on_asc_last_on_desc'")  # as profiles.yml has it
        engine.offer(db, spark, built.home / "parquet", SCHEMAS)
        yield Engines(db, spark, of_duck, project.sql_of_models("spark"))


def test_both_engines_are_asked_for_every_model(engines: Engines) -> None:
    assert sorted(engines.of_duck) == sorted(engines.of_spark) == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_a_model_gives_the_same_rows(engines: Engines, model: str) -> None:
    expected = engines.duck.execute(engines.of_duck[model]).to_arrow_table()
    assert sameness.differences(expected, engine.rows_of(engines.spark, engines.of_spark[model])) == []


def test_most_models_have_rows_to_compare(engines: Engines) -> None:
    counts = {m: engines.duck.execute(f"select count(*) from ({sql})").fetchall()[0][0] for m, sql in engines.of_duck.items()}
    assert sum(count > 0 for count in counts.values()) > len(MODELS) / 2
