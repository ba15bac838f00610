"""One versioned table, its views and its load, the same for every published table.

Columns, types, comments, key and indexes are those of the contract. A release made under an earlier one may hold a table
or column that it no longer has: that keeps the type of its file, and no comment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from io import BytesIO

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from psycopg import sql

from minhu.database import sessions
from minhu.errors import PermanentError
from minhu.release import published_description as description
from minhu.release.published_contract import Contract
from minhu.release.published_description import STORE, VIEWS, Connection, listed, versions_of
from minhu.release.release_folder import Progress, Release, ReleaseFile, is_settled

#: Roles of the embedded server (``standalone/embedded_roles.sql``); elsewhere the reader alone may be there.
OWNER, PUBLISHER, READER = "minhu_owner", "minhu_publisher", "minhu_reader"
OWN_COLUMNS = ("part", "row_hash", "from_release", "to_release")
BATCH_ROWS = 65_536
POSTGRES_TYPES = {
    "string": "text", "bool": "boolean", "date32[day]": "date", "timestamp[us]": "timestamp without time zone",
    "double": "double precision", "int32": "integer", "int64": "bigint",
}  # fmt: skip
#: Part of the digest by which a table is known to be described: another form of description is written once.
DESCRIPTION_FORM = 2

Composable = sql.Composable


def ensure(
    connection: Connection, contract: Contract, release: Release, lock: Callable[[], None], progress: Progress
) -> None:
    """Create what the tables of a release need and is not there yet: table, columns, views, comments, key, indexes.

    Does nothing, and takes no lock, when all is there: a reader must never wait for a night.

    Raises:
        PermanentError: a column changed its type.
    """
    for name in release.table_names:
        table = contract.tables.get(name)
        wanted = {column.name: postgres_type(column.arrow_type) for column in table.columns} if table else {}
        for field in _schema(release, name):
            wanted.setdefault(field.name, postgres_type(field.type))
        digest = sha256(repr((DESCRIPTION_FORM, table)).encode()).hexdigest()
        if not _missing(connection, name, wanted) and _described_by(connection, name) == digest:
            continue
        with connection.transaction():
            lock()
            act_as_owner(connection)
            missing = _missing(connection, name, wanted)
            if missing:
                _create(connection, name, missing)
            if _described_by(connection, name) != digest:
                description.make_indexes(connection, name, table, progress)
                if table:
                    description.comment(connection, table)
                connection.execute(
                    "update published_store.versioned_tables set contract_sha256 = %s where table_name = %s",
                    (digest, name),
                )
                progress(f"{name}: comments, key and indexes are those of the contract")


def act_as_owner(connection: Connection) -> None:
    """Make and change tables as their owner until the transaction ends, where the server has roles of ours.

    Elsewhere whoever publishes owns what they publish.
    """
    has_roles = connection.execute(
        "select 1 from pg_roles where rolname = %s and session_user = %s", (OWNER, PUBLISHER)
    ).fetchone()
    if has_roles:
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))


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
    """
    files = [file for file in release.files if file.table == name]
    parts_kept = [file.part for file in files if file.name in unchanged]
    changed = [file for file in files if file.name not in unchanged]
    versions = versions_of(name)
    columns = list(_columns(connection, name))
    incoming = _stage(connection, name, release, changed, columns)
    closed = connection.execute(
        sql.SQL(
            "update {versions} as kept set to_release = %(number)s where kept.to_release is null "
            "and not kept.part = any(%(parts_kept)s) "
            "and not exists (select 1 from {incoming} as new where new.row_hash = kept.row_hash)"
        ).format(versions=versions, incoming=incoming),
        {"number": number, "parts_kept": parts_kept},
    ).rowcount
    kept_columns = listed([*columns, "part", "row_hash"])
    inserted = connection.execute(
        sql.SQL(
            "insert into {versions} ({listed}, from_release) select {listed}, %(number)s from {incoming} as new "
            "where not exists (select 1 from {versions} as kept where kept.to_release is null "
            "and kept.row_hash = new.row_hash)"
        ).format(versions=versions, incoming=incoming, listed=kept_columns),
        {"number": number},
    ).rowcount
    connection.execute(sql.SQL("drop table {}").format(incoming))
    if inserted:
        connection.execute(sql.SQL("analyze {}").format(versions))
    return inserted, closed


def unchanged_files(release: Release, base_date: date, base_files: Mapping[str, str]) -> frozenset[str]:
    """Files of a release that hold the same rows as in the release loaded before it.

    The same bytes mean the same rows, except that an ``as_of`` written out means "tonight's" only in its own night;
    so a file with that column counts only where both releases treat its month as settled.
    """
    same = [file for file in release.files if base_files.get(file.name) == file.sha256]
    dated = {name for name in release.table_names if "as_of" in _schema(release, name).names}
    return frozenset(
        file.name
        for file in same
        if file.table not in dated
        or base_date == release.business_date
        or (is_settled(file.part, base_date) and is_settled(file.part, release.business_date))
    )


def versioned_tables(connection: Connection) -> list[str]:
    """All tables this database has versions of, in order of name."""
    rows = connection.execute("select table_name from published_store.versioned_tables order by table_name")
    return [str(row[0]) for row in rows]


