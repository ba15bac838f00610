"""What departments returned: which delivery of a workbook counts, and which report has the last word on a thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

from tests.oracle.periods import Period
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


class Line:
    """A row of a sheet, with the last day its report speaks of."""

    def __init__(self, row: Row, report_to: date, delivered_on: date) -> None:
        self.row, self.report_to, self.delivered_on = row, report_to, delivered_on

    def __getattr__(self, name: str) -> Any:
        return self.row[name]


@cache
def lines(city: City, sheet: str) -> list[Line]:
    """Rows of the deliveries in force: of a workbook about one period that of the last day, as a whole."""
    found = []
    for delivery in reports(city, WORKBOOK[sheet]):
        known = (delivery["delivered_on"], delivery["report_period"])
        rows = {
            row["row_number"]: row
            for row in city.sources.all(f"returns.{sheet}")
            if (row["delivered_on"], row["report_period"]) == known
        }
        found += [Line(row, delivery["report_to"], delivery["delivered_on"]) for row in rows.values()]
    return found


def reports(city: City, workbook: str) -> list[Row]:
    """The deliveries in force of a workbook, one a period."""
    last: dict[str, Row] = {}
    for delivery in city.sources.all("returns.deliveries"):
        if delivery["workbook"] == workbook:
            before = last.get(delivery["report_period"])
            if before is None or delivery["delivered_on"] >= before["delivered_on"]:
                last[delivery["report_period"]] = delivery
    return list(last.values())


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
