"""The 12345 hotline: tables of a PostgreSQL database, read in one snapshot and reconciled to its own counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from psycopg import sql

from minhu.business_dates import Window, extraction_window
from minhu.errors import SourceBlocked
from minhu.extract import columns, missing
from minhu.extract.hotline import completeness, loaded
from minhu.extract.hotline.rows import landed_batch, read_batches
from minhu.extract.hotline.snapshot import Rows, open_snapshot
from minhu.extract.hotline.tables import SCHEMA, WITH_OFFSET, check_schema, column_types, reading_of
from minhu.extract.privacy import Pseudonyms
from minhu.findings import Finding, sample
from minhu.landing import contracts
from minhu.landing.table_contract import TableContract
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings


def land(
    settings: Settings,
    landing: Landing,
    business_date: date,
    uri: str,
    pseudonyms: Pseudonyms,
    progress: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Read everything changed up to the end of ``business_date`` and land it.

    One read-only, repeatable-read transaction sees one state of the source; its own counts, asked inside the same
    transaction, must equal the rows read.

    Args:
        settings: overlap and time zone.
        landing: where to write.
        business_date: local day.
        uri: libpq connection string.
        pseudonyms: the home's key.
        progress: told a line per table.

    Raises:
        TransientError: the server cannot be reached or ended the connection.
        PermanentError: it refuses the user, or the database does not exist.
        SourceBlocked: a table or column is missing or has another type, or a total does not match.
    """
    before = loaded.Landed.until(landing, business_date) if settings.city.kind == "loaded" else None
    previous_end = landing.last_accepted_end("hotline", business_date) if before is None else None
    window = extraction_window(business_date, settings.zone, previous_end, settings.overlap_days)
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    findings: list[Finding] = []
    with open_snapshot(uri, "hotline", settings.zone) as connection:
        types = column_types(connection)
        check_schema(types)
        map_sha256 = _map_of(connection, types)
        for contract in contracts.tables_of("hotline"):
            if contract.name not in types:  # optional, or it would have been refused
                tables[contract.name] = contract.schema.empty_table()
                totals[contract.name] = {"rows": 0, "table_rows": 0}
                continue
            condition: sql.Composable = sql.SQL("true")
            parameters: list[Any] = []
            if before is None:
                condition, parameters = _window_condition(contract, window, settings.zone, types[contract.name])
            totals[contract.name] = _count(connection, contract, condition, parameters, settings.holds_against_source)
            table, dropped = _read(
                connection, contract, types[contract.name], condition, parameters, pseudonyms, settings.zone
            )
            findings += [*dropped, *_without_change_time(contract, table)]
            findings += columns.broken_codes("L1-HOT-023", contract, table)
            if table.num_rows != totals[contract.name]["rows"]:
                raise SourceBlocked(
                    f"read {contract.full_name} of {business_date}",
                    f"expected {totals[contract.name]['rows']} rows by the source's own count, read {table.num_rows}",
                    "ask the owner of the hotline whether rows are hidden by a policy, then run the date again",
                )
            outcome = _hold_against_source(
                connection, settings, landing, business_date, contract, types[contract.name], window, table, totals
            )
            findings += outcome.findings
            totals[contract.name] |= outcome.totals
            if before is not None:
                table, gone = loaded.land_whole(
                    contract, table, window.end, before, map_sha256, settings.missing_percent
                )
                findings += gone
                totals[contract.name]["rows"] = table.num_rows
            tables[contract.name] = table
            progress(f"{contract.full_name}: {table.num_rows:,} rows")
        findings += _load_findings(connection)
    return landing.write_attempt("hotline", business_date, window, tables, totals, findings)


def _hold_against_source(
    connection: Rows,
    settings: Settings,
    landing: Landing,
    business_date: date,
    contract: TableContract,
    types: dict[str, str],
    window: Window,
    landed: pa.Table,
    totals: dict[str, dict[str, int]],
) -> completeness.Outcome:
    """What of a table with change times no window brings; see :mod:`minhu.extract.hotline.completeness`."""
    if contract.version is None or not settings.holds_against_source:
        return completeness.Outcome()
    return completeness.check(
        settings.home,
        connection,
        completeness.Table(
            contract, types[contract.version] == WITH_OFFSET, window, settings.zone, landed,
            missing.before(landing, contract, business_date), settings.missing_percent,
        ),
        totals[contract.name]["table_rows"],
    )  # fmt: skip


