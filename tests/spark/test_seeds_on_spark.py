"""Seeds are on Spark what they are on DuckDB, value by value: what is empty, and what holds quotes."""

from __future__ import annotations

import pytest

from minhu.settings import PROJECT_ROOT
from tests.spark import engine, sameness
from tests.spark.conftest import Engines, Project

pytestmark = pytest.mark.nights(1)

SEEDS = sorted(path.stem for path in (PROJECT_ROOT / "dbt_project" / "seeds").glob("*.csv"))


@pytest.fixture(scope="module")
def seeded(project: Project, engines: Engines) -> Engines:
    """The seeds as Spark loads them, instead of those that DuckDB loaded."""
    engines.spark.sql("drop schema seeds cascade")
    assert set(project.run("seed", "spark")) == set(SEEDS)
    return engines


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_is_the_same(seeded: Engines, seed: str) -> None:
    expected = seeded.duck.execute(f"select * from seeds.{seed}").to_arrow_table()
    assert expected.num_rows
    assert sameness.differences(expected, engine.rows_of(seeded.spark, f"select * from seeds.{seed}")) == []
