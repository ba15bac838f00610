"""Is what the work file holds what the contract says? Asked before anything of it is published.

One pass over each table and one semi-join for each reference: no data test of dbt, whose every node costs more than
all of this.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation, FunctionExpression, SQLExpression

from minhu.errors import PermanentError
from minhu.release.published_contract import SCHEMA, Column, Contract, Reference, Table, words_of

_SHOWN = 5


def check_tables(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Hold every table against the contract: columns, types, nulls, codes and references.

    Raises:
        PermanentError: what differs first, by table, column and values.
    """
    found = {
        str(row[0])
        for row in connection.execute(
            "select table_name from information_schema.tables where table_schema = ?", [SCHEMA]
        ).fetchall()
    }
    missing, unknown = sorted(set(contract.tables) - found), sorted(found - set(contract.tables))
    if missing or unknown:
        raise _wrong(
            SCHEMA,
            f"expected the table {missing[0]}, found {', '.join(sorted(found)) or 'nothing'}"
            if missing
            else f"found the table {unknown[0]}, which the contract does not have",
            "build and gate the business date again" if missing else "describe it in dbt_project/models/publish",
        )
    for name, table in contract.tables.items():
        relation = connection.table(f"{SCHEMA}.{name}")
        _check_columns(relation, table)
        _check_values(relation, table)
    for name, table in contract.tables.items():
        for reference in table.references:
            _check_reference(connection, name, reference)


def check_key(relation: DuckDBPyRelation, table: Table) -> None:
    """One row for each key. A file's rows are enough: which file a row goes to follows from its key.

    Raises:
        PermanentError: a key stands twice; the message names it.
    """
    if not table.primary_key:
        return
    key = [ColumnExpression(column) for column in table.primary_key]
    groups = relation.aggregate([*key, FunctionExpression("count").alias("n")])
    twice = groups.filter(ColumnExpression("n") > ConstantExpression(1)).sort(*key).limit(1).fetchall()
    if twice:
        cell = ", ".join(f"{column}={value}" for column, value in zip(table.primary_key, twice[0], strict=False))
        raise _wrong(table.name, f"expected one row for {cell}, found {twice[0][-1]}")


def _check_columns(relation: DuckDBPyRelation, table: Table) -> None:
    found = dict(zip(relation.columns, (_plain(str(kind)) for kind in relation.types), strict=True))
    wanted = {column.name: _plain(column.data_type) for column in table.columns}
    for name in [*wanted, *found]:
        if found.get(name) != wanted.get(name):
            raise _wrong(
                table.name,
                f"column {name}: expected {wanted.get(name, 'no such column')}, found {found.get(name, 'none')}",
            )
    if list(found) != list(wanted):
        raise _wrong(table.name, f"expected the columns in the order {', '.join(wanted)}, found {', '.join(found)}")


def _check_values(relation: DuckDBPyRelation, table: Table) -> None:
    required = [column for column in table.columns if not column.is_nullable]
    coded = [column for column in table.columns if column.codes and not column.codes.is_open]
    counts = [FunctionExpression("count", ColumnExpression(column.name)) for column in required]
    lists = [SQLExpression(f'list(distinct "{column.name}")') for column in coded]
    row = relation.aggregate([SQLExpression("count(*)"), *counts, *lists]).fetchall()[0]
    for column, count in zip(required, row[1:], strict=False):
        if count < row[0]:
            what = "key column" if column.name in table.primary_key else "column"
            raise _wrong(table.name, f"{what} {column.name} is null in {row[0] - count} of {row[0]} rows")
    for column, values in zip(coded, row[1 + len(required) :], strict=True):
        _check_codes(table, column, values or [])


def _check_codes(table: Table, column: Column, values: Iterable[str]) -> None:
    codes = {word for value in values for word in (value.split() if column.has_several_words else [value])}
    assert column.codes is not None
    unknown = words_of(codes, column.codes)
    if unknown:
        raise _wrong(
            table.name,
            f"column {column.name}: expected words of {column.codes.name} ({', '.join(column.codes.words)}), "
            f"found {', '.join(map(repr, unknown[:_SHOWN]))}",
            f"mend the model, or add the word to {column.codes.name} in dbt_project/published_codes.yml",
        )


def _check_reference(connection: duckdb.DuckDBPyConnection, name: str, reference: Reference) -> None:
    """Values that are null or an empty string refer to nothing."""
    relation = connection.table(f"{SCHEMA}.{name}")
    if reference.where:
        relation = relation.filter(reference.where)
    for column in reference.columns:
        relation = relation.filter(ColumnExpression(column) != ConstantExpression(""))
    referring = relation.select(*map(ColumnExpression, reference.columns)).distinct().set_alias("referring")
    known = connection.table(f"{SCHEMA}.{reference.to}").set_alias("known")
    condition = " and ".join(
        f'referring."{column}" = known."{target}"'
        for column, target in zip(reference.columns, reference.to_columns, strict=True)
    )
    lost = referring.join(known, condition, how="anti").order("all").limit(_SHOWN).fetchall()
    if lost:
        raise _wrong(
            name,
            f"{' and '.join(reference.columns)} refer to {reference.to}, which does not have "
            + "; ".join(" ".join(map(str, row)) for row in lost),
        )


def _plain(data_type: str) -> str:
    return data_type.lower().replace(" ", "") if data_type.lower().startswith("decimal") else data_type.lower()


def _wrong(table: str, found: str, next_step: str = "") -> PermanentError:
    return PermanentError(
        f"hold {table} against the contract of what is published",
        found,
        next_step or f"mend the model of {table} in dbt_project/models/publish, or its contract beside it",
    )
