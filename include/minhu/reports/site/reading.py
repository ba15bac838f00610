"""What the site reads of a release: its published tables, as they stand in its folder, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from minhu.release.release_folder import Release

Row = dict[str, Any]


class Tables:
    """The published tables of one release, open for questions; older releases lack some tables or columns."""

    def __init__(self, release: Release, engine: duckdb.DuckDBPyConnection) -> None:
        self.release = release
        self._engine = engine
        self._columns: dict[str, frozenset[str]] = {}
        for name in release.table_names:
            paths = [str(release.path / file.name) for file in release.files if file.table == name]
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
            engine.execute(
                f"create view {name} as select * from "  # noqa: S608  own paths, quoted
                f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
            )
            described = engine.execute(f"describe {name}").fetchall()
            self._columns[name] = frozenset(str(row[0]) for row in described)

    def has(self, table: str, *columns: str) -> bool:
        return table in self._columns and self._columns[table].issuperset(columns)

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """The rows of a query; every one that is shown has an order."""
        cursor = self._engine.execute(statement, parameters or None)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tuples(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._engine.execute(statement, parameters or None).fetchall()

    def columns(self, table: str, **types: str) -> str:
        """A select list of columns, null of their type where the release does not have them yet."""
        there = self._columns.get(table, frozenset())
        return ", ".join(name if name in there else f"cast(null as {kind}) as {name}" for name, kind in types.items())

    def of(self, table: str, order: str, where: str = "true", **types: str) -> list[Row]:
        """Columns of a table in an order; no rows where the release has no such table."""
        if table not in self._columns:
            return []
        return self.rows(f"select {self.columns(table, **types)} from {table} where {where} order by {order}")  # noqa: S608


@contextmanager
def open_tables(release: Release) -> Iterator[Tables]:
    """Open the tables of a release."""
    with duckdb.connect(":memory:") as engine:
        engine.execute("set timezone = 'UTC'")
        yield Tables(release, engine)
