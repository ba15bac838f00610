"""Which change of the contract breaks a reader: the contract's shape as it was last agreed, against what it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minhu.release.published_contract import Contract

Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What a statement written against a table would meet, and who has such statements (reader and owner)."""

    table: str
    what: str
    readers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.table}: {self.what} - readers to warn: {'; '.join(self.readers) or 'none is known'}"


def shape_of(contract: Contract) -> dict[str, Any]:
    """What a reader may rely on, as JSON: tables with columns and types, keys, files, the words of code columns; and who
    reads them, for of a table that is gone nobody else would know."""
    used = {
        column.codes.name: column.codes
        for table in contract.tables.values()
        for column in table.columns
        if column.codes
    }
    return {
        "tables": {
            name: {
                "primary_key": list(table.primary_key),
                "part_by": table.part_by,
                "readers": [f"{reader.label} ({reader.owner})" for reader in contract.readers_of(name)],
                "columns": {
                    column.name: {
                        "data_type": column.data_type,
                        "is_nullable": column.is_nullable,
                        **({"codes": column.codes.name} if column.codes else {}),
                    }
                    for column in table.columns
                },
            }
            for name, table in contract.tables.items()
        },
        "codes": {name: list(codes.words) for name, codes in sorted(used.items())},
    }


def breaking(before: Shape, now: Shape) -> list[Change]:
    """Changes after which a reader's statement fails or means something else, by table.

    What is added breaks nobody, nor does a column that is never null any more: a table, a column, a word.
    """
    return [
        Change(name, what, tuple(dict.fromkeys([*table["readers"], *now["tables"].get(name, table)["readers"]])))
        for name, table in before["tables"].items()
        for what in _changes_of(table, now["tables"].get(name), before, now)
    ]


def _changes_of(table: Shape, present: Shape | None, before: Shape, now: Shape) -> list[str]:
    if present is None:
        return ["the table is gone"]
    said = [
        f"{label} was {_named(table[what])} and is {_named(present[what])}"
        for what, label in (("primary_key", "the key"), ("part_by", "the date that decides the file"))
        if table[what] != present[what]
    ]
    for column, was in table["columns"].items():
        said += _changes_of_column(column, was, present["columns"].get(column), before, now)
    return said


def _changes_of_column(column: str, was: Shape, now: Shape | None, before: Shape, after: Shape) -> list[str]:
    if now is None:
        return [f"column {column} is gone or has another name"]
    said = []
    if was["data_type"] != now["data_type"]:
        said.append(f"column {column} was {was['data_type']} and is {now['data_type']}")
    if now["is_nullable"] and not was["is_nullable"]:
        said.append(f"column {column} may be null now")
    words = after["codes"].get(now.get("codes"), [])
    lost = [word for word in before["codes"].get(was.get("codes"), []) if word not in words]
    if lost and "codes" in now:
        said.append(f"column {column} no longer has the words {', '.join(lost)}")
    return said


def _named(value: Any) -> str:
    return (", ".join(value) if isinstance(value, list) else value) or "none"
