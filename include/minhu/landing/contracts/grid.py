"""The grid platform (HTTP API)."""

from __future__ import annotations

from minhu.landing.table_contract import BOOL, DATE, INT, TEXT, TIME, TableContract, columns

INPUTS = ("grid",)
TABLES: tuple[TableContract, ...] = (
    TableContract(
        "grid", "events", columns(
            event_id=TEXT, grid_code=TEXT, reporter_key=TEXT, category_code=TEXT, tier=TEXT,
            reported_at=TIME, accepted_at=TIME, registered_at=TIME, due_at=TIME, handled_at=TIME,
            closed_at=TIME, unit_code=TEXT, status=TEXT, self_handled=BOOL, deferred_until=TIME,
            photo_hash=TEXT, location_cell=TEXT, updated_at=TIME,
        ),
        key=("event_id",), version="updated_at",
    ),
    TableContract(
        "grid", "event_verifications", columns(
            event_id=TEXT, verified_at=TIME, passed=BOOL, updated_at=TIME,
        ),
        key=("event_id", "verified_at"), version="updated_at",
    ),
    TableContract(
        "grid", "grids", columns(
            grid_code=TEXT, community_code=TEXT, street_code=TEXT, household_count=INT,
            active_from=DATE, active_to=DATE,
        ),
        key=("grid_code",), is_reference=True,
        states=("community_code", "street_code", "household_count", "active_from", "active_to"),
    ),
    TableContract(
        "grid", "worker_activity", columns(
            activity_date=DATE, grid_code=TEXT, registered_count=INT, active_count=INT,
        ),
        key=("activity_date", "grid_code"),
    ),
    TableContract(
        "grid", "address_coverage", columns(
            coverage_date=DATE, community_code=TEXT, address_count=INT, covered_once_count=INT,
            covered_many_count=INT,
        ),
        key=("coverage_date", "community_code"),
    ),
)  # fmt: skip
