"""The state that the simulated grid platform serves: Parquet files and one JSON file that is written last."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from minhu import atomic
from minhu.errors import TransientError
from minhu.simulator.city.city import City, grid_day, with_broken
from minhu.simulator.city.geography import grids_table
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.grid.grid_events import activity_frame, coverage_frame

STATE_FILE = "state.json"
TABLES = ("events", "grids", "activity", "coverage")


def grid_folder(home: Path) -> Path:
    """Where the platform's state of a home lies."""
    return home / "simulator" / "grid"


def write_grid_state(home: Path, city: City, business_date: date) -> int:
    """Write what the platform shows at the end of ``business_date``; nothing if it shows that already.

    Returns:
        Number of events written.
    """
    folder = grid_folder(home)
    state = {**city.identity(), "business_date": business_date.isoformat(), "token": token_of(city)}
    if read_state(folder) == state:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STATE_FILE).unlink(missing_ok=True)
    as_of = end_of_day(business_date)
    days = list(city.days(business_date))
    events = pd.concat([with_broken(*grid_day(city, day, as_of)) for day in days], ignore_index=True)
    frames = {
        "events": events.sort_values(["updated_at", "event_id"], ignore_index=True),
        "grids": grids_table(city.geography),
        "activity": pd.concat([activity_frame(city.seed, day, city.geography) for day in days], ignore_index=True),
        "coverage": pd.concat([coverage_frame(city.seed, day, city.geography) for day in days], ignore_index=True),
    }
    for name in TABLES:
        pq.write_table(pa.Table.from_pandas(frames[name], preserve_index=False), folder / f"{name}.parquet")
    atomic.write_json(folder / STATE_FILE, state)
    return len(events)


def read_state(folder: Path) -> dict[str, Any] | None:
    """What the files show, None while there is nothing complete."""
    path = folder / STATE_FILE
    if not path.exists():
        return None
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return state


def read_token(home: Path) -> str:
    """The bearer token the simulated platform of this home accepts.

    Raises:
        TransientError: no state was written yet.
    """
    state = read_state(grid_folder(home))
    if state is None:
        raise TransientError(
            "read the simulated grid platform's token", f"{grid_folder(home)} holds no state", "run `minhu simulate`"
        )
    return str(state["token"])


def token_of(city: City) -> str:
    """A token for a platform that exists on this machine only; it changes with the city, not with the generator."""
    return hashlib.sha256(f"grid {city.seed} {city.scale} {city.start}".encode()).hexdigest()[:40]
