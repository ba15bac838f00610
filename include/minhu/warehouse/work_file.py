"""The private work file (DuckDB): opening it, its state, and when it must be made anew.

One process writes. A build marks the file as ``building`` before dbt starts and as ``clean`` when it ends; verdicts mark
it as ``judging``. dbt commits model by model, so a file found otherwise than ``clean`` belongs to a process that was
killed and is never continued.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from minhu.errors import PermanentError, UsageError
from minhu.findings import Finding
from minhu.landing import contracts
from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.statistics import (
    breakdown_suppression,
    complements,
    rank_intervals,
    rating_effects,
    relations,
    sums,
    suppression,
)
from minhu.warehouse import machine

_SPARK_PLACE = "made-at.txt"
_STATE = """
create schema if not exists raw;
create table if not exists raw.build_state (
    business_date date, status varchar, code_hash varchar, reference_hash varchar, built_load_no bigint, city_code varchar,
    previous_business_date date, previous_load_no bigint, engine varchar
);
create table if not exists raw.loads (
    source varchar, table_name varchar, business_date date, attempt integer, row_count bigint, load_no bigint,
    source_row_count bigint, part_sha256 varchar, manifest_sha256 varchar
);
create table if not exists raw.arrivals (source varchar, status varchar, reason varchar);
create table if not exists raw.absent_inputs (input varchar, reason varchar);
create table if not exists raw.model_findings (
    rule_id varchar, severity varchar, source varchar, table_name varchar, message varchar, column_name varchar,
    kpi_id varchar, unit_type varchar, unit_code varchar, period_from varchar, period_to varchar, rows_seen bigint,
    rows_failed bigint, sample_keys varchar
);
create table if not exists raw.findings as
select *, false as is_in_marts, cast(null as date) as found_date from raw.model_findings where false;
create table if not exists raw.judged (business_date date, circumstances varchar);
create table if not exists raw.periods_pending (count_model varchar, period_type varchar, period_start date);
create table if not exists raw.judged_findings (
    rule_id varchar, severity varchar, source varchar, table_name varchar, column_name varchar, anchors varchar,
    kpi_id varchar, unit_type varchar, unit_code varchar, period_type varchar, period_from date, period_to date,
    rows_seen bigint, rows_failed bigint, sample_keys varchar, message varchar, detail varchar, is_in_marts boolean, found_date date,
    finding_sha256 varchar, waiver_id varchar
);
create table if not exists raw.waivers (
    waiver_id varchar, rule_id varchar, finding_sha256 varchar, author varchar, approver varchar, reason varchar,
    approved_on date, expires_on date
);
create table if not exists raw.value_findings as select * from raw.model_findings where false;
create table if not exists raw.exported_parts (
    table_name varchar, part varchar, sha256 varchar, bytes bigint, row_count bigint
);
alter table raw.exported_parts add column if not exists digest varchar;
create table if not exists raw.exported_as (release_id varchar);
create table if not exists raw.periods_since_release (
    kpi_id varchar, variant varchar, period_type varchar, period_start date
);
"""


@contextmanager
def connect(settings: Settings, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the work file; UTC, with the warehouse's share of the machine, closed at the end."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.warehouse_path), read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"set memory_limit = '{machine.share().memory_limit}'")
        yield connection
    finally:
        connection.close()


def prepare(db: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that hold the state, where they are missing."""
    db.execute(_STATE)


