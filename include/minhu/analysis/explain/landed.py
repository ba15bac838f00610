"""The landed rows of a record: which file, which attempt, which row in it, and which of them is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from minhu.analysis.explain.counting import COUNTINGS, Counting
from minhu.analysis.explain.records import KEPT, Record, WorkFile
from minhu.landing.contracts import TABLES
from minhu.landing.table_contract import TableContract
from minhu.landing.zone import Landing
from minhu.settings import Settings


@dataclass(frozen=True)
class LandedRow:
    """One row of a landed file.

    Attributes:
        table: landed table.
        record: business key of the record it belongs to.
        row_key: its own key, as text; that of the record where the table holds one row per record.
        business_date: night of the delivery.
        attempt: number of the attempt.
        file: path below the home.
        row: its place in the file; the first row is 1.
        version_at: the source's own time of this version, UTC; None for a table without versions.
        is_counted: it is the version that counts, not one that another took the place of.
    """

    table: str
    record: str
    row_key: str
    business_date: date
    attempt: int
    file: str
    row: int
    version_at: datetime | None
    is_counted: bool


@dataclass(frozen=True)
class LandedFile:
    """A landed file and the hash its manifest has of it."""

    file: str
    sha256: str


def find_rows(
    settings: Settings, work: WorkFile, contract: dict[str, Any], records: Sequence[Record]
) -> tuple[list[LandedRow], list[LandedFile]]:
    """Every landed row of ``records`` in the tables the KPI is made of, with its place in its file.

    Args:
        settings: of the home.
        work: the open work file; it says in which deliveries a record came.
        contract: row of ``kpi_contract``.
        records: of one cell.
    """
    landing = Landing(settings.landing_dir)
    rows: list[LandedRow] = []
    for counting in COUNTINGS[str(contract["count_model"])]:
        named = [record for record in records if record.table == counting.table]
        for table in TABLES:
            is_read = table.full_name in (counting.table, *str(contract["inputs"]).split())
            if named and is_read and counting.key in table.schema.names:
                rows += _rows_of(work.engine, settings, landing, table, counting, named)
    rows.sort(key=lambda row: (row.record, row.table, row.business_date, row.attempt, row.row))
    return rows, _files(landing, rows)


def _rows_of(
    engine: duckdb.DuckDBPyConnection,
    settings: Settings,
    landing: Landing,
    table: TableContract,
    counting: Counting,
    records: Sequence[Record],
) -> list[LandedRow]:
    raw, key = f"{KEPT}.raw.{table.source}__{table.name}", counting.key
    day_column = counting.day_in_key if table.full_name == counting.table else ""
    same_day = f" and landed.{day_column} = wanted.day" if day_column else ""
    keys, days = [record.key for record in records], [record.day if day_column else None for record in records]
    wanted = pa.table({"record": pa.array(keys, pa.string()), "day": pa.array(days, pa.date32())})
    engine.register("wanted_records", wanted.group_by(["record", "day"]).aggregate([]))
    deliveries = engine.execute(
        f"""select distinct landed.landed_date, landed.landed_attempt
            from {raw} as landed inner join wanted_records as wanted on landed.{key} = wanted.record{same_day}
            order by all"""  # noqa: S608  names come from our own contracts
    ).fetchall()
    own_key = " || ' ' || ".join(f"cast(landed.{column} as varchar)" for column in table.key)
    parts = [
        f"""select landed.*, wanted.record, {own_key} as row_key, date '{day}' as landed_date,
                {int(number)} as landed_attempt, landed.file_row_number + 1 as row
            from read_parquet('{_part(landing, table, day, number)}', hive_partitioning = false, file_row_number = true)
                as landed
            inner join wanted_records as wanted on landed.{key} = wanted.record{same_day}"""  # noqa: S608
        for day, number in deliveries
    ]
    if not parts:
        return []
    # as macro newest_versions: a tie goes to the later landing, so a corrected delivery wins
    version = table.version or "landed_date"
    found = engine.execute(
        f"""with landed as ({" union all ".join(parts)})
            select record, row_key, landed_date, landed_attempt, row,
                {table.version or "cast(null as timestamp)"} as version_at,
                row_number() over (
                    partition by {", ".join(table.key)} order by {version} desc, landed_date desc, landed_attempt desc, row
                ) = 1 as is_counted
            from landed"""  # noqa: S608
    ).fetchall()
    engine.unregister("wanted_records")
    return [
        LandedRow(
            table.full_name, record, row_key, day, number,
            _part(landing, table, day, number).relative_to(settings.home).as_posix(), row, version_at, is_counted,
        )
        for record, row_key, day, number, row, version_at, is_counted in found
    ]  # fmt: skip


def _part(landing: Landing, table: TableContract, day: date, number: int) -> Path:
    return landing.laid_out(table, day, number) / "part.parquet"


def _files(landing: Landing, rows: Sequence[LandedRow]) -> list[LandedFile]:
    """The files of the rows, with the hash that the manifest beside each has."""
    found = []
    for file, table, day, number in sorted({(row.file, row.table, row.business_date, row.attempt) for row in rows}):
        source, name = table.split(".")
        listed = landing.manifest(source, name, day, number)["files"]
        found.append(LandedFile(file, next(str(entry["sha256"]) for entry in listed if file.endswith(entry["name"]))))
    return found
