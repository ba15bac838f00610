"""Seeds are on Spark what they are on DuckDB, value by value: what is empty, and what holds quotes."""

from __future__ import annotations

from typing import Any

import pytest

from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import work_file
from tests.spark import engine, sameness
from tests.spark.conftest import Project

pytestmark = pytest.mark.nights(1)

SEEDS = sorted(path.stem for path in (PROJECT_ROOT / "dbt_project" / "seeds").glob("*.csv"))


@pytest.fixture(scope="module")
def seeded(project: Project, spark: Any) -> Any:
    spark.sql("drop schema if exists seeds cascade")
    assert set(project.run("seed", "spark")) == set(SEEDS)
    return spark


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_is_the_same(built: Settings, seeded: Any, seed: str) -> None:
    with work_file.connect(built, read_only=True) as db:
        expected = db.execute(f"select * from seeds.{seed}").to_arrow_table()
    assert expected.num_rows
    assert sameness.differences(expected, engine.rows_of(seeded, f"select * from seeds.{seed}")) == []