def read_state(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The one row of ``raw.build_state``.

    Raises:
        PermanentError: there is none.
    """
    cursor = db.execute(
        "select business_date, status, code_hash, reference_hash, built_load_no, city_code, previous_business_date, "
        "previous_load_no, engine from raw.build_state"
    )
    names = [column[0] for column in cursor.description or []]
    found = cursor.fetchall()
    if not found:
        raise PermanentError(
            "read the state of the work file", "expected one row, found none", "run load_landing first"
        )
    return dict(zip(names, found[0], strict=True))


def built_date(settings: Settings) -> date | None:
    """The business date of the finished build in the work file; None if there is none."""
    if not settings.warehouse_path.exists():
        return None
    try:
        with connect(settings) as db:
            state = read_state(db)
    except (duckdb.Error, PermanentError):
        return None
    return state["business_date"] if state["status"] == "clean" and state["built_load_no"] else None


def reason_to_rebuild(night: Night, reference_hash: str) -> str:
    """Why the work file cannot be carried on to the night, for a person; "" if it can."""
    if not night.settings.warehouse_path.exists():
        return "there is no work file yet"
    try:
        with connect(night.settings) as db:
            state = read_state(db)
    except (duckdb.Error, PermanentError) as error:
        return f"the work file cannot be read ({type(error).__name__})"
    if state["status"] == "judging":
        return "the last verdicts were cut off"
    if state["status"] != "clean":
        return "the last build was cut off"
    if state["built_load_no"] and state["business_date"] > night.business_date:
        return f"it was built for a later date ({state['business_date']})"
    if state["engine"] != night.settings.engine:
        return f"it was built with {state['engine']}"
    if state["engine"] == "spark" and state["built_load_no"] and not is_spark_in_place(night.settings):
        return "what Spark held is gone, or the home was moved"
    if state["code_hash"] != code_hash(night.settings):
        return "the models changed since it was built"
    if state["reference_hash"] != reference_hash:
        return "places, units, grids, points, items or residents changed"
    return ""


def mark_spark_place(settings: Settings) -> None:
    """Note where Spark's tables lie: its catalog names each by its whole path, so a copy would write into those of the first."""
    (settings.spark_dir / _SPARK_PLACE).write_text(str(settings.spark_dir), encoding="utf-8")


def is_spark_in_place(settings: Settings) -> bool:
    """Whether the tables of Spark are there, and the home is where it was when they were made."""
    marker = settings.spark_dir / _SPARK_PLACE
    return marker.exists() and marker.read_text(encoding="utf-8") == str(settings.spark_dir)


def require_records(settings: Settings, tried: str) -> None:
    """Refuse what reads records in the work file where the models run on Spark: only what is published comes back from there.

    Raises:
        UsageError: they do.
    """
    if settings.engine == "spark":
        raise UsageError(
            tried, "the models of this city run on Spark, which keeps the records to itself",
            "build a copy of the home with MINHU_ENGINE=duckdb and ask that",
        )  # fmt: skip


def discard(path: Path) -> None:
    """Remove the file with what DuckDB keeps beside it."""
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)


def replace_rows(db: duckdb.DuckDBPyConnection, table_name: str, rows: pa.Table) -> None:
    """Make ``table_name`` hold exactly ``rows``."""
    db.register("incoming_rows", rows)
    db.execute(f"create or replace table {table_name} as select * from incoming_rows")
    db.unregister("incoming_rows")


def findings_table(findings: list[Finding]) -> pa.Table:
    """Findings as a table; an empty list keeps the columns."""
    schema = pa.schema(
        [(name, pa.int64() if name.startswith("rows_") else pa.string()) for name in Finding.__dataclass_fields__]
    )
    return pa.Table.from_pylist([finding.as_dict() for finding in sorted(findings)], schema=schema)


def code_hash(settings: Settings) -> str:
    """Hash of everything that decides what a build makes of the same landing: dbt project, contracts, form of the work file."""
    digest = hashlib.sha256(_STATE.encode())
    files = [
        p
        for p in sorted(settings.dbt_dir.rglob("*"))
        if p.suffix in (".sql", ".py", ".yml", ".csv") and "target" not in p.parts
    ]
    modules = (breakdown_suppression, complements, rank_intervals, rating_effects, relations, sums, suppression)
    contract_files = sorted(Path(contracts.__path__[0]).glob("*.py"))
    for path in [*files, *contract_files, *(Path(str(module.__file__)) for module in modules)]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def scalar(db: duckdb.DuckDBPyConnection, statement: str, *parameters: Any) -> Any:
    """The one value of a query that gives one row and one column."""
    return db.execute(statement, list(parameters)).fetchall()[0][0]
