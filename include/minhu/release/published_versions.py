"""Where the versions of a published table lie in PostgreSQL: open rows apart from those a later release closed.

``published_store.<t>_versions`` is one table to whoever reads it, in two partitions: ``<t>_open``, as many rows as a release
has, and ``<t>_closed``, those of all releases before that are kept. A night looks for what changed among the open rows, so its
cost does not grow with the releases kept; to close a row (``to_release``) is to move it, and only what finds history again
is written for it. Full size, thirty nights of history: 40 s a night in one table, 20 s in two (``docs/performance.md``).
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

from minhu.errors import PermanentError
from minhu.release.published_description import STORE, Connection, closed_rows_of, listed, open_rows_of, versions_of

#: What says for which releases a row stands, beside the published columns.
OWN_COLUMNS = ("part", "row_hash", "from_release", "to_release")


def create(connection: Connection, name: str) -> None:
    """Make the two partitions of a table that is not there yet, without published columns."""
    connection.execute(
        sql.SQL(
            "create table {} (part text not null, row_hash uuid not null, from_release bigint not null, "
            "to_release bigint) partition by list (to_release)"
        ).format(versions_of(name))
    )
    for partition, values in ((open_rows_of(name), "for values in (null)"), (closed_rows_of(name), "default")):
        connection.execute(
            sql.SQL(f"create table {{}} partition of {{}} {values}").format(partition, versions_of(name))
        )


def add_columns(connection: Connection, name: str, kinds: Mapping[str, str]) -> None:
    """Published columns after those that are there, with the types of PostgreSQL."""
    for column, kind in kinds.items():
        connection.execute(
            sql.SQL("alter table {} add column {} {}").format(versions_of(name), sql.Identifier(column), sql.SQL(kind))
        )


def lie_together(connection: Connection, name: str) -> bool:
    """Whether a table is of before versions lay apart."""
    found = connection.execute(
        "select relkind from pg_class where oid = to_regclass(%s)", (f"{STORE}.{name}_versions",)
    )
    row = found.fetchone()
    return bool(row and row[0] == "r")


def separate(connection: Connection, name: str, kinds: Mapping[str, str]) -> None:
    """Bring the rows of one table into the two partitions; the views still read the old table, see :func:`drop_old`.

    Args:
        connection: inside a transaction, as the owner.
        name: published table.
        kinds: its published columns in order, with the types of PostgreSQL.
    """
    connection.execute(
        sql.SQL("alter table {} rename to {}").format(versions_of(name), sql.Identifier(_old_name(name)))
    )
    create(connection, name)
    add_columns(connection, name, kinds)
    columns = listed([*OWN_COLUMNS, *kinds])
    for partition, those in (
        (open_rows_of(name), sql.SQL("to_release is null")),
        (closed_rows_of(name), sql.SQL("to_release is not null")),
    ):
        connection.execute(
            sql.SQL("insert into {} ({columns}) select {columns} from {} where {}").format(
                partition, _before(name), those, columns=columns
            )
        )


def drop_old(connection: Connection, name: str) -> None:
    """Drop the table that :func:`separate` emptied, when no view of ours reads it any more.

    Raises:
        PermanentError: somebody made a view of it, past ``published``.
    """
    try:
        connection.execute(sql.SQL("drop table {}").format(_before(name)))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise PermanentError(
            f"bring the versions of {name} into partitions",
            f"others made something of {STORE}.{name}_versions: {error.diag.message_detail}",
            "drop it, or make it of published instead, and run again; readers keep the release they have",
        ) from error


def _old_name(name: str) -> str:
    return f"{name}_in_one_table"


def _before(name: str) -> sql.Identifier:
    return sql.Identifier(STORE, _old_name(name))
