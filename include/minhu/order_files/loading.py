"""Filling a hotline schema with the orders of files, in one transaction, and telling the home what city it holds."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import sql

from minhu import atomic, settings
from minhu.database import sessions
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.order_files.mapping import OrderMap, map_sha256, read_map
from minhu.order_files.orders import Loaded, make_orders
from minhu.order_files.reading import read_files
from minhu.order_files.rejects import COLUMNS as REJECTED
from minhu.settings import CityProfile

MARK = "minhu load-orders"
# made anew each time, for an older version of this command made them with fewer columns
_OUTDATED = "drop table if exists hotline.load_findings, hotline.load_rejects, hotline.load_files"
_COLUMNS = {
    "places": ("place_code", "name", "level", "parent_code"),
    "units": ("unit_code", "name", "kind", "place_code"),
    "categories": ("category_code", "name", "parent_code"),
    "work_orders": (
        "order_id", "created_at", "channel", "demand_type", "category_code", "tier", "assessment_scope",
        "community_code", "street_code", "unit_code", "parent_order_id", "due_at", "replied_at", "closed_at",
        "closure_code", "status", "updated_at",
    ),
    "order_claims": ("order_id", "claimed_on_time", "claimed_at", "role", "updated_at"),
    "load_findings": (
        "rule_id", "severity", "table_name", "column_name", "rows_seen", "rows_failed", "sample_keys", "message",
        "period_from", "period_to",
    ),
    "load_rejects": tuple(REJECTED),
    "load_files": ("file_name", "rows_read", "rows_left_out", "rows_rejected"),
    "load_map": ("map_sha256",),
}  # fmt: skip
_EVERYTHING = (*_COLUMNS, "calls", "order_events", "callbacks")
_Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class LoadReport:
    """What was loaded.

    Attributes:
        city: code of the city, for ``--city``.
        rows_read: rows of all files.
        orders: rows of ``hotline.work_orders``.
        rejected: rows kept in ``hotline.load_rejects``.
        business_date: last local day the files know of (ISO); the default of ``minhu nightly``.
        findings: number of findings by severity.
    """

    city: str
    rows_read: int
    orders: int
    rejected: int
    business_date: str
    findings: dict[str, int]

    def __str__(self) -> str:
        found = ", ".join(f"{count} {severity}" for severity, count in self.findings.items()) or "none"
        return (
            f"{self.city}: {self.rows_read:,} rows read, {self.orders:,} orders, {self.rejected:,} rejected rows; "
            f"findings: {found}\nnow run: make nightly CITY={self.city}   (business date {self.business_date})"
        )


def load_orders(
    map_path: Path,
    files: Sequence[Path],
    hotline_uri: str,
    home: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load order files into the ``hotline`` schema of a server and write ``<home>/city.json``.

    Loading the same files again leaves the same rows. A schema that holds anything else than what this command loaded
    for the same city is never touched.

    Args:
        map_path: the city's map.
        files: its order files.
        hotline_uri: libpq connection string of the database to fill.
        home: the city's state folder.
        progress: told a line per step and per finding.

    Raises:
        UsageError: the map or a path is wrong, or the home belongs to another city.
        PermanentError: a file cannot be read, holds no order, or the schema belongs to someone else.
        TransientError: the server cannot be reached.
    """
    order_map = read_map(map_path)
    _check_home(home, order_map)
    reading = read_files(order_map, files)
    rows_read = len(reading.rows) + len(reading.torn)
    progress(f"{rows_read:,} rows read from {len(files)} file{'s' if len(files) > 1 else ''}")
    loaded = make_orders(order_map, reading)
    _fill(hotline_uri, order_map, map_sha256(map_path), loaded)
    made = ", ".join(
        f"{len(loaded.tables[name]):,} {name}" for name in ("work_orders", "places", "units", "categories")
    )
    progress(f"schema hotline now holds {made}")
    _write_profile(home, order_map, loaded)
    for finding in loaded.findings:
        counts = f"{finding.rows_failed:,} of {finding.rows_seen:,}"
        progress(f"  {finding.rule_id} {finding.severity:4} {counts:>16} {finding.column_name}: {finding.message}")
    severities = Counter(finding.severity for finding in loaded.findings)
    return LoadReport(
        city=order_map.city.code,
        rows_read=rows_read,
        orders=len(loaded.tables["work_orders"]),
        rejected=len(loaded.rejects),
        business_date=loaded.business_date,
        findings={str(name): severities[name] for name in sorted(severities)},
    )


