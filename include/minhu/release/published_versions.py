"""Where the versions of a published table lie in PostgreSQL: open rows apart from those a later release closed.

``published_store.<t>_versions`` is one table to whoever reads it, in two partitions: ``<t>_open``, as many rows as a release
has, and ``<t>_closed``, those of all releases before that are kept. A night looks for what changed among the open rows, so its
cost does not grow with the releases kept; to close a row (``to_release``) is to move it, and only what finds history again
is written for it. Full size, thirty nights of history: 40 s a night in one table, 20 s in two (``docs/performance.md``).

A table of before is brought apart beside the old one, which readers go on reading meanwhile; only then the views change over
(:func:`copy_apart`, :func:`take_over`).
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
    _create(connection, name, versions_of(name))


def add_columns(connection: Connection, name: str, kinds: Mapping[str, str]) -> None:
    """Published columns after those that are there, with the types of PostgreSQL."""
    _add_columns(connection, versions_of(name), kinds)


def lie_together(connection: Connection, name: str) -> bool:
    """Whether a table is of before versions lay apart."""
    found = connection.execute(
        "select relkind from pg_class where oid = to_regclass(%s)", (f"{STORE}.{name}_versions",)
    )
    row = found.fetchone()
    return bool(row and row[0] == "r")


def copy_apart(connection: Connection, name: str, kinds: Mapping[str, str]) -> sql.Identifier:
    """Copy the rows of a table of before into two partitions beside it, which nobody reads yet.

    Args:
        connection: inside a transaction, as the owner, under the publisher's lock: nobody else writes.
        name: published table.
        kinds: its published columns in order, with the types of PostgreSQL.

    Returns:
        The new table; :func:`take_over` gives it its name, once the views read it.
    """
    apart = sql.Identifier(STORE, f"{name}_apart")
    _create(connection, name, apart)
    _add_columns(connection, apart, kinds)
    connection.execute(
        sql.SQL("insert into {apart} ({columns}) select {columns} from {before}").format(
            apart=apart, columns=listed([*OWN_COLUMNS, *kinds]), before=versions_of(name)
        )
    )
    connection.execute(sql.SQL("analyze {}").format(apart))
    return apart


def take_over(connection: Connection, name: str, apart: sql.Identifier) -> None:
    """Drop the table of before, which no view of ours reads any more, and give its name to the new one.

    Raises:
        PermanentError: somebody made something of it, past ``published``.
    """
    try:
        connection.execute(sql.SQL("drop table {}").format(versions_of(name)))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise PermanentError(
            f"bring the versions of {name} into partitions",
            f"others made something of {STORE}.{name}_versions: {error.diag.message_detail}",
            "drop it, or make it of published instead, and run again; readers keep the release they have",
        ) from error
    connection.execute(sql.SQL("alter table {} rename to {}").format(apart, sql.Identifier(f"{name}_versions")))


def _create(connection: Connection, name: str, table: sql.Identifier) -> None:
    connection.execute(
        sql.SQL(
            "create table {} (part text not null, row_hash uuid not null, from_release bigint not null, "
            "to_release bigint) partition by list (to_release)"
        ).format(table)
    )
    for partition, values in ((open_rows_of(name), "for values in (null)"), (closed_rows_of(name), "default")):
        connection.execute(sql.SQL(f"create table {{}} partition of {{}} {values}").format(partition, table))


def _add_columns(connection: Connection, table: sql.Identifier, kinds: Mapping[str, str]) -> None:
    for column, kind in kinds.items():
        connection.execute(
            sql.SQL("alter table {} add column {} {}").format(table, sql.Identifier(column), sql.SQL(kind))
        )
