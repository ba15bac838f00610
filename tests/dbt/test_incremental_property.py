"""Random nights of late, corrected, withdrawn and repeated rows: increments and one full build give identical tables.

Hypothesis makes the nights and shrinks those that differ. A difference shows as a table name.

Facts and counts are compared up to assessment, where late, corrected and moved rows meet; what is made of counts is
compared for one written story in test_incremental.py, and for random nights too in ``make test-slow``.
"""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from minhu.gate import decision
from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build
from tests.fixtures import tables
from tests.fixtures.homes import build, settings_at
from tests.fixtures.landed import NIGHT, LandedCity

pytestmark = pytest.mark.nights(3)

NIGHTS = [NIGHT - timedelta(days=back) for back in (3, 2, 1, 0)]
#: A moment: day relative to the first night, and hour. Some lie ahead of every night.
moments = st.tuples(st.integers(-40, 5), st.integers(0, 23))
maybe = st.none() | moments
orders = st.fixed_dictionaries(
    {
        "kind": st.just("order"),
        "key": st.integers(0, 6),
        "created": moments,
        "due": maybe,
        "closed": maybe,
        "place": st.sampled_from(["dA001001", "dB001001", "nowhere", None]),
        "caller": st.sampled_from(["p", "q", None]),
        "category": st.sampled_from(["x", "K015"]),
        "tier": st.sampled_from(["immediate", "time_limited", "tracked", None]),
        "scope": st.sampled_from(["three_rate", "response_only", "excluded", "unheard of"]),
        "unit": st.sampled_from(["u1", "u2"]),
        "closure": st.sampled_from(["solved", "withdrawn", "duplicate"]),
        "version": st.integers(0, 5),
    }
)
steps = st.fixed_dictionaries(
    {
        "kind": st.just("step"),
        "key": st.integers(0, 9),
        "order": st.integers(0, 6),
        "type": st.sampled_from(
            ["dispatch", "return", "reroute", "suspend", "resume", "defer_grant", "close", "reopen", "note"]
        ),
        "at": moments,
        "version": st.integers(0, 5),
    }
)
callbacks = st.fixed_dictionaries(
    {
        "kind": st.just("callback"),
        "key": st.integers(0, 4),
        "order": st.integers(0, 6),
        "at": moments,
        "is_valid": st.booleans(),
        "resolved": st.booleans(),
        "version": st.integers(0, 5),
    }
)
events = st.fixed_dictionaries(
    {
        "kind": st.just("event"),
        "key": st.integers(0, 4),
        "reported": moments,
        "due": maybe,
        "closed": maybe,
        "photo": st.sampled_from(["a", "b", None]),
        "is_void": st.booleans(),
        "verified": st.lists(st.tuples(moments, st.booleans()), max_size=3, unique_by=lambda visit: visit[0]),
        "version": st.integers(0, 5),
    }
)
calls = st.fixed_dictionaries(
    {
        "kind": st.just("call"),
        "key": st.integers(0, 5),
        "offered": moments,
        "is_answered": st.booleans(),
        "version": st.integers(0, 5),
    }
)
cases = st.fixed_dictionaries(
    {
        "kind": st.just("case"),
        "key": st.integers(0, 4),
        "accepted": moments,
        "finished": maybe,
        "level": st.sampled_from(["city", "street", None]),
        "version": st.integers(0, 5),
    }
)
terminals = st.fixed_dictionaries(
    {"kind": st.just("terminal"), "key": st.integers(0, 1), "day": st.integers(-5, 3), "up": st.integers(0, 600)}
)
stories = st.lists(
    st.lists(st.one_of(orders, steps, callbacks, events, calls, cases, terminals), max_size=9),
    min_size=len(NIGHTS),
    max_size=len(NIGHTS),
)


def at(moment: tuple[int, int] | None) -> str | None:
    if moment is None:
        return None
    return f"{NIGHTS[0] + timedelta(days=moment[0])} {moment[1]:02d}:00"


