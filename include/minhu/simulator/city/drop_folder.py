"""A drop folder that fills day by day: what offices sent stays, whatever was done to it since."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

from minhu import atomic
from minhu.simulator.city.city import City
from minhu.simulator.city.days import in_runs

Files = Mapping[str, bytes]


def fill(folder: Path, city: City, business_date: date, due: Mapping[date, Callable[[], Files]]) -> int:
    """Make the folders that are due and not there, and take away those of later days.

    A new city, or a new generator, starts from an empty drop folder.

    Args:
        folder: the drop folder; its marker and work in progress lie beside it.
        city: whose offices send.
        business_date: nothing of a later day stays.
        due: per day, what gives its files by name; called only where the folder is missing. Of a long history it is
            called in other processes, so it must be picklable.

    Returns:
        Number of folders made.
    """
    marker = folder.with_suffix(".json")
    wanted = atomic.json_bytes(city.identity())
    if not marker.exists() or marker.read_bytes() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        atomic.write_bytes(marker, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for stray in sorted(folder.iterdir()):
        if stray.is_dir() and _is_later(stray.name, business_date):
            shutil.rmtree(stray)
    for left in folder.parent.glob(f".{folder.name}-in-work*"):
        shutil.rmtree(left)
    missing = [day for day in due if not (folder / day.isoformat()).exists()]
    for _ in in_runs(partial(_make, folder, due), missing):
        pass
    return len(missing)


def _make(folder: Path, due: Mapping[date, Callable[[], Files]], days: list[date]) -> None:
    for day in days:
        building = folder.with_name(f".{folder.name}-in-work-{day.isoformat()}")
        building.mkdir(parents=True)
        for name, content in due[day]().items():
            (building / name).write_bytes(content)
        building.rename(folder / day.isoformat())


def _is_later(name: str, business_date: date) -> bool:
    try:
        return date.fromisoformat(name) > business_date
    except ValueError:
        return False
