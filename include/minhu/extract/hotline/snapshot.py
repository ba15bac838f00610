"""One state of a PostgreSQL source: a read-only repeatable-read transaction, and its errors in our words.

The connection string holds a password, and the driver's messages may quote it or a row; neither is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader

from minhu.errors import MinhuError, PermanentError, TransientError

Rows = psycopg.Connection[dict[str, Any]]

CONNECT_SECONDS = 10
STATEMENT_MILLISECONDS = 15 * 60 * 1000

#: What servers say, also those that speak Chinese; the driver has no code for a connection that failed.
_REFUSED = re.compile(
    r"password|authenticat|pg_hba\.conf|role .* (does not exist|is not permitted)|permission denied for database|认证|口令|密码|角色",
    re.I,
)
_NO_DATABASE = re.compile(r"database .* does not exist|数据库.*不存在", re.I)
_BAD_ADDRESS = re.compile(r"invalid (port|sslmode|value|connection|integer)|does not support SSL|certificate", re.I)
_BUSY = re.compile(r"too many|connection limit|starting up|shutting down|recovery", re.I)


@contextmanager
def open_snapshot(uri: str, name: str, zone: ZoneInfo) -> Iterator[Rows]:
    """Connect and begin the transaction; times with an offset are read in ``zone``.

    Args:
        uri: libpq connection string.
        name: of the source, as people call it ("hotline"); its Airflow connection is ``minhu_<name>``.
        zone: the city's time zone.

    Raises:
        TransientError: the server does not answer, is busy, or ended the connection.
        PermanentError: the address is wrong, the user is refused, or the source cannot be read as it is.
    """
    try:
        connection = psycopg.connect(
            uri, connect_timeout=CONNECT_SECONDS, row_factory=dict_row,
            # a dead network is noticed after about a minute instead of two hours
            keepalives_idle=30, keepalives_interval=10, keepalives_count=3, tcp_user_timeout=60_000,
        )  # fmt: skip
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise connection_error(error, name) from None
    for kind, loader in (("date", _Date), ("timestamp", _Moment), ("timestamptz", _MomentWithOffset)):
        connection.adapters.register_loader(kind, loader)
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        with connection:
            connection.execute(
                # without row security a policy that hides rows is an error; with it the source's own count would
                # miss them too and nobody would know
                "select set_config('statement_timeout', %s, true), set_config('TimeZone', %s, true), "
                "set_config('row_security', 'off', true)",
                [str(STATEMENT_MILLISECONDS), zone.key],
            )
            yield connection
    except psycopg.Error as error:
        raise _reading_error(error, name) from None


def connection_error(error: psycopg.Error, name: str) -> MinhuError:
    """The error of a connection that could not be made."""
    tried, text = f"connect to the {name}", str(error)
    correct = f"correct the connection minhu_{name}"
    if isinstance(error, psycopg.ProgrammingError) or _BAD_ADDRESS.search(text):
        return PermanentError(tried, "the connection string or its TLS settings cannot be used", correct)
    if _BUSY.search(text):
        return TransientError(tried, "the server is busy or restarting", "run again later")
    if _NO_DATABASE.search(text):
        return PermanentError(tried, "the database does not exist", correct)
    if _REFUSED.search(text):
        return PermanentError(tried, "the server refused the user or password", correct)
    return TransientError(tried, "the server does not answer", "check that it runs and can be reached, then run again")


def _reading_error(error: psycopg.Error, name: str) -> MinhuError:
    what = f"{type(error).__name__}, SQLSTATE {error.sqlstate or 'none'}"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        denied = str(error).splitlines()[0]  # names the table, never a row
        mend = f"grant select on schema {name} to the user"
        if "row-level security" in denied:
            mend = "let the user bypass the policy, or read a view that holds all rows that count"
        return PermanentError(f"read the {name}", denied, mend)
    if isinstance(error, psycopg.OperationalError):
        return TransientError(
            f"read the {name}", f"the connection broke ({what})", "run the date again; nothing was landed"
        )
    return PermanentError(f"read the {name}", f"the database answered {what}", "look this code up in its log")


class _Date(DateLoader):
    """``infinity`` means "no end", as null does; a year that no calendar of ours has becomes the last one."""

    def load(self, data: bytes | bytearray | memoryview) -> date | None:  # type: ignore[override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return None if _is_infinite(data) else date.max


class _Moment(TimestampLoader):
    """As :class:`_Date`; the record rules put the impossible times in quarantine."""

    def load(self, data: bytes | bytearray | memoryview) -> datetime | None:  # type: ignore[override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return None if _is_infinite(data) else datetime.max  # noqa: DTZ901  a local time without offset


class _MomentWithOffset(TimestamptzLoader):
    """As :class:`_Moment`."""

    def load(self, data: bytes | bytearray | memoryview) -> datetime | None:  # type: ignore[override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return None if _is_infinite(data) else datetime.max  # noqa: DTZ901


def _is_infinite(data: bytes | bytearray | memoryview) -> bool:
    return bytes(data).endswith(b"infinity")
