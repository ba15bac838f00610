"""From the private work file to sorted Parquet files in the store.

Every table of schema ``publish`` is exported: rows sorted by key and then by all other columns, one file per table, or
one per month where the table is large. The same rows always give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import (
    ColumnExpression,
    ConstantExpression,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
    SQLExpression,
)

from minhu.errors import PermanentError, TransientError, UsageError
from minhu.release.release_folder import Progress, ReleaseFile, is_settled
from minhu.release.store import Store

SCHEMA = "publish"
EMPTY_PART = "empty"
#: Columns the release store adds to a table and a published table may therefore not have.
RESERVED_COLUMNS = frozenset({"release_id", "from_release", "to_release", "part", "row_hash"})
#: Other objects of the PostgreSQL schema ``published``.
RESERVED_TABLES = frozenset({"releases"})
#: A row with the first was carried from the release before, and the second says as of when.
CARRIED = (("is_stale", "as_of"), ("last_good_value", "last_good_as_of"))
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True)
class Shape:
    """How a table is released.

    Attributes:
        key: columns that identify a row, never null; () means the whole row, and equal rows are released once.
        month_column: a date whose month decides the file; None for a table in one file.
        part_of_row: SQL of the file's name where the month alone does not decide.
    """

    key: tuple[str, ...] = ()
    month_column: str | None = None
    part_of_row: str = ""


#: Quarters, half-years and years change every night: they have files of their own, one a year.
PART_OF_CELL = (
    "case when period_type in ('quarter', 'half_year', 'year') then strftime(period_start, '%Y') "
    "else strftime(period_start, '%Y-%m') end"
)
KPI_RESULTS = "kpi_results"
KPI_RESTATEMENTS, KPI_PUBLISHED_SINCE = "kpi_restatements", "kpi_published_since"
QUALITY_FINDINGS = "quality_findings"
SHAPES = {
    KPI_RESULTS: Shape(
        ("kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber"),
        "period_start",
        PART_OF_CELL,
    ),
    "kpi_changes": Shape(
        (
            "kpi_id",
            "variant",
            "unit_type",
            "unit_code",
            "period_type",
            "period_start",
            "caliber",
            "comparison",
        ),
        "period_start",
        PART_OF_CELL,
    ),
    "peer_comparisons": Shape(
        ("kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber"),
        "period_start",
        PART_OF_CELL,
    ),
    # a log by the night of the change, whose past months are the same files in every release
    KPI_RESTATEMENTS: Shape(
        (
            "business_date",
            "kpi_id",
            "variant",
            "unit_type",
            "unit_code",
            "period_type",
            "period_start",
            "caliber",
        ),
        "business_date",
    ),
    KPI_PUBLISHED_SINCE: Shape(("kpi_id", "variant", "unit_type", "period_type")),
    "scheme_scores": Shape(
        ("scheme", "unit_type", "unit_code", "period_type", "period_start", "caliber"), "period_start", PART_OF_CELL
    ),
}


def shape_of(table: str) -> Shape:
    """The shape of a published table; one nobody described is released whole."""
    return SHAPES.get(table, Shape())


@contextmanager
def open_work_file(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work file, read-only.

    Raises:
        UsageError: nothing was built yet.
        TransientError: a build holds it.
    """
    if not path.exists():
        raise UsageError("open the work file", f"expected {path}, found nothing there", "build a business date first")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        raise TransientError(
            f"open {path}", str(error).splitlines()[0], "wait until the build that holds it has ended"
        ) from error
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def table_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables to release, in order of name.

    Raises:
        PermanentError: there is no KPI table, or a name cannot be published.
    """
    names = [
        str(row[0])
        for row in connection.execute(
            "select table_name from information_schema.tables where table_schema = ? order by table_name", [SCHEMA]
        ).fetchall()
    ]
    if KPI_RESULTS not in names:
        raise PermanentError(
            f"read schema {SCHEMA} of the work file",
            f"expected a table {KPI_RESULTS}, found {', '.join(names) or 'nothing'}",
            "build and gate the business date again",
        )
    wrong = [name for name in names if not _NAME.fullmatch(name) or name in RESERVED_TABLES]
    if wrong:
        raise PermanentError(
            f"read schema {SCHEMA} of the work file", f"cannot publish the name {wrong[0]!r}", "rename that model"
        )
    return names


def export_tables(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    business_date: date,
    as_of: datetime,
    carried_as_of: datetime | None,
    progress: Progress,
) -> list[ReleaseFile]:
    """Write every table to the store.

    Args:
        connection: the open work file.
        store: where the files go.
        business_date: decides which months are settled.
        as_of: of the release, UTC and aware.
        carried_as_of: of the release before, from which cells may have been carried; None if there is none.
        progress: told after each file.

    Raises:
        PermanentError: a key is null or appears twice, a carried value does not say as of when it is, or a column
            has a name or a type that cannot be published.
    """
    files: list[ReleaseFile] = []
    known = _known_files(connection)
    for name in table_names(connection):
        shape = shape_of(name)
        relation = connection.table(f"{SCHEMA}.{name}")
        _check_columns(name, relation.columns, shape)
        for part, rows in _parts(relation, shape):
            file_name = f"{name}/{part}.parquet" if shape.month_column else f"{name}.parquet"
            kept = known.get((name, part)) if is_settled(part, business_date) else None
            if kept is not None and store.path(kept.sha256).exists():
                files.append(kept)
                progress(f"kept {file_name}")
                continue
            rows = _check_key(name, rows, shape)
            data = to_plain_types(name, _sorted(rows, shape).to_arrow_table())
            data = _with_carried_as_of(name, data, carried_as_of)
            data = _with_own_as_of(data, as_of, is_settled(part, business_date))
            digest, size = store.put(partial(write_parquet, data))
            files.append(ReleaseFile(file_name, digest, size, data.num_rows))
            progress(f"stored {file_name}")
    return files


def _known_files(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], ReleaseFile]:
    """Files of settled months whose rows nobody touched since they were exported: (table, part) to the file."""
    exists = connection.execute(
        "select 1 from information_schema.tables where table_schema = 'raw' and table_name = 'exported_parts'"
    ).fetchall()
    if not exists:
        return {}
    rows = connection.execute("select table_name, part, sha256, bytes, row_count from raw.exported_parts").fetchall()
    return {(t, part): ReleaseFile(f"{t}/{part}.parquet", digest, size, n) for t, part, digest, size, n in rows}


def write_parquet(data: pa.Table, path: Path) -> None:
    """One Parquet file whose bytes depend on the rows, the types and the library's version only."""
    pq.write_table(data.replace_schema_metadata(None), path, compression="zstd", store_schema=False)


