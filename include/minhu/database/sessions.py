"""The one door to every PostgreSQL server: what a session may depend on is pinned, and errors are of one class everywhere.

Database, role, environment and connection string can each set the encoding, the form of dates and numbers, the time zone
and the time-outs of a session. What is read or written must not depend on that.
"""

from __future__ import annotations

from typing import Any, Literal

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import RowFactory

from minhu.errors import PermanentError

Connection = psycopg.Connection[Any]

CONNECT_SECONDS = 10
#: What is pinned in every session. A time-out that a server does not know (it is older) is left out.
PINNED = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "standard_conforming_strings": "on",
    "quote_all_identifiers": "off",  # puts the names of types between quotes
    "default_transaction_isolation": "read committed",
    "lock_timeout": "15min",
    "idle_in_transaction_session_timeout": "30min",
    "transaction_timeout": "60min",
}
STATEMENT_MILLISECONDS = 15 * 60 * 1000
_UTF8 = "UTF8"
#: What stands for a character that was lost.
_LOST = "\ufffd"
#: A database of this encoding keeps bytes and does not know of what: nothing says which characters they are.
_UNKNOWN = "SQL_ASCII"
#: Classes of SQLSTATE, and single ones, of what may be over when it is tried again: a lost connection, a conflict, no
#: resources, a server that is stopped or a time-out of it, a disk that failed.
_TRANSIENT_CLASSES = ("08", "40", "53", "57", "58")
_TRANSIENT = {"25P03", "25P04", "55P03", "72000"}
_PASSED_TIME = {
    "25P03": "it ended a session that waited in a transaction (idle_in_transaction_session_timeout)",
    "25P04": "it ended a transaction that took too long (transaction_timeout)",
    "57014": "it cancelled a statement that took too long (statement_timeout), or someone did",
    "57P05": "it ended a session that was idle (idle_session_timeout)",
    "55P03": "a lock was not to be had in time (lock_timeout)",
}
_TEXT = {
    "22021": "it holds a text that is none of its own encoding",
    "22P05": "a character has no place in its encoding",
}


def connect(
    uri: str,
    name: str,
    *,
    time_zone: str = "UTC",
    purpose: Literal["read", "write"] = "read",
    statement_milliseconds: int = STATEMENT_MILLISECONDS,
    row_factory: RowFactory[Any] | None = None,
    autocommit: bool = False,
    is_snapshot: bool = False,
) -> Connection:
    """A session with everything pinned: with ``autocommit`` for its length, else for the transaction that has begun.

    Args:
        uri: libpq connection string.
        name: of the database, as people call it ("hotline").
        time_zone: IANA name.
        purpose: ``write`` needs a database that can hold every character.
        statement_milliseconds: longest time of one statement.
        row_factory: of psycopg; tuples without one.
        autocommit: of psycopg.
        is_snapshot: the transaction only reads, and sees one state of the database.

    Raises:
        PermanentError: the database keeps its texts in an encoding that cannot be read or written.
        psycopg.Error: the server cannot be reached or refuses the user.
    """
    defaults = {
        "connect_timeout": CONNECT_SECONDS, "application_name": f"minhu {name}",
        # a dead network is noticed after about a minute instead of two hours
        "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000,
    }  # fmt: skip
    wanted: dict[str, Any] = {**defaults, **conninfo_to_dict(uri), "client_encoding": _UTF8}
    connection: Connection = psycopg.connect(**wanted, autocommit=autocommit)
    if row_factory is not None:
        connection.row_factory = row_factory
    try:
        _check_encoding(connection, name, purpose)
        if is_snapshot:
            connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        pin(connection, time_zone, statement_milliseconds)
    except BaseException:
        connection.close()
        raise
    return connection


def pin(connection: Connection, time_zone: str = "UTC", statement_milliseconds: int = STATEMENT_MILLISECONDS) -> None:
    """Set what is pinned: for the transaction where there is one, else for the session.

    A pooler may give each transaction another session of the server: inside a transaction pins hold whatever stood before.
    """
    wanted = {
        **PINNED, "client_encoding": _UTF8, "TimeZone": time_zone, "statement_timeout": str(statement_milliseconds),
    }  # fmt: skip
    is_local = not connection.autocommit or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
    names, values = list(wanted), list(wanted.values())
    connection.execute(
        "select count(set_config(known.name, wanted.value, %s)) from unnest(%s::text[], %s::text[]) as wanted (name, value) "
        "join pg_catalog.pg_settings as known on lower(known.name) = lower(wanted.name)",
        [is_local, names, values],
    )


def _check_encoding(connection: Connection, name: str, purpose: str) -> None:
    found = connection.info.parameter_status("server_encoding") or _UNKNOWN
    if found == _UNKNOWN or (purpose == "write" and found != _UTF8):
        why = "nothing says which characters its bytes are" if found == _UNKNOWN else "Chinese has no place in it"
        raise PermanentError(
            f"open the {name}",
            f"expected a database in UTF8, found {found}: {why}",
            "have the database made anew with encoding UTF8 (create database … encoding 'UTF8' template template0)",
        )


def may_pass(error: psycopg.Error) -> bool:
    """Whether the same call may succeed later; an error without a SQLSTATE is a connection that failed."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError)
    return state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT


def what_happened(error: psycopg.Error) -> str:
    """A sentence about an error of a server; its own text may quote a row."""
    state = error.sqlstate or ""
    place = ".".join(part for part in (error.diag.schema_name, error.diag.table_name, error.diag.column_name) if part)
    words = _PASSED_TIME.get(state) or _TEXT.get(state)
    code = f"{type(error).__name__}, SQLSTATE {state or 'none'}{f', {place}' if place else ''}"
    return f"{words} ({code})" if words else code


def publishable(table: pa.Table) -> pa.Table:
    """A table whose texts PostgreSQL can take. What landed before there was a gate for texts may hold NUL, which it cannot:
    one would keep every night from being published."""
    for number, field in enumerate(table.schema):
        if field.type == pa.string() and pc.any(pc.match_substring(table[number], "\0")).as_py():
            table = table.set_column(number, field, pc.replace_substring(table[number], "\0", _LOST))
    return table
