"""Every SQL model gives on Spark, from the same inputs, the rows that it gives on DuckDB: it names the model that differs."""

from __future__ import annotations

import pytest

from minhu.settings import PROJECT_ROOT
from tests.spark import engine, sameness
from tests.spark.conftest import Engines

pytestmark = pytest.mark.nights(1)

#: Their names, which dbt has not been asked for.
MODELS = sorted(path.stem for path in (PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql"))


def test_both_engines_are_asked_for_every_model(engines: Engines) -> None:
    assert sorted(engines.of_duck) == sorted(engines.of_spark) == MODELS


@pytest.mark.parametrize("model", MODELS)
def test_a_model_gives_the_same_rows(engines: Engines, model: str) -> None:
    expected = engines.duck.execute(engines.of_duck[model]).to_arrow_table()
    assert sameness.differences(expected, engine.rows_of(engines.spark, engines.of_spark[model])) == []


def test_a_third_of_the_models_have_rows_to_compare(engines: Engines) -> None:
    """The city has orders and places; what only other sources fill is compared by its columns and types."""
    counts = {
        model: engines.duck.execute(f"select count(*) from ({sql})").fetchall()[0][0]
        for model, sql in engines.of_duck.items()
    }
    assert sum(count > 0 for count in counts.values()) > len(MODELS) / 3