def _check_home(home: Path, order_map: OrderMap) -> None:
    if not (home / "city.json").exists():
        return
    found = settings.read_profile(home, order_map.city.code)
    if found.kind != "loaded" or found.code != order_map.city.code:
        raise UsageError(
            f"load orders of {order_map.city.code} into {home}",
            f"it is the home of {found.code}, a {found.kind} city",
            "give the map's city another code, or use another MINHU_HOME",
        )


def _write_profile(home: Path, order_map: OrderMap, loaded: Loaded) -> None:
    profile = CityProfile(
        code=order_map.city.code,
        name=order_map.city.name,
        time_zone=order_map.city.time_zone,
        kind="loaded",
        default_business_date=loaded.business_date,
        absent_inputs=dict(sorted(order_map.absent.items())),
    )
    atomic.write_json(home / "city.json", asdict(profile))


def _fill(uri: str, order_map: OrderMap, map_digest: str, loaded: Loaded) -> None:
    """Replace the schema's content in one transaction, if it is empty or was filled for this city by this command."""
    findings = pd.DataFrame([finding.as_dict() for finding in loaded.findings], columns=list(_COLUMNS["load_findings"]))
    frames = {
        **loaded.tables, "load_findings": findings, "load_rejects": loaded.rejects, "load_files": loaded.files,
        "load_map": pd.DataFrame({"map_sha256": [map_digest]}),
    }  # fmt: skip
    package = resources.files("minhu")
    mark = f"{MARK}: {order_map.city.code}"
    try:
        with sessions.connect(uri, "hotline", purpose="write") as connection:
            _check_owner(connection, mark)
            connection.execute(_OUTDATED)
            for name in ("hotline.sql", "hotline_claims.sql"):
                connection.execute(package.joinpath("extract", "hotline", name).read_bytes())
            everything = sql.SQL(", ").join(sql.Identifier("hotline", name) for name in _EVERYTHING)
            connection.execute(sql.SQL("truncate {}").format(everything))
            for name, columns in _COLUMNS.items():
                _copy(connection, name, columns, frames[name])
            connection.execute(sql.SQL("comment on schema hotline is {}").format(sql.Literal(mark)))
    except psycopg.OperationalError as error:
        # the driver's text may hold host and user, its first line says enough
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise TransientError(
            f"load orders of {order_map.city.code} into PostgreSQL",
            reason,
            "check that the server runs, then try again",
        ) from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise PermanentError(
            f"load orders of {order_map.city.code} into PostgreSQL",
            str(error.diag.message_primary),
            "use a database whose schema hotline this user may create and fill",
        ) from None
    except psycopg.Error as error:  # its own text may quote a row
        where = [error.diag.table_name, error.diag.column_name, error.diag.constraint_name]
        place = ", ".join(name for name in where if name)
        raise PermanentError(
            f"load orders of {order_map.city.code} into PostgreSQL",
            f"the server refused what the files make ({type(error).__name__} {error.sqlstate or ''} {place})".rstrip(),
            "nothing was changed; tell those who keep this command, with the map and this message",
        ) from None


def _check_owner(connection: _Connection, mark: str) -> None:
    found = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'hotline'"
    ).fetchone()
    if found is None or found[0] == mark:
        return
    if found[0] is not None and str(found[0]).startswith(MARK):
        raise PermanentError(
            "load orders into schema hotline",
            f"expected {mark!r}, found {found[0]!r}: it holds another city",
            "use another database; nothing was changed",
        )
    tables = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'hotline' order by table_name"
    ).fetchall()
    filled = [str(name) for (name,) in tables if _has_rows(connection, str(name))]
    if filled:
        raise PermanentError(
            "load orders into schema hotline",
            f"it was not filled by this command and has rows in {', '.join(filled)}",
            "use another database; nothing was changed",
        )


def _has_rows(connection: _Connection, table: str) -> bool:
    statement = sql.SQL("select exists (select 1 from {})").format(sql.Identifier("hotline", table))
    return connection.execute(statement).fetchone() == (True,)


def _copy(connection: _Connection, name: str, columns: Sequence[str], frame: pd.DataFrame) -> None:
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier("hotline", name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = io.BytesIO()
    table = sessions.publishable(pa.Table.from_pandas(frame[list(columns)], preserve_index=False))
    pa_csv.write_csv(table, written, pa_csv.WriteOptions(include_header=False, quoting_style="needed"))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(written.getvalue())
