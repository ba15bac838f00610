"""A simulated month at a twentieth of Xi'an's size, all four sources, on both engines: a quarter of an hour."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from minhu.settings import load
from minhu.standalone import postgres
from tests.fixtures.landed import NIGHT
from tests.fixtures.nights import embedded_server, land_night_here
from tests.spark import nights
from tests.spark.nights import RELATIONS, Compared, Homes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.fixture(scope="module")
def month(homes: Homes) -> Compared:
    """The night of a month's last day, when all of it lands."""
    home = homes.duckdb.home.parent / "month"
    home.mkdir()
    of_duckdb = load(environ={"MINHU_HOME": str(home)})
    with embedded_server(of_duckdb):
        of_duckdb = land_night_here(of_duckdb, NIGHT, days=30, scale=0.05)
        of_spark = replace(of_duckdb, home=home.with_name("month-on-spark"), engine="spark")
        shutil.copytree(of_duckdb.landing_dir, of_spark.landing_dir)
        uri = postgres.uri(of_duckdb.postgres_dir, "publisher")
        return nights.publish_and_compare(Homes(of_duckdb, of_spark), uri, NIGHT)


def test_every_model_and_seed_of_a_month_has_the_same_rows(month: Compared) -> None:
    assert month.models == {} and month.brought_back == {}


def test_the_release_of_a_month_has_the_same_files(month: Compared) -> None:
    of_duckdb, of_spark = month.files
    assert of_duckdb == of_spark


def test_nearly_all_of_it_has_rows(month: Compared) -> None:
    """All sources delivered: empty are lists of what is wrong, and comparisons with a release before."""
    assert len(month.rows) == len(RELATIONS)
    assert sum(count > 0 for count in month.rows.values()) > len(RELATIONS) * 0.8, sorted(
        name for name, count in month.rows.items() if not count
    )
    assert month.rows["core.fct_work_orders"] > 5_000 and month.rows["publish.kpi_results"] > 40_000
