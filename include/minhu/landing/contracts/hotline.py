"""The 12345 hotline (PostgreSQL)."""

from __future__ import annotations

from minhu.landing.table_contract import BOOL, DATE, INT, TEXT, TIME, TableContract, columns

#: Status of an order, and role of a claim, that landed from order files and that the newest load of them does not have: it
#: counts no more. Only the extract of a loaded city writes it.
GONE = "gone from the files"
INPUTS = (
    "calls", "work_orders", "replies", "on_time", "on_time_claims", "durations", "callbacks", "tiers", "callers",
    "dispatches",
)  # fmt: skip
TABLES: tuple[TableContract, ...] = (
    TableContract(
        "hotline", "calls", columns(
            call_id=TEXT, direction=TEXT, caller_key=TEXT, agent_key=TEXT, offered_at=TIME,
            answered_at=TIME, ended_at=TIME, updated_at=TIME,
        ),
        key=("call_id",), version="updated_at",
    ),
    TableContract(
        "hotline", "work_orders", columns(
            order_id=TEXT, created_at=TIME, channel=TEXT, demand_type=TEXT, category_code=TEXT,
            tier=TEXT, assessment_scope=TEXT, caller_key=TEXT, location_cell=TEXT, content_length=INT,
            content_hash=TEXT, community_code=TEXT, street_code=TEXT, unit_code=TEXT,
            parent_order_id=TEXT, due_at=TIME, replied_at=TIME, closed_at=TIME, closure_code=TEXT,
            status=TEXT, updated_at=TIME,
        ),
        key=("order_id",), version="updated_at",
    ),
    TableContract(
        "hotline", "order_events", columns(
            event_id=TEXT, order_id=TEXT, event_type=TEXT, occurred_at=TIME, recorded_at=TIME,
            unit_code=TEXT, from_value=TEXT, to_value=TEXT,
        ),
        key=("event_id",), version="recorded_at",
    ),
    TableContract(
        "hotline", "callbacks", columns(
            callback_id=TEXT, order_id=TEXT, attempt_no=INT, called_at=TIME, interviewer_key=TEXT,
            reached=BOOL, is_valid=BOOL, invalid_reason=TEXT, contacted=BOOL, resolved=BOOL,
            satisfaction=TEXT, recorded_at=TIME,
        ),
        key=("callback_id",), version="recorded_at",
    ),
    TableContract(
        "hotline", "order_claims", columns(
            order_id=TEXT, claimed_on_time=BOOL, claimed_at=TIME, role=TEXT, updated_at=TIME,
        ),
        key=("order_id",), version="updated_at",
    ),
    # rows of order files that could not become orders: the newest loading says which there are
    TableContract(
        "hotline", "load_rejects", columns(
            reject_id=TEXT, created_at=TIME, due_at=TIME, closed_at=TIME, community_code=TEXT, street_code=TEXT,
            unit_code=TEXT,
        ),
        key=("reject_id",), came_later=True,
    ),
    # the map by which a city's order files were read; before the places and units, which another map makes anew
    TableContract("hotline", "load_map", columns(map_sha256=TEXT), key=("map_sha256",), is_reference=True, came_later=True),
    TableContract(
        "hotline", "categories", columns(
            category_code=TEXT, name=TEXT, parent_code=TEXT, theme=TEXT,
        ),
        key=("category_code",),
    ),
    TableContract(
        "hotline", "units", columns(
            unit_code=TEXT, name=TEXT, kind=TEXT, place_code=TEXT, parent_code=TEXT, valid_from=DATE,
            valid_to=DATE,
        ),
        key=("unit_code",), is_reference=True,
        states=("name", "kind", "place_code", "parent_code", "valid_from", "valid_to"),
    ),
    TableContract(
        "hotline", "places", columns(
            place_code=TEXT, name=TEXT, level=TEXT, parent_code=TEXT, resident_count=INT,
            valid_from=DATE, valid_to=DATE, successor_code=TEXT,
        ),
        key=("place_code",), is_reference=True,
        states=("name", "level", "parent_code", "resident_count", "valid_from", "valid_to", "successor_code"),
    ),
)  # fmt: skip
