"""What readers of PostgreSQL see, held against the release by content: which cells differ, are missing or were added.

Rows that a night does not find changed are not written again, so what somebody altered in the database would stay. It is
read here as a reader reads it, through the views, in one snapshot; the release on disk is what is right. A night reads what was
written since the night before (:mod:`published_fingerprints`); `minhu verify` reads everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import sql

from minhu.ledger.chain import Event, release_events, sign_off_events
from minhu.release import published
from minhu.release import published_tables as tables
from minhu.release.published_contract import UNDATED, Contract, Table
from minhu.release.published_description import VIEWS, Connection, listed
from minhu.release.published_fingerprints import Compared, Shown, shown
from minhu.release.release_folder import Release, ReleaseFile

#: Differences told of one table; more are counted.
_SHOWN = 10
_LONGEST = 240
REPAIR = "`minhu db repair` makes `published` again from the releases"


def differences(
    uri: str, events: Sequence[Event], contract: Contract, release: Release, compared: Compared | None = None
) -> list[str]:
    """Everything in ``published`` that is not what the ledger and its current release say, as sentences.

    Args:
        uri: libpq connection string; a reader's is enough where everything is compared.
        events: the whole ledger.
        contract: the keys by which rows are told.
        release: the current one by the ledger.
        compared: what was equal before and is not read again unless it was written since, kept by whoever calls; None reads
            everything.

    Raises:
        TransientError: the server cannot be reached.
    """
    with published.connect(uri) as connection, connection.transaction(), duckdb.connect() as engine:
        connection.execute("set transaction isolation level repeatable read, read only")
        found, is_current = _wrong_releases(connection, events, release)
        if is_current:
            for name in release.table_names:
                found += _compare(name, release, connection, engine, contract.tables.get(name), compared)
    if compared is not None and is_current:
        compared.keep(release)
    return found


def _wrong_releases(connection: Connection, events: Sequence[Event], release: Release) -> tuple[list[str], bool]:
    """Differences in the list of releases (manifests, who signed which off), and whether it shows the current one."""
    try:
        with connection.transaction():
            rows = connection.execute(
                "select release_id, manifest_sha256, is_current, signed_off_by, as_of from published.releases "
                "order by release_no"
            ).fetchall()
    except psycopg.Error as error:
        return [f"published.releases cannot be read ({type(error).__name__})"], False
    known, signed = release_events(events), sign_off_events(events)
    found = []
    for release_id, manifest, _, signed_by, _ in rows:
        name = str(release_id)
        if name not in known:
            found.append(f"published.releases has {name}, which the ledger does not know")
            continue
        expected = signed[name].sign_off if name in signed else None
        if manifest != known[name].manifest_sha256:
            found.append(f"published.releases, {name}: another manifest than in the ledger")
        if signed_by != (expected.approver if expected else None):
            found.append(f"published.releases, {name}: signed_off_by is {signed_by!r}, in the ledger it is not")
    current = {str(release_id): as_of for release_id, _, is_current, _, as_of in rows if is_current}
    if current.get(release.release_id) not in (None, release.as_of.replace(tzinfo=None)):
        found.append(
            f"published.releases, {release.release_id}: as_of is {current[release.release_id]}, in the release it is not"
        )
    if list(current) != [release.release_id]:
        found.append(f"published shows {' '.join(current) or 'nothing'}, the current release is {release.release_id}")
    return found, list(current) == [release.release_id]


def _compare(
    name: str, release: Release, connection: Connection, engine: duckdb.DuckDBPyConnection, table: Table | None,
    compared: Compared | None,
) -> list[str]:  # fmt: skip
    files = [file for file in release.files if file.table == name]
    now = _shown(connection, name, release) if compared is not None else None
    wanted = compared.to_compare(name, files, now) if compared is not None and now is not None else None
    told: list[str] = []
    for parts, condition in _pieces(files, table, wanted):
        expected = release.table(name, parts)
        try:
            with connection.transaction():
                read = _read(connection, name, expected.schema, condition)
        except (psycopg.Error, pa.ArrowInvalid) as error:
            told = [f"published.{name} cannot be read as the release has it ({type(error).__name__})"]
            break
        told += _differing(name, expected, read, engine, table.primary_key if table else ())
    if compared is not None:
        if told or now is None:
            compared.forget(name)
        else:
            compared.remember(name, files, now)
    rest = len(told) - _SHOWN
    return told if rest <= 0 else [*told[:_SHOWN], f"published.{name}: {rest:,} more"]


def _shown(connection: Connection, name: str, release: Release) -> Shown | None:
    """Fingerprints of a table; None where they say nothing or cannot be taken, as for a reader or a table that is not there."""
    try:
        with connection.transaction():
            return shown(connection, name, tables.columns_of(connection, name), release)
    except psycopg.Error:
        return None


def _pieces(
    files: Sequence[ReleaseFile], table: Table | None, wanted: set[str] | None
) -> Iterator[tuple[set[str] | None, sql.Composable]]:
    """What is compared at once: parts of the release, and which rows of PostgreSQL have to be those.

    A year of the date that decides the files at a time, so that a long history is never whole in memory. Where everything is
    wanted every row of PostgreSQL is in one piece, whatever its date: before the second year in the first, after the last in that.
    """
    parts = sorted(file.part for file in files if wanted is None or file.part in wanted)
    if not parts:
        return
    years = sorted({part[:4] for part in parts if part != UNDATED})
    # a table that is cut into parts now was one file in releases of before
    if table is None or table.part_by is None or parts == [""] or (wanted is None and len(years) < 2):
        yield None, sql.SQL("true")
        return
    date = sql.Identifier(table.part_by)
    if UNDATED in parts:
        yield {UNDATED}, sql.SQL("{} is null").format(date)
    for year, next_year in zip(years, [*years[1:], None], strict=True):
        of_year = {part for part in parts if part[:4] == year}
        if wanted is not None:
            bounds = sql.SQL("{date} >= {low} and {date} < {high}").format(
                date=date, low=f"{year}-01-01", high=f"{int(year) + 1}-01-01"
            )
            yield of_year, sql.SQL(f"{{}} and {table.part_in_postgres} = any({{}})").format(bounds, sorted(of_year))
            continue
        low = "{date} >= {low}" if year != years[0] else "true"
        high = "{date} < {high}" if next_year else "true"
        first = " or {date} is null" if year == years[0] and UNDATED not in parts else ""
        yield (
            of_year,
            sql.SQL(f"({low} and {high}{first})").format(date=date, low=f"{year}-01-01", high=f"{next_year}-01-01"),
        )


def _differing(
    name: str, expected: pa.Table, shown: pa.Table, engine: duckdb.DuckDBPyConnection, key: Sequence[str]
) -> list[str]:
    engine.register("expected", expected)
    engine.register("shown", shown)
    lost = _rows(engine, "expected", "shown", expected.column_names)
    if not lost and expected.num_rows == shown.num_rows:  # no row of a release stands there twice
        return []
    added = _rows(engine, "shown", "expected", expected.column_names)
    told = list(_told(name, lost, added, key or expected.column_names))
    if len(told) < abs(shown.num_rows - expected.num_rows):
        told.append(
            f"published.{name}: {shown.num_rows:,} rows, released were {expected.num_rows:,}: some stand there twice"
        )
    return told


def _read(connection: Connection, name: str, schema: pa.Schema, condition: sql.Composable) -> pa.Table:
    """What a view shows of the rows that ``condition`` holds for, in the columns and types of the release."""
    statement = sql.SQL("copy (select {} from {} where {}) to stdout (format csv)").format(
        listed(schema.names), sql.Identifier(VIEWS, name), condition
    )
    with connection.cursor().copy(statement) as copy:
        content = b"".join(map(bytes, copy))
    if not content:
        return schema.empty_table()
    return pa_csv.read_csv(
        pa.BufferReader(content),
        read_options=pa_csv.ReadOptions(column_names=schema.names),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
            true_values=["t"], false_values=["f"],
        ),
    )  # fmt: skip


def _rows(engine: duckdb.DuckDBPyConnection, those: str, without: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    same = " and ".join(f'{those}."{column}" is not distinct from {without}."{column}"' for column in columns)
    found = engine.execute(f"select * from {those} anti join {without} on {same} order by all")  # noqa: S608
    return list(found.to_arrow_table().to_pylist())


def _told(
    name: str, lost: Sequence[Mapping[str, Any]], added: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> Iterator[str]:
    """Rows of one key on both sides differ in cells; the others are missing or too many."""
    by_key = {tuple(row[column] for column in key): row for row in added}
    for row in lost:
        at = tuple(row[column] for column in key)
        other = by_key.pop(at, None)
        if other is None:
            yield f"{_where(name, key, at)}: the row is missing"
            continue
        cells = [
            f"{column} is {_text(other[column])}, released was {_text(row[column])}"
            for column in row
            if other[column] != row[column]
        ]
        yield f"{_where(name, key, at)}: {'; '.join(cells)}"
    for at in by_key:
        yield f"{_where(name, key, at)}: the row was never released"


def _where(name: str, key: Sequence[str], at: tuple[Any, ...]) -> str:
    """A row by its key; where the whole row is its key, by the beginning of it."""
    row = " ".join(f"{column}={_text(value)}" for column, value in zip(key, at, strict=True))
    return f"published.{name}, {row if len(row) <= _LONGEST else row[:_LONGEST] + '…'}"


def _text(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