def _window_condition(
    contract: TableContract, window: Window, zone: ZoneInfo, types: dict[str, str]
) -> tuple[sql.Composable, list[Any]]:
    """Condition on the change time; sources keep local times without an offset, or times with one.

    A row without a change time lies in no window, so every window takes it: it must not be lost.
    """
    if contract.version is None:
        return sql.SQL("true"), []
    column = sql.Identifier(contract.version)

    def parameter(moment: datetime) -> datetime:
        return moment if types[str(contract.version)] == WITH_OFFSET else moment.astimezone(zone).replace(tzinfo=None)

    if window.start is None:
        return sql.SQL("({0} < %s or {0} is null)").format(column), [parameter(window.end)]
    return (
        sql.SQL("({0} >= %s and {0} < %s or {0} is null)").format(column),
        [parameter(window.start), parameter(window.end)],
    )


def _count(
    connection: Rows, contract: TableContract, condition: sql.Composable, parameters: list[Any], is_whole: bool
) -> dict[str, int]:
    """The source's own count of the rows to be read and, where what landed is held against it, of the whole table.

    The whole table is not counted for nothing: that takes as long as its history is, and a backfill has many nights.
    """
    counted = "count(*) filter (where {condition}) as rows, count(*) as table_rows from {schema}.{table}"
    if not is_whole:
        counted = "count(*) as rows from {schema}.{table} where {condition}"
    statement = sql.SQL(f"select {counted}").format(
        condition=condition, schema=sql.Identifier(SCHEMA), table=sql.Identifier(contract.name)
    )
    row = connection.execute(statement, parameters).fetchone()
    return {name: int(value) for name, value in (row or {}).items()}


def _read(
    connection: Rows,
    contract: TableContract,
    types: dict[str, str],
    condition: sql.Composable,
    parameters: list[Any],
    pseudonyms: Pseudonyms,
    zone: ZoneInfo,
) -> tuple[pa.Table, list[Finding]]:
    reading = reading_of(contract)
    batches: list[pa.Table] = []
    dropped: dict[str, int] = {}
    for batch in read_batches(connection, contract, reading, types, condition, parameters):
        batches.append(landed_batch(batch, contract, reading, types, pseudonyms, zone, dropped))
    findings = [
        Finding(
            "L1-HOT-020", "info", "hotline", contract.full_name, column_name=name,
            rows_seen=sum(batch.num_rows for batch in batches), rows_failed=count,
            message=f"{count} values are not codes and were dropped: they might name someone",
        )
        for name, count in sorted(dropped.items())
    ]  # fmt: skip
    return (pa.concat_tables(batches) if batches else contract.schema.empty_table()), findings


def _without_change_time(contract: TableContract, table: pa.Table) -> list[Finding]:
    if contract.version is None or not table[contract.version].null_count:
        return []
    keys = table.filter(table[contract.version].is_null())[contract.key[0]].to_pylist()
    message = f"{len(keys)} rows have no {contract.version}: they are read every night and count as the oldest version"
    return [
        Finding(
            "L1-HOT-021", "warn", "hotline", contract.full_name, message, column_name=contract.version,
            rows_seen=table.num_rows, rows_failed=len(keys), sample_keys=sample(keys),
        )
    ]  # fmt: skip


def _map_of(connection: Rows, types: dict[str, dict[str, str]]) -> str:
    """SHA-256 of the map that order files were read by; "" where no files were loaded, or an older command loaded them."""
    found = connection.execute("select map_sha256 from hotline.load_map").fetchone() if "load_map" in types else None
    return str(found["map_sha256"]) if found else ""


def _load_findings(connection: Rows) -> list[Finding]:
    """What loading order files found, where the schema was filled by `minhu load-orders`."""
    if connection.execute("select to_regclass('hotline.load_findings') as name").fetchone() == {"name": None}:
        return []
    rows = connection.execute(
        "select * from hotline.load_findings order by rule_id, table_name, column_name, message"
    ).fetchall()
    return [Finding(source="hotline", **row) for row in rows]
