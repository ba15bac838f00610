"""What the hotline's tables show of the orders of one day at a moment: the cut through their lives."""

from __future__ import annotations

import numpy as np
import pandas as pd

from minhu.simulator.city import persons
from minhu.simulator.city.geography import Geography
from minhu.simulator.city.reference import CENTRE, categories
from minhu.simulator.city.streams import NEVER, Bools, Ints, Texts, joined, missing_to_none, never, shown
from minhu.simulator.hotline.orders import STEPS, TIERS, OrderLives

ORDER_COLUMNS = [
    "order_id", "created_at", "channel", "demand_type", "category_code", "tier", "assessment_scope", "caller_name",
    "caller_phone", "address", "lon", "lat", "content", "community_code", "street_code", "unit_code",
    "parent_order_id", "due_at", "replied_at", "closed_at", "closure_code", "status", "updated_at",
]  # fmt: skip
EVENT_COLUMNS = [
    "event_id", "order_id", "event_type", "occurred_at", "recorded_at", "unit_code", "from_value", "to_value",
]  # fmt: skip


def order_frame(lives: OrderLives, geo: Geography, as_of: int) -> pd.DataFrame:
    """Columns of ``hotline.work_orders`` without the personal ones, as recorded before ``as_of`` (local seconds)."""
    seen = {name: lives.recorded[name] < as_of for name in STEPS}
    step = lives.happened
    everything = np.ones(len(lives), dtype=np.bool_)
    closed_at, closed = _closing(seen, step)
    due = lives.due["create"]
    for name in ("tier_change", "resume", "defer_grant", "reopen"):
        due = np.where(seen[name], lives.due[name], due)
    unit = np.where(seen["dispatch"], lives.first_unit, CENTRE)
    unit = np.where(seen["reroute"], lives.second_unit, unit)
    scope = np.where(seen["scope_change"], "response_only", lives.scope)
    scope = np.where(seen["exclude_grant"], "excluded", scope)
    codes = geo.community_codes[lives.community]
    status = np.where(seen["suspend"] & ~seen["resume"], "suspended", "open")
    frame = pd.DataFrame(
        {
            "order_id": lives.order_id,
            "created_at": shown(step["create"], everything),
            "channel": lives.channel,
            "demand_type": lives.demand_type,
            "category_code": categories().codes[lives.category],
            "tier": np.array(TIERS, dtype=object)[np.where(seen["tier_change"], lives.later_tier, lives.tier)],
            "assessment_scope": scope,
            "community_code": missing_to_none(codes, lives.place_known == 2),
            "street_code": missing_to_none(geo.street_codes[lives.community], lives.place_known >= 1),
            "unit_code": unit,
            "parent_order_id": missing_to_none(lives.order_id[lives.parent], seen["merge_into"]),
            "due_at": shown(due, everything),
            "replied_at": shown(step["reply"], seen["reply"]),
            "closed_at": shown(closed_at, closed),
            "closure_code": missing_to_none(lives.closure, closed),
            "status": np.where(closed, "closed", status),
            "updated_at": shown(_last_change(lives, as_of), everything),
        }
    )
    return frame[seen["create"]].reset_index(drop=True)


def with_persons(frame: pd.DataFrame, lives: OrderLives, geo: Geography, as_of: int) -> pd.DataFrame:
    """``order_frame`` with the caller's name, phone, door, point and words: the full columns of the table."""
    seen = lives.recorded["create"] < as_of
    person, community = lives.person[seen], lives.community[seen]
    place = np.array([geo.communities[code] for code in geo.community_codes], dtype=object)[community]
    names, phones = persons.names(person), persons.phones(person)
    doors = persons.addresses(person, place)
    phones = missing_to_none(phones, lives.channel[seen] != "transfer")
    frame = frame.assign(
        caller_name=names,
        caller_phone=phones,
        address=doors,
        lon=np.round(geo.lon[community] + (person % 97 - 48) * 1e-4, 6),
        lat=np.round(geo.lat[community] + (person % 89 - 44) * 1e-4, 6),
        content=persons.contents(names, persons.phones(person), categories().names[lives.category[seen]], doors),
    )
    return frame[ORDER_COLUMNS]


