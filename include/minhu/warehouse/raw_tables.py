"""From landing into the schema ``raw`` of the work file: every accepted delivery once, never one that came later."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from minhu.landing import contracts
from minhu.landing.contracts import TableContract
from minhu.landing.zone import Arrival, Landing
from minhu.settings import Settings
from minhu.warehouse.work_file import scalar

#: Pictures whose change moves rows that did not change themselves.
REFERENCE_TABLES = (
    ("hotline", "places"), ("hotline", "units"), ("grid", "grids"), ("stations", "points"), ("stations", "items"),
    ("stations", "residents"),
)  # fmt: skip
#: Pictures of the organisation and what in them makes another state: a figure can be read by the borders of its day.
STATES = {
    "hotline.places": ("name", "level", "parent_code", "valid_from", "valid_to", "successor_code"),
    "hotline.units": ("name", "kind", "place_code", "parent_code", "valid_from", "valid_to"),
}


def load_attempts(db: duckdb.DuckDBPyConnection, landing: Landing, business_date: date) -> dict[str, int]:
    """Load what is not loaded yet; returns rows per landed table."""
    load_no = scalar(db, "select coalesce(max(load_no), 0) + 1 from raw.loads")
    loaded = set(db.execute("select source, table_name, business_date, attempt from raw.loads").fetchall())
    rows: dict[str, int] = {}
    for contract in contracts.TABLES:
        db.register("empty_table", contract.schema.empty_table())
        db.execute(
            f"create table if not exists raw.{_raw_name(contract)} as select *, cast(null as date) as landed_date, "
            f"cast(null as integer) as landed_attempt, cast(null as bigint) as load_no from empty_table"
        )
        db.unregister("empty_table")
        if contract.full_name in STATES:
            db.execute(
                f"create table if not exists raw.{_raw_name(contract)}_states as "
                f"select *, cast(null as date) as seen_from from raw.{_raw_name(contract)} where false"
            )
    for source in contracts.SOURCES:
        for arrival in landing.arrivals(source, business_date):
            for number in range(1, (arrival.attempt or 0) + 1):
                for contract in contracts.tables_of(source):
                    if (source, contract.name, arrival.business_date, number) not in loaded:
                        count = _load_table(db, landing, contract, arrival, number, load_no)
                        if count:
                            rows[contract.full_name] = rows.get(contract.full_name, 0) + count
    return rows


def is_behind(db: duckdb.DuckDBPyConnection, landing: Landing, business_date: date) -> bool:
    """Whether landing has something for the date or before that was not there when ``raw`` was brought to it."""
    loaded = set(db.execute("select distinct source, business_date, attempt from raw.loads").fetchall())
    known = dict(db.execute("select source, status from raw.arrivals").fetchall())
    for source in contracts.SOURCES:
        arrivals = landing.arrivals(source, business_date)
        landed = {(source, a.business_date, n) for a in arrivals for n in range(1, (a.attempt or 0) + 1)}
        tonight = [a.status for a in arrivals if a.business_date == business_date]
        if not landed <= loaded or known.get(source) != (tonight[0] if tonight else "blocked"):
            return True
    return False


def write_arrivals(db: duckdb.DuckDBPyConnection, settings: Settings, landing: Landing, business_date: date) -> None:
    """What came of each delivery of the date, and which inputs the city does not have."""
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


def city_code(db: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """Code of the place that is the whole city."""
    found = scalar(db, "select min(place_code) from raw.hotline__places where level = 'city'")
    return str(found or settings.city.code)


def reference_hash(landing: Landing, business_date: date) -> str:
    """Hash of the newest accepted pictures up to the date, and of the states the organisation was seen in before."""
    digest = hashlib.sha256()
    for source, name in REFERENCE_TABLES:
        accepted = [a for a in landing.arrivals(source, business_date) if a.attempt is not None]
        if accepted:
            newest = accepted[-1]
            manifest = landing.manifest(source, name, newest.business_date, int(newest.attempt or 0))
            digest.update(json.dumps([source, name, manifest["files"]], sort_keys=True).encode())
    for source, name in sorted(full_name.split(".") for full_name in STATES):
        for day, files in _distinct_pictures(landing, source, name, business_date)[:-1]:
            digest.update(json.dumps([source, name, day, files], sort_keys=True).encode())
    return digest.hexdigest()


def _distinct_pictures(landing: Landing, source: str, name: str, business_date: date) -> list[tuple[str, Any]]:
    """First day and files of every picture that differs from the one before it, in order of day and attempt.

    A picture that comes late, as another attempt at an earlier night, is a state that a night has passed over.
    """
    found: list[tuple[str, Any]] = []
    for arrival in landing.arrivals(source, business_date):
        for number in range(1, (arrival.attempt or 0) + 1):
            files = landing.manifest(source, name, arrival.business_date, number)["files"]
            if not found or found[-1][1] != files:
                found.append((arrival.business_date.isoformat(), files))
    return found


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
        if scalar(db, f"select count(*) from {raw} where landed_date > ?", arrival.business_date):
            return 0
        db.execute(f"delete from {raw}")
    db.execute(
        f"insert into {raw} select *, ?, ?, ? from read_parquet(?, hive_partitioning = false)",
        [arrival.business_date, number, load_no, str(path)],
    )
    if contract.full_name in STATES:
        _keep_states(db, contract, arrival.business_date)
    manifest = landing.manifest(contract.source, contract.name, arrival.business_date, number)
    count, said = int(manifest["row_count"]), manifest["control_totals"].get("rows")
    db.execute(
        "insert into raw.loads values (?, ?, ?, ?, ?, ?, ?)",
        [contract.source, contract.name, arrival.business_date, number, count, load_no, said],
    )
    return count


def _keep_states(db: duckdb.DuckDBPyConnection, contract: TableContract, seen_from: date) -> None:
    """Add the rows of the newest picture that differ from the last state of their key."""
    raw, (key,) = f"raw.{_raw_name(contract)}", contract.key
    differs = " or ".join(f"picture.{name} is distinct from held.{name}" for name in STATES[contract.full_name])
    db.execute(
        f"insert into {raw}_states select picture.*, cast(? as date) from {raw} as picture left join ("
        f"select *, row_number() over (partition by {key} order by load_no desc, seen_from desc, landed_attempt desc) as recency "
        f"from {raw}_states) as held on picture.{key} = held.{key} and held.recency = 1 "
        f"where held.{key} is null or {differs}",
        [seen_from],
    )


def _is_picture(contract: TableContract) -> bool:
    """A table that a newer delivery replaces as a whole: no versions, and no day in its key."""
    return contract.version is None and not pa.types.is_date(contract.schema.field(contract.key[0]).type)


def _raw_name(contract: TableContract) -> str:
    return f"{contract.source}__{contract.name}"
