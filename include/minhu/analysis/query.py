"""SQL on the current release, for ``minhu sql``: an engine in memory that can read the release and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from duckdb import CaseExpression, ColumnExpression, ConstantExpression, StarExpression

from minhu.analysis import star_views
from minhu.errors import UsageError
from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.settings import Settings

SCHEMA = "published"
#: After these nothing can be opened, loaded or set again, and no Python variable is taken for a table.
LOCKDOWN = (
    "set python_enable_replacements = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def run_sql(settings: Settings, statement: str) -> pa.Table:
    """Run one reading statement over the current release's tables (schema ``published``, which may be left away).

    Every table has ``release_id`` and ``as_of`` in front, as the PostgreSQL views do, and the star for BI is there too. Files
    are scanned when the statement asks for them; the engine itself has no access to any file.

    Raises:
        UsageError: not exactly one reading statement, or it cannot be run; the engine's words are in the message.
    """
    current = releases.current(settings)
    with offered_release(settings) as engine:
        _check_reads(engine, statement)
        for line in LOCKDOWN:
            engine.execute(line)
        try:
            return engine.execute(statement).to_arrow_table()
        except duckdb.PermissionException as error:
            raise UsageError(
                "run the SQL statement",
                f"it reaches outside the release ({_first_line(error)})",
                f"read the tables of schema {SCHEMA}: {', '.join(current.table_names)}",
            ) from error
        except duckdb.Error as error:
            raise UsageError(
                "run the SQL statement", str(error).strip(), f"the tables are: {', '.join(current.table_names)}"
            ) from error


@contextmanager
def offered_release(settings: Settings, release_id: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine in memory with a release's tables in schema ``published``, which is the default.

    Args:
        settings: of the home.
        release_id: which release; None is the current one.
    """
    with duckdb.connect(":memory:") as engine:
        current = releases.current(settings, release_id)
        _offer(engine, current)
        star_views.make(engine, settings, current)
        yield engine


def _check_reads(engine: duckdb.DuckDBPyConnection, statement: str) -> None:
    try:
        parsed = engine.extract_statements(statement)
    except duckdb.Error as error:
        raise UsageError("read the SQL statement", str(error).strip(), "correct it and run again") from error
    if len(parsed) != 1:
        raise UsageError("read the SQL statement", f"expected one statement, found {len(parsed)}", "give exactly one")
    if parsed[0].type not in READING:
        raise UsageError(
            "read the SQL statement",
            f"expected a select, found {parsed[0].type.name.lower()}",
            "a release never changes; write your results elsewhere",
        )


def _offer(engine: duckdb.DuckDBPyConnection, current: Release) -> None:
    """One view per table, scanning the release's files through Arrow."""
    engine.execute("create schema published")
    engine.execute("set schema = 'published'")
    for name in current.table_names:
        paths = [str(current.path / file.name) for file in current.files if file.table == name]
        files = ds.dataset(paths, format="parquet")
        own = ConstantExpression(current.as_of.replace(tzinfo=None)).cast("timestamp")
        has_as_of = "as_of" in files.schema.names
        stored_as_of = ColumnExpression("as_of")
        shown = CaseExpression(stored_as_of.isnotnull(), stored_as_of).otherwise(own) if has_as_of else own
        engine.from_arrow(files).select(
            ConstantExpression(current.release_id).alias("release_id"),
            shown.alias("as_of"),
            StarExpression(exclude=["as_of"] if has_as_of else []),
        ).to_view(name)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
