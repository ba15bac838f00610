"""What a view of the star is, and the SQL that makes it."""

from __future__ import annotations

from dataclasses import dataclass

from minhu.release.published_contract import CodeList, Contract, Text


@dataclass(frozen=True)
class ViewColumn:
    """A column: its name, the expression it shows and what it is."""

    name: str
    sql: str
    text: Text


@dataclass(frozen=True)
class View:
    """A view in schema ``published``.

    Attributes:
        columns: in the order in which they are shown.
        body: SQL from ``from`` on, in what PostgreSQL and DuckDB have in common.
    """

    name: str
    text: Text
    columns: tuple[ViewColumn, ...]
    body: str

    @property
    def select(self) -> str:
        """The statement of the view."""
        listed = ",\n    ".join(f"{column.sql} as {column.name}" for column in self.columns)
        return f"select\n    {listed}\n{self.body}"


def taken(contract: Contract, table: str, names: str, alias: str) -> list[ViewColumn]:
    """Columns of a published table, named and described as there, in types that every driver reads as numbers.

    Decimals are doubles, ranks are integers, moments have their zone, and what is not said is null, never an empty string.

    Args:
        contract: of what is published.
        table: as it is published.
        names: of its columns, with blanks between.
        alias: of the table in the statement.
    """
    found = []
    for name in names.split():
        column = contract.tables[table][name]
        sql = f"{alias}.{name}"
        if column.data_type.startswith("decimal"):
            sql = f"cast({sql} as double precision)"
        elif column.data_type == "hugeint":
            sql = f"cast({sql} as integer)"
        elif column.data_type == "timestamp":
            sql = f"{sql} at time zone 'UTC'"
        elif column.data_type == "varchar" and name not in contract.tables[table].primary_key:
            sql = f"nullif({sql}, '')"
        found.append(ViewColumn(name, sql, column.text))
    return found


def called(codes: CodeList, sql: str) -> str:
    """SQL of what a reader of Chinese calls a code."""
    words = " ".join(f"when {literal(code)} then {literal(text.zh)}" for code, text in codes.words.items())
    return f"case {sql} {words} end"


def literal(text: str) -> str:
    """Text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"
