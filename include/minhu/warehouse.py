"""The private work file: loads what landed, runs dbt on it, and never continues a build that was cut off.

One process writes. A build marks the file as ``building`` before dbt starts and as ``clean`` when it ends; a file found
``building`` (the process was killed), built by other code, built for a later date, or on another picture of places,
units, grids or points, is thrown away and made again from landing, which holds everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from minhu import contracts, windows
from minhu.contracts import TableContract
from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.landing import Arrival, Landing
from minhu.settings import Settings

#: Pictures whose change moves rows that did not change themselves.
REFERENCE_TABLES = (
    ("hotline", "places"), ("hotline", "units"), ("grid", "grids"), ("stations", "points"), ("stations", "items"),
)  # fmt: skip

_STATE = """
create schema if not exists raw;
create table if not exists raw.build_state (
    business_date date, status varchar, code_hash varchar, reference_hash varchar, built_load_no bigint, city_code varchar
);
create table if not exists raw.loads (
    source varchar, table_name varchar, business_date date, attempt integer, row_count bigint, load_no bigint
);
create table if not exists raw.arrivals (source varchar, status varchar, reason varchar);
create table if not exists raw.absent_inputs (input varchar, reason varchar);
create table if not exists raw.model_findings (
    rule_id varchar, severity varchar, source varchar, table_name varchar, message varchar, column_name varchar,
    kpi_id varchar, unit_type varchar, unit_code varchar, period_from varchar, period_to varchar, rows_seen bigint,
    rows_failed bigint, sample_keys varchar
);
"""


@dataclass(frozen=True)
class LoadReport:
    """What went from landing into the work file.

    Attributes:
        rows: rows loaded now, per landed table; a table that brought nothing new is absent.
        is_rebuilt: the work file was made anew from all of landing.
        why_rebuilt: the reason, for a person; "" if it was not.
    """

    rows: dict[str, int]
    is_rebuilt: bool
    why_rebuilt: str


@contextmanager
def connect(settings: Settings, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the work file; UTC, two threads, closed at the end."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(settings.warehouse_path), read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def load_landing(settings: Settings, business_date: date) -> LoadReport:
    """Bring every accepted delivery up to ``business_date`` into ``raw``, once.

    Args:
        settings: of the home.
        business_date: nothing landed for a later date is read.
    """
    landing = Landing(settings.landing_dir)
    reference_hash = _reference_hash(landing, business_date)
    why = _reason_to_rebuild(settings, business_date, reference_hash)
    if why:
        _discard(settings.warehouse_path)
    with connect(settings) as db:
        db.execute(_STATE)
        db.begin()
        rows = _load_attempts(db, landing, business_date)
        _write_arrivals(db, settings, landing, business_date)
        if not _scalar(db, "select count(*) from raw.build_state"):
            before = business_date - timedelta(days=1)
            db.execute(
                "insert into raw.build_state values (?, 'clean', ?, ?, 0, '')",
                [before, code_hash(settings), reference_hash],
            )
        db.execute("update raw.build_state set city_code = ?", [_city_code(db, settings)])
        db.commit()
    return LoadReport(rows, bool(why), why)


def build_marts(settings: Settings, business_date: date) -> int:
    """Run dbt from staging to KPI values; returns the number of models that ran.

    Raises:
        PermanentError: a model failed; the message names it and its error.
    """
    with connect(settings) as db:
        state = _state(db)
        db.execute("update raw.build_state set status = 'building'")
        newest = _scalar(db, "select coalesce(max(load_no), 0) from raw.loads")
    arguments = [
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
        "--exclude",
        "kpi_findings+",
        "kpi_cells+",
        "publish",
    ]
    results = run_dbt(settings, business_date, arguments, state)
    with connect(settings) as db:
        db.execute(
            "update raw.build_state set status = 'clean', business_date = ?, built_load_no = ?", [business_date, newest]
        )
    return len(results)


def check_marts(settings: Settings, business_date: date) -> list[Finding]:
    """Run dbt's data tests; failures become findings, kept in ``raw.model_findings`` for the gate."""
    with connect(settings) as db:
        state = _state(db)
    results = run_dbt(
        settings,
        business_date,
        ["test", "--exclude-resource-type", "unit_test", "--exclude", "publish", "kpi_findings+", "kpi_cells+"],
        state,
        may_fail=True,
    )
    findings = [finding for result in results if (finding := _finding_of_test(result)) is not None]
    with connect(settings) as db:
        replace_rows(db, "raw.model_findings", findings_table(findings))
    return findings


