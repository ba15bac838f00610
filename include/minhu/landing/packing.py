"""Which months of landing are old enough to be packed, table by table, and packing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from minhu.errors import PermanentError
from minhu.landing import contracts, packs
from minhu.landing.zone import Landing

_BLOCK = 512  # of st_blocks (POSIX, sys/stat.h)


@dataclass(frozen=True)
class OldMonths:
    """Months of one table that can be packed.

    Attributes:
        folder: of the table.
        months: their deliveries' folders, by ``yyyy-mm``.
        files: how many these hold.
        bytes: what they take on disk, folders included.
    """

    folder: Path
    months: dict[str, list[Path]]
    files: int
    bytes: int

    @property
    def name(self) -> str:
        return f"{self.folder.parent.name}.{self.folder.name}"

    @property
    def first(self) -> str:
        return min(self.months)

    @property
    def last(self) -> str:
        return max(self.months)


def newest_day(root: Path) -> date | None:
    """The last business date of which anything is known; None in an empty home."""
    names = [path.stem.removeprefix("dt=") for path in root.glob("*/arrivals/dt=*.json")]
    return date.fromisoformat(max(names)) if names else None


def old_months(root: Path, newest: int) -> Iterator[OldMonths]:
    """Tables with months that can be packed.

    Args:
        root: the landing folder.
        newest: so many months, up to that of the newest business date, stay as they are.
    """
    last = newest_day(root)
    if last is None:
        return
    number = last.year * 12 + last.month - newest  # of the month, from 0, before the first that stays
    before = f"{number // 12:04d}-{number % 12 + 1:02d}"
    landing = Landing(root)
    accepted = {
        source: {arrival.business_date.isoformat(): arrival.attempt or 0 for arrival in landing.arrivals(source)}
        for source in contracts.SOURCES
    }
    for contract in contracts.TABLES:
        folder = root / contract.source / contract.name
        months = packs.waiting(folder, before, accepted[contract.source])
        if months:
            paths = {path for deliveries in months.values() for delivery in deliveries for path in _all(delivery)}
            files = sum(path.is_file() for path in paths)
            yield OldMonths(folder, months, files, sum(path.stat().st_blocks * _BLOCK for path in paths))


def pack(table: OldMonths) -> tuple[int, list[PermanentError]]:
    """Pack the months of a table, one after the other; a kill between two leaves the rest for the next run.

    Returns:
        Bytes on disk of their packs, and why months were left as they are: a delivery of each is damaged.
    """
    packs.sweep(table.folder)
    size, problems = 0, []
    for deliveries in table.months.values():
        try:
            packs.pack(deliveries)
            size += packs.pack_of(deliveries[0]).stat().st_blocks * _BLOCK
        except PermanentError as error:
            problems.append(error)
    return size, problems


def _all(delivery: Path) -> Iterator[Path]:
    yield delivery
    yield delivery.parent
    yield from delivery.iterdir()
