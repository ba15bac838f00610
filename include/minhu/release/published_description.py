"""How PostgreSQL describes a published table to those who read it: key, indexes and comments, as the contract has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import LiteralString

import psycopg
from psycopg import sql

from minhu.release.published_contract import VIEW_COLUMNS, Table, Text
from minhu.release.release_folder import Progress

STORE, VIEWS = "published_store", "published"

_OF_DEFAULT_MONTHS: LiteralString = "variant = 'main' and period_type = 'month' and caliber = 'assessed'"
#: Rows that the views for BI show by default (star/facts.py), one in twenty at full size: counted, told by the banner, and
#: asked why they are hidden without the others.
_DEFAULT_MONTHS: Mapping[str, Mapping[str, LiteralString]] = {
    "kpi_results": {
        "kpi_results_default_months": "(unit_type, kpi_id, period_start) "
        "include (from_release, to_release, value, verdict, is_provisional, is_stale) where " + _OF_DEFAULT_MONTHS,
        "kpi_results_hidden_months": "(rule_id) where value is null and " + _OF_DEFAULT_MONTHS,
    }
}

Connection = psycopg.Connection[tuple[object, ...]]


def versions_of(name: str) -> sql.Identifier:
    return sql.Identifier(STORE, f"{name}_versions")


def open_rows_of(name: str) -> sql.Identifier:
    """Versions that stand in the newest release loaded."""
    return sql.Identifier(STORE, f"{name}_open")


def closed_rows_of(name: str) -> sql.Identifier:
    """Versions that a later release closed."""
    return sql.Identifier(STORE, f"{name}_closed")


def listed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def make_indexes(connection: Connection, name: str, table: Table | None, progress: Progress) -> None:
    """Indexes of the versions, and the primary key of those that are open. Those of an earlier contract go.

    Closed rows have no key, and an index of it only where nothing else finds a row by a part of it. Open rows that break the
    key, which somebody else put there, stay as they are: the key is an index like the others then.
    """
    looked_up = {_index_name(name, columns): sql.SQL("({})").format(listed(columns)) for columns in _lookups(table)}
    default_months = {index: sql.SQL(form) for index, form in _DEFAULT_MONTHS.get(name, {}).items()} if table else {}
    of_open: dict[str, sql.Composable] = {f"{name}_open_parts": sql.SQL("(part)")}
    of_closed: dict[str, sql.Composable] = {f"{name}_closed_rows": sql.SQL("(to_release)")}
    if table and table.primary_key:
        key_name = f"{_index_name(name, table.primary_key)}{'_nullable' * bool(_nullable_key(table))}_key"
        of_open[key_name] = sql.SQL("({})").format(listed(table.primary_key))
        if key_name not in _indexes(connection, open_rows_of(name)):
            _make_key(connection, table, key_name, progress)
        if not any(set(columns) <= set(table.primary_key) for columns in _lookups(table)):
            of_closed[f"{_index_name(name, table.primary_key)}_closed"] = of_open[key_name]
    for relation, wanted in (
        (versions_of(name), looked_up | default_months),
        (open_rows_of(name), of_open),
        (closed_rows_of(name), of_closed),
    ):
        present = _indexes(connection, relation)
        for index, definition in wanted.items():
            if index not in present:
                connection.execute(
                    sql.SQL("create index {} on {} {}").format(sql.Identifier(index), relation, definition)
                )
        for index in present:
            if index not in wanted and index.startswith(f"{name}_by_"):
                parts = {"table": relation, "name": sql.Identifier(index), "index": sql.Identifier(STORE, index)}
                connection.execute(
                    sql.SQL(
                        "alter table {table} drop constraint if exists {name}; drop index if exists {index}"
                    ).format(**parts)
                )
    for column in _nullable_key(table) if table else ():  # a primary key of before leaves it behind
        connection.execute(
            sql.SQL("alter table {} alter column {} drop not null").format(open_rows_of(name), sql.Identifier(column))
        )


def _nullable_key(table: Table) -> list[str]:
    """Columns of the key that may be null."""
    return [column for column in table.primary_key if table[column].is_nullable]


def _lookups(table: Table | None) -> Iterable[tuple[str, ...]]:
    return table.looked_up_by if table else ()


def _make_key(connection: Connection, table: Table, name: str, progress: Progress) -> None:
    """A primary key, or where one of its columns may be null an index for which two nulls are the same."""
    form = (
        "create unique index {name} on {rows} ({key}) nulls not distinct"
        if _nullable_key(table)
        else "alter table {rows} add constraint {name} primary key ({key})"
    )
    parts = {"rows": open_rows_of(table.name), "name": sql.Identifier(name), "key": listed(table.primary_key)}
    try:
        with connection.transaction():
            connection.execute(sql.SQL(form).format(**parts))
    except (psycopg.errors.UniqueViolation, psycopg.errors.NotNullViolation) as error:
        progress(
            f"{table.name}: no primary key, for rows that stand there break it ({error.diag.message_detail or error})"
        )


def _indexes(connection: Connection, relation: sql.Identifier) -> list[str]:
    """Indexes of a table, without those that its partitioned table has given it."""
    rows = connection.execute(
        "select index.relname from pg_index join pg_class as index on index.oid = pg_index.indexrelid "
        "where pg_index.indrelid = to_regclass(%s) and not index.relispartition order by index.relname",
        (relation.as_string(connection),),
    )
    return [str(row[0]) for row in rows]


def _index_name(name: str, columns: tuple[str, ...]) -> str:
    return f"{name}_by_{sha256(' '.join(columns).encode()).hexdigest()[:8]}"


def comment(connection: Connection, table: Table) -> None:
    """Comments on the table, its views and their columns, Chinese first: what a BI tool shows beside the figures."""
    view, history = sql.Identifier(VIEWS, table.name), sql.Identifier(VIEWS, f"{table.name}_history")
    texts = {**VIEW_COLUMNS, **{column.name: column.text for column in table.columns}}
    own = [column.name for column in table.columns]
    past = Text("各次发布的所有版本。", "All releases that are kept here, by release_no.")
    statements = [
        comment_on("table", versions_of(table.name), table.text, past),
        comment_on("view", view, table.text),
        comment_on("view", history, table.text, past),
        comment_on("function", sql.Identifier(VIEWS, f"{table.name}_at"), table.text, past),
    ]
    for relation, columns in (
        (versions_of(table.name), own),
        (view, ["release_id", "as_of", *own]),
        (history, ["release_no", "release_id", "as_of", *own]),
    ):
        statements += [
            comment_on("column", sql.SQL("{}.{}").format(relation, sql.Identifier(column)), texts[column])
            for column in dict.fromkeys(columns)
        ]
    connection.execute(sql.SQL("; ").join(statements))


def comment_on(kind: LiteralString, on: sql.Composable, *texts: Text) -> sql.Composed:
    """A comment as readers of BI tools see it: Chinese, and English on the next line."""
    said = "".join(text.zh for text in texts) + "\n" + " ".join(text.en for text in texts)
    return sql.SQL(f"comment on {kind} {{}} is {{}}").format(on, sql.Literal(said))