def to_plain_types(name: str, data: pa.Table) -> pa.Table:
    """Text for enumerations, naive UTC microseconds for every time.

    Raises:
        PermanentError: a column is nested.
    """
    fields = []
    for field in data.schema:
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        if pa.types.is_timestamp(kind):
            kind = pa.timestamp("us")
        if pa.types.is_nested(kind):
            raise PermanentError(
                f"export {name}", f"column {field.name} is {kind}", "publish plain columns only; unnest it in the model"
            )
        fields.append(pa.field(field.name, kind))
    return data.cast(pa.schema(fields))


def _check_columns(name: str, columns: list[str], shape: Shape) -> None:
    missing = [column for column in shape.key if column not in columns]
    refused = [column for column in columns if not _NAME.fullmatch(column) or column in RESERVED_COLUMNS]
    if missing or refused:
        found = f"column {missing[0]} is missing" if missing else f"column {refused[0]!r} cannot be published"
        raise PermanentError(f"export {name}", found, "mend the model of that name in dbt_project/models/publish")


def _check_key(name: str, relation: DuckDBPyRelation, shape: Shape) -> DuckDBPyRelation:
    if not shape.key:
        return relation.distinct()
    key = [ColumnExpression(column) for column in shape.key]
    groups = relation.aggregate([*key, FunctionExpression("count").alias("n")])
    twice = groups.filter(ColumnExpression("n") > ConstantExpression(1)).sort(*key).limit(1).fetchall()
    if twice:
        cell = ", ".join(f"{column}={value}" for column, value in zip(shape.key, twice[0], strict=False))
        raise PermanentError(f"export {name}", f"expected one row for {cell}, found {twice[0][-1]}", "mend the model")
    for column in shape.key:
        if relation.filter(ColumnExpression(column).isnull()).limit(1).fetchall():
            raise PermanentError(f"export {name}", f"key column {column} is null in a row", "mend the model")
    return relation


def _parts(relation: DuckDBPyRelation, shape: Shape) -> Iterator[tuple[str, DuckDBPyRelation]]:
    if shape.month_column is None:
        yield "", relation
        return
    month: Expression = FunctionExpression(
        "strftime", ColumnExpression(shape.month_column), ConstantExpression("%Y-%m")
    )
    if shape.part_of_row:
        month = SQLExpression(shape.part_of_row)
    months = sorted(str(row[0]) for row in relation.select(month).distinct().fetchall())
    for name in months:
        yield name, relation.filter(month == ConstantExpression(name))
    if not months:
        yield EMPTY_PART, relation  # a folder without a file could not be read as a table


def _sorted(relation: DuckDBPyRelation, shape: Shape) -> DuckDBPyRelation:
    columns = [*shape.key, *(column for column in relation.columns if column not in shape.key)]
    return relation.sort(*(ColumnExpression(column).asc().nulls_first() for column in columns))


def _with_own_as_of(data: pa.Table, as_of: datetime, settled: bool) -> pa.Table:
    """Write the release's ``as_of`` out, or leave it away where the month is settled."""
    if "as_of" not in data.column_names:
        return data
    own = _naive_utc(as_of)
    values = pc.fill_null(data["as_of"], own)
    if settled:
        values = pc.if_else(pc.equal(values, own), pa.scalar(None, pa.timestamp("us")), values)
    return data.set_column(data.column_names.index("as_of"), "as_of", values)


def _with_carried_as_of(name: str, data: pa.Table, carried_as_of: datetime | None) -> pa.Table:
    """Say as of when carried values are, where the files they were carried from left it away (settled months)."""
    for has, needs in CARRIED:
        if has not in data.column_names or needs not in data.column_names:
            continue
        carried = data[has] if pa.types.is_boolean(data.schema.field(has).type) else pc.is_valid(data[has])
        empty = pc.fill_null(pc.and_(carried, pc.is_null(data[needs])), False)
        if not pc.any(empty).as_py():
            continue
        if carried_as_of is None:
            raise PermanentError(
                f"export {name}",
                f"a row has {has} and no {needs}, and there is no earlier release it could come from",
                "mend the model: a night without an earlier release carries nothing",
            )
        filled = pc.if_else(empty, _naive_utc(carried_as_of), data[needs])
        data = data.set_column(data.column_names.index(needs), needs, filled)
    return data


def _naive_utc(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))
