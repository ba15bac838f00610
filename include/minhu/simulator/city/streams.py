"""Seeded random streams and local times as whole seconds.

Inside the simulator a moment is an ``int64``: seconds of local wall-clock time since 1970-01-01 00:00 local.
``NEVER`` stands for "does not happen". The simulated city keeps one offset all year, so wall-clock seconds add up.
"""

from __future__ import annotations

import zlib
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

NEVER = np.int64(2**60)
MINUTE, HOUR, DAY = 60, 3600, 86400
_EPOCH = date(1970, 1, 1).toordinal()

#: Share of a day's calls, orders and reports by hour 0-23: two peaks, quiet nights.
HOURLY = np.array(
    [8, 5, 4, 3, 3, 6, 15, 35, 70, 95, 90, 75, 50, 55, 75, 80, 75, 60, 45, 40, 35, 28, 20, 12], dtype=np.float64
)


def stream(seed: int, day: date, name: str) -> np.random.Generator:
    """The random stream of one kind of thing on one day; the same arguments always give the same numbers."""
    return np.random.default_rng([seed, day.toordinal(), zlib.crc32(name.encode())])


def midnight(day: date) -> int:
    """First second of a local calendar day."""
    return (day.toordinal() - _EPOCH) * DAY


def end_of_day(day: date) -> int:
    """First second after a local calendar day: its ``as_of``."""
    return midnight(day) + DAY


def never(count: int) -> Ints:
    return np.full(count, NEVER, dtype=np.int64)


def when(mask: Bools, moments: Ints) -> Ints:
    """``moments`` where ``mask`` holds, ``NEVER`` elsewhere."""
    return np.where(mask, moments, NEVER)


def uniform_seconds(rng: np.random.Generator, low: float, high: float, count: int) -> Ints:
    """Whole seconds drawn evenly from ``low`` to ``high``."""
    return rng.uniform(low, high, count).astype(np.int64)


def moments_of_day(rng: np.random.Generator, day: date, count: int, weights: Floats = HOURLY) -> Ints:
    """``count`` sorted moments of ``day`` that follow hourly weights."""
    hours = rng.choice(24, size=count, p=weights / weights.sum())
    seconds: Ints = hours.astype(np.int64) * HOUR + rng.integers(0, HOUR, count)
    return np.sort(seconds) + midnight(day)


def between(rng: np.random.Generator, start: Ints, end: Ints, low: float, high: float) -> Ints:
    """A moment at a random share (``low`` to ``high``) of the way from ``start`` to ``end``."""
    share = rng.uniform(low, high, len(start))
    return start + ((end - start) * share).astype(np.int64)


def recording_lag(rng: np.random.Generator, count: int, slow: float, very_slow: float) -> Ints:
    """Seconds from happening to being recorded: most under two minutes, ``slow`` by hours, ``very_slow`` by days."""
    draw = rng.random(count)
    lag = uniform_seconds(rng, 1, 120, count)
    lag = np.where(draw < slow, uniform_seconds(rng, 400, 8 * HOUR, count), lag)
    return np.where(draw > 1 - very_slow, uniform_seconds(rng, 12 * HOUR, 2 * DAY, count), lag)


def volume(rng: np.random.Generator, per_day: float, scale: float, day: date) -> int:
    """How many happen on ``day``: weekends are quieter, days differ by a few percent."""
    weekday_factor = 0.86 if day.weekday() >= 5 else 1.056
    return max(1, round(per_day * scale * weekday_factor * float(rng.normal(1.0, 0.03))))


def pick(rng: np.random.Generator, values: tuple[str, ...], weights: tuple[float, ...], count: int) -> Texts:
    """``count`` words drawn with the given weights."""
    total = np.array(weights, dtype=np.float64)
    return np.array(values, dtype=object)[rng.choice(len(values), size=count, p=total / total.sum())]


def shown(moments: Ints, visible: Bools) -> npt.NDArray[np.datetime64]:
    """Local naive timestamps; not-a-time where the moment is not visible or never comes."""
    seen = visible & (moments < NEVER)
    stamps = np.where(seen, moments, 0).astype("datetime64[s]")
    stamps[~seen] = np.datetime64("NaT")
    return stamps


def codes(prefix: str, width: int, count: int) -> Texts:
    """Running codes ``<prefix>000…`` to ``count - 1``."""
    return np.array([f"{prefix}{number:0{width}d}" for number in range(count)], dtype=object)


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames one below the other; empty ones keep their columns."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0].reset_index(drop=True)


def missing_to_none(values: Texts, mask: Bools) -> Texts:
    """``values`` where ``mask`` holds, None elsewhere."""
    kept = np.full(len(values), None, dtype=object)
    kept[mask] = values[mask]
    return kept
