"""Events of the grid platform: their whole life, and what the platform shows of it at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city.geography import Geography
from minhu.simulator.city.reference import categories, responsible_units
from minhu.simulator.city.streams import (
    DAY,
    HOUR,
    MINUTE,
    NEVER,
    Bools,
    Ints,
    Texts,
    between,
    missing_to_none,
    moments_of_day,
    recording_lag,
    shown,
    stream,
    uniform_seconds,
    volume,
    when,
)

EVENTS_PER_DAY = 20_000
TIER_WORDS = ("immediate", "time_limited", "tracked")
TIER_DAYS = np.array([1, 3, 7], dtype=np.int64)
STEPS = ("report", "accept", "void", "register", "handle", "verify", "verify_again", "defer", "close")
COLUMNS = [
    "event_id", "grid_code", "reporter_id", "category_code", "tier", "reported_at", "accepted_at", "registered_at",
    "due_at", "handled_at", "closed_at", "unit_code", "status", "self_handled", "deferred_until", "verified_at",
    "verified_passed", "verified_again_at", "photo_hash", "lon", "lat", "updated_at",
]  # fmt: skip


@dataclass(frozen=True)
class GridLives:
    """Events reported on one day; arrays have one element per event, moments in local seconds, ``NEVER`` for none."""

    day: date
    event_id: Texts
    grid: Ints
    reporter: Ints
    category: Ints
    tier: Ints
    self_handled: Bools
    first_passed: Bools
    photo: Texts
    due: Ints
    deferred_until: Ints
    happened: dict[str, Ints]
    recorded: dict[str, Ints]


def grid_lives(seed: int, scale: float, day: date, geo: Geography) -> GridLives:
    """Generate the grid events of ``day``; a pure function of its arguments."""
    rng = stream(seed, day, "grid")
    count = volume(rng, EVENTS_PER_DAY, scale, day)
    reported = moments_of_day(rng, day, count)
    grid = rng.integers(0, len(geo.grid_codes), count)
    kinds = categories()
    category = kinds.patrolled[rng.integers(0, len(kinds.patrolled), count)]
    photo = rng.integers(0, 2**63, count)
    _repeat_some(rng, grid, category, photo)
    tier = rng.choice(3, size=count, p=[0.6, 0.33, 0.07])
    self_handled = (tier == 0) & (rng.random(count) < 0.55)
    happened, due, deferred_until, first_passed = _steps(rng, reported, tier, self_handled)
    return GridLives(
        day=day,
        event_id=np.array([f"G{day:%y%m%d}{number:06d}" for number in range(count)], dtype=object),
        grid=grid,
        reporter=grid * 2 + rng.integers(0, 2, count),
        category=category,
        tier=tier,
        self_handled=self_handled,
        first_passed=first_passed,
        photo=np.array([f"{value:016x}" for value in photo.tolist()], dtype=object),
        due=due,
        deferred_until=deferred_until,
        happened=happened,
        recorded=_recorded(rng, happened),
    )


def grid_frame(lives: GridLives, geo: Geography, as_of: int) -> pd.DataFrame:
    """Events of one day as recorded before ``as_of`` (local seconds); verifications as three flat columns."""
    seen = {name: lives.recorded[name] < as_of for name in STEPS}
    step = lives.happened
    everything = np.ones(len(lives.grid), dtype=np.bool_)
    community = geo.grid_community[lives.grid]
    units = responsible_units(categories().responsible[lives.category], geo.street_codes[community])
    status = np.full(len(everything), "reported", dtype=object)
    for name, word in (("register", "registered"), ("handle", "handling"), ("close", "closed"), ("void", "void")):
        status[seen[name]] = word
    frame = pd.DataFrame(
        {
            "event_id": lives.event_id,
            "grid_code": geo.grid_codes[lives.grid],
            "reporter_id": [f"W{number:06d}" for number in lives.reporter],
            "category_code": categories().codes[lives.category],
            "tier": np.array(TIER_WORDS, dtype=object)[lives.tier],
            "reported_at": shown(step["report"], everything),
            "accepted_at": shown(step["accept"], seen["accept"]),
            "registered_at": shown(step["register"], seen["register"]),
            "due_at": shown(lives.due, seen["register"]),
            "handled_at": shown(step["handle"], seen["handle"]),
            "closed_at": shown(step["close"], seen["close"]),
            "unit_code": missing_to_none(units, seen["register"]),
            "status": status,
            "self_handled": lives.self_handled & seen["handle"],
            "deferred_until": shown(lives.deferred_until, seen["defer"]),
            "verified_at": shown(step["verify"], seen["verify"]),
            "verified_passed": lives.first_passed,
            "verified_again_at": shown(step["verify_again"], seen["verify_again"]),
            "photo_hash": lives.photo,
            "lon": np.round(geo.lon[community] + (lives.grid % 83 - 41) * 1e-4, 6),
            "lat": np.round(geo.lat[community] + (lives.grid % 79 - 39) * 1e-4, 6),
            "updated_at": shown(_last_change(lives, as_of), everything),
        }
    )
    return frame.loc[seen["report"], COLUMNS].reset_index(drop=True)


def _repeat_some(rng: np.random.Generator, grid: Ints, category: Ints, photo: Ints) -> None:
    """One event in twenty shows the picture of an earlier one of the day; one in a hundred an old stock picture."""
    count = len(grid)
    again = rng.random(count) < 0.05
    again[0] = False
    original = (rng.random(count) * np.arange(count)).astype(np.int64)
    again &= ~again[original]
    grid[again], photo[again] = grid[original[again]], photo[original[again]]
    same_matter = again & (rng.random(count) < 0.8)
    category[same_matter] = category[original[same_matter]]
    stock = rng.random(count) < 0.01
    photo[stock] = (grid * 1000 + category)[stock]


def _steps(
    rng: np.random.Generator, reported: Ints, tier: Ints, self_handled: Bools
) -> tuple[dict[str, Ints], Ints, Ints, Bools]:
    count = len(reported)
    draw = rng.random(count)
    void = (draw < 0.015) & ~self_handled
    alive = ~void
    step = {"report": reported}
    accepted = reported + uniform_seconds(rng, 30, 25 * MINUTE, count)
    accepted = np.where(self_handled, reported + 20, accepted)
    step["accept"] = accepted
    step["void"] = when(void, accepted + uniform_seconds(rng, 5 * MINUTE, 6 * HOUR, count))
    registered = np.where(self_handled, reported + 40, accepted + uniform_seconds(rng, 3 * MINUTE, 90 * MINUTE, count))
    step["register"] = when(alive, registered)
    due = registered + TIER_DAYS[tier] * DAY

    deferred = alive & ~self_handled & (rng.random(count) < 0.03)
    deferred_at = between(rng, registered, due, 0.7, 0.95)
    step["defer"] = when(deferred, deferred_at)
    deferred_until = due + rng.integers(1, 4, count) * DAY
    late, lost = alive & (draw > 0.97) & (draw <= 0.993), alive & (draw > 0.993)
    late, lost = late & ~self_handled, lost & ~self_handled
    limit = np.where(deferred, deferred_until, due)
    closed = between(rng, np.where(deferred, deferred_at, registered), limit, 0.08, 0.97)
    closed = np.where(self_handled, reported + uniform_seconds(rng, 3 * MINUTE, 80 * MINUTE, count), closed)
    closed = np.where(late, limit + (rng.exponential(0.8, count) * DAY).astype(np.int64) + MINUTE, closed)
    step["close"] = when(alive & ~lost, closed)
    handled = between(rng, registered, closed, 0.4, 0.8)
    step["handle"] = when(alive & ~lost, handled)

    verified = alive & ~lost & (rng.random(count) < np.where(self_handled, 0.2, 0.75))
    first_passed = rng.random(count) > 0.06
    first = between(rng, handled, closed, 0.1, 0.5)
    step["verify"] = when(verified, first)
    step["verify_again"] = when(verified & ~first_passed, between(rng, first, closed, 0.3, 0.9))
    return step, due, deferred_until, first_passed


def _recorded(rng: np.random.Generator, happened: dict[str, Ints]) -> dict[str, Ints]:
    recorded: dict[str, Ints] = {}
    for name in STEPS:
        moment = happened[name] + recording_lag(rng, len(happened[name]), 0.015, 0.003)
        known = np.maximum(moment, recorded.get("report", moment))
        recorded[name] = when(happened[name] < NEVER, known)
    return recorded


def _last_change(lives: GridLives, as_of: int) -> Ints:
    last = lives.recorded["report"]
    for name in STEPS:
        recorded = lives.recorded[name]
        last = np.where(recorded < as_of, np.maximum(last, recorded), last)
    return last


def activity_frame(seed: int, day: date, geo: Geography) -> pd.DataFrame:
    """Registered and active workers per grid on ``day`` (1.66 registered per grid; 37% of them active)."""
    steady = np.random.default_rng([seed, 10785])
    registered = 1 + steady.binomial(2, 0.33, len(geo.grid_codes))
    active = stream(seed, day, "activity").binomial(registered, 0.371)
    return pd.DataFrame(
        {"date": day.isoformat(), "grid_code": geo.grid_codes, "registered_count": registered, "active_count": active}
    )


def coverage_frame(seed: int, day: date, geo: Geography) -> pd.DataFrame:
    """Addresses per community and how many lie in exactly one, or in several, active grids."""
    addresses = np.maximum(20, geo.residents // 3)
    rng = stream(seed, day, "coverage")
    many = rng.binomial(addresses, 0.006)
    none = rng.binomial(addresses - many, 0.008)
    return pd.DataFrame(
        {
            "date": day.isoformat(),
            "community_code": geo.community_codes,
            "address_count": addresses,
            "covered_once_count": addresses - many - none,
            "covered_many_count": many,
        }
    )
