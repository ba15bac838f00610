"""One state of a PostgreSQL source: a read-only repeatable-read transaction, and its errors in our words.

The connection string holds a password, and the driver's messages may quote it or a row; neither is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from minhu.database import sessions
from minhu.errors import MinhuError, PermanentError, TransientError

Rows = psycopg.Connection[dict[str, Any]]

STATEMENT_MILLISECONDS = sessions.STATEMENT_MILLISECONDS

#: What servers say, also those that speak Chinese; the driver has no code for a connection that failed.
_REFUSED = re.compile(
    r"password|authenticat|pg_hba\.conf|role .* (does not exist|is not permitted)|permission denied for database|认证|口令|密码|角色",
    re.I,
)
_NO_DATABASE = re.compile(r"database .* does not exist|数据库.*不存在", re.I)
_BAD_ADDRESS = re.compile(r"invalid (port|sslmode|value|connection|integer)|does not support SSL|certificate", re.I)
_NO_CONVERSION = re.compile(
    r"conversion between \S+ and \S+ is not supported|invalid value for parameter .client_encoding", re.I
)
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
        connection = sessions.connect(
            uri, name, time_zone=zone.key, statement_milliseconds=STATEMENT_MILLISECONDS, row_factory=dict_row,
            is_snapshot=True,
        )  # fmt: skip
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise connection_error(error, name) from None
    try:
        with connection:
            # without row security a policy that hides rows is an error; with it the source's own count would miss them
            # too and nobody would know
            connection.execute("select set_config('row_security', 'off', true)")
            yield connection
    except psycopg.Error as error:
        raise reading_error(error, name) from None


def connection_error(error: psycopg.Error, name: str) -> MinhuError:
    """The error of a connection that could not be made."""
    tried, text = f"connect to the {name}", str(error)
    correct = f"correct the connection minhu_{name}"
    if isinstance(error, psycopg.ProgrammingError) or _BAD_ADDRESS.search(text):
        return PermanentError(tried, "the connection string or its TLS settings cannot be used", correct)
    if _NO_CONVERSION.search(text):
        return PermanentError(tried, "its encoding cannot be turned into UTF-8", "have a view or copy of it in UTF8")
    if _BUSY.search(text):
        return TransientError(tried, "the server is busy or restarting", "run again later")
    if _NO_DATABASE.search(text):
        return PermanentError(tried, "the database does not exist", correct)
    if _REFUSED.search(text):
        return PermanentError(tried, "the server refused the user or password", correct)
    return TransientError(tried, "the server does not answer", "check that it runs and can be reached, then run again")


def reading_error(error: psycopg.Error, name: str) -> MinhuError:
    """The error of a reading that broke off."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        denied = str(error).splitlines()[0]  # names the table, never a row
        mend = f"grant select on schema {name} to the user"
        if "row-level security" in denied:
            mend = "let the user bypass the policy, or read a view that holds all rows that count"
        return PermanentError(f"read the {name}", denied, mend)
    what = sessions.what_happened(error)
    if sessions.may_pass(error):
        return TransientError(
            f"read the {name}", f"the connection broke ({what})", "run the date again; nothing was landed"
        )
    return PermanentError(f"read the {name}", f"the database answered {what}", "look this code up in its log")