def decide(settings: Settings, business_date: date) -> int:
    """Run the models that follow from findings: cells, verdicts and everything published."""
    with connect(settings) as db:
        state = _state(db)
    arguments = ["run", "--select", "kpi_findings+", "kpi_cells+", "publish"]
    return len(run_dbt(settings, business_date, arguments, state))


def run_dbt(
    settings: Settings, business_date: date, arguments: list[str], state: dict[str, Any], may_fail: bool = False
) -> list[Any]:
    """Run dbt in this process on the work file and return its node results.

    Raises:
        PermanentError: dbt failed, unless ``may_fail``; then only a failure to run at all raises.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    as_of = windows.end_of(business_date, settings.zone).astimezone(UTC)
    variables = {
        "business_date": business_date.isoformat(),
        "as_of": as_of.strftime("%Y-%m-%d %H:%M:%S"),
        "previous_business_date": state["business_date"].isoformat(),
        "built_load_no": state["built_load_no"],
        "time_zone": settings.city.time_zone,
        "city_code": state["city_code"],
    }
    os.environ["MINHU_WORK_FILE"] = str(settings.warehouse_path)  # profiles.yml asks for it
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    folders = ["--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir)]
    outputs = [
        "--target-path",
        str(settings.home / "dbt" / "target"),
        "--log-path",
        str(settings.home / "dbt" / "logs"),
    ]
    quiet = ["--quiet", "--vars", json.dumps(variables)]
    try:
        outcome = dbtRunner().invoke([arguments[0], *folders, *outputs, *quiet, *arguments[1:]])
    finally:
        DuckDBConnectionManager.close_all_connections()  # or this process would keep the file open
    results = list(getattr(outcome.result, "results", None) or [])
    broken = [r for r in results if str(r.status) in ("error", "runtime error")]
    if outcome.exception is not None or broken or (not outcome.success and not may_fail):
        said = str(outcome.exception) if outcome.exception else "; ".join(f"{r.node.name}: {r.message}" for r in broken)
        raise PermanentError(
            f"dbt {arguments[0]} for {business_date}",
            said or "it did not succeed",
            f"read {settings.home / 'dbt' / 'logs' / 'dbt.log'}, mend the model and run the night again",
        )
    return results


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
    """Hash of everything that decides what a build makes of the same landing: dbt project and contracts."""
    digest = hashlib.sha256()
    files = [
        p
        for p in sorted(settings.dbt_dir.rglob("*"))
        if p.suffix in (".sql", ".yml", ".csv") and "target" not in p.parts
    ]
    for path in [*files, Path(contracts.__file__)]:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _reason_to_rebuild(settings: Settings, business_date: date, reference_hash: str) -> str:
    if not settings.warehouse_path.exists():
        return "there is no work file yet"
    try:
        with connect(settings) as db:
            state = _state(db)
    except (duckdb.Error, PermanentError) as error:
        return f"the work file cannot be read ({type(error).__name__})"
    if state["status"] != "clean":
        return "the last build was cut off"
    if state["built_load_no"] and state["business_date"] > business_date:
        return f"it was built for a later date ({state['business_date']})"
    if state["code_hash"] != code_hash(settings):
        return "the models changed since it was built"
    if state["reference_hash"] != reference_hash:
        return "places, units, grids, points or items changed"
    return ""


def _discard(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)


def _state(db: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    cursor = db.execute(
        "select business_date, status, code_hash, reference_hash, built_load_no, city_code from raw.build_state"
    )
    names = [column[0] for column in cursor.description or []]
    found = cursor.fetchall()
    if not found:
        raise PermanentError(
            "read the state of the work file", "expected one row, found none", "run load_landing first"
        )
    return dict(zip(names, found[0], strict=True))


def _load_attempts(db: duckdb.DuckDBPyConnection, landing: Landing, business_date: date) -> dict[str, int]:
    load_no = _scalar(db, "select coalesce(max(load_no), 0) + 1 from raw.loads")
    loaded = set(db.execute("select source, table_name, business_date, attempt from raw.loads").fetchall())
    rows: dict[str, int] = {}
    for contract in contracts.TABLES:
        db.register("empty_table", contract.schema.empty_table())
        db.execute(
            f"create table if not exists raw.{_raw_name(contract)} as select *, cast(null as date) as landed_date, "
            f"cast(null as integer) as landed_attempt, cast(null as bigint) as load_no from empty_table"
        )
        db.unregister("empty_table")
    for source in contracts.SOURCES:
        for arrival in landing.arrivals(source, business_date):
            for number in range(1, (arrival.attempt or 0) + 1):
                for contract in contracts.tables_of(source):
                    if (source, contract.name, arrival.business_date, number) not in loaded:
                        count = _load_table(db, landing, contract, arrival, number, load_no)
                        if count:
                            rows[contract.full_name] = rows.get(contract.full_name, 0) + count
    return rows


def _load_table(
    db: duckdb.DuckDBPyConnection,
    landing: Landing,
    contract: TableContract,
    arrival: Arrival,
    number: int,
    load_no: int,
) -> int:
    path = landing.folder(contract, arrival.business_date, number) / "part.parquet"
    raw = f"raw.{_raw_name(contract)}"
    if _is_picture(contract):
        if _scalar(db, f"select count(*) from {raw} where landed_date > ?", arrival.business_date):
            return 0
        db.execute(f"delete from {raw}")
    db.execute(
        f"insert into {raw} select *, ?, ?, ? from read_parquet(?, hive_partitioning = false)",
        [arrival.business_date, number, load_no, str(path)],
    )
    count = int(landing.manifest(contract.source, contract.name, arrival.business_date, number)["row_count"])
    db.execute(
        "insert into raw.loads values (?, ?, ?, ?, ?, ?)",
        [contract.source, contract.name, arrival.business_date, number, count, load_no],
    )
    return count


def _write_arrivals(db: duckdb.DuckDBPyConnection, settings: Settings, landing: Landing, business_date: date) -> None:
    db.execute("delete from raw.arrivals")
    db.execute("delete from raw.absent_inputs")
    absent = dict(settings.city.absent_inputs)
    for source in contracts.SOURCES:
        arrival = landing.arrival(source, business_date)
        if arrival is None:
            arrival = Arrival(source, business_date, "blocked", reason=f"no delivery was recorded for {business_date}")
        db.execute("insert into raw.arrivals values (?, ?, ?)", [source, arrival.status, arrival.reason])
        if arrival.status == "absent" and source in contracts.INPUTS:
            absent.setdefault(source, arrival.reason)
    for name, reason in sorted(absent.items()):
        db.execute("insert into raw.absent_inputs values (?, ?)", [name, reason])


def _city_code(db: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    found = _scalar(db, "select min(place_code) from raw.hotline__places where level = 'city'")
    return str(found or settings.city.code)


def _reference_hash(landing: Landing, business_date: date) -> str:
    """Hash of the newest accepted pictures up to the date."""
    digest = hashlib.sha256()
    for source, name in REFERENCE_TABLES:
        accepted = [a for a in landing.arrivals(source, business_date) if a.attempt is not None]
        if accepted:
            newest = accepted[-1]
            manifest = landing.manifest(source, name, newest.business_date, int(newest.attempt or 0))
            digest.update(json.dumps([source, name, manifest["files"]], sort_keys=True).encode())
    return digest.hexdigest()


def _is_picture(contract: TableContract) -> bool:
    """A table that a newer delivery replaces as a whole: no versions, and no day in its key."""
    return contract.version is None and not pa.types.is_date(contract.schema.field(contract.key[0]).type)


def _raw_name(contract: TableContract) -> str:
    return f"{contract.source}__{contract.name}"


def _scalar(db: duckdb.DuckDBPyConnection, statement: str, *parameters: Any) -> Any:
    return db.execute(statement, list(parameters)).fetchall()[0][0]


def _finding_of_test(result: Any) -> Finding | None:
    if str(result.status) in ("pass", "skipped"):
        return None
    node = result.node
    meta = dict(node.config.meta or {})
    tested = getattr(node, "attached_node", None) or next(iter(node.depends_on.nodes), "")
    table_name = str(meta.get("table_name") or tested.split(".")[-1])
    generic = getattr(node, "test_metadata", None)
    claim = f"{generic.name} of {table_name}" if generic else node.name.removeprefix("assert_").replace("_", " ")
    return Finding(
        rule_id=str(meta.get("rule_id", f"L3-DBT-{node.name}")),
        severity=meta.get("severity", "block"),
        source="minhu",
        table_name=table_name,
        column_name=getattr(node, "column_name", None) or "",
        rows_failed=int(result.failures or 0),
        message=f"does not hold: {claim}",
    )


def built_date(settings: Settings) -> date | None:
    """The business date of the finished build in the work file; None if there is none."""
    if not settings.warehouse_path.exists():
        return None
    try:
        with connect(settings) as db:
            state = _state(db)
    except (duckdb.Error, PermanentError):
        return None
    return state["business_date"] if state["status"] == "clean" and state["built_load_no"] else None
