"""Phone calls in and out of the hotline."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city import persons
from minhu.simulator.city.streams import (
    missing_to_none,
    moments_of_day,
    recording_lag,
    shown,
    stream,
    uniform_seconds,
    volume,
)

INBOUND_PER_DAY, OUTBOUND_PER_DAY = 7100, 4600
COLUMNS = [
    "call_id", "direction", "caller_phone", "offered_at", "answered_at", "ended_at", "agent_id", "updated_at",
]  # fmt: skip


def call_frame(seed: int, scale: float, day: date, as_of: int) -> pd.DataFrame:
    """Table ``hotline.calls`` for the calls begun on ``day``, as recorded before ``as_of`` (local seconds).

    A call is written once, after it ended. Its start is ``offered_at``, else ``answered_at``, else ``ended_at``: calls
    that hang up in the voice menu were never offered to the queue, and calls out never pass it.
    """
    rng = stream(seed, day, "calls")
    inbound = volume(rng, INBOUND_PER_DAY, scale, day)
    count = inbound + volume(rng, OUTBOUND_PER_DAY, scale, day)
    office = np.array([0] * 8 + [5, 9, 10, 8, 5, 5, 8, 9, 8, 6, 4, 3, 2, 1, 0, 0], dtype=np.float64)
    started = np.concatenate([moments_of_day(rng, day, inbound), moments_of_day(rng, day, count - inbound, office)])
    coming = np.arange(count) < inbound
    offered = coming & (rng.random(count) > 0.07)
    answered = np.where(coming, offered & (rng.random(count) < 0.965), rng.random(count) < 0.78)
    wait = np.where(coming, np.minimum(rng.exponential(7, count) + 1, 240), rng.uniform(5, 35, count)).astype(np.int64)
    talk = np.minimum(rng.gamma(2.0, 95, count) + 8, 3500).astype(np.int64)
    answered_at = started + wait
    ended = np.where(answered, answered_at + talk, started + uniform_seconds(rng, 3, 90, count))
    recorded = ended + recording_lag(rng, count, 0.004, 0.002)
    person = rng.integers(0, max(50, round(3_000_000 * scale)), count)
    agents = np.array([f"A{number:04d}" for number in rng.integers(0, max(6, round(420 * scale)), count)], dtype=object)
    everything = np.ones(count, dtype=np.bool_)
    frame = pd.DataFrame(
        {
            "call_id": [f"C{day:%y%m%d}{number:06d}" for number in range(count)],
            "direction": np.where(coming, "inbound", "outbound"),
            "caller_phone": persons.phones(person),
            "offered_at": shown(started, offered),
            "answered_at": shown(answered_at, answered),
            "ended_at": shown(ended, everything),
            "agent_id": missing_to_none(agents, answered),
            "updated_at": shown(recorded, everything),
        }
    )
    return frame[recorded < as_of].reset_index(drop=True)


def call_start(calls: pd.DataFrame) -> pd.Series:
    """The known start of each call."""
    return calls["offered_at"].fillna(calls["answered_at"]).fillna(calls["ended_at"])
