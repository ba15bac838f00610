"""What a night's models run on is a setting; a work file of the other engine is not carried on."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from minhu import settings
from minhu.errors import PermanentError, UsageError
from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, raw_tables, spark_engine, work_file
from tests.fixtures import homes
from tests.fixtures.landed import NIGHT


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return homes.loaded(tmp_path / "home")


def test_duckdb_is_the_default(tmp_path: Path) -> None:
    assert settings.load(environ={"MINHU_HOME": str(tmp_path)}).engine == "duckdb"
    assert settings.load(environ={"MINHU_HOME": str(tmp_path), "MINHU_ENGINE": "spark"}).engine == "spark"
    with pytest.raises(UsageError, match="MINHU_ENGINE"):
        settings.load(environ={"MINHU_HOME": str(tmp_path), "MINHU_ENGINE": "trino"})


def test_a_work_file_of_the_other_engine_is_made_anew(home: Settings) -> None:
    night = Night(home, NIGHT)
    reference_hash = raw_tables.reference_hash(night.inventory, {})
    assert work_file.reason_to_rebuild(night, reference_hash) == ""
    other = Night(replace(home, engine="spark"), NIGHT)
    assert work_file.reason_to_rebuild(other, reference_hash) == "it was built with duckdb"
    assert dbt_build.load_landing(other).is_rebuilt
    assert work_file.reason_to_rebuild(night, reference_hash) == "it was built with spark"


def test_what_spark_holds_goes_with_the_work_file(home: Settings) -> None:
    left = home.spark_dir / "tables" / "core.db"
    left.mkdir(parents=True)
    dbt_build.load_landing(Night(home, NIGHT))
    assert left.exists()
    dbt_build.load_landing(Night(replace(home, engine="spark"), NIGHT))
    assert not left.exists()


def test_increments_without_what_spark_held_are_not_added_to(home: Settings) -> None:
    night = Night(replace(home, engine="spark"), NIGHT)
    dbt_build.load_landing(night)
    with work_file.connect(home) as db:
        db.execute("update raw.build_state set built_load_no = 1")
    reference_hash = raw_tables.reference_hash(night.inventory, {})
    assert work_file.reason_to_rebuild(night, reference_hash) == "what Spark held is gone, or the home was moved"
    home.spark_dir.mkdir()
    work_file.mark_spark_place(home)
    assert work_file.reason_to_rebuild(night, reference_hash) == ""


def test_a_copy_of_a_home_does_not_write_into_the_tables_of_the_first(home: Settings, tmp_path: Path) -> None:
    on_spark = replace(home, engine="spark")
    dbt_build.load_landing(Night(on_spark, NIGHT))
    home.spark_dir.mkdir()
    work_file.mark_spark_place(home)
    copied = homes.copy_of(on_spark, tmp_path / "copy")
    assert work_file.is_spark_in_place(on_spark)
    assert not work_file.is_spark_in_place(copied)


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="Spark is installed here")
def test_without_spark_a_night_says_what_to_install(home: Settings) -> None:
    with pytest.raises(PermanentError, match=r"requirements-spark\.txt.*MINHU_ENGINE=duckdb"):
        spark_engine.prepare(replace(home, engine="spark"))
