"""Returns in the marts: which delivery counts, which rows are set aside, and that nights and a full build agree."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from minhu.settings import Settings
from tests.fixtures.homes import build, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity

pytestmark = pytest.mark.nights(2)

FIRST = NIGHT - timedelta(days=1)
SENT, AGAIN = date(2026, 11, 5), date(2026, 11, 20)
STREET, OTHER = "d1001", "d1002"


class Returned:
    """Adds rows of one delivery, numbered as they stand in their sheets."""

    def __init__(self, city: LandedCity, workbook: str, delivered_on: date) -> None:
        self.city, self.workbook, self.delivered_on, self.numbers = city, workbook, delivered_on, 2
        city.add(
            "returns.deliveries", delivered_on=delivered_on, workbook=workbook, report_period="2026-10",
            report_from=date(2026, 10, 1), report_to=date(2026, 10, 31), digest=f"{workbook}{delivered_on}", row_count=1,
        )  # fmt: skip

    def row(self, sheet: str, **values: Any) -> None:
        self.numbers += 1
        known = {"delivered_on": self.delivered_on, "report_period": "2026-10", "row_number": self.numbers}
        self.city.add(f"returns.{sheet}", **known, **values)


def opinions(city: LandedCity, delivered_on: date, days: list[date]) -> None:
    sent = Returned(city, "两代表一委员", delivered_on)
    for number, day in enumerate(days):
        told = day + timedelta(days=3) if number % 2 == 0 else None
        sent.row(
            "opinions",
            opinion_code=f"y{number}",
            street_code=STREET,
            received_on=day,
            has_outcome=told is not None,
            told_on=told,
        )


def first_delivery(city: LandedCity) -> None:
    city.places({"d1": {STREET: ("d1001001",), OTHER: ("d1002001",)}})
    city.units("u1", "u2")
    opinions(city, SENT, [date(2026, 8, 3), date(2026, 10, 6), date(2026, 10, 7)])
    sent = Returned(city, "双报到", SENT)
    sent.row("checkin_members", street_code=STREET, obliged_count=40, checked_in_count=40)
    sent.row("checkin_members", street_code="nowhere", obliged_count=40, checked_in_count=1)
    sent.row("checkin_members", street_code=OTHER, obliged_count=40, checked_in_count=41)
    sent.row("checkin_feedback", street_code=STREET, checkin_count=20, community_report_count=15, unit_report_count=12)
    sent = Returned(city, "街镇考评部门", SENT)
    # one severe street, one mild; u2 is rated by the severe one alone and must not suffer for it
    for street, unit, score in ((STREET, "u1", 60.0), (OTHER, "u1", 80.0), (STREET, "u2", 70.0)):
        sent.row("department_ratings", quarter_start=date(2026, 10, 1), street_code=street, unit_code=unit, score=score)
    sent.row("department_ratings", quarter_start=date(2026, 10, 1), street_code=OTHER, unit_code="u9", score=1.0)
    sent = Returned(city, "党建联席会", SENT)
    for number in range(1, 11):  # days from dispute to owner 1 to 10, those from 8 on still open
        settled = f"2026-10-{10 + number} 09:00" if number < 8 else None
        sent.row("disputes", order_id=f"o{number}", started_at="2026-10-10 09:00", settled_at=settled)


def second_delivery(city: LandedCity) -> None:
    """Both are sent again: the oldest opinion is gone, and half of the members have not come after all."""
    opinions(city, AGAIN, [date(2026, 10, 6), date(2026, 10, 7)])
    Returned(city, "双报到", AGAIN).row("checkin_members", street_code=STREET, obliged_count=40, checked_in_count=20)


class Nights(NamedTuple):
    """The home after both nights, and what the first night made: its values and what it set aside."""

    home: Settings
    first: list[tuple[Any, ...]]
    set_aside: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = settings_at(tmp_path_factory.mktemp("nights"))
    city = LandedCity()
    first_delivery(city)
    city.land(home, FIRST)
    build(home, FIRST)
    first = values(home)
    set_aside = query(home, "select table_name, rule_id from core.quarantine_returns order by all")
    second_delivery(city)
    city.places({"d1": {STREET: ("d1001001",), OTHER: ("d1002001",)}})
    city.units("u1", "u2")
    city.land(home, NIGHT)
    build(home, NIGHT)
    return Nights(home, first, set_aside)


def values(home: Settings) -> list[tuple[Any, ...]]:
    return query(
        home,
        """select kpi_id, variant, unit_type, unit_code, period_type, period_start, numerator, denominator, value, ci_low, ci_high
           from kpis.kpi_values where caliber = 'full' and kpi_id[1] in ('R', 'B', 'E', 'L') order by all""",
    )


def cell(rows: list[tuple[Any, ...]], *key: Any) -> tuple[Any, ...]:
    found = [row[6:] for row in rows if row[: len(key)] == key]
    assert len(found) == 1, found
    return found[0]


def test_a_return_sent_again_replaces_the_one_before_as_a_whole(nights: Nights) -> None:
    before, after = nights.first, values(nights.home)
    members = ("B02", "main", "city", "610100", "month", date(2026, 10, 1))
    assert cell(before, *members)[:3] == (40, 40, 1.0)
    assert cell(after, *members)[:3] == (20, 40, 0.5)
    august = ("R04", "main", "city", "610100", "month", date(2026, 8, 1))
    assert cell(before, *august)[:2] == (1, 1)
    assert [row for row in after if row[:6] == august] == [], "what the second delivery leaves out is gone"
    assert cell(after, "R04", "main", "street", STREET, "month", date(2026, 10, 1))[:2] == (1, 2)
    assert [row for row in after if row[0] == "B04"] == [], "a workbook counts as a whole, its other sheets too"


def test_two_way_feedback_stands_between_its_bounds(nights: Nights) -> None:
    """20 check-ins, 15 with one report and 12 with the other: at least 7 and at most 12 have both."""
    before = nights.first
    feedback = ("city", "610100", "month", date(2026, 10, 1))
    assert cell(before, "B04", "main", *feedback)[:2] == (7, 20)
    assert cell(before, "B04", "at_most", *feedback)[:2] == (12, 20)


def test_broken_rows_are_set_aside_with_their_rule_and_in_no_figure(nights: Nights) -> None:
    assert nights.set_aside == [
        ("returns.checkin_members", "L2-RET-002"), ("returns.checkin_members", "L2-RET-004"),
        ("returns.department_ratings", "L2-RET-003"),
    ]  # fmt: skip
    assert cell(nights.first, "B02", "main", "city", "610100", "month", date(2026, 10, 1))[:2] == (40, 40)


def test_a_severe_street_does_not_cost_the_department_it_rates(nights: Nights) -> None:
    """By hand: street effects -10 and +10 around u1's 70; u2 is 10 above u1 in the eyes of the severe street, so 80."""
    rows = values(nights.home)
    quarter = ("quarter", date(2026, 10, 1))
    assert cell(rows, "E02", "main", "unit", "u1", *quarter)[2] == pytest.approx(70, abs=1e-6)
    assert cell(rows, "E02", "main", "unit", "u2", *quarter)[2] == pytest.approx(80, abs=1e-6)


def test_median_days_of_disputes_count_the_open_ones(nights: Nights) -> None:
    """Ten disputes, seven settled after 1 to 7 days, three open: half are settled after 5; the mean of the settled says 4."""
    settled, begun, median, low, high = cell(
        values(nights.home), "L03", "main", "city", "610100", "month", date(2026, 10, 1)
    )
    assert (settled, begun, median) == (7, 10, 5.0)
    assert low is not None and low < 5 and (high is None or high > 5)


def test_nights_and_one_full_build_are_equal(nights: Nights) -> None:
    by_night = values(nights.home)
    nights.home.warehouse_path.unlink()
    build(nights.home, NIGHT)
    assert by_night and values(nights.home) == by_night
