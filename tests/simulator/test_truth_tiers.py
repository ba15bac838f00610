"""The known truth of tiers, of place and matter, against counts made by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from minhu.simulator.city.borders import Merger
from minhu.simulator.truth.truth_matters import hotspots, matter_truth
from minhu.simulator.truth.truth_tiers import tier_truth
from tests.fixtures.truth import AS_OF, values

STREET, HEIR = "610104002", "610104001"
PLACE = f"{STREET}001"
TIMES = ("created_at", "due_at", "closed_at", "dispatched_at", "reported_at")


def frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    made = pd.DataFrame(rows)
    for column in made.columns.intersection(TIMES):
        made[column] = pd.to_datetime(made[column], format="ISO8601")
    return made


def order(**fields: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "order_id": "o", "tier": "immediate", "created_at": "2026-11-18 09:00", "due_at": "2026-11-20 09:00",
        "closed_at": None, "closure_code": None, "parent_order_id": None, "assessment_scope": "three_rate",
        "street_code": STREET, "community_code": PLACE, "category_code": "K008", "dispatched_at": "2026-11-18 10:00",
        "is_relaxed": False, "noted_on": {pd.Timestamp("2026-11-18")},
    }  # fmt: skip
    closed_at = fields.get("closed_at")
    usual["turns"] = turns(("close", str(closed_at))) if closed_at else []
    return usual | fields


def turns(*said: tuple[str, str]) -> list[tuple[pd.Timestamp, str]]:
    return [(pd.Timestamp(moment), kind) for kind, moment in said]


def event(**fields: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "event_id": "e", "tier": "immediate", "reported_at": "2026-11-18 09:00", "due_at": "2026-11-20 09:00",
        "closed_at": None, "status": "handling", "grid_code": f"{PLACE}001", "category_code": "K008",
    }  # fmt: skip
    return usual | fields


def test_immediate_and_time_limited_matters_of_both_sources_by_hand() -> None:
    """T01 by 24 hours, whatever the deadline says; T02 by the deadline; at once and late, open, void, merged, withdrawn."""
    orders = frame(
        [
            order(closed_at="2026-11-19 09:00"),
            order(closed_at="2026-11-19 09:01", assessment_scope="excluded"),
            order(created_at="2026-11-20 09:00"),  # not yet a day old
            order(parent_order_id="o"),
            order(closure_code="withdrawn", closed_at="2026-11-18 10:00"),
            order(tier="time_limited", closed_at="2026-11-20 09:00"),
            order(tier="time_limited"),
            order(tier="time_limited", due_at="2026-11-21 00:00"),
            order(tier="tracked"),
        ]
    )
    events = frame(
        [
            event(closed_at="2026-11-18 10:00", status="closed"),
            event(),
            event(status="void"),
            event(tier="time_limited", closed_at="2026-11-20 09:01"),
            event(tier="time_limited", due_at=None),
        ]
    )
    made = list(tier_truth(orders, events, AS_OF))
    full = values(made, unit_type="city", period_type="month", caliber="full")
    assert full["T01", "main"] == (2, 4)
    assert full["T02", "main"] == (1, 3)
    assessed = values(made, unit_type="district", period_type="day", period_start="2026-11-19", caliber="assessed")
    assert assessed["T01", "main"] == (2, 3)


def test_tiers_relaxed_after_dispatch_by_hand() -> None:
    """Merged orders were dispatched too; an order that never was, is none."""
    orders = frame(
        [
            order(is_relaxed=True),
            order(parent_order_id="o"),
            order(assessment_scope="excluded"),
            order(dispatched_at=None),
        ]
    )
    made = list(tier_truth(orders, frame([event()]), AS_OF))
    assert values(made, unit_type="city", period_type="month", caliber="full")["T04", "main"] == (1, 3)
    assert values(made, unit_type="city", period_type="month", caliber="assessed")["T04", "main"] == (1, 2)


def test_fresh_notes_on_tracked_orders_by_hand() -> None:
    """The week of 9 November ends on the 15th, the running one on the 20th: notes from the 9th, from the 14th on count.

    What was open then counts, whatever became of it.
    """
    opened_again = turns(("close", "2026-11-12 09:00"), ("reopen", "2026-11-16 09:00"))
    tracked = {"tier": "tracked", "created_at": "2026-11-10 09:00"}
    orders = frame(
        [
            order(**tracked, noted_on={pd.Timestamp("2026-11-10"), pd.Timestamp("2026-11-13")}),
            order(**tracked, noted_on={pd.Timestamp("2026-11-10"), pd.Timestamp("2026-11-14")}),
            order(**tracked, closed_at="2026-11-15 23:00", noted_on={pd.Timestamp("2026-11-15")}),  # closed that day
            order(**tracked, closed_at="2026-11-16 00:00", noted_on={pd.Timestamp("2026-11-10")}),
            order(tier="tracked", created_at="2026-11-01 09:00", noted_on={pd.Timestamp("2026-11-08")}),
            order(**tracked, closure_code="withdrawn", closed_at="2026-11-19 09:00"),
            order(**tracked, turns=opened_again),
        ]
    )
    made = list(tier_truth(orders, frame([event()]), AS_OF))
    weeks = {
        start: values(made, unit_type="city", caliber="full", period_start=start).get(("T03", "main"))
        for start in ("2026-10-26", "2026-11-02", "2026-11-09", "2026-11-16")
    }
    assert weeks == {"2026-10-26": (0, 1), "2026-11-02": (1, 1), "2026-11-09": (3, 5), "2026-11-16": (2, 4)}
    assert {row for part in made for row in part.loc[part["kpi_id"] == "T03", "period_type"]} == {"week"}


def test_who_told_first_by_hand() -> None:
    """Seven days before to the second, and the same second; void events and other places or matters tell nothing."""
    asked = {"created_at": "2026-11-18 09:00"}
    orders = frame(
        [
            order(**asked),
            order(**asked, category_code="K001"),  # no grid looks after it
            order(**asked, category_code="K009"),  # only a void event
            order(**asked, parent_order_id="o"),
            order(**asked, community_code=None),
            order(created_at="2026-11-18 09:00:01", assessment_scope="excluded"),  # a second too late
            order(created_at="2026-11-11 09:00", community_code=f"{STREET}002"),  # another place
            order(created_at="2026-11-07 23:59:59"),  # within a week of the first event
            order(created_at="2026-11-08 00:00", category_code="K010"),
        ]
    )
    events = frame(
        [
            event(reported_at="2026-11-01 10:00", category_code="K011"),
            event(reported_at="2026-11-11 09:00"),
            event(category_code="K009", status="void"),
            event(reported_at="2026-11-08 00:00", category_code="K010"),
        ]
    )
    made = list(matter_truth(orders, events, AS_OF, None))
    month = {
        caliber: values(made, unit_type="city", period_type="month", caliber=caliber)["X01", "main"]
        for caliber in ("full", "assessed")
    }
    assert month == {"full": (3, 5), "assessed": (2, 4)}


def spell(first: str, count: int, **fields: object) -> list[dict[str, object]]:
    return [order(created_at=f"{first} 0{number}:00", **fields) for number in range(count)]


@pytest.mark.parametrize(
    ("orders", "solved"),
    [
        (spell("2026-01-01", 5), [("2026-01-31", 0)]),
        (spell("2026-01-01", 4), []),
        (spell("2026-01-01", 5) + spell("2026-05-01", 5), [("2026-01-31", 1), ("2026-05-31", 0)]),
        (spell("2026-01-01", 5) + spell("2026-05-02", 5), [("2026-01-31", 0), ("2026-06-01", 0)]),
        (spell("2026-01-01", 5) + spell("2026-01-31", 5), [("2026-03-02", 0)]),
        (spell("2026-01-01", 4) + spell("2026-01-01", 1, category_code="K009"), []),
        (spell("2026-10-22", 5), []),
    ],
    ids=["solved", "never hot", "back on day 90", "back on day 91", "without a break", "two matters", "still hot"],
)
def test_hotspots_by_hand(orders: list[dict[str, object]], solved: list[tuple[str, float]]) -> None:
    made = hotspots(frame(orders), pd.Timestamp("2026-11-20"))
    assert [(f"{day:%Y-%m-%d}", back) for day, back in zip(made["day"], made["numerator"], strict=True)] == solved


def test_a_hotspot_counts_in_the_street_that_had_its_place_when_it_was_solved() -> None:
    orders = frame(spell("2026-07-01", 5) + spell("2026-08-02", 5) + spell("2026-08-02", 1, parent_order_id="o"))
    merged = Merger(STREET, HEIR, date(2026, 9, 1))
    made = list(matter_truth(orders, frame([event()]), AS_OF, merged))
    for street in (STREET, HEIR):
        cell = values(made, unit_code=street, period_type="quarter", caliber="assessed")["X03", "main"]
        assert cell == ((1, 1) if street == STREET else (0, 1)), street
    assert values(made, unit_code=PLACE, period_type="quarter", caliber="full")["X03", "main"] == (1, 2)


def test_what_is_kept_out_of_the_assessment_makes_no_assessed_hotspot() -> None:
    orders = frame(spell("2026-07-01", 4) + spell("2026-07-01", 1, assessment_scope="excluded"))
    made = list(matter_truth(orders, frame([event()]), AS_OF, None))
    kept = {
        caliber: values(made, unit_code=PLACE, period_type="quarter", caliber=caliber).get(("X03", "main"))
        for caliber in ("full", "assessed")
    }
    assert kept == {"full": (0, 1), "assessed": None}
