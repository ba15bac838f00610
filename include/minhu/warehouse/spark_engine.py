"""The models of a night on Spark instead of DuckDB: what is done before and after dbt runs (``MINHU_ENGINE=spark``).

Everything else stays with the work file: landing loads ``raw`` into it, the gate and the release read it. So before each run
Spark is offered what ``raw`` has now, and after it the relations that others read are brought back, under the same names.

The session is one of this process and of one home; dbt finds it. What is installed for it is in ``requirements-spark.txt``.
"""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jinja2
import yaml

from minhu.environment import SPARK_JARS, SPARK_METASTORE, SPARK_WAREHOUSE
from minhu.errors import PermanentError
from minhu.settings import Settings
from minhu.warehouse import spark_python, spark_tables, work_file

#: Iceberg's library below the one package of PyPI that has it.
_JAR_PACKAGE, _JAR = "snowpark_connect_deps_iceberg", "jars/iceberg-spark-runtime-3.5_2.12-1.10.2.jar"
#: What others than models read: cells, what is published, the contract, records in quarantine, what was returned of late.
_READ_BY_OTHERS = ("kpis", "publish", "seeds")
_READ_BY_OTHERS_TOO = {("assessment", "int_return_measures")}
#: For Java to write down what it holds.
_SECONDS_TO_END = 120


class _Held:
    """The session of this process and the home that it is of."""

    session: Any = None
    home: Path | None = None


def prepare(settings: Settings) -> None:
    """Start the session of a home and show it what ``raw`` has now.

    Raises:
        PermanentError: Spark is not installed.
    """
    spark = session(settings)
    spark_python.install(settings.spark_dir / "python_models")
    with work_file.connect(settings) as db:
        spark_tables.offer(db, spark, settings.spark_dir / "raw")


def bring_back(settings: Settings, results: list[Any]) -> None:
    """Put what a run of dbt made, as far as others read it, into the work file.

    Args:
        settings: of the home.
        results: of dbt's nodes; what a model declares of its columns decides their types.
    """
    with work_file.connect(settings) as db:
        for result in results:
            node = result.node
            if node.resource_type not in ("model", "seed") or str(result.status) != "success":
                continue
            relation = (node.schema, node.alias)
            if (
                node.schema in _READ_BY_OTHERS
                or relation in _READ_BY_OTHERS_TOO
                or node.alias.startswith("quarantine_")
            ):
                declared = {column.name: column.data_type for column in node.columns.values() if column.data_type}
                spark_tables.bring_back(db, session(settings), *relation, declared)


def session(settings: Settings) -> Any:
    """The session with the settings of dbt's profile; one of another home is ended, for each home has its own catalog."""
    if _Held.session is not None and _Held.home == settings.home:
        return _Held.session
    stop()
    _require_spark()
    from pyspark.sql import SparkSession

    if not settings.spark_dir.exists():
        settings.spark_dir.mkdir(parents=True)
        work_file.mark_spark_place(settings)
    os.environ.setdefault(SPARK_JARS, str(_iceberg_jar()))  # profiles.yml asks for these
    os.environ[SPARK_WAREHOUSE] = str(settings.spark_dir / "tables")
    os.environ[SPARK_METASTORE] = f"jdbc:derby:;databaseName={settings.spark_dir / 'metastore'};create=true"
    builder = SparkSession.builder.config("spark.driver.extraJavaOptions", f"-Dderby.system.home={settings.spark_dir}")
    for name, value in _parameters(settings).items():
        builder = builder.config(name, value)
    _Held.session, _Held.home = builder.enableHiveSupport().getOrCreate(), settings.home
    _Held.session.sparkContext.setLogLevel("ERROR")
    return _Held.session


def stop() -> None:
    """End the session of this process, with its Java: the catalog of a home is open to one at a time."""
    if _Held.session is None:
        return
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    _Held.session.stop()
    _Held.session, _Held.home = None, None
    SparkContext._gateway = SparkContext._jvm = None
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()  # which its Java ends at
        gateway.proc.wait(_SECONDS_TO_END)


def discard(settings: Settings) -> None:
    """Remove all that Spark holds of a home."""
    if _Held.home == settings.home:
        stop()
    shutil.rmtree(settings.spark_dir, ignore_errors=True)


def _parameters(settings: Settings) -> dict[str, str]:
    """``server_side_parameters`` of the profile, as dbt renders them."""
    profile = yaml.safe_load((settings.dbt_dir / "profiles.yml").read_text(encoding="utf-8"))
    written = profile["minhu"]["outputs"]["spark"]["server_side_parameters"]
    return {name: jinja2.Template(str(value)).render(env_var=os.environ.get) for name, value in written.items()}


def _require_spark() -> None:
    missing = [name for name in ("pyspark", "dbt.adapters.spark", _JAR_PACKAGE) if find_spec(name) is None]
    if missing:
        raise PermanentError(
            "run the models on Spark", f"expected the packages of requirements-spark.txt, found no {', '.join(missing)}",
            "run in an environment that has them (`make .venv-spark/.installed`), or set MINHU_ENGINE=duckdb",
        )  # fmt: skip
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise PermanentError(
            "run the models on Spark", "expected Java 17, found none", "apt-get install openjdk-17-jre-headless"
        )


def _iceberg_jar() -> Path:
    package = find_spec(_JAR_PACKAGE)
    assert package is not None and package.submodule_search_locations
    return Path(package.submodule_search_locations[0]) / _JAR
