"""The whole life of the orders created on one day, as if all of the future were known.

A life is a set of *steps* (create, dispatch, reply, close …), each with the moment it happened and the moment the
hotline recorded it. What a night may see of it is cut out in ``order_state``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from minhu.simulator.city.geography import Geography
from minhu.simulator.city.reference import CENTRE, categories, responsible_units
from minhu.simulator.city.streams import (
    DAY,
    HOUR,
    MINUTE,
    NEVER,
    Bools,
    Ints,
    Texts,
    between,
    midnight,
    moments_of_day,
    never,
    pick,
    recording_lag,
    stream,
    uniform_seconds,
    volume,
    when,
)

ORDERS_PER_DAY = 5500
CHANNELS = ("phone", "app", "wechat", "web", "qr", "snap", "transfer")
TIERS = ("immediate", "time_limited", "tracked")
#: Days to the deadline by tier. Local choices, no public text gives them.
TIER_DAYS = np.array([1, 5, 15], dtype=np.int64)

#: The steps of an order, in the order they can happen. ``close_again`` is the second closing, after a reopening.
STEPS = (
    "create", "dispatch", "return", "reroute", "accept", "merge_into", "tier_change", "scope_change",
    "exclude_request", "exclude_grant", "suspend", "resume", "defer_request", "defer_grant", "contact", "reply",
    "close", "reopen", "close_again",
)  # fmt: skip


@dataclass(frozen=True)
class OrderLives:
    """Orders created on one day. All arrays have one element per order, moments in local seconds.

    Attributes:
        happened, recorded: step name to moments, ``NEVER`` where the step never comes.
        tier, later_tier: position in ``TIERS`` before and after a tier change.
        scope: the scope at creation.
        first_unit, second_unit: who gets it by dispatch and by rerouting.
        parent: position of the order it is merged into, -1 for none.
        due: step name to the deadline in force from that step on (``create`` first).
    """

    day: date
    order_id: Texts
    person: Ints
    channel: Texts
    demand_type: Texts
    category: Ints
    tier: Ints
    later_tier: Ints
    scope: Texts
    community: Ints
    place_known: Ints
    first_unit: Texts
    second_unit: Texts
    parent: Ints
    closure: Texts
    happened: dict[str, Ints]
    recorded: dict[str, Ints]
    due: dict[str, Ints]
    called_back_twice: Bools

    def __len__(self) -> int:
        return len(self.order_id)


def order_lives(seed: int, scale: float, day: date, geo: Geography) -> OrderLives:
    """Generate the orders of ``day``; a pure function of its arguments."""
    rng = stream(seed, day, "orders")
    count = volume(rng, ORDERS_PER_DAY, scale, day)
    created = moments_of_day(rng, day, count)
    kinds = categories()
    community = rng.choice(len(geo.community_codes), size=count, p=geo.weights)
    category = rng.choice(len(kinds.codes), size=count, p=kinds.weights)
    person = rng.integers(0, max(50, round(3_000_000 * scale)), count)
    _make_repeaters(rng, scale, person, community, category)
    demand = pick(rng, ("consult", "help", "complaint", "report", "suggest"), (28, 38, 26, 5, 3), count)
    tier = rng.choice(3, size=count, p=[0.45, 0.46, 0.09])
    draw = rng.random(count)
    instant = (demand == "consult") & (draw < 0.4)
    merged = ~instant & (draw > 0.965)
    withdrawn = ~instant & (draw > 0.953) & ~merged
    tier[instant] = 0
    parent = _parents(rng, instant | merged | withdrawn, merged)
    merged = parent >= 0
    community = np.where(merged, community[parent], community)
    category = np.where(merged, category[parent], category)
    first_unit = responsible_units(kinds.responsible[category], geo.street_codes[community])
    first_unit[instant] = CENTRE
    elsewhere = rng.integers(0, len(geo.community_codes), count)
    second_unit = responsible_units(np.full(count, "street", dtype=object), geo.street_codes[elsewhere])
    second_unit = np.where(second_unit == first_unit, "D08", second_unit)
    scope = pick(rng, ("three_rate", "response_only", "excluded"), (86, 13, 1), count)
    scope = np.where(instant, "response_only", scope)
    happened, due = _steps(rng, created, tier, instant, merged, withdrawn)
    return OrderLives(
        day=day,
        order_id=np.array([f"X{day:%y%m%d}{number:05d}" for number in range(count)], dtype=object),
        person=person,
        channel=pick(rng, CHANNELS, (70, 9, 9, 4, 3, 2, 3), count),
        demand_type=demand,
        category=category,
        tier=tier,
        later_tier=np.minimum(tier + 1, 2),
        scope=scope,
        community=community,
        place_known=np.where(rng.random(count) < 0.025, rng.integers(0, 2, count), 2),
        first_unit=first_unit,
        second_unit=second_unit,
        parent=parent,
        closure=_closures(rng, instant, merged, withdrawn),
        happened=happened,
        recorded=_recorded(rng, happened, parent),
        due=due,
        called_back_twice=rng.random(count) < 0.02,
    )


def _make_repeaters(rng: np.random.Generator, scale: float, person: Ints, community: Ints, category: Ints) -> None:
    """A few residents call again and again about the same matter in the same place (in place)."""
    again = rng.random(len(person)) < 0.06
    chosen = rng.integers(0, max(8, round(1500 * scale)), len(person))
    person[again] = chosen[again]
    community[again] = chosen[again] * 31 % (community.max() + 1)
    category[again] = chosen[again] * 17 % (category.max() + 1)


def _parents(rng: np.random.Generator, unfit: Bools, merged: Bools) -> Ints:
    """An earlier order of the same day for each merged one, -1 for the others."""
    fit = np.flatnonzero(~unfit)
    parent = np.full(len(unfit), -1, dtype=np.int64)
    if len(fit) == 0:
        return parent
    before = np.searchsorted(fit, np.arange(len(unfit)))
    possible = merged & (before > 0)
    choice = (rng.random(len(unfit)) * before).astype(np.int64)
    parent[possible] = fit[choice[possible]]
    return parent


def _closures(rng: np.random.Generator, instant: Bools, merged: Bools, withdrawn: Bools) -> Texts:
    usual = pick(rng, ("solved", "explained", "not_responsible"), (78, 20, 2), len(instant))
    usual = np.where(instant, "explained", usual)
    usual = np.where(merged, "duplicate", usual)
    return np.where(withdrawn, "withdrawn", usual)


def _steps(
    rng: np.random.Generator, created: Ints, tier: Ints, instant: Bools, merged: Bools, withdrawn: Bools
) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """When each step happens, and the deadlines in force after the steps that move them."""
    count = len(created)
    quick = tier == 0
    pace = np.where(quick, 1, 4)
    full = ~instant & ~merged & ~withdrawn
    step = {name: never(count) for name in STEPS}
    step["create"] = created
    dispatched = created + uniform_seconds(rng, 2 * MINUTE, 14 * MINUTE, count) * pace
    step["dispatch"] = when(~instant, dispatched)
    returned = full & (rng.random(count) < 0.07)
    returned_at = dispatched + uniform_seconds(rng, 10 * MINUTE, 90 * MINUTE, count) * pace
    rerouted_at = returned_at + uniform_seconds(rng, 5 * MINUTE, 60 * MINUTE, count) * pace
    step["return"], step["reroute"] = when(returned, returned_at), when(returned, rerouted_at)
    sure = np.where(returned, rerouted_at, dispatched)
    accepted = sure + uniform_seconds(rng, 5 * MINUTE, 90 * MINUTE, count) * pace
    step["accept"] = when(full, accepted)
    step["merge_into"] = when(merged, dispatched + uniform_seconds(rng, 10 * MINUTE, 6 * HOUR, count))

    due = {"create": created + TIER_DAYS[tier] * DAY}
    relaxed = full & (tier < 2) & (rng.random(count) < 0.015)
    step["tier_change"] = when(relaxed, accepted + uniform_seconds(rng, 5 * MINUTE, HOUR, count))
    due["tier_change"] = np.where(relaxed, created + TIER_DAYS[np.minimum(tier + 1, 2)] * DAY, due["create"])
    narrowed = full & (rng.random(count) < 0.01)
    step["scope_change"] = when(narrowed, between(rng, accepted, due["create"], 0.1, 0.5))
    asked = full & (rng.random(count) < 0.03)
    step["exclude_request"] = when(asked, between(rng, accepted, due["create"], 0.3, 0.8))
    granted = asked & (rng.random(count) < 0.7)
    step["exclude_grant"] = when(granted, step["exclude_request"] + uniform_seconds(rng, HOUR, DAY, count))

    paused = full & ~quick & (rng.random(count) < 0.05)
    paused_at = between(rng, accepted, due["tier_change"], 0.3, 0.4)
    resumed_at = between(rng, paused_at, due["tier_change"], 0.1, 0.3)
    stuck = paused & (rng.random(count) < 0.05)
    step["suspend"], step["resume"] = when(paused, paused_at), when(paused & ~stuck, resumed_at)
    due["resume"] = due["tier_change"] + np.where(paused & ~stuck, resumed_at - paused_at, 0)
    going = full & ~stuck
    begun = np.where(paused, resumed_at, accepted)

    wished = going & ~quick & (rng.random(count) < np.where(tier == 2, 0.15, 0.06))
    wished_at = between(rng, begun, due["resume"], 0.7, 0.95)
    allowed = wished & (rng.random(count) < 0.85)
    allowed_at = wished_at + uniform_seconds(rng, HOUR, 5 * HOUR, count)
    step["defer_request"], step["defer_grant"] = when(wished, wished_at), when(allowed, allowed_at)
    due["defer_grant"] = due["resume"] + np.where(allowed, rng.integers(1, 4, count) * 2 * DAY, 0)
    begun = np.where(allowed, allowed_at, np.where(wished, wished_at, begun))

    _endings(rng, step, due, begun, going)
    closed = np.where(instant, created + uniform_seconds(rng, 90, 10 * MINUTE, count), step["close"])
    closed = np.where(withdrawn, dispatched + uniform_seconds(rng, 20 * MINUTE, 20 * HOUR, count), closed)
    step["close"] = closed
    step["contact"] = when(step["contact"] < NEVER, step["contact"])
    step["reply"] = np.where(instant, closed, step["reply"])
    _after_closing(rng, step, due, going)
    _nothing_after_merge(step)
    return step, due


def _endings(rng: np.random.Generator, step: dict[str, Ints], due: dict[str, Ints], begun: Ints, going: Bools) -> None:
    """Contact, reply and close: mostly in time, some late, a few never (``step`` is changed in place)."""
    count = len(begun)
    draw = rng.random(count)
    deadline = due["defer_grant"]
    late, lost = going & (draw < 0.03), going & (draw > 0.993)
    in_time = between(rng, begun, deadline, 0.1, 0.97)
    overdue = deadline + (rng.exponential(1.5, count) * DAY).astype(np.int64) + HOUR
    closed = np.where(late, overdue, in_time)
    step["close"] = when(going & ~lost, closed)
    reply_limit = np.where(late | lost, deadline, closed)
    reply = between(rng, begun, reply_limit, 0.55, 1.0)
    late_reply = late & (rng.random(count) < 0.08)
    reply = np.where(late_reply, between(rng, deadline, closed, 0.3, 1.0), reply)
    silent = lost & (rng.random(count) < 0.6)
    step["reply"] = when(going & ~silent, reply)
    contacted = going & ~silent & (rng.random(count) < 0.97)
    step["contact"] = when(contacted, between(rng, begun, reply, 0.2, 0.95))


def _after_closing(rng: np.random.Generator, step: dict[str, Ints], due: dict[str, Ints], going: Bools) -> None:
    """Some orders are opened again one to three days later, with three days to finish (changed in place)."""
    count = len(going)
    reopened = going & (step["close"] < NEVER) & (rng.random(count) < 0.02)
    closed = np.where(reopened, step["close"], midnight(date(2000, 1, 1)))
    reopened_at = closed + uniform_seconds(rng, 0.6 * DAY, 3 * DAY, count)
    again = reopened & (rng.random(count) < 0.95)
    step["reopen"] = when(reopened, reopened_at)
    step["close_again"] = when(again, reopened_at + uniform_seconds(rng, 0.3 * DAY, 3.4 * DAY, count))
    due["reopen"] = np.where(reopened, reopened_at + 3 * DAY, due["defer_grant"])


def _nothing_after_merge(step: dict[str, Ints]) -> None:
    merged = step["merge_into"] < NEVER
    for name in STEPS[STEPS.index("merge_into") + 1 :]:
        step[name] = when(~merged, step[name])


def _recorded(rng: np.random.Generator, happened: dict[str, Ints], parent: Ints) -> dict[str, Ints]:
    """When each step was recorded: never before it happened, never before the order itself was recorded."""
    count = len(parent)
    recorded: dict[str, Ints] = {}
    for name in STEPS:
        slow, very_slow = (0.015, 0.004) if name == "create" else (0.03, 0.006)
        moment = happened[name] + recording_lag(rng, count, slow, very_slow)
        recorded[name] = when(happened[name] < NEVER, np.maximum(moment, recorded.get("create", moment)))
    merged = parent >= 0
    known = np.where(merged, recorded["create"][parent] + 1, recorded["merge_into"])
    recorded["merge_into"] = np.where(merged, np.maximum(recorded["merge_into"], known), NEVER)
    return recorded
