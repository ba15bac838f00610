"""The 12345 hotline: tables of a PostgreSQL database, read in one snapshot and reconciled to its own counts."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pyarrow as pa
from psycopg import sql

from minhu import contracts, privacy
from minhu.contracts import TableContract
from minhu.errors import MinhuError, PermanentError, SourceBlocked, TransientError
from minhu.findings import Finding
from minhu.landing import Attempt, Landing
from minhu.privacy import Pseudonyms
from minhu.settings import Settings
from minhu.windows import Window, extraction_window

SCHEMA = "hotline"
BATCH_ROWS = 20_000
CONNECT_SECONDS = 10
STATEMENT_MILLISECONDS = 15 * 60 * 1000

#: PostgreSQL types that may stand behind each landed type.
_ACCEPTED_TYPES: dict[str, set[str]] = {
    "string": {"text", "character varying", "character", "uuid", "bigint", "integer"},
    "int64": {"integer", "bigint", "smallint", "numeric"},
    "bool": {"boolean"},
    "date32[day]": {"date"},
    "timestamp[us]": {"timestamp without time zone", "timestamp with time zone"},
}


@dataclass(frozen=True)
class Reading:
    """How a landed table is read from its source table.

    Attributes:
        personal: source columns that are read, transformed in memory and dropped.
        derived: landed columns that come from personal ones: landed name to a function of the row.
        coded: columns that may hold a sentence where a code is meant; anything else than a code is dropped.
        is_optional: the table may be missing.
    """

    personal: tuple[str, ...] = ()
    derived: dict[str, Callable[[Pseudonyms, dict[str, Any]], Any]] = field(default_factory=dict)
    coded: tuple[str, ...] = ()
    is_optional: bool = False


READINGS: dict[str, Reading] = {
    "calls": Reading(
        personal=("caller_phone", "agent_id"),
        derived={
            "caller_key": lambda p, r: p.person("phone", r["caller_phone"]),
            "agent_key": lambda p, r: p.person("staff", r["agent_id"]),
        },
    ),
    "work_orders": Reading(
        personal=("caller_phone", "lon", "lat", "content"),
        derived={
            "caller_key": lambda p, r: p.person("phone", r["caller_phone"]),
            "location_cell": lambda p, r: privacy.location_cell(r["lon"], r["lat"]),
            "content_length": lambda p, r: len(r["content"]) if r["content"] else None,
            "content_hash": lambda p, r: p.fingerprint(r["content"])[1],
        },
    ),
    "order_events": Reading(coded=("from_value", "to_value")),
    "callbacks": Reading(
        personal=("interviewer_id",),
        derived={"interviewer_key": lambda p, r: p.person("staff", r["interviewer_id"])},
        coded=("invalid_reason",),
    ),
    "order_claims": Reading(is_optional=True),
}


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
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("hotline", business_date), settings.overlap_days
    )
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    findings: list[Finding] = []
    with _snapshot(uri) as connection:
        for contract in contracts.tables_of("hotline"):
            reading = READINGS.get(contract.name, Reading())
            if not _check_columns(connection, contract, reading):
                tables[contract.name] = contract.schema.empty_table()
                totals[contract.name] = {"rows": 0, "table_rows": 0}
                continue
            condition, parameters = _window_condition(contract, window, settings.zone)
            totals[contract.name] = _count(connection, contract, condition, parameters)
            table, dropped = _read(connection, contract, reading, condition, parameters, pseudonyms, settings.zone)
            tables[contract.name] = table
            findings += dropped
            if table.num_rows != totals[contract.name]["rows"]:
                raise SourceBlocked(
                    f"read {contract.full_name} of {business_date}",
                    f"expected {totals[contract.name]['rows']} rows by the source's own count, read {table.num_rows}",
                    "ask the owner of the hotline whether rows are hidden by a policy, then run the date again",
                )
            progress(f"{contract.full_name}: {table.num_rows:,} rows")
        findings += _load_findings(connection)
    return landing.write_attempt("hotline", business_date, window, tables, totals, findings)


@contextmanager
def _snapshot(uri: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A read-only repeatable-read transaction; connection errors in our words, without the connection string."""
    try:
        connection = psycopg.connect(
            uri, connect_timeout=CONNECT_SECONDS, row_factory=psycopg.rows.dict_row,
            options=f"-c statement_timeout={STATEMENT_MILLISECONDS}",
        )  # fmt: skip
    except psycopg.OperationalError as error:
        raise _connection_error(error) from None
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        with connection:
            yield connection
    except psycopg.errors.InsufficientPrivilege as error:
        raise PermanentError(
            "read the hotline", _first_line(error), "grant select on schema hotline to the user"
        ) from None
    except psycopg.OperationalError as error:
        raise TransientError(
            "read the hotline", f"the connection broke ({_first_line(error)})", "run the date again; nothing was landed"
        ) from None


