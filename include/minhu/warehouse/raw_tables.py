"""From landing into the schema ``raw`` of the work file: every accepted delivery once, never one that came later."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from minhu.errors import PermanentError
from minhu.landing import contracts, packs
from minhu.landing.inventory import Inventory, LandedKey, LandedTable
from minhu.landing.table_contract import TableContract
from minhu.settings import Settings
from minhu.warehouse.work_file import connect, scalar

_MAP = "hotline.load_map"


def load_attempts(db: duckdb.DuckDBPyConnection, inventory: Inventory) -> dict[str, int]:
    """Load what is not loaded yet; returns rows per landed table."""
    load_no = scalar(db, "select coalesce(max(load_no), 0) + 1 from raw.loads")
    loaded = _part_hashes(db)
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
    new = [table for table in inventory.tables if table.key not in loaded]
    rows: dict[str, int] = {}
    for together in _with_one_map(new):
        for full_name, tables in together.items():
            load = _load_snapshots if tables[0].contract.is_snapshot else _add_rows
            rows[full_name] = rows.get(full_name, 0) + load(db, tables, load_no)
    _note_loads(db, new, load_no)
    return {full_name: count for full_name, count in rows.items() if count}


def _with_one_map(tables: Sequence[LandedTable]) -> Iterator[dict[str, list[LandedTable]]]:
    """Deliveries that may be loaded table by table, by its name, in order: another map of order files makes other places."""
    maps = {(t.business_date, t.attempt): t.part_sha256 for t in tables if t.contract.full_name == _MAP}

    def map_of(table: LandedTable) -> Any:
        return table.contract.source, maps.get((table.business_date, table.attempt))

    for _, group in itertools.groupby(tables, map_of):
        together: dict[str, list[LandedTable]] = {}
        for table in group:
            together.setdefault(table.contract.full_name, []).append(table)
        yield together


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


def manifest_records(db: duckdb.DuckDBPyConnection, inventory: Inventory, home: Path) -> list[dict[str, object]]:
    """The evidence behind a release: the manifest of every delivery that was loaded, by path below ``home``, hash and rows.

    Hashes are those of when it was loaded; a manifest that was changed since does not match its release (``minhu verify``).

    Raises:
        PermanentError: one of them is gone.
    """
    loaded = db.execute(
        "select source, table_name, business_date, attempt, manifest_sha256, row_count from raw.loads"
    ).fetchall()
    known = {(source, name, day, number): (digest, rows) for source, name, day, number, digest, rows in loaded}
    root = inventory.landing.root
    listed = {table.path: known[table.key] for table in inventory.tables}
    for path in packs.lost(root, listed):
        raise PermanentError(
            f"list what the release of {inventory.business_date} rests on",
            f"expected {(root / path).relative_to(home)}/manifest.json, which was loaded, found no file",
            "restore landing from a copy; without it the release could never be made again",
        )
    below = root.relative_to(home).as_posix()
    return [
        {"path": f"{below}/{path}/manifest.json", "sha256": digest, "rows": rows}
        for path, (digest, rows) in sorted(listed.items())
    ]


def loaded_parts(settings: Settings) -> dict[LandedKey, str]:
    """SHA-256 of the rows of every delivery that the work file holds; nothing where it cannot be read."""
    try:
        with connect(settings, read_only=True) as db:
            return _part_hashes(db)
    except duckdb.Error:
        return {}


def _part_hashes(db: duckdb.DuckDBPyConnection) -> dict[LandedKey, str]:
    rows = db.execute("select source, table_name, business_date, attempt, part_sha256 from raw.loads").fetchall()
    return {(source, name, day, number): digest for source, name, day, number, digest in rows}


def reference_hash(inventory: Inventory, loaded: Mapping[LandedKey, str]) -> str:
    """Hash of the snapshots that move rows, each with the day from which on it was the newest.

    Args:
        inventory: of the night.
        loaded: what the work file knows of them (:func:`loaded_parts`); manifests of others are read.
    """
    digest = hashlib.sha256()
    for contract in contracts.TABLES:
        if contract.is_reference:
            for day, part in _distinct_snapshots(inventory.tables_named(contract.full_name), loaded):
                digest.update(json.dumps([contract.source, contract.name, day, part]).encode())
    return digest.hexdigest()


def _distinct_snapshots(landed: Sequence[LandedTable], loaded: Mapping[LandedKey, str]) -> list[tuple[str, str]]:
    """First day and hash of every snapshot that differs from the one before it, in order of day and attempt.

    A snapshot that comes late, as another attempt at an earlier night, is a state that a night has passed over.
    """
    found: list[tuple[str, str]] = []
    for table in landed:
        part = loaded.get(table.key) or table.part_sha256
        if not found or found[-1][1] != part:
            found.append((table.business_date.isoformat(), part))
    return found


def _add_rows(db: duckdb.DuckDBPyConnection, tables: Sequence[LandedTable], load_no: int) -> int:
    """Load all deliveries of a table whose rows add up, in one statement: many past nights come at once."""
    tables = [table for table in tables if table.rows]
    if tables:
        deliveries = {
            "filename": [str(table.part) for table in tables],
            "business_date": [table.business_date for table in tables],
            "attempt": [table.attempt for table in tables],
        }
        db.register("deliveries", pa.table(deliveries))
        db.execute(
            f"insert into raw.{_raw_name(tables[0].contract)} select landed.* exclude (filename), business_date, attempt, ? "
            "from read_parquet(?, hive_partitioning = false, filename = true) as landed join deliveries using (filename)",
            [load_no, deliveries["filename"]],
        )
        db.unregister("deliveries")
    return sum(table.rows for table in tables)


def _load_snapshots(db: duckdb.DuckDBPyConnection, tables: Sequence[LandedTable], load_no: int) -> int:
    """Load lists one after the other, for each says what changed since the one before; of equal ones the first and the last."""
    loaded: LandedTable | None = None
    rows = 0
    for table in tables:
        is_same = loaded is not None and loaded.part_sha256 == table.part_sha256
        if not is_same or table is tables[-1]:
            rows += _load_snapshot(db, table, load_no)
            loaded = table
    return rows


def _load_snapshot(db: duckdb.DuckDBPyConnection, table: LandedTable, load_no: int) -> int:
    contract, raw = table.contract, f"raw.{_raw_name(table.contract)}"
    if scalar(db, f"select count(*) from {raw} where landed_date > ?", table.business_date):
        return 0
    if contract.full_name == _MAP:
        _forget_states_of_another_map(db, table)
    db.execute(f"delete from {raw}")
    db.execute(
        f"insert into {raw} select *, ?, ?, ? from read_parquet(?, hive_partitioning = false)",
        [table.business_date, table.attempt, load_no, str(table.part)],
    )
    if contract.states:
        _keep_states(db, table)
    return table.rows


def _note_loads(db: duckdb.DuckDBPyConnection, tables: Sequence[LandedTable], load_no: int) -> None:
    if not tables:
        return
    noted = [
        (
            *table.key, table.rows, load_no, table.manifest["control_totals"].get("rows"), table.part_sha256,
            table.manifest_sha256,
        )
        for table in tables
    ]  # fmt: skip
    kinds = [
        pa.string(), pa.string(), pa.date32(), pa.int32(), pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.string(),
    ]  # fmt: skip
    columns = [pa.array(values, kind) for values, kind in zip(zip(*noted, strict=True), kinds, strict=True)]
    db.register("noted", pa.table(columns, names=[f"c{at}" for at in range(len(columns))]))
    db.execute("insert into raw.loads from noted")
    db.unregister("noted")


def _forget_states_of_another_map(db: duckdb.DuckDBPyConnection, table: LandedTable) -> None:
    """Places and units of a city of files are what its map makes of them: those of another map never were."""
    read = "select map_sha256 from read_parquet(?, hive_partitioning = false)"
    held = db.execute(f"select map_sha256 from raw.{_raw_name(table.contract)}").fetchall()
    if held and held != db.execute(read, [str(table.part)]).fetchall():
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
