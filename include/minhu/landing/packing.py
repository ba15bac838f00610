"""Which months of landing are old enough to be packed, table by table, and packing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from minhu.landing import contracts, packs

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
    """Tables with months that can be packed; what killed runs left behind is removed on the way.

    Args:
        root: the landing folder.
        newest: so many months, up to that of the newest business date, stay as they are.
    """
    last = newest_day(root)
    if last is None:
        return
    number = last.year * 12 + last.month - newest  # of the month, from 0, before the first that stays
    before = f"{number // 12:04d}-{number % 12 + 1:02d}"
    for contract in contracts.TABLES:
        folder = root / contract.source / contract.name
        packs.sweep(folder)
        months = dict(packs.waiting(folder, before))
        if months:
            paths = {path for deliveries in months.values() for delivery in deliveries for path in _all(delivery)}
            files = sum(path.is_file() for path in paths)
            yield OldMonths(folder, months, files, sum(path.stat().st_blocks * _BLOCK for path in paths))


def pack(table: OldMonths) -> int:
    """Pack the months of a table, one after the other; a kill between two leaves the rest for the next run.

    Returns:
        Bytes on disk of their packs.

    Raises:
        PermanentError: a delivery is damaged; months before it are packed, it and the later ones are as they were.
    """
    for deliveries in table.months.values():
        packs.pack(deliveries)
    return sum(packs.pack_of(deliveries[0]).stat().st_blocks * _BLOCK for deliveries in table.months.values())


def _all(delivery: Path) -> Iterator[Path]:
    yield delivery
    yield delivery.parent
    yield from delivery.iterdir()
