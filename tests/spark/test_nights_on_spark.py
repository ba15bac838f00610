"""Two nights on Spark are the two nights on DuckDB: every model and seed, what came back from Spark, findings and release."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from minhu.gate import decision
from minhu.landing.night import Night
from minhu.warehouse import dbt_build, spark_engine, work_file
from tests.spark.nights import NIGHTS, RELATIONS, Compared, Homes

#: The nights are built in the first test, and a busy machine is slow.
pytestmark = [pytest.mark.nights(4), pytest.mark.timeout(7200)]


@pytest.mark.parametrize("night", NIGHTS)
def test_every_model_and_seed_has_the_same_rows(compared: dict[date, Compared], night: date) -> None:
    assert compared[night].models == {}


@pytest.mark.parametrize("night", NIGHTS)
def test_what_others_read_came_back_as_it_is(compared: dict[date, Compared], night: date) -> None:
    assert compared[night].brought_back == {}


@pytest.mark.parametrize("night", NIGHTS)
def test_the_release_has_the_same_files(compared: dict[date, Compared], night: date) -> None:
    of_duckdb, of_spark = compared[night].files
    assert of_duckdb == of_spark


def test_all_were_compared_and_a_third_have_rows(compared: dict[date, Compared]) -> None:
    """The city has orders and places; what only other sources fill is compared by its columns and types."""
    for found in compared.values():
        assert len(found.rows) == len(RELATIONS)
        assert sum(count > 0 for count in found.rows.values()) > len(RELATIONS) / 3


def test_the_second_night_added_to_what_was_held(compared: dict[date, Compared], homes: Homes) -> None:
    spark = spark_engine.session(homes.spark)
    for table in ("intermediate.int_orders_latest", "core.fct_work_orders", "assessment.agg_orders_by_period"):
        commits = [row.operation for row in spark.sql(f"select operation from {table}.snapshots").collect()]
        assert len(commits) > 1, f"{table} was made once and added to, not made twice"
    with work_file.connect(homes.spark, read_only=True) as db:
        assert work_file.read_state(db)["engine"] == "spark"


def test_data_tests_find_the_same(compared: dict[date, Compared], homes: Homes) -> None:
    """An order that is gone and one that stands twice, in both."""
    assert [found.findings for found in compared.values()] == [[[], []], [[], []]]
    gone, twice = "delete from core.fct_work_orders where order_id = 'd05-1'", (
        "insert into core.fct_work_orders select * from core.fct_work_orders where order_id = 'd40-1'"
    )  # fmt: skip
    spark = spark_engine.session(homes.spark)
    with work_file.connect(homes.duckdb) as db:
        for statement in (gone, twice):
            db.execute(statement)
            spark.sql(statement)
    of_duckdb, of_spark = (dbt_build.check_marts(Night(home, NIGHTS[1])) for home in (homes.duckdb, homes.spark))
    assert len(of_duckdb) > 1
    assert of_duckdb == of_spark
    decided = [decision.decide_verdicts(Night(home, NIGHTS[1])) for home in (homes.duckdb, homes.spark)]
    assert decided[0] == decided[1]


def test_a_session_is_of_one_home(homes: Homes, tmp_path: Path) -> None:
    """As a replay has it, which builds in a scratch home; the catalog of the home stands when it is opened again."""
    other = replace(homes.spark, home=tmp_path / "scratch")
    schemas = [row.namespace for row in spark_engine.session(other).sql("show schemas").collect()]
    assert schemas == ["default"]
    spark_engine.discard(other)
    assert not other.spark_dir.exists()
    again = spark_engine.session(homes.spark)
    assert again.table("core.fct_work_orders").count() > 0