def _connection_error(error: psycopg.OperationalError) -> MinhuError:
    text = str(error)
    if "password" in text or "authentication" in text or "role " in text:
        return PermanentError(
            "connect to the hotline", "the server refused the user or password", "correct the connection minhu_hotline"
        )
    if "database" in text and "does not exist" in text:
        return PermanentError(
            "connect to the hotline", "the database does not exist", "correct the connection minhu_hotline"
        )
    return TransientError(
        "connect to the hotline", "the server does not answer", "check that it runs and can be reached, then run again"
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _check_columns(connection: psycopg.Connection[dict[str, Any]], contract: TableContract, reading: Reading) -> bool:
    """Compare the source table with the contract; False for an optional table that is not there."""
    found = {
        row["column_name"]: row["data_type"]
        for row in connection.execute(
            "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s",
            (SCHEMA, contract.name),
        )
    }
    if not found:
        if reading.is_optional:
            return False
        raise SourceBlocked(
            f"read {contract.full_name}", "the table does not exist or may not be read", "create it, or grant select"
        )
    for name in _source_columns(contract, reading):
        if name not in found:
            near = difflib.get_close_matches(name, found, n=1)
            raise SourceBlocked(
                f"read {contract.full_name}",
                f"expected a column {name}, found {'none; the nearest is ' + near[0] if near else 'none like it'}",
                "mend the source's view, or its contract",
            )
        if name in contract.schema.names:
            landed = str(contract.schema.field(name).type)
            if found[name] not in _ACCEPTED_TYPES[landed]:
                raise SourceBlocked(
                    f"read {contract.full_name}.{name}",
                    f"expected {' or '.join(sorted(_ACCEPTED_TYPES[landed]))}, found {found[name]}",
                    "mend the source's view, or its contract",
                )
    return True


def _source_columns(contract: TableContract, reading: Reading) -> list[str]:
    plain = [name for name in contract.schema.names if name not in reading.derived]
    return [*plain, *reading.personal]


def _window_condition(contract: TableContract, window: Window, zone: ZoneInfo) -> tuple[sql.Composable, list[Any]]:
    """Condition on the change time; sources keep local times without an offset, or times with one."""
    if contract.version is None:
        return sql.SQL("true"), []
    column = sql.Identifier(contract.version)
    until, parameters = sql.SQL("{} < %s").format(column), [window.end.astimezone(zone).replace(tzinfo=None)]
    if window.start is None:
        return until, parameters
    return (
        sql.SQL("{} >= %s and {} < %s").format(column, column),
        [window.start.astimezone(zone).replace(tzinfo=None), *parameters],
    )


def _count(
    connection: psycopg.Connection[dict[str, Any]],
    contract: TableContract,
    condition: sql.Composable,
    parameters: list[Any],
) -> dict[str, int]:
    statement = sql.SQL("select count(*) filter (where {}) as rows, count(*) as table_rows from {}.{}").format(
        condition, sql.Identifier(SCHEMA), sql.Identifier(contract.name)
    )
    row = connection.execute(statement, parameters).fetchone()
    return {name: int(value) for name, value in (row or {}).items()}


def _read(
    connection: psycopg.Connection[dict[str, Any]],
    contract: TableContract,
    reading: Reading,
    condition: sql.Composable,
    parameters: list[Any],
    pseudonyms: Pseudonyms,
    zone: ZoneInfo,
) -> tuple[pa.Table, list[Finding]]:
    statement = sql.SQL("select {} from {}.{} where {}").format(
        sql.SQL(", ").join(map(sql.Identifier, _source_columns(contract, reading))),
        sql.Identifier(SCHEMA),
        sql.Identifier(contract.name),
        condition,
    )
    batches: list[pa.Table] = []
    dropped: dict[str, int] = {}
    with connection.cursor(name=f"minhu_{contract.name}") as cursor:
        cursor.itersize = BATCH_ROWS
        cursor.execute(statement, parameters)
        while rows := cursor.fetchmany(BATCH_ROWS):
            batches.append(_landed(rows, contract, reading, pseudonyms, zone, dropped))
    findings = [
        Finding(
            "L1-HOT-020", "info", "hotline", contract.full_name, column_name=name, rows_failed=count,
            message=f"{count} values are not codes and were dropped: they might name someone",
        )
        for name, count in sorted(dropped.items())
    ]  # fmt: skip
    return (pa.concat_tables(batches) if batches else contract.schema.empty_table()), findings


def _landed(
    rows: Sequence[dict[str, Any]],
    contract: TableContract,
    reading: Reading,
    pseudonyms: Pseudonyms,
    zone: ZoneInfo,
    dropped: dict[str, int],
) -> pa.Table:
    columns: dict[str, list[Any]] = {}
    for column in contract.schema:
        if column.name in reading.derived:
            make = reading.derived[column.name]
            columns[column.name] = [make(pseudonyms, row) for row in rows]
            continue
        values = [row[column.name] for row in rows]
        if pa.types.is_timestamp(column.type):
            values = [_utc(value, zone) for value in values]
        elif pa.types.is_string(column.type):
            values = [None if value is None else str(value) for value in values]
        if column.name in reading.coded:
            kept = [privacy.code_or_none(value) for value in values]
            lost = sum(1 for value, code in zip(values, kept, strict=True) if value is not None and code is None)
            if lost:
                dropped[column.name] = dropped.get(column.name, 0) + lost
            values = kept
        columns[column.name] = values
    return pa.table(columns, schema=contract.schema)


def _utc(value: datetime | None, zone: ZoneInfo) -> datetime | None:
    """UTC without offset. A local time that a clock change made twice is taken as its first occurrence."""
    if value is None:
        return None
    aware = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # year 9999 west of Greenwich: keep it recognisable for the record rules
        return value.replace(tzinfo=None)


def _load_findings(connection: psycopg.Connection[dict[str, Any]]) -> list[Finding]:
    """What loading order files found, where the schema was filled by `minhu load-orders`."""
    if connection.execute("select to_regclass('hotline.load_findings') as name").fetchone() == {"name": None}:
        return []
    rows = connection.execute(
        "select rule_id, severity, table_name, column_name, rows_seen, rows_failed, sample_keys, message "
        "from hotline.load_findings order by rule_id, table_name, column_name, message"
    ).fetchall()
    return [Finding(source="hotline", **row) for row in rows]
