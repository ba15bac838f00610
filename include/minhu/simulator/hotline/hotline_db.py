"""Puts the simulated hotline into a real PostgreSQL, as its source system would have left it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

from minhu.errors import PermanentError, TransientError
from minhu.simulator.city.city import LONGEST_LIFE_DAYS, City, hotline_day, reference_tables
from minhu.simulator.city.days import in_runs
from minhu.simulator.city.streams import end_of_day

_SCHEMA_FILE = Path(__file__).resolve().parents[2] / "extract" / "hotline" / "hotline.sql"
_LOCK = 612345  # one filler at a time
#: Of a full-size city five days are 30 MB of CSV.
_DAYS_AT_ONCE = 5
#: Table to its key and the column that says when a row last changed; None for tables replaced as a whole.
_TABLES: dict[str, tuple[str, str | None]] = {
    "places": ("place_code", None),
    "units": ("unit_code", None),
    "categories": ("category_code", None),
    "calls": ("call_id", "updated_at"),
    "work_orders": ("order_id", "updated_at"),
    "order_events": ("event_id", "recorded_at"),
    "callbacks": ("callback_id", "recorded_at"),
}


def fill_hotline(uri: str, city: City, business_date: date) -> int:
    """Bring schema ``hotline`` to the state at the end of ``business_date``, in one transaction.

    A reader sees the old state or the new one. Going forward writes only the rows that changed; the same state again
    writes nothing; an earlier date or another city replaces everything. The schema's comment marks it as simulated.

    Args:
        uri: libpq connection string.
        city: what to write.
        business_date: local day whose end is shown.

    Returns:
        Rows written.

    Raises:
        PermanentError: the schema exists and is not marked as simulated: it may be a real hotline.
        TransientError: the server cannot be reached.
    """
    try:
        connection = psycopg.connect(uri)
    except psycopg.OperationalError as error:
        raise TransientError(
            "fill the simulated hotline",
            f"PostgreSQL cannot be reached ({type(error).__name__})",
            "start it and try again",
        ) from error
    with connection, connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        shown = _shown_state(connection)
        wanted = {"simulated": True, **city.identity(), "business_date": business_date.isoformat()}
        if shown == wanted:
            return 0
        if shown is None:
            connection.execute(_SCHEMA_FILE.read_text(encoding="utf-8"))
        forward = _forward_from(shown, wanted)
        if forward:
            written = _go_forward(connection, city, forward, business_date)
        else:
            written = _replace(connection, city, business_date)
        connection.execute(sql.SQL("comment on schema hotline is {}").format(sql.Literal(json.dumps(wanted))))
        return written


def _shown_state(connection: psycopg.Connection[Any]) -> dict[str, Any] | None:
    """The marker of what the schema shows; None where there is no schema yet."""
    row = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'hotline'"
    ).fetchone()
    if row is None:
        return None
    try:
        marker = json.loads(row[0] or "")
    except ValueError:
        marker = None
    if isinstance(marker, dict) and marker.get("simulated") is True:
        return marker
    raise PermanentError(
        "fill the simulated hotline",
        "schema hotline exists and its comment does not mark it as simulated, so it may be a real one",
        "use another database, or another city (--city)",
    )


def _forward_from(shown: dict[str, Any] | None, wanted: dict[str, Any]) -> date | None:
    """The business date shown now, if the same city can simply go on from it."""
    if shown is None or any(shown.get(name) != wanted[name] for name in wanted if name != "business_date"):
        return None
    day = date.fromisoformat(str(shown["business_date"]))
    return day if day < date.fromisoformat(wanted["business_date"]) else None


def _replace(connection: psycopg.Connection[Any], city: City, business_date: date) -> int:
    written = 0
    for table in _TABLES:
        # not truncate: a reader with an older snapshot must keep seeing its rows
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier("hotline", table)))
    for table, frame in reference_tables(city, business_date).items():
        written += _copy(connection, sql.Identifier("hotline", table), frame)
    days = list(city.days(business_date))
    for tables in in_runs(partial(_born, city, end_of_day(business_date)), days, _DAYS_AT_ONCE):
        for table, columns, text, rows in tables:
            _copy_text(connection, sql.Identifier("hotline", table), columns, text)
            written += rows
    for table in _TABLES:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier("hotline", table)))
    return written


def _go_forward(connection: psycopg.Connection[Any], city: City, shown: date, business_date: date) -> int:
    since = pd.Timestamp(end_of_day(shown), unit="s")
    written = 0
    before, after = reference_tables(city, shown), reference_tables(city, business_date)
    for table in (name for name in after if not after[name].equals(before[name])):
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier("hotline", table)))
        written += _copy(connection, sql.Identifier("hotline", table), after[table])
    for table in ("calls", "work_orders", "order_events", "callbacks"):
        connection.execute(
            sql.SQL("create temporary table {} (like {}) on commit drop").format(
                sql.Identifier(f"new_{table}"), sql.Identifier("hotline", table)
            )
        )
    for frames in _states(city, business_date, shown - timedelta(days=LONGEST_LIFE_DAYS)):
        for table, frame in frames.items():
            changed = frame[frame[_TABLES[table][1]] >= since]
            written += _copy(connection, sql.Identifier(f"new_{table}"), changed)
    for table in ("calls", "work_orders", "order_events", "callbacks"):
        names = {
            "target": sql.Identifier("hotline", table),
            "fresh": sql.Identifier(f"new_{table}"),
            "key": sql.Identifier(_TABLES[table][0]),
        }
        connection.execute(
            sql.SQL("delete from {target} as old using {fresh} as new where old.{key} = new.{key}").format(**names)
        )
        connection.execute(sql.SQL("insert into {target} select * from {fresh}").format(**names))
    return written


def _states(city: City, business_date: date, first: date) -> Iterator[dict[str, pd.DataFrame]]:
    as_of = end_of_day(business_date)
    for day in city.days(business_date, first):
        yield hotline_day(city, day, as_of)


def _born(city: City, as_of: int, days: list[date]) -> list[tuple[str, list[str], str, int]]:
    """What was born on some days, as recorded before ``as_of``: table, columns, CSV and rows."""
    return [
        (table, list(frame.columns), _csv(frame), len(frame))
        for day in days
        for table, frame in hotline_day(city, day, as_of).items()
    ]


def _copy(connection: psycopg.Connection[Any], table: sql.Identifier, frame: pd.DataFrame) -> int:
    _copy_text(connection, table, list(frame.columns), _csv(frame))
    return len(frame)


def _copy_text(connection: psycopg.Connection[Any], table: sql.Identifier, columns: list[str], text: str) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null '')").format(table, names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text)


def _csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, header=False, date_format="%Y-%m-%d %H:%M:%S")
