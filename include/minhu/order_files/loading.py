"""Filling a hotline schema with the orders of files, in one transaction, and telling the home what city it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import pandas as pd
import psycopg
from psycopg import sql

from minhu import atomic
from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.order_files.mapping import OrderMap, read_map
from minhu.order_files.orders import Loaded, last_day, make_orders
from minhu.order_files.reading import read_files
from minhu.settings import CityProfile

MARK = "minhu load-orders"
_REJECTS = "create table if not exists hotline.load_rejects (file_name text, row_number integer, reason text)"
_TABLES = {
    "places": ("place_code", "name", "level", "parent_code"),
    "units": ("unit_code", "name", "kind", "place_code"),
    "categories": ("category_code", "name"),
    "work_orders": (
        "order_id", "created_at", "channel", "demand_type", "category_code", "assessment_scope", "community_code",
        "street_code", "unit_code", "due_at", "replied_at", "closed_at", "closure_code", "status", "updated_at",
    ),
    "order_claims": ("order_id", "claimed_on_time", "claimed_at", "role", "updated_at"),
}  # fmt: skip
_EVERYTHING = (*_TABLES, "calls", "order_events", "callbacks", "load_findings", "load_rejects")


@dataclass(frozen=True)
class LoadReport:
    """What was loaded: rows read, orders, rejected rows, the default business date, findings by severity."""

    city: str
    rows_read: int
    orders: int
    rejected: int
    business_date: str
    findings: dict[str, int]

    def __str__(self) -> str:
        found = ", ".join(f"{count} {severity}" for severity, count in self.findings.items()) or "none"
        return (
            f"{self.city}: {self.rows_read:,} rows read, {self.orders:,} orders, {self.rejected:,} rejected rows; findings: {found}\n"
            f"now run: make nightly CITY={self.city}   (business date {self.business_date})"
        )


def load_orders(
    map_path: Path,
    files: Sequence[Path],
    hotline_uri: str,
    home: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load order files into the ``hotline`` schema of a server and write ``<home>/city.json``.

    Loading the same files again leaves the same rows. A schema that this command did not fill is never touched.

    Args:
        map_path: the city's map.
        files: its order files.
        hotline_uri: libpq connection string of the database to fill.
        home: the city's state folder.
        progress: told a line per step.

    Raises:
        UsageError: the map or a path is wrong.
        PermanentError: a file cannot be read, holds no order, or the schema belongs to someone else.
    """
    order_map = read_map(map_path)
    rows = read_files(order_map, files)
    progress(f"{len(rows):,} rows read from {len(files)} files")
    loaded = make_orders(order_map, rows)
    if loaded.orders.empty:
        raise PermanentError(
            f"load orders of {order_map.city.code}",
            "no row became an order",
            "check the map's columns and time formats",
        )
    _fill(hotline_uri, order_map, loaded)
    progress(
        f"{len(loaded.orders):,} orders, {len(loaded.places):,} places, {len(loaded.units):,} units in schema hotline"
    )
    date = last_day(loaded.orders)
    profile = CityProfile(
        code=order_map.city.code,
        name=order_map.city.name,
        time_zone=order_map.city.time_zone,
        kind="loaded",
        default_business_date=date,
        absent_inputs=dict(sorted(order_map.absent.items())),
    )
    atomic.write_json(home / "city.json", asdict(profile))
    for finding in sorted(loaded.findings):
        progress(
            f"  {finding.rule_id} {finding.severity} {finding.rows_failed:,} of {finding.rows_seen:,} {finding.column_name}: {finding.message}"
        )
    severities = pd.Series([finding.severity for finding in loaded.findings], dtype=object).value_counts().sort_index()
    return LoadReport(
        order_map.city.code,
        len(rows),
        len(loaded.orders),
        len(loaded.rejects),
        date,
        {str(k): int(v) for k, v in severities.items()},
    )


def _fill(uri: str, order_map: OrderMap, loaded: Loaded) -> None:
    """Replace the schema's content in one transaction, if it is empty or was filled by this command."""
    frames = {
        "places": loaded.places,
        "units": loaded.units,
        "categories": loaded.categories,
        "work_orders": loaded.orders,
        "order_claims": loaded.claims,
    }
    package = resources.files("minhu")
    with psycopg.connect(uri) as connection:
        _check_owner(connection)
        for name in ("hotline.sql", "hotline_claims.sql"):
            connection.execute(package.joinpath("sql", name).read_bytes())
        connection.execute(_REJECTS)
        everything = sql.SQL(", ").join(sql.Identifier("hotline", name) for name in _EVERYTHING)
        connection.execute(sql.SQL("truncate {}").format(everything))
        for name, columns in _TABLES.items():
            _copy(connection, name, columns, frames[name])
        _copy(connection, "load_findings", _FINDING_COLUMNS, _findings_frame(loaded.findings))
        rejects = loaded.rejects.rename(columns={"_file": "file_name", "_row": "row_number"})
        _copy(connection, "load_rejects", ("file_name", "row_number", "reason"), rejects)
        mark = sql.SQL("comment on schema hotline is {}").format(sql.Literal(f"{MARK}: {order_map.city.code}"))
        connection.execute(mark)


_FINDING_COLUMNS = (
    "rule_id",
    "severity",
    "table_name",
    "column_name",
    "rows_seen",
    "rows_failed",
    "sample_keys",
    "message",
)


def _findings_frame(findings: list[Finding]) -> pd.DataFrame:
    return pd.DataFrame([finding.as_dict() for finding in sorted(findings)], columns=list(_FINDING_COLUMNS))


def _check_owner(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    found = connection.execute(
        "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'hotline'"
    ).fetchone()
    if found is not None and not str(found[0] or "").startswith(MARK):
        raise PermanentError(
            "load orders into schema hotline",
            "it exists and was not filled by this command",
            "use another database; nothing was changed",
        )


def _copy(
    connection: psycopg.Connection[tuple[object, ...]], name: str, columns: Sequence[str], frame: pd.DataFrame
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier("hotline", name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    values = frame[list(columns)].astype(object)
    values = values.where(values.notna(), None)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in values.itertuples(index=False):
            copy.write_row(row)
