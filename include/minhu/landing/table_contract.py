"""One landed table: names, types, keys. What an extract must write and staging may rely on."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

#: Types that land: times are UTC without an offset, dates are local calendar days, codes are text.
TEXT, INT, BOOL, FLOAT = pa.string(), pa.int64(), pa.bool_(), pa.float64()
DATE, TIME = pa.date32(), pa.timestamp("us")


@dataclass(frozen=True)
class TableContract:
    """One landed table.

    Attributes:
        source: which extract lands it.
        name: table name, without the source.
        schema: columns and types, in order.
        key: columns that identify an entity; rows are landed sorted by key, then version.
        version: the change-time column that orders the versions of a key, or None for a table that is a full
            snapshot of its day (every night replaces the whole of it).
        is_reference: a snapshot whose change moves rows that did not change themselves: the warehouse is made anew.
        came_later: attempts of earlier versions, which lie in landing for good, do not have it; of any other table a missing
            part is a loss.
        states: columns of a snapshot that make another state of a key, kept with the day each was first seen, so that a
            figure of a day is counted by the borders and lists of that day. That a key is listed no more is a state too.
    """

    source: str
    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    version: str | None = None
    is_reference: bool = False
    came_later: bool = False
    states: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{self.source}.{self.name}"

    @property
    def sort_order(self) -> list[tuple[str, str]]:
        columns = self.key if self.version is None else (*self.key, self.version)
        return [(column, "ascending") for column in columns]

    @property
    def is_snapshot(self) -> bool:
        """A newer delivery replaces it as a whole: no versions, and no day in its key."""
        return self.version is None and not pa.types.is_date(self.schema.field(self.key[0]).type)


def columns(**types: pa.DataType) -> pa.Schema:
    """A schema from names and types, in order."""
    return pa.schema(list(types.items()))