def version(night: int, row: dict[str, Any]) -> str:
    """Change times mostly grow from night to night; a larger step back is an older version that comes late."""
    return f"{NIGHTS[0] + timedelta(days=night)} {4 * row['version']:02d}:30"


def add(city: LandedCity, night: int, row: dict[str, Any]) -> None:
    kind = row["kind"]
    if kind == "order":
        closed = at(row["closed"])
        city.add(
            "hotline.work_orders", order_id=f"o{row['key']}", created_at=at(row["created"]), due_at=at(row["due"]),
            closed_at=closed, replied_at=closed, status="closed" if closed else "open",
            closure_code=row["closure"] if closed else None, community_code=row["place"], street_code=None,
            caller_key=row["caller"], category_code=row["category"], tier=row["tier"],
            assessment_scope=row["scope"], unit_code=row["unit"],
            parent_order_id="o0" if closed and row["closure"] == "duplicate" else None, updated_at=version(night, row),
        )  # fmt: skip
    elif kind == "step":
        deadlines = {"from_value": "2026-11-17T10:00:00", "to_value": "2026-11-19T10:00:00"}
        city.add(
            "hotline.order_events", event_id=f"s{row['key']}", order_id=f"o{row['order']}", event_type=row["type"],
            occurred_at=at(row["at"]), unit_code="u2", recorded_at=version(night, row),
            **(deadlines if row["type"] == "defer_grant" else {}),
        )  # fmt: skip
    elif kind == "callback":
        city.add(
            "hotline.callbacks", callback_id=f"b{row['key']}", order_id=f"o{row['order']}", called_at=at(row["at"]),
            is_valid=row["is_valid"], resolved=row["resolved"], recorded_at=version(night, row),
        )  # fmt: skip
    elif kind == "event":
        closed = at(row["closed"])
        city.add(
            "grid.events", event_id=f"e{row['key']}", grid_code="g1", reported_at=at(row["reported"]),
            due_at=at(row["due"]), closed_at=None if row["is_void"] else closed, photo_hash=row["photo"],
            status="void" if row["is_void"] else "closed" if closed else "handling", updated_at=version(night, row),
        )  # fmt: skip
        for moment, passed in row["verified"]:
            city.add(
                "grid.event_verifications", event_id=f"e{row['key']}", verified_at=at(moment), passed=passed,
                updated_at=version(night, row),
            )  # fmt: skip
    elif kind == "call":
        offered = at(row["offered"])
        city.add(
            "hotline.calls", call_id=f"c{row['key']}", offered_at=offered, ended_at=offered,
            answered_at=offered if row["is_answered"] else None, updated_at=version(night, row),
        )  # fmt: skip
    elif kind == "case":
        city.add(
            "stations.cases", case_id=f"k{row['key']}", district_code="dA", station_code="s1",
            accepted_at=at(row["accepted"]), finished_at=at(row["finished"]), handling_level=row["level"],
            updated_at=version(night, row),
        )  # fmt: skip
    else:
        city.add(
            "stations.terminals", terminal_code=f"t{row['key']}", station_code="s1",
            service_date=NIGHTS[0] + timedelta(days=row["day"]), available_minutes=row["up"],
        )  # fmt: skip


def deliver(home: Settings, night: int, day: date, story: list[dict[str, Any]]) -> None:
    """Land one night: the pictures, the day's aggregates and the story's rows, each version of a key once."""
    city = LandedCity()
    city.places({district: {f"{district}001": (f"{district}001001",)} for district in ("dA", "dB")})
    city.units("u1", "u2")
    city.add("grid.grids", grid_code="g1", community_code="dA001001", street_code="dA001", household_count=400)
    city.add("grid.worker_activity", activity_date=day, grid_code="g1", registered_count=3, active_count=night % 3)
    city.add(
        "grid.address_coverage", coverage_date=day, community_code="dA001001", address_count=50 + night,
        covered_once_count=40, covered_many_count=1,
    )  # fmt: skip
    city.add(
        "stations.points", station_code="s1", name="站", kind="model_point", community_code="dA001001", lon=108.95,
        lat=34.25, item_count=50, active_from=NIGHTS[1],
    )  # fmt: skip
    city.add(
        "stations.residents", community_code="dA001001", grid_code="g1", resident_count=900, household_count=400,
        center_lon=108.95, center_lat=34.25,
    )  # fmt: skip
    city.add("stations.items", item_code="i1", name="事项", is_personal=True, is_core=True, lowest_level="community")
    known = {}
    for row in story:
        known[row["kind"], row["key"], row.get("version"), row.get("day")] = row
    for row in known.values():
        add(city, night, row)
    city.land(home, day)