def postgres_type(kind: pa.DataType) -> str:
    """The PostgreSQL type of an Arrow type.

    Raises:
        PermanentError: there is none.
    """
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if str(kind) not in POSTGRES_TYPES:
        raise PermanentError("publish a column", f"type {kind} has no place in PostgreSQL", "cast it in the model")
    return POSTGRES_TYPES[str(kind)]


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
    connection.execute(sql.SQL("analyze {}").format(incoming))
    return incoming


def _csv_blocks(release: Release, file: ReleaseFile) -> Iterator[bytes]:
    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")  # null is bare, "" is quoted
    with pq.ParquetFile(release.path / file.name) as parquet:
        for batch in parquet.iter_batches(BATCH_ROWS):
            block = BytesIO()
            pa_csv.write_csv(sessions.publishable(pa.Table.from_batches([batch])), block, options)
            yield block.getvalue()


def _create(connection: Connection, name: str, missing: Mapping[str, str]) -> None:
    versions, columns = versions_of(name), _columns(connection, name)
    if not columns:
        connection.execute(
            sql.SQL(
                "create table if not exists {} (part text not null, row_hash uuid not null, "
                "from_release bigint not null, to_release bigint)"
            ).format(versions)
        )
    for column, kind in missing.items():
        connection.execute(
            sql.SQL("alter table {} add column {} {}").format(versions, sql.Identifier(column), sql.SQL(kind))
        )
    if not columns:
        connection.execute("insert into published_store.versioned_tables (table_name) values (%s)", (name,))
    _create_views(connection, name, list(_columns(connection, name)))


def _create_views(connection: Connection, name: str, columns: list[str]) -> None:
    """Columns are only ever added at the end, which is what ``create or replace view`` allows."""
    rest = [column for column in columns if column != "as_of"]
    own = sql.SQL("coalesce(cell.as_of, known.as_of)" if "as_of" in columns else "known.as_of")
    parts = {
        "view": sql.Identifier(VIEWS, name),
        "history": sql.Identifier(VIEWS, f"{name}_history"),
        "at": sql.Identifier(VIEWS, f"{name}_at"),
        "versions": versions_of(name),
        "listed": sql.SQL(", ").join(sql.Identifier("cell", column) for column in rest),
        "own": own,
    }
    # Every state of every release kept here, with its number; the other two look through it.
    connection.execute(
        sql.SQL(
            "create or replace view {history} as select known.release_no, known.release_id, {own} as as_of, {listed} "
            "from published_store.releases as known join {versions} as cell on cell.from_release <= known.release_no "
            "and (cell.to_release is null or cell.to_release > known.release_no) where not known.is_purged"
        ).format(**parts)
    )
    connection.execute(
        sql.SQL(
            "create or replace view {view} as select known.release_id, {own} as as_of, {listed} "
            "from published_store.current_release as pointer "
            "join published_store.releases as known on known.release_no = pointer.release_no "
            "join {versions} as cell on cell.from_release <= known.release_no "
            "and (cell.to_release is null or cell.to_release > known.release_no)"
        ).format(**parts)
    )
    connection.execute(
        sql.SQL(
            "create or replace function {at}(release_no bigint) returns setof {view} language sql stable as $body$ "
            "select cell.release_id, cell.as_of, {listed} from published.readable_release($1) as known "
            "join {history} as cell on cell.release_no = known.release_no $body$"
        ).format(**parts)
    )
    if connection.execute("select 1 from pg_roles where rolname = %s", (READER,)).fetchone():
        connection.execute(
            sql.SQL("grant select on {view}, {history} to {reader}").format(**parts, reader=sql.Identifier(READER))
        )


def _missing(connection: Connection, name: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Columns the versioned table lacks, with their types.

    Raises:
        PermanentError: a column is there with another type.
    """
    present = _columns(connection, name)
    for column, kind in wanted.items():
        if column in present and present[column] != kind:
            raise PermanentError(
                f"publish table {name}",
                f"column {column} was {present[column]} in earlier releases and is {kind} now",
                "give the changed column a new name; published history keeps its types",
            )
    return {column: kind for column, kind in wanted.items() if column not in present}


def columns_of(connection: Connection, name: str) -> list[str]:
    """Published columns of a versioned table, in the order in which its view shows them."""
    return list(_columns(connection, name))


def _columns(connection: Connection, name: str) -> dict[str, str]:
    """Published columns of a versioned table and their types, in the order they were added; empty if there is none."""
    rows = connection.execute(
        "select attribute.attname, format_type(attribute.atttypid, attribute.atttypmod) "
        "from pg_attribute as attribute where attribute.attrelid = to_regclass(%s) "
        "and attribute.attnum > 0 and not attribute.attisdropped order by attribute.attnum",
        (f"{STORE}.{name}_versions",),
    )
    return {str(column): str(kind) for column, kind in rows if column not in OWN_COLUMNS}


def _described_by(connection: Connection, name: str) -> str | None:
    """Digest of the contract by which a versioned table was described last."""
    row = connection.execute(
        "select contract_sha256 from published_store.versioned_tables where table_name = %s", (name,)
    ).fetchone()
    return str(row[0]) if row and row[0] else None


def _schema(release: Release, name: str) -> pa.Schema:
    first = next(file for file in release.files if file.table == name)
    return pq.read_schema(release.path / first.name)
