"""From landing into the schema ``raw`` of the work file: every accepted delivery once, never one that came later."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

import duckdb

from minhu.landing import contracts
from minhu.landing.inventory import Inventory, LandedTable
from minhu.landing.table_contract import TableContract
from minhu.settings import Settings
from minhu.warehouse.work_file import scalar

_MAP = "hotline.load_map"


def load_attempts(db: duckdb.DuckDBPyConnection, inventory: Inventory) -> dict[str, int]:
    """Load what is not loaded yet; returns rows per landed table."""
    load_no = scalar(db, "select coalesce(max(load_no), 0) + 1 from raw.loads")
    loaded = set(db.execute("select source, table_name, business_date, attempt from raw.loads").fetchall())
    for contract in contracts.TABLES:
        db.register("empty_table", contract.schema.empty_table())
        db.execute(
            f"create table if not exists raw.{_raw_name(contract)} as select *, cast(null as date) as landed_date, "
            f"cast(null as integer) as landed_attempt, cast(null as bigint) as load_no from empty_table"
        )
        db.unregister("empty_table")
        if contract.states:
            db.execute(
                f"create table if not exists raw.{_raw_name(contract)}_states as "
                f"select *, cast(null as date) as seen_from, true as is_listed from raw.{_raw_name(contract)} where false"
            )
    rows: dict[str, int] = {}
    for table in inventory.tables:
        contract = table.contract
        if (contract.source, contract.name, table.business_date, table.attempt) not in loaded:
            count = _load_table(db, table, load_no)
            if count:
                rows[contract.full_name] = rows.get(contract.full_name, 0) + count
    return rows


def is_behind(db: duckdb.DuckDBPyConnection, inventory: Inventory) -> bool:
    """Whether landing has something for the date or before that was not there when ``raw`` was brought to it."""
    loaded = set(db.execute("select distinct source, business_date, attempt from raw.loads").fetchall())
    known = dict(db.execute("select source, status from raw.arrivals").fetchall())
    for source in contracts.SOURCES:
        landed = {(source, day, number) for day, number in inventory.attempts(source)}
        tonight = inventory.arrival(source)
        if not landed <= loaded or known.get(source) != (tonight.status if tonight else "blocked"):
            return True
    return False


def write_arrivals(db: duckdb.DuckDBPyConnection, settings: Settings, inventory: Inventory) -> None:
    """What came of each delivery of the night, and which inputs the city does not have."""
    db.execute("delete from raw.arrivals")
    db.execute("delete from raw.absent_inputs")
    absent = dict(settings.city.absent_inputs)
    for source in contracts.SOURCES:
        arrival = inventory.arrival(source)
        status, reason = ("blocked", f"no delivery was recorded for {inventory.business_date}")
        if arrival is not None:
            status, reason = arrival.status, arrival.reason
        db.execute("insert into raw.arrivals values (?, ?, ?)", [source, status, reason])
        if status == "absent" and source in contracts.INPUTS:
            absent.setdefault(source, reason)
    for name, reason in sorted(absent.items()):
        db.execute("insert into raw.absent_inputs values (?, ?)", [name, _in_chinese(reason)])


def _in_chinese(reason: str) -> str:
    """What readers of a figure are told of an input that a city lacks: the Chinese part of ``中文 / English``, "" without one."""
    return next((part.strip() for part in reason.split(" / ") if re.search(r"[\u4e00-\u9fff]", part)), "")


def city_code(db: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """Code of the place that is the whole city."""
    found = scalar(db, "select min(place_code) from raw.hotline__places where level = 'city'")
    return str(found or settings.city.code)


def reference_hash(inventory: Inventory) -> str:
    """Hash of the snapshots that move rows, each with the day from which on it was the newest."""
    digest = hashlib.sha256()
    for contract in contracts.TABLES:
        if contract.is_reference:
            for day, files in _distinct_snapshots(inventory.tables_named(contract.full_name)):
                digest.update(json.dumps([contract.source, contract.name, day, files], sort_keys=True).encode())
    return digest.hexdigest()


def _distinct_snapshots(landed: Sequence[LandedTable]) -> list[tuple[str, Any]]:
    """First day and files of every snapshot that differs from the one before it, in order of day and attempt.

    A snapshot that comes late, as another attempt at an earlier night, is a state that a night has passed over.
    """
    found: list[tuple[str, Any]] = []
    for table in landed:
        if not found or found[-1][1] != table.manifest["files"]:
            found.append((table.business_date.isoformat(), table.manifest["files"]))
    return found


def _load_table(db: duckdb.DuckDBPyConnection, table: LandedTable, load_no: int) -> int:
    contract, raw = table.contract, f"raw.{_raw_name(table.contract)}"
    if contract.is_snapshot:
        if scalar(db, f"select count(*) from {raw} where landed_date > ?", table.business_date):
            return 0
        if contract.full_name == _MAP:
            _forget_states_of_another_map(db, table)
        db.execute(f"delete from {raw}")
    db.execute(
        f"insert into {raw} select *, ?, ?, ? from read_parquet(?, hive_partitioning = false)",
        [table.business_date, table.attempt, load_no, str(table.folder / "part.parquet")],
    )
    if contract.states:
        _keep_states(db, table)
    db.execute(
        "insert into raw.loads values (?, ?, ?, ?, ?, ?, ?)",
        [
            contract.source, contract.name, table.business_date, table.attempt, table.rows, load_no,
            table.manifest["control_totals"].get("rows"),
        ],
    )  # fmt: skip
    return table.rows


def _forget_states_of_another_map(db: duckdb.DuckDBPyConnection, table: LandedTable) -> None:
    """Places and units of a city of files are what its map makes of them: those of another map never were."""
    read = "select map_sha256 from read_parquet(?, hive_partitioning = false)"
    held = db.execute(f"select map_sha256 from raw.{_raw_name(table.contract)}").fetchall()
    if held and held != db.execute(read, [str(table.folder / "part.parquet")]).fetchall():
        for contract in contracts.tables_of(table.contract.source):
            if contract.states:
                db.execute(f"delete from raw.{_raw_name(contract)}_states")


def _keep_states(db: duckdb.DuckDBPyConnection, table: LandedTable) -> None:
    """Add the rows of the newest snapshot that differ from the last state of their key, and the keys that it lists no more.

    A snapshot without a row strikes nothing off: no city ends that way, a delivery does.
    """
    raw, key = f"raw.{_raw_name(table.contract)}", table.contract.key
    is_same = " and ".join(f"snapshot.{name} is not distinct from held.{name}" for name in key)
    differs = " or ".join(f"snapshot.{name} is distinct from held.{name}" for name in table.contract.states)
    held = (
        f"(select * from {raw}_states qualify row_number() over "
        f"(partition by {', '.join(key)} order by load_no desc, seen_from desc, landed_attempt desc) = 1) as held"
    )
    db.execute(
        f"insert into {raw}_states select snapshot.*, $day, true from {raw} as snapshot "
        f"left join {held} on {is_same} where held.is_listed is distinct from true or {differs}",
        {"day": table.business_date},
    )
    db.execute(
        f"insert into {raw}_states select held.* replace ($day as landed_date, $attempt as landed_attempt, "
        f"(select max(load_no) from {raw}) as load_no, $day as seen_from, false as is_listed) from {held} "
        f"where is_listed and exists (from {raw}) and not exists (from {raw} as snapshot where {is_same})",
        {"day": table.business_date, "attempt": table.attempt},
    )


def _raw_name(contract: TableContract) -> str:
    return f"{contract.source}__{contract.name}"
