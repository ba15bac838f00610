"""What dbt sends to DuckDB: recorded while it runs, replayed by DuckDB alone on a copy of the same work file."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

#: Of a connection, as dbt_project/profiles.yml has them.
OPTIONS = (
    "TimeZone = 'UTC'", "threads = 2", "preserve_insertion_order = false",
    "default_null_order = 'nulls_first_on_asc_last_on_desc'",
)  # fmt: skip
_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK")
#: dbt asks the catalog what stands; whoever has the SQL need not.
_OF_CATALOG = ("information_schema", "duckdb_databases()", "pragma_database_list")


@dataclass(frozen=True)
class Statement:
    """SQL, or the text of a Python model with dbt's objects in it."""

    text: str
    is_python: bool = False


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """What dbt sends meanwhile, in the order it is sent: seeds, models, tests; without its questions to the catalog."""
    from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper, LocalEnvironment

    sent: list[Statement] = []
    execute, submit = DuckDBCursorWrapper.execute, LocalEnvironment.submit_python_job

    def record(cursor: Any, sql: str, bindings: Any = None) -> Any:
        assert bindings is None, "seeds are loaded by COPY"
        if sql.strip().upper() not in _OF_TRANSACTIONS and not any(name in sql for name in _OF_CATALOG):
            sent.append(Statement(sql))
        return execute(cursor, sql, bindings)

    def record_python(environment: Any, handle: Any, parsed_model: dict[str, Any], compiled_code: str) -> Any:
        sent.append(Statement(compiled_code, is_python=True))
        return submit(environment, handle, parsed_model, compiled_code)

    DuckDBCursorWrapper.execute, LocalEnvironment.submit_python_job = record, record_python
    try:
        yield sent
    finally:
        DuckDBCursorWrapper.execute, LocalEnvironment.submit_python_job = execute, submit


def replay(path: Path, statements: list[Statement]) -> None:
    """Run them one after the other; what a test or a question gives is fetched, as dbt does."""
    with duckdb.connect(str(path)) as connection:
        for option in OPTIONS:
            connection.execute(f"set {option}")
        for statement in statements:
            with connection.cursor() as cursor:  # as dbt does: what is temporary goes with it
                if statement.is_python:
                    _run_python(cursor, statement.text)
                else:
                    cursor.execute(statement.text).fetchall()


def write(path: Path, statements: list[Statement]) -> None:
    """For :func:`read` of another process."""
    path.write_text(json.dumps([asdict(statement) for statement in statements]), encoding="utf-8")


def read(path: Path) -> list[Statement]:
    """What :func:`write` wrote."""
    return [Statement(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))]


def _run_python(cursor: duckdb.DuckDBPyConnection, text: str) -> None:
    module = types.ModuleType("python_model")
    exec(compile(text.lstrip(), "python_model", "exec"), module.__dict__)
    model = module.model(module.dbtObj(lambda name: cursor.query(f"select * from {name}")), cursor)  # noqa: S608
    module.materialize(model, cursor)
