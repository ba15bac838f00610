"""What the four sources say at the end of a night: the newest row of every key, the pictures night by night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

Row = Mapping[str, Any]
Night = tuple[date, Mapping[str, list[Row]]]

#: What a row is known by; of several the one changed last counts, and of those the one given last.
KEYS: dict[str, tuple[str, ...]] = {
    "hotline.calls": ("call_id",), "hotline.work_orders": ("order_id",), "hotline.order_events": ("event_id",),
    "hotline.callbacks": ("callback_id",), "hotline.units": ("unit_code",), "grid.events": ("event_id",),
    "grid.worker_activity": ("activity_date", "grid_code"), "grid.address_coverage": ("coverage_date", "community_code"),
    "stations.cases": ("case_id",), "stations.terminals": ("service_date", "terminal_code"),
}  # fmt: skip
_CHANGED = ("updated_at", "recorded_at")


def local(value: Any) -> Any:
    """Landed times are UTC without an offset; a city's days are those of Asia/Shanghai."""
    return value + timedelta(hours=8) if isinstance(value, datetime) else value


class Sources:
    """The rows of all nights up to a business date, times local."""

    def __init__(self, nights: Iterable[Night], business_date: date) -> None:
        self.business_date = business_date
        #: The end of the business date; nothing recorded later is used.
        self.as_of = datetime.combine(business_date + timedelta(days=1), time())
        self._newest: dict[str, list[Row]] = {}
        self._nights = [
            (day, {table: [{c: local(v) for c, v in row.items()} for row in rows] for table, rows in tables.items()})
            for day, tables in nights
            if day <= business_date
        ]

    def all(self, table: str) -> list[Row]:
        """Every row ever given."""
        return [row for _, tables in self._nights for row in tables.get(table, [])]

    def of_night(self, night: date, table: str) -> list[Row]:
        """Rows given on a night."""
        return next(tables.get(table, []) for day, tables in self._nights if day == night)

    def by_night(self, table: str) -> list[tuple[date, Row]]:
        """Every row with the night that gave it."""
        return [(day, row) for day, tables in self._nights for row in tables.get(table, [])]

    def newest(self, table: str) -> list[Row]:
        """One row a key."""
        if table not in self._newest:
            self._newest[table] = self._find_newest(table)
        return self._newest[table]

    def _find_newest(self, table: str) -> list[Row]:
        found: dict[tuple[Any, ...], Row] = {}
        for row in self.all(table):
            key = tuple(row[column] for column in KEYS[table])
            changed = next((column for column in _CHANGED if column in row), None)
            if key not in found or changed is None or row[changed] >= found[key][changed]:
                found[key] = row
        return list(found.values())

    def pictures(self, table: str) -> list[tuple[date, list[Row]]]:
        """The whole register as it stood, night by night."""
        return [(day, tables[table]) for day, tables in self._nights if tables.get(table)]

    def register(self, table: str, key: str) -> dict[str, Row]:
        """What any picture knew, each as the last that knew it: who is struck off a list has been on it."""
        return {row[key]: row for _, picture in self.pictures(table) for row in picture}
