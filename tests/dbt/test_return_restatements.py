"""What a return sent again changed: the delivery in force beside the one before, thing by thing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file
from tests.fixtures.homes import query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.returned import PARTIES, Row, opinion, send

pytestmark = pytest.mark.nights(1)

FIRST = NIGHT - timedelta(days=1)
SENT, AGAIN, ONCE_MORE = date(2026, 11, 5), date(2026, 11, 12), date(2026, 11, 20)
FEEDBACK, RATINGS, PROJECTS = "双报到", "街镇考评部门", "民生实事"
Report = dict[tuple[str, str], tuple[Any, ...]]


def studio(code: str) -> tuple[str, Row]:
    return "studios", {"studio_code": code, "quarter_start": date(2026, 10, 1), "reception_count": 1}


def fund(kind: str, community: str | None, paid: float | None) -> tuple[str, Row]:
    known = {"year_start": date(2026, 1, 1), "district_code": "d1", "budget_yuan": 200_000.0}
    return "funds", known | {"fund_kind": kind, "community_code": community, "paid_yuan": paid}


def rating(street: str, score: float) -> tuple[str, Row]:
    return "department_ratings", {
        "quarter_start": date(2026, 10, 1), "street_code": street, "unit_code": "u1", "score": score,
    }  # fmt: skip


def first_night(city: LandedCity) -> None:
    told = date(2026, 10, 9)
    send(city, PARTIES, SENT, opinion("same", told), opinion("gone"), opinion("mended"), studio("s1"))
    send(city, PARTIES, SENT, opinion("of September"), period="2026-09")
    send(
        city, FEEDBACK, SENT, ("checkin_members", {"street_code": "d1001", "obliged_count": 40, "checked_in_count": 40})
    )
    send(city, RATINGS, SENT, rating("d1001", 60.0), rating("d1002", 80.0))
    send(city, RATINGS, AGAIN, rating("d1001", 61.0), rating("d1002", 80.0))
    send(
        city,
        PROJECTS,
        SENT,
        fund("operations", None, 1.5),
        fund("operations", "c1", 2.5),
        fund("operations", "c2", None),
    )


def second_night(city: LandedCity) -> None:
    """One return again, one a third time, one as it was (windows overlap), one mended in its folder."""
    told = date(2026, 10, 9)
    send(city, PARTIES, AGAIN, opinion("new"), opinion("mended", told), opinion("same", told), studio("s1"))
    send(
        city, FEEDBACK, SENT, ("checkin_members", {"street_code": "d1001", "obliged_count": 40, "checked_in_count": 40})
    )
    send(city, RATINGS, ONCE_MORE, rating("d1001", 61.0), rating("d1002", 81.0), rating("d1003", 70.0))
    send(
        city, PROJECTS, SENT, fund("operations", None, 1.5), fund("operations", "c1", 2.25), fund("operations", "c2", 0.0),
        mended="mended",
    )  # fmt: skip


def land(home: Settings) -> None:
    for day, story in ((FIRST, first_night), (NIGHT, second_night)):
        city = LandedCity()
        story(city)
        city.land(home, day)


def report(home: Settings, day: date) -> Report:
    """Load what landed up to ``day``, build the report and what it reads, and key it by sheet and period."""
    is_first = not home.warehouse_path.exists()
    assert dbt_build.load_landing(Night(home, day)).is_rebuilt == is_first, "later nights must be increments"
    with work_file.connect(home) as db:
        state = work_file.read_state(db)
    state |= {"previous_business_date": state["business_date"], "previous_load_no": state["built_load_no"]}
    models_and_seeds = ["build", "--exclude-resource-type", "test", "unit_test"]
    dbt_build.run_dbt(Night(home, day), [*models_and_seeds, "--select", "+return_restatements"], state)
    rows = query(
        home,
        "select table_name, report_period, first_delivered_on, previous_delivered_on, delivered_on, delivery_count, "
        "rows_before, rows_now, rows_added, rows_removed, rows_changed, sample_keys from publish.return_restatements",
    )
    return {(row[0], row[1]): row[2:] for row in rows}


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    """The report of each night, the second on top of the first."""
    home = settings_at(tmp_path_factory.mktemp("nights"))
    land(home)
    return [report(home, FIRST), report(home, NIGHT)]


def test_a_return_sent_again_is_compared_thing_by_thing(nights: list[Report]) -> None:
    first, second = nights
    assert ("returns.opinions", "2026-10") not in first, "sent once, nothing is restated"
    assert second["returns.opinions", "2026-10"] == (
        SENT, SENT, AGAIN, 2, 3, 3, 1, 1, 1, "gone removed, mended changed, new added",
    )  # fmt: skip
    assert second["returns.studios", "2026-10"] == (SENT, SENT, AGAIN, 2, 1, 1, 0, 0, 0, ""), "a sheet sent as it was"


def test_sent_three_times_the_last_is_compared_with_the_one_before(nights: list[Report]) -> None:
    first, second = nights
    ratings = ("returns.department_ratings", "2026-10")
    assert first[ratings] == (SENT, SENT, AGAIN, 2, 2, 2, 0, 0, 1, "2026-10-01/d1001/u1 changed")
    assert second[ratings] == (
        SENT, AGAIN, ONCE_MORE, 3, 2, 3, 1, 0, 1, "2026-10-01/d1002/u1 changed, 2026-10-01/d1003/u1 added",
    )  # fmt: skip


def test_a_file_mended_in_its_folder_is_a_delivery_of_its_own(nights: list[Report]) -> None:
    """The key may have an empty part (no community), and an empty cell differs from nought."""
    assert nights[1]["returns.funds", "2026-10"] == (
        SENT, SENT, SENT, 2, 3, 3, 0, 0, 2,
        "2026-01-01/operations/d1/c1 changed, 2026-01-01/operations/d1/c2 changed",
    )  # fmt: skip


def test_what_was_sent_once_or_only_landed_again_is_not_in_the_report(nights: list[Report]) -> None:
    assert [sorted(rows) for rows in nights] == [
        [("returns.department_ratings", "2026-10")],
        [
            ("returns.department_ratings", "2026-10"), ("returns.funds", "2026-10"), ("returns.opinions", "2026-10"),
            ("returns.studios", "2026-10"),
        ],
    ]  # fmt: skip


def test_nights_and_one_load_of_all_are_equal(nights: list[Report], tmp_path: Path) -> None:
    home = settings_at(tmp_path)
    land(home)
    whole = report(home, NIGHT)
    assert whole and whole == nights[1]


def test_rows_without_a_key_and_rows_sent_double(tmp_path: Path) -> None:
    """A row without a code is known by all it says; of several about one thing the last counts; ten samples at most."""
    home = settings_at(tmp_path)
    city = LandedCity()
    told = date(2026, 10, 9)
    many = [opinion(f"y{number:02}") for number in range(12)]
    send(city, PARTIES, SENT, opinion(None), opinion(None, told), opinion("double", told), opinion("double"))
    send(city, PARTIES, AGAIN, opinion("double"), opinion(None), opinion(None, date(2026, 10, 10)), *reversed(many))
    city.land(home)
    counted = report(home, NIGHT)["returns.opinions", "2026-10"]
    assert counted[4:9] == (3, 15, 13, 1, 0), "rows before, now, added, removed, changed"
    added = [f"y{number:02} added" for number in range(8)]
    assert counted[9].split(", ") == ["? removed", "? added", *added], (
        "in order of all it says: told on the 9th, the 10th"
    )
