"""What needs Spark is collected where it is installed (`.venv-spark`), and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from minhu.standalone import postgres
from minhu.warehouse import spark_engine
from tests.spark import nights
from tests.spark.nights import Compared, Homes

collect_ignore_glob = [] if find_spec("pyspark") else ["*_on_spark.py"]


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """A home of each engine; ``compared`` fills them. Whoever changes them comes after that."""
    folder = tmp_path_factory.mktemp("engines")
    nights.write_spark_defaults(folder / "conf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder / "conf"))
        patch.setenv("MINHU_SPARK_PARTITIONS", "1")
        yield Homes.below(folder)
        spark_engine.stop()


@pytest.fixture(scope="session")
def compared(homes: Homes, postgres_folder: Path) -> dict[date, Compared]:
    """Two nights on both engines."""
    uri = postgres.uri(postgres_folder, "publisher")
    found = {}
    for day, city in nights.story():
        homes.land(day, city)
        found[day] = nights.publish_and_compare(homes, uri, day)
    return found
