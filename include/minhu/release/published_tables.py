"""One versioned table and its views, the same for every published table.

Columns, types, comments, key and indexes are those of the contract. A release made under an earlier one may hold a table
or column that it no longer has: that keeps the type of its file, and no comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from minhu.errors import PermanentError
from minhu.release import published_description as description
from minhu.release import published_versions as versions
from minhu.release.published_contract import Contract
from minhu.release.published_description import STORE, VIEWS, Connection, versions_of
from minhu.release.published_versions import OWN_COLUMNS
from minhu.release.release_folder import Progress, Release

#: Roles of the embedded server (``standalone/embedded_roles.sql``); elsewhere the reader alone may be there.
OWNER, PUBLISHER, READER = "minhu_owner", "minhu_publisher", "minhu_reader"
POSTGRES_TYPES = {
    "string": "text", "bool": "boolean", "date32[day]": "date", "timestamp[us]": "timestamp without time zone",
    "double": "double precision", "int32": "integer", "int64": "bigint",
}  # fmt: skip
#: Part of the digest by which a table is known to be described: another form of description is written once.
DESCRIPTION_FORM = 3

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
        for field in schema_of(release, name):
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


def bring_apart(connection: Connection, contract: Contract, lock: Callable[[], None], progress: Progress) -> None:
    """Bring tables of before versions lay apart into partitions, once, each in a transaction of its own.

    Readers go on reading while rows are copied, and wait for a moment while the views change over. Comments and key come with
    the next release that has the table (:func:`ensure`).

    Raises:
        PermanentError: others made something of a table.
    """
    for name in versioned_tables(connection):
        if not versions.lie_together(connection, name):
            continue
        with connection.transaction():
            lock()
            if not versions.lie_together(connection, name):  # another publisher was here
                continue
            act_as_owner(connection)
            apart = versions.copy_apart(connection, name, _columns(connection, name))
            _create_views(connection, name, columns_of(connection, name), apart)
            versions.take_over(connection, name, apart)
            connection.execute(
                "update published_store.versioned_tables set contract_sha256 = null where table_name = %s", (name,)
            )
        with connection.transaction():  # readers read meanwhile
            lock()
            act_as_owner(connection)
            description.make_indexes(connection, name, contract.tables.get(name), progress)
        progress(f"{name}: versions of releases before lie apart from the current ones")


def act_as_owner(connection: Connection) -> None:
    """Make and change tables as their owner until the transaction ends, where the server has roles of ours.

    Elsewhere whoever publishes owns what they publish.
    """
    has_roles = connection.execute(
        "select 1 from pg_roles where rolname = %s and session_user = %s", (OWNER, PUBLISHER)
    ).fetchone()
    if has_roles:
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(OWNER)))


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


def _create(connection: Connection, name: str, missing: Mapping[str, str]) -> None:
    columns = _columns(connection, name)
    if not columns:
        versions.create(connection, name)
    versions.add_columns(connection, name, missing)
    if not columns:
        connection.execute("insert into published_store.versioned_tables (table_name) values (%s)", (name,))
    _create_views(connection, name, list(_columns(connection, name)), versions_of(name))


def _create_views(connection: Connection, name: str, columns: list[str], of: sql.Identifier) -> None:
    """Columns are only ever added at the end, which is what ``create or replace view`` allows."""
    rest = [column for column in columns if column != "as_of"]
    own = sql.SQL("coalesce(cell.as_of, known.as_of)" if "as_of" in columns else "known.as_of")
    parts = {
        "view": sql.Identifier(VIEWS, name),
        "history": sql.Identifier(VIEWS, f"{name}_history"),
        "at": sql.Identifier(VIEWS, f"{name}_at"),
        "versions": of,
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


def schema_of(release: Release, name: str) -> pa.Schema:
    """Columns of a table as the files of a release have them."""
    first = next(file for file in release.files if file.table == name)
    return pq.read_schema(release.path / first.name)
