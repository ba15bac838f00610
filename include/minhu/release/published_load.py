"""What a release changes in the versioned tables: rows that are new are inserted, those it no longer has are closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO

import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from psycopg import sql

from minhu.database import sessions
from minhu.errors import PermanentError
from minhu.release.published_description import STORE, Connection, listed, open_rows_of, versions_of
from minhu.release.published_tables import columns_of, schema_of
from minhu.release.release_folder import Release, ReleaseFile, is_settled

BATCH_ROWS = 65_536

Composable = sql.Composable


def load(
    connection: Connection, name: str, release: Release, number: int, unchanged: frozenset[str]
) -> tuple[int, int]:
    """Bring one versioned table to the rows of a release.

    Only files that changed are read; the rows are compared set-wise in the server by a hash of their content.

    Args:
        connection: inside the publishing transaction.
        name: published table; one the release does not have is emptied.
        release: what to load.
        number: its release_no.
        unchanged: names of files whose rows are already the open ones.

    Returns:
        Row versions inserted and closed.

    Raises:
        PermanentError: a row that no release put there has the key of a new one.
    """
    files = [file for file in release.files if file.table == name]
    parts_kept = {file.part for file in files if file.name in unchanged}
    changed = [file for file in files if file.name not in unchanged]
    open_rows = open_rows_of(name)
    columns = columns_of(connection, name)
    incoming = _stage(connection, name, release, changed, columns)
    there = connection.execute(sql.SQL("select distinct part from {}").format(open_rows)).fetchall()
    parts_changed = sorted({str(part) for (part,) in there} - parts_kept)
    closed = connection.execute(
        sql.SQL(
            "update {versions} as kept set to_release = %(number)s where kept.to_release is null "
            "and kept.part = any(%(parts)s) "
            "and not exists (select 1 from {incoming} as new where new.row_hash = kept.row_hash)"
        ).format(versions=versions_of(name), incoming=incoming),
        {"number": number, "parts": parts_changed},
    ).rowcount
    insert = sql.SQL(
        "insert into {open_rows} ({listed}, from_release) select {listed}, %(number)s from {incoming} as new "
        "where not exists (select 1 from {open_rows} as kept where kept.part = any(%(parts)s) "
        "and kept.row_hash = new.row_hash)"
    ).format(open_rows=open_rows, incoming=incoming, listed=listed([*columns, "part", "row_hash"]))
    try:
        inserted = connection.execute(insert, {"number": number, "parts": parts_changed}).rowcount
    except psycopg.errors.UniqueViolation as error:
        raise PermanentError(
            f"publish table {name}",
            f"a row with the key of a new one stands in PostgreSQL ({error.diag.constraint_name}), in a part that did not change: "
            "no release put it there",
            "find out who can write there; `minhu verify` names the row, `minhu db repair` makes `published` again from the releases",
        ) from None
    connection.execute(sql.SQL("drop table {}").format(incoming))
    if inserted:
        _tell_planner(connection, name, sum(file.rows for file in files))
    return inserted, closed


def _tell_planner(connection: Connection, name: str, rows: int) -> None:
    """Have the server look at the values of a table's open rows where it never did, where a column came, or where they are a tenth
    more or fewer than when it did.

    A night changes which rows are open and hardly how their values lie, but to look at all columns takes as long as to insert the
    rows of a small night. All versions together are looked at once: of closed rows the server keeps account itself, of a
    partitioned table it never does, and to ask for that is to read both partitions again.
    """
    open_rows = f"{name}_open"
    rows_then, is_described, has_versions = connection.execute(
        "select reltuples, "
        "(select count(*) from pg_stats where schemaname = %(store)s and tablename = %(open)s) = "
        "(select count(*) from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped), "
        "exists (select 1 from pg_stats where schemaname = %(store)s and tablename = %(versions)s and inherited) "
        "from pg_class where relnamespace = to_regnamespace(%(store)s) and relname = %(open)s",
        {"store": STORE, "open": open_rows, "versions": f"{name}_versions"},
    ).fetchone() or (-1, False, False)
    if not has_versions:
        connection.execute(sql.SQL("analyze {}").format(versions_of(name)))
    elif not is_described or abs(rows - float(str(rows_then))) > rows / 10:
        connection.execute(sql.SQL("analyze {}").format(open_rows_of(name)))


def unchanged_files(release: Release, base_date: date, base_files: Mapping[str, str]) -> frozenset[str]:
    """Files of a release that hold the same rows as in the release loaded before it.

    The same bytes mean the same rows, except that an ``as_of`` written out means "tonight's" only in its own night;
    so a file with that column counts only where both releases treat its month as settled.
    """
    same = [file for file in release.files if base_files.get(file.name) == file.sha256]
    dated = {name for name in release.table_names if "as_of" in schema_of(release, name).names}
    return frozenset(
        file.name
        for file in same
        if file.table not in dated
        or base_date == release.business_date
        or (is_settled(file.part, base_date) and is_settled(file.part, release.business_date))
    )


def _stage(
    connection: Connection, name: str, release: Release, files: list[ReleaseFile], columns: list[str]
) -> Composable:
    """A temporary table with the rows of some files and their hashes."""
    raw, incoming = sql.Identifier("pg_temp", f"{name}_raw"), sql.Identifier("pg_temp", f"{name}_incoming")
    connection.execute(
        sql.SQL("create temp table {} on commit drop as select {}, part from {} with no data").format(
            sql.Identifier(f"{name}_raw"), listed(columns), versions_of(name)
        )
    )
    for file in files:
        present = pq.read_schema(release.path / file.name).names
        connection.execute(
            sql.SQL("alter table {} alter column part set default {}").format(raw, sql.Literal(file.part))
        )
        with connection.cursor().copy(
            sql.SQL("copy {} ({}) from stdin (format csv)").format(raw, listed(present))
        ) as copy:
            for block in _csv_blocks(release, file):
                copy.write(block)
    # A cell of tonight says "the release's", so that the same value tomorrow is the same row. Nulls at the end
    # are left out of the hash, so that a column added to the table later does not rewrite every row; a value that ends
    # in a comma or a bracket is quoted in a row's text, so nothing of it is cut off.
    read = sql.SQL(", ").join(
        sql.SQL("nullif(as_of, %(as_of)s) as as_of") if column == "as_of" else sql.Identifier(column)
        for column in columns
    )
    connection.execute(
        sql.SQL(
            "create temp table {incoming} on commit drop as "
            "select cell.*, md5(rtrim(cast(cell as text), ',)'))::uuid as row_hash "
            "from (select part, {read} from {raw}) as cell"
        ).format(incoming=sql.Identifier(f"{name}_incoming"), read=read, raw=raw),
        {"as_of": release.as_of.replace(tzinfo=None)},
    )
    connection.execute(sql.SQL("drop table {}").format(raw))
    connection.execute(sql.SQL("analyze {} (row_hash)").format(incoming))  # by which it is joined
    return incoming


def _csv_blocks(release: Release, file: ReleaseFile) -> Iterator[bytes]:
    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")  # null is bare, "" is quoted
    with pq.ParquetFile(release.path / file.name) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS):
            block = BytesIO()
            pa_csv.write_csv(sessions.publishable(pa.Table.from_batches([batch])), block, options)
            yield block.getvalue()
