"""What of landing counts for a night: arrivals, attempts and tables up to a business date.

A build reads every attempt of a date up to the accepted one; which those are is decided here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from minhu.landing import contracts, packs
from minhu.landing.table_contract import TableContract
from minhu.landing.zone import Arrival, Landing, path_of

#: Source, table, business date, attempt.
LandedKey = tuple[str, str, date, int]


@dataclass(frozen=True)
class LandedTable:
    """One table of one attempt that counts; its manifest is read when it is first asked for.

    Attributes:
        landing: that it lies in.
        contract: of the table.
        business_date: of the delivery.
        attempt: its number.
    """

    landing: Landing
    contract: TableContract
    business_date: date
    attempt: int

    @property
    def folder(self) -> Path:
        """Where it landed; nothing is there while it is packed."""
        return self.landing.folder(self.contract, self.business_date, self.attempt)

    @property
    def part(self) -> Path:
        """Its rows, as a file that can be read."""
        return packs.lay_out(self.folder) / "part.parquet"

    @property
    def path(self) -> str:
        """Of its folder, below the landing folder."""
        return path_of(self.contract, self.business_date, self.attempt)

    @cached_property
    def _manifest_bytes(self) -> bytes:
        return packs.read(self.folder, "manifest.json")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """As landed."""
        return dict(json.loads(self._manifest_bytes))

    @property
    def manifest_sha256(self) -> str:
        """Of its bytes."""
        return sha256(self._manifest_bytes).hexdigest()

    @property
    def key(self) -> LandedKey:
        """What it is known by in the work file."""
        return self.contract.source, self.contract.name, self.business_date, self.attempt

    @property
    def part_sha256(self) -> str:
        """Of its rows: equal bytes, equal rows."""
        return str(self.manifest["files"][0]["sha256"])

    @property
    def rows(self) -> int:
        return int(self.manifest["row_count"])


class Inventory:
    """Landing as a night sees it: nothing that was landed for a later business date is in it."""

    def __init__(self, landing: Landing, business_date: date) -> None:
        self.landing = landing
        self.business_date = business_date

    @cached_property
    def _arrivals(self) -> dict[str, tuple[Arrival, ...]]:
        return {source: tuple(self.landing.arrivals(source, self.business_date)) for source in contracts.SOURCES}

    def arrivals(self, source: str) -> tuple[Arrival, ...]:
        """What came of every delivery of a source, in order of business date."""
        return self._arrivals[source]

    def arrival(self, source: str) -> Arrival | None:
        """What came of the delivery of the night itself; None where none was recorded."""
        found = self._arrivals[source][-1:]
        return found[0] if found and found[0].business_date == self.business_date else None

    @property
    def stale_sources(self) -> list[str]:
        """Sources of which nothing was accepted for the night although the city has them, by name."""
        arrivals = {source: self.arrival(source) for source in contracts.SOURCES}
        return sorted(source for source, found in arrivals.items() if found is None or found.status == "blocked")

    def attempts(self, source: str) -> Iterator[tuple[date, int]]:
        """Business date and number of every attempt that counts, in order."""
        for arrival in self._arrivals[source]:
            for number in range(1, (arrival.attempt or 0) + 1):
                yield arrival.business_date, number

    @cached_property
    def tables(self) -> tuple[LandedTable, ...]:
        """Every landed table that counts: by source, attempt by attempt, in the order of the contracts."""
        return tuple(
            LandedTable(self.landing, contract, day, number)
            for source in contracts.SOURCES
            for day, number in self.attempts(source)
            for contract in contracts.tables_of(source)
            if not contract.came_later or self.landing.has(contract, day, number)
        )

    def tables_named(self, full_name: str) -> list[LandedTable]:
        """The landed tables of one name, in the order they were delivered."""
        return [table for table in self.tables if table.contract.full_name == full_name]

    @property
    def arrival_files(self) -> list[Path]:
        """The arrival records of all sources up to the night."""
        return self.landing.arrival_files(self.business_date)
