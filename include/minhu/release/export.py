"""From the private work file to sorted Parquet files in the store.

Every table of the contract is exported: rows sorted by their columns as they stand, one file per table, or one per month
where the table is large. The same rows always give the same bytes.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation, SQLExpression

from minhu.database import sessions
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.release.published_checks import check_key, check_tables
from minhu.release.published_contract import SCHEMA, Contract, Table
from minhu.release.release_folder import Progress, ReleaseFile, is_settled
from minhu.release.store import Store

EMPTY_PART = "empty"
#: Column, and temporary table, of what is being split into files.
_PART = "part_of_release"
#: A row with the first was carried from the release before, and the second says as of when.
CARRIED = (("is_stale", "as_of"), ("last_good_value", "last_good_as_of"))
KPI_RESULTS, QUALITY_FINDINGS = "kpi_results", "quality_findings"
KPI_RESTATEMENTS, KPI_PUBLISHED_SINCE = "kpi_restatements", "kpi_published_since"
#: Of these the gate knows which files of settled months may have changed: those with a period that was judged or compared. Of the
#: others a digest of their rows says it.
BY_PERIOD = (KPI_RESULTS, "kpi_changes", "peer_comparisons", "scheme_scores")


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


def export_tables(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    store: Store,
    business_date: date,
    as_of: datetime,
    carried_as_of: datetime | None,
    progress: Progress,
) -> list[ReleaseFile]:
    """Write every table of the contract to the store.

    Args:
        connection: the open work file.
        contract: what is published; nothing is written before all tables were held against it.
        store: where the files go.
        business_date: decides which months are settled.
        as_of: of the release, UTC and aware.
        carried_as_of: of the release before, from which cells may have been carried; None if there is none.
        progress: told after each file.

    Raises:
        PermanentError: a table is not as the contract says, a key is null or appears twice, or a carried value does
            not say as of when it is.
    """
    check_tables(connection, contract)
    files: list[ReleaseFile] = []
    known = _known_files(connection, contract)
    for name, table in contract.tables.items():
        kept = {
            part: file
            for (known_name, part), file in known.items()
            if known_name == name
            and (is_settled(part, business_date) or name not in BY_PERIOD)
            and store.path(file.sha256).exists()
        }
        for part, rows in _parts(connection, name, table, kept):
            file_name = f"{name}/{part}.parquet" if table.part_by else f"{name}.parquet"
            if rows is None:
                files.append(kept[part])
                progress(f"kept {file_name}")
                continue
            rows = rows if table.primary_key else rows.distinct()
            check_key(rows, table)
            in_order = rows.sort(*(ColumnExpression(column).asc().nulls_first() for column in rows.columns))
            data = sessions.publishable(in_order.to_arrow_table().cast(table.arrow_schema))
            data = _with_carried_as_of(name, data, carried_as_of)
            data = _with_own_as_of(data, as_of, is_settled(part, business_date))
            digest, size = store.put(partial(write_parquet, data))
            files.append(ReleaseFile(file_name, digest, size, data.num_rows))
            progress(f"stored {file_name}")
    return files


def digests(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[tuple[str, str], str]:
    """What the rows of each file are, whatever their order, of all tables but those of :data:`BY_PERIOD`.

    Args:
        connection: the work file.
        contract: what is published.

    Returns:
        By table and part: how many rows, and two sums of their hashes (64 bits each). Two states of a file have one digest only
        by an accident of some 2 ** -64; whoever could arrange it could write into the work file itself.
    """
    found: dict[tuple[str, str], str] = {}
    for name, table in contract.tables.items():
        if name in BY_PERIOD:
            continue
        part = table.part_of_row or "''"
        rows = connection.execute(
            f"select {part}, concat_ws('/', count(*), sum(hash(cells)), bit_xor(hash(cells))) "  # noqa: S608  of the contract
            f"from {SCHEMA}.{name} as cells group by 1"
        ).fetchall()
        found |= {(name, str(of_part)): str(digest) for of_part, digest in rows}
    return found


def _known_files(connection: duckdb.DuckDBPyConnection, contract: Contract) -> dict[tuple[str, str], ReleaseFile]:
    """Files whose rows nobody touched since they were exported: (table, part) to the file."""
    exists = connection.execute(
        "select 1 from information_schema.columns "
        "where (table_schema, table_name, column_name) = ('raw', 'exported_parts', 'digest')"
    ).fetchall()
    if not exists:
        return {}
    rows = connection.execute(
        "select table_name, part, sha256, bytes, row_count, digest from raw.exported_parts"
    ).fetchall()
    now = digests(connection, contract) if rows else {}
    return {
        (name, part): ReleaseFile(f"{name}/{part}.parquet" if part else f"{name}.parquet", sha256, size, number)
        for name, part, sha256, size, number, digest in rows
        if name in BY_PERIOD or digest == now.get((name, part))
    }


def write_parquet(data: pa.Table, path: Path) -> None:
    """One Parquet file whose bytes depend on the rows, the types and the library's version only."""
    pq.write_table(data.replace_schema_metadata(None), path, compression="zstd", store_schema=False)


def _parts(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, kept: Container[str]
) -> Iterator[tuple[str, DuckDBPyRelation | None]]:
    """Every part of a table, by name, with its rows; without them where its file is kept.

    Rows of parts to write are put side by side once. Picked from the whole table part by part, a long history would be read as
    many times as it has months.
    """
    relation = connection.table(f"{SCHEMA}.{name}")
    if table.part_of_row is None:
        yield "", None if "" in kept else relation
        return
    part = SQLExpression(table.part_of_row)
    names = sorted(str(row[0]) for row in relation.select(part).distinct().fetchall())
    wanted = [each for each in names if each not in kept]
    if wanted:
        chosen = relation.select("*", part.alias(_PART)).filter(
            ColumnExpression(_PART).isin(*map(ConstantExpression, wanted))
        )
        # sorted, so that what holds no row of a part is not read for it
        connection.execute(f"create temp table {_PART} as {chosen.sort(_PART).sql_query()}")
    for each in names:
        if each in kept:
            yield each, None
        else:
            rows = connection.table(_PART).filter(ColumnExpression(_PART) == ConstantExpression(each))
            yield each, rows.select(*map(ColumnExpression, relation.columns))
    connection.execute(f"drop table if exists temp.{_PART}")
    if not names:
        yield EMPTY_PART, relation  # a folder without a file could not be read as a table


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
