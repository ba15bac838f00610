"""How PostgreSQL describes a published table to those who read it: key, indexes and comments, as the contract has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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


def listed(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def make_indexes(connection: Connection, name: str, table: Table | None, progress: Progress) -> None:
    """Primary key and indexes of the versions. Those of an earlier contract go; what others made stays.

    Versions of one key differ by the release they came with. History from before a key was checked may break it: it stays
    as it is, and the key is an index like the others.
    """
    wanted: dict[str, sql.Composable] = {
        f"{name}_open_rows": sql.SQL("(row_hash) where to_release is null"),
        f"{name}_closed_rows": sql.SQL("(to_release) where to_release is not null"),
    }
    for columns in table.looked_up_by if table else ():
        wanted[_index_name(name, columns)] = sql.SQL("({})").format(listed(columns))
    if table:
        wanted |= {index: sql.SQL(form) for index, form in _DEFAULT_MONTHS.get(name, {}).items()}
    present = _indexes(connection, name)
    if table and table.primary_key:
        key = (*table.primary_key, "from_release")
        key_name = f"{_index_name(name, key)}_key"
        wanted[key_name] = sql.SQL("({})").format(listed(key))
        if key_name not in present:
            _make_key(connection, table, key_name, key, progress)
            present = _indexes(connection, name)
    for index, definition in wanted.items():
        if index not in present:
            connection.execute(
                sql.SQL("create index {} on {} {}").format(sql.Identifier(index), versions_of(name), definition)
            )
    for index in _of_earlier_contracts(name, wanted, _indexes(connection, name)):
        dropped = {"table": versions_of(name), "name": sql.Identifier(index), "index": sql.Identifier(STORE, index)}
        connection.execute(
            sql.SQL("alter table {table} drop constraint if exists {name}; drop index if exists {index}").format(
                **dropped
            )
        )


def _make_key(connection: Connection, table: Table, name: str, key: tuple[str, ...], progress: Progress) -> None:
    """A primary key, or where one of its columns may be null an index for which two nulls are the same."""
    may_be_null = any(table[column].is_nullable for column in table.primary_key)
    form = (
        "create unique index {name} on {versions} ({key}) nulls not distinct"
        if may_be_null
        else "alter table {versions} add constraint {name} primary key ({key})"
    )
    parts = {"versions": versions_of(table.name), "name": sql.Identifier(name), "key": listed(key)}
    try:
        with connection.transaction():
            connection.execute(sql.SQL(form).format(**parts))
    except (psycopg.errors.UniqueViolation, psycopg.errors.NotNullViolation) as error:
        progress(
            f"{table.name}: no primary key, for rows of earlier releases break it ({error.diag.message_detail or error})"
        )


def _indexes(connection: Connection, name: str) -> dict[str, tuple[str, ...]]:
    """Indexes of a versioned table with their columns."""
    rows = connection.execute(
        "select relation.relname, attribute.attname from pg_index as index "
        "join pg_class as relation on relation.oid = index.indexrelid "
        "cross join unnest(index.indkey) with ordinality as place (number, position) "
        "join pg_attribute as attribute on attribute.attrelid = index.indrelid and attribute.attnum = place.number "
        "where index.indrelid = to_regclass(%s) order by relation.relname, place.position",
        (f"{STORE}.{name}_versions",),
    )
    found: dict[str, tuple[str, ...]] = {}
    for index, column in rows:
        found[str(index)] = (*found.get(str(index), ()), str(column))
    return found


def _of_earlier_contracts(name: str, wanted: Collection[str], present: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Indexes we made that the contract no longer has, and those that had no name of ours and are there twice now."""
    kept = {columns for index, columns in present.items() if index in wanted} | {("row_hash",), ("to_release",)}
    return [
        index
        for index, columns in present.items()
        if index not in wanted
        and (index.startswith(f"{name}_by_") or (index.startswith(f"{name}_versions_") and columns in kept))
    ]


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
