"""What departments returned: which delivery of a workbook counts, and which report has the last word on a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

from tests.oracle.periods import Period
from tests.oracle.places import Where
from tests.oracle.records import City
from tests.oracle.sources import Row

SHEETS = {
    "两代表一委员": ("studios", "proposals", "consultations", "opinions"),
    "双报到": ("checkin_units", "checkin_members", "needs", "checkin_feedback"),
    "街镇考评部门": ("department_calls", "department_ratings"),
    "党建联席会": ("meetings", "meeting_decisions", "disputes"),
    "社区工作者": ("posts",),
    "五化标杆": ("benchmark_checks", "benchmarks"),
    "民生实事": ("projects", "funds"),
    "公众满意度": ("survey_waves",),
}  # fmt: skip
WORKBOOK = {sheet: workbook for workbook, sheets in SHEETS.items() for sheet in sheets}

NAMES = (
    "proposal_code",
    "consultation_code",
    "opinion_code",
    "need_code",
    "call_code",
    "meeting_code",
    "decision_code",
)
PARTS = (("checked_in_count", "obliged_count"), ("task_count", "conclusion_count"), ("valid_count", "contacted_count"))


class Line:
    """A row of a sheet, with the last day its report speaks of."""

    def __init__(self, row: Row, report_to: date, delivered_on: date) -> None:
        self.row, self.report_to, self.delivered_on = row, report_to, delivered_on

    def __getattr__(self, name: str) -> Any:
        return self.row[name]

    def where(self, city: City) -> Where:
        """Where it lies by the borders of the last day of the report."""
        named = {column: self.row.get(f"{column}_code") for column in ("community", "street", "district", "unit")}
        return city.places.where(self.report_to, **named)


@cache
def lines(city: City, sheet: str) -> list[Line]:
    """Sound rows of the deliveries in force: of a workbook about one period that of the last day, as a whole.

    A workbook that was mended in its folder comes again with the same day, and is another delivery.
    """
    last: dict[str, tuple[date, Row]] = {}
    for night, delivery in city.sources.by_night("returns.deliveries"):
        if delivery["workbook"] == WORKBOOK[sheet]:
            before = last.get(delivery["report_period"])
            if before is None or delivery["delivered_on"] >= before[1]["delivered_on"]:
                last[delivery["report_period"]] = night, delivery
    return [
        Line(row, delivery["report_to"], delivery["delivered_on"])
        for night, delivery in last.values()
        for row in city.sources.of_night(night, f"returns.{sheet}")
        if all(row[column] == delivery[column] for column in ("delivered_on", "report_period")) and _is_sound(city, row)
    ]


def _is_sound(city: City, row: Row) -> bool:
    """It says what it is about, in places and units that the registers know, and no part is larger than its whole."""
    places = [row[column] for column in ("district_code", "street_code", "community_code") if column in row]
    is_named = all(row[column] is not None for column in row if column in NAMES) and any([*places, not places])
    is_known = all(city.places.knows(place) for place in places) and row.get("unit_code") in {None, *city.units}
    return (
        is_named and is_known and all(row[part] <= row[whole] for part, whole in PARTS if part in row and whole in row)
    )


def things(city: City, sheet: str, key: Callable[[Line], Any]) -> list[Line]:
    """One line a thing: as the latest report has it; of several in one report the last."""
    found: dict[Any, Line] = {}
    for line in sorted(lines(city, sheet), key=lambda line: (line.report_to, line.delivered_on, line.row_number)):
        found[key(line)] = line
    return list(found.values())


def last_report(city: City, sheet: str, period: Period) -> list[Line]:
    """A stock: the lines of the last report whose last day lies in the period."""
    inside = [line for line in lines(city, sheet) if period.holds(line.report_to)]
    last = max((line.report_to for line in inside), default=None)
    return [line for line in inside if line.report_to == last]


def in_period(lines_: list[Line], period: Period, column: str) -> Iterator[Line]:
    """Lines whose day lies in the period."""
    return (line for line in lines_ if line.row[column] is not None and period.holds(_day(line.row[column])))


def _day(moment: Any) -> date:
    return moment.date() if hasattr(moment, "date") else moment
