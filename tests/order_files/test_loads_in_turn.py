"""One load after another: what each night lands of them, and what it says of orders that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minhu.landing.contracts.hotline import GONE
from minhu.landing.inventory import Inventory
from minhu.landing.zone import Attempt, Landing
from minhu.order_files import load_orders
from minhu.order_files.mapping import map_sha256
from minhu.warehouse import raw_tables, work_file
from tests.fixtures.homes import settings_at
from tests.fixtures.hotline_source import land
from tests.order_files.conftest import FIXTURES, Rows, write_rows

DAY, EARLIER = date(2022, 3, 1), date(2022, 2, 20)
MAP = (FIXTURES / "smallville.toml").read_text(encoding="utf-8")
#: The other way round, 02.01. is 1 February.
MONTH_FIRST = MAP.replace('"%d.%m.%Y"', '"%m.%d.%Y"')
LAST = {
    "Number": "99",
    "Opened": f"{DAY} 09:00:00",
    "Due": "",
    "Replied": "",
    "Closed": "",
    "Changed": "",
    "Status": "Open",
}


def closed(count: int, day: str = "04.02.2022") -> list[dict[str, str]]:
    return [
        {"Number": str(number), "Due": "05.02.2022", "Closed": day, "Changed": ""} for number in range(1, count + 1)
    ]


@dataclass
class Loads:
    folder: Path
    uri: str

    @property
    def landing(self) -> Landing:
        return Landing(self.folder / "home" / "landing")

    def load(self, rows: Sequence[dict[str, str]], map_text: str = MAP) -> None:
        (self.folder / "smallville.toml").write_text(map_text, encoding="utf-8")
        file = write_rows(self.folder / "orders.csv", [*rows, LAST])
        load_orders(self.folder / "smallville.toml", [file], self.uri, self.folder / "home")

    def land(self, day: date = DAY, percent: int = 5) -> Attempt:
        return land(replace(settings_at(self.folder / "home"), missing_percent=percent), self.uri, day)

    def night(self, rows: Rows, map_text: str = MAP, day: date = DAY, percent: int = 5) -> Attempt:
        self.load([dict(row) for row in rows], map_text)
        attempt = self.land(day, percent)
        assert not [f.message for f in attempt.findings if f.severity == "block"]
        self.landing.accept(attempt)
        return attempt

    def landed(self, attempt: Attempt, table: str = "work_orders") -> dict[str, dict[str, Any]]:
        rows = self.landing.read_table("hotline", table, attempt.business_date, attempt.number).to_pylist()
        return {row["order_id"]: row for row in rows}


@pytest.fixture
def loads(tmp_path: Path, uri: str) -> Loads:
    return Loads(tmp_path, uri)


def gone(attempt: Attempt) -> dict[str, tuple[str, int]]:
    return {f.table_name: (f.severity, f.rows_failed) for f in attempt.findings if f.rule_id == "L1-HOT-026"}


def test_the_same_load_lands_the_same_attempt(loads: Loads) -> None:
    assert [loads.night(closed(3)).number for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("day", [DAY, date(2022, 3, 2)], ids=["same date", "next date"])
def test_a_corrected_closing_that_lies_earlier_is_the_newest_version(loads: Loads, day: date) -> None:
    wrong = loads.night(closed(2, "02.01.2022"), MONTH_FIRST)  # read as 1 February
    right = loads.night(closed(2, "02.01.2022"), MAP, day)
    before, now = loads.landed(wrong)["2022-1"], loads.landed(right)["2022-1"]
    assert now["closed_at"] < before["closed_at"] and now["updated_at"] == before["updated_at"]
    again = loads.night(closed(2, "02.01.2022"), MAP, day)
    assert again.number == right.number, "nothing changed since"


def test_an_order_that_a_corrected_map_leaves_out_lands_as_gone_and_comes_back(loads: Loads) -> None:
    left_out = MAP.replace("[absent]", '[[leave_out]]\nwhen = { Kind = "Test" }\nreason = "tests"\n[absent]')
    rows = [*closed(8), *({"Number": f"5{number}", "Kind": "Test"} for number in range(6))]
    first = loads.night(rows)
    second = loads.night(rows, left_out)
    orders, claims = loads.landed(second), loads.landed(second, "order_claims")
    assert {key for key, row in orders.items() if row["status"] == GONE} == {f"2022-5{number}" for number in range(6)}
    assert {key for key, row in claims.items() if row["role"] == GONE} == {f"2022-5{number}" for number in range(6)}
    assert orders["2022-50"] == {**loads.landed(first)["2022-50"], "status": GONE}, (
        "what it was and where it lay stays known"
    )
    assert gone(second) == {"hotline.work_orders": ("warn", 6), "hotline.order_claims": ("warn", 6)}
    assert loads.night(rows, left_out).number == 2
    after = loads.night(rows, left_out, date(2022, 3, 2))
    assert gone(after) == {} and len(loads.landed(after)) == 9, "it is told once"
    back = loads.night(rows, MAP, date(2022, 3, 2))
    assert loads.landed(back)["2022-50"]["status"] == "closed"


def test_a_file_that_was_forgotten_refuses_the_night_and_files_taken_out_on_purpose_do_not(loads: Loads) -> None:
    loads.night(closed(20))
    loads.load(closed(10))
    refused = loads.land()
    assert gone(refused)["hotline.work_orders"] == ("block", 10)
    message = next(f.message for f in refused.findings if f.rule_id == "L1-HOT-026")
    assert "load all files of the city in one command" in message and "MINHU_MISSING_PERCENT=100" in message
    allowed = loads.night(closed(10), percent=100)
    assert gone(allowed)["hotline.work_orders"] == ("warn", 10)
    few = loads.night(closed(9), day=date(2022, 3, 2))
    assert gone(few)["hotline.work_orders"] == ("warn", 1), "those that were gone before are not told again"


def test_an_order_that_changed_after_an_earlier_night_is_not_gone_in_it(loads: Loads) -> None:
    first = loads.night(closed(4), day=EARLIER)
    assert len(loads.landed(first)) == 4, "the one of March is not there yet"
    later = loads.night([*closed(3), {"Number": "4", "Closed": "2022-02-25 09:00:00", "Changed": ""}], day=EARLIER)
    assert gone(later) == {} and set(loads.landed(later)) == {"2022-1", "2022-2", "2022-3"}


def test_places_that_another_map_drew_never_were(loads: Loads) -> None:
    loads.night(
        closed(2), MAP.replace('district = { id = "DistrictId", name = "District"', 'district = { name = "Unit"')
    )
    other = loads.night(closed(2), day=date(2022, 3, 2))
    settings = settings_at(loads.folder / "home")
    with work_file.connect(settings) as db:
        work_file.prepare(db)
        raw_tables.load_attempts(db, Inventory(loads.landing, other.business_date))
        states = db.execute(
            "select place_code, seen_from, is_listed from raw.hotline__places_states order by all"
        ).fetchall()
    assert {seen for _, seen, _ in states} == {other.business_date} and all(listed for *_, listed in states)
    assert {code for code, *_ in states} == {"SV", "SV-7", "SV-7-old_town"}


def test_what_a_map_says_is_another_only_where_it_says_something_else(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        (tmp_path / "a.toml").write_text(text, encoding="utf-8")
        return map_sha256(tmp_path / "a.toml")

    same = MAP.replace('Open = "open"\nWaiting = "open"', '# a comment\nWaiting  =  "open"\nOpen = "open"')
    assert same != MAP and digest(same) == digest(MAP)
    assert len({digest(text) for text in (MAP, MONTH_FIRST, MAP.replace('"DistrictId"', '"TypeId"'))}) == 3


def test_models_know_the_word_of_what_is_gone() -> None:
    macro = Path(__file__).parents[2] / "dbt_project" / "macros" / "increments.sql"
    assert f"= '{GONE}'" in macro.read_text(encoding="utf-8")