def event_frame(lives: OrderLives, as_of: int) -> pd.DataFrame:
    """Table ``hotline.order_events`` for the orders of one day, as recorded before ``as_of``."""
    values = _values(lives)
    frames = []
    for number, name in enumerate(STEPS):
        seen = lives.recorded[name] < as_of
        everything = np.ones(int(seen.sum()), dtype=np.bool_)
        unit, old, new = (column[seen] for column in values[name])
        frames.append(
            pd.DataFrame(
                {
                    "event_id": [f"{order}-E{number:02d}" for order in lives.order_id[seen]],
                    "order_id": lives.order_id[seen],
                    "event_type": "close" if name == "close_again" else name,
                    "occurred_at": shown(lives.happened[name][seen], everything),
                    "recorded_at": shown(lives.recorded[name][seen], everything),
                    "unit_code": unit,
                    "from_value": old,
                    "to_value": new,
                }
            )
        )
    return joined(frames)[EVENT_COLUMNS]


def _closing(seen: dict[str, Bools], step: dict[str, Ints]) -> tuple[Ints, Bools]:
    """The closing in force and whether there is one: an order reopened and not closed again is open."""
    merged = seen["merge_into"]
    first = seen["close"] & ~seen["reopen"]
    moment = np.where(merged, step["merge_into"], never(len(merged)))
    moment = np.where(first, step["close"], moment)
    moment = np.where(seen["close_again"], step["close_again"], moment)
    return moment, merged | first | seen["close_again"]


def _last_change(lives: OrderLives, as_of: int) -> Ints:
    last = lives.recorded["create"]
    for name in STEPS:
        recorded = lives.recorded[name]
        last = np.where(recorded < as_of, np.maximum(last, recorded), last)
    return last


def _values(lives: OrderLives) -> dict[str, tuple[Texts, Texts, Texts]]:
    """Unit, old and new value of each step."""
    count = len(lives)
    nothing = np.full(count, None, dtype=object)
    words = {word: np.full(count, word, dtype=object) for word in ("open", "excluded", "response_only", CENTRE)}
    tiers = np.array(TIERS, dtype=object)
    rerouted = lives.happened["reroute"] < NEVER
    handler = np.where(rerouted, lives.second_unit, lives.first_unit)
    parent = missing_to_none(lives.order_id[lives.parent], lives.parent >= 0)
    due = {name: _texts(moments) for name, moments in lives.due.items()}
    usual = dict.fromkeys(STEPS, (handler, nothing, nothing))
    return usual | {
        "create": (words[CENTRE], nothing, words["open"]),
        "dispatch": (lives.first_unit, nothing, lives.first_unit),
        "return": (lives.first_unit, lives.first_unit, nothing),
        "reroute": (lives.second_unit, lives.first_unit, lives.second_unit),
        "merge_into": (lives.first_unit, nothing, parent),
        "tier_change": (handler, tiers[lives.tier], tiers[lives.later_tier]),
        "scope_change": (handler, lives.scope, words["response_only"]),
        "exclude_request": (handler, lives.scope, words["excluded"]),
        "exclude_grant": (handler, lives.scope, words["excluded"]),
        "resume": (handler, due["tier_change"], due["resume"]),
        "defer_request": (handler, due["resume"], nothing),
        "defer_grant": (handler, due["resume"], due["defer_grant"]),
        "close": (handler, nothing, lives.closure),
        "reopen": (handler, due["defer_grant"], due["reopen"]),
        "close_again": (handler, nothing, lives.closure),
    }


def _texts(moments: Ints) -> Texts:
    return np.datetime_as_string(moments.astype("datetime64[s]")).astype(object)