def hashes(home: Settings) -> dict[str, str]:
    """What ``contents`` reads, as a hash per table."""
    return {
        name: sha256(repr(rows).encode()).hexdigest() for name, rows in tables.contents(home, *tables.PUBLISHED).items()
    }


def check(story: list[list[dict[str, Any]]], is_judged: bool) -> None:
    """Build the nights of a story one by one and at once, and compare."""
    with tempfile.TemporaryDirectory(prefix="minhu-property-") as folder:
        home = settings_at(Path(folder))
        for night, (day, rows) in enumerate(zip(NIGHTS, story, strict=True)):
            deliver(home, night, day, rows)
            report = dbt_build.load_landing(Night(home, day))
            assert report.is_rebuilt == (night == 0), report.why_rebuilt
            dbt_build.build_marts(Night(home, day))
            if is_judged and night != 1:  # one night is built and never judged: the next has to make up for it
                decision.decide_verdicts(Night(home, day))
        by_night = hashes(home)
        home.warehouse_path.unlink()
        build(home, NIGHT)
        if is_judged:
            decision.decide_verdicts(Night(home, NIGHT))
        at_once = hashes(home)
        assert {"core.fct_work_orders", "core.fct_grid_events", "assessment.agg_orders_by_period"} <= by_night.keys()
        differing = sorted(name for name in by_night | at_once if by_night.get(name) != at_once.get(name))
        assert not differing, f"increments and a full build differ in {', '.join(differing)}"


def proof(examples: int) -> Any:
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def order(key: int) -> dict[str, Any]:
    row = {"kind": "order", "key": key, "created": (-3, 9), "due": None, "closed": (-2, 9), "place": "dA001001"}
    return row | {
        "caller": "p", "category": "x", "tier": "tracked", "scope": "three_rate", "unit": "u1", "closure": "solved", "version": 0,
    }  # fmt: skip


def callback(order: int, version: int) -> dict[str, Any]:
    row = {"kind": "callback", "key": 0, "order": order, "at": (-1, 9), "is_valid": True, "resolved": True}
    return row | {"version": version}


#: A call-back that was noted on one order and then moved to another.
MOVED = [[order(0), order(1), callback(0, 0)], [], [], [callback(1, 5)]]


@pytest.fixture
def up_to_assessment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds stop at the counts, and at the list of periods that a build hands on to verdicts."""
    at = dbt_build.BUILD.index("--exclude")
    chosen = ["--select", "+assessment", "+kpi_periods_to_count"]
    monkeypatch.setattr(dbt_build, "BUILD", [*dbt_build.BUILD[:at], *chosen, *dbt_build.BUILD[at:]])


@pytest.mark.usefixtures("up_to_assessment")
@proof(1)
@given(stories.filter(lambda story: sum(map(len, story)) > 15))  # Hypothesis would begin with nights of nothing
def test_counts_of_random_nights_equal_those_of_one_full_build(story: list[list[dict[str, Any]]]) -> None:
    check(story, is_judged=False)


@pytest.mark.slow
@pytest.mark.timeout(3600)  # a night takes seconds, and shrinking a failure many of them
@proof(25)
@given(stories)
@example(MOVED)
def test_increments_of_many_random_nights_equal_one_full_build(story: list[list[dict[str, Any]]]) -> None:
    check(story, is_judged=True)
