"""From a file to published figures: an answer of GeoReport v2 in JSON, and a Chinese workbook whose deadlines are dates."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path

import psycopg
import pytest
from openpyxl import Workbook

from minhu.extract.registry import Endpoint, names
from minhu.landing.night import Night
from minhu.order_files import LoadReport, load_orders
from minhu.pipeline import stages
from tests.fixtures.databases import copied_database
from tests.fixtures.homes import build_and_publish, settings_at
from tests.order_files.conftest import FIXTURES, rows_of

pytestmark = pytest.mark.nights(2)

#: How many requests end how: before the day of the deadline, on it, the day after it, not at all.
ENDS = {"before": 30, "on the day": 12, "a day late": 8, "open": 10}


def _requests() -> list[str]:
    return [end for end, count in ENDS.items() for _ in range(count)]


def georeport(path: Path) -> Path:
    """Requests of January 2024; those that are open changed too, and one was made in February."""
    changed = {"before": "2024-01-09T09:00:00-08:00", "on the day": "2024-01-12T16:59:59-08:00",
               "a day late": "2024-01-13T09:00:00-08:00", "open": "2024-01-08T09:00:00-08:00"}  # fmt: skip
    records = [
        {
            "service_request_id": 638300 + number,
            "status": "open" if end == "open" else "closed",
            "status_notes": None,
            "service_name": "Potholes" if number % 2 else "Street Light Out",
            "service_code": "006" if number % 2 else "021",
            "description": "call me at 555-0142",
            "agency_responsible": None,
            "requested_datetime": f"2024-01-05T10:{number:02d}:00-08:00",
            "updated_datetime": changed[end],
            "expected_datetime": "2024-01-13T01:00:00Z",
            "address": "8TH AVE and JUDAH ST",
            "lat": 37.762221815,
            "long": -122.4651145,
            "extended_attributes": {"district": "East" if number % 3 else "East Bay", "photos": []},
        }
        for number, end in enumerate(_requests())
    ]
    later = {**records[-1], "service_request_id": 638399, "requested_datetime": "2024-02-05T10:00:00-08:00"}
    later |= {"updated_datetime": "2024-02-05T10:00:00-08:00", "expected_datetime": None}
    path.write_text(json.dumps([*records, later]), encoding="utf-8")
    return path


def workbook(path: Path) -> Path:
    """The same in a workbook, with a title, a test of the system and a unit that has two names."""
    closed = {"before": datetime(2024, 1, 9, 9), "on the day": datetime(2024, 1, 12, 16, 59),
              "a day late": datetime(2024, 1, 13, 9), "open": None}  # fmt: skip
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["2024年1月工单台账"])
    headers = [
        "工单编号",
        "受理日期",
        "受理时间",
        "办结期限",
        "办结时间",
        "状态",
        "来源",
        "所属街道",
        "承办单位",
        "联系电话",
    ]
    sheet.append(headers)
    for number, end in enumerate(_requests()):
        sheet.append(
            [
                f"HZ{number:04d}", date(2024, 1, 5), time(10, number), date(2024, 1, 12), closed[end],
                "办理中" if end == "open" else "已办结", "电话" if number % 2 else "网站",
                "东街办" if number % 4 == 0 else "东街街道", "城管局", "13800000000",
            ]
        )  # fmt: skip
    sheet.append(
        ["HZ9001", date(2024, 1, 6), time(10), date(2024, 1, 12), None, "办理中", "测试", "东街街道", "城管局", None]
    )
    sheet.append(["HZ9002", date(2024, 2, 5), time(10), "无", None, "办理中", "电话", "东街街道", "城管局", None])
    book.save(path)
    return path


def _night(map_name: str, file: Path, server: Path, uri: str, home: Path) -> tuple[LoadReport, str]:
    """What was loaded, and where the night on it published."""
    report = load_orders(FIXTURES / map_name, [file], uri, home)
    settings, day = settings_at(home), date.fromisoformat(report.business_date)
    for source in names():
        endpoint = Endpoint(uri if source == "hotline" else None)
        stages.land_source(Night(settings, day), source, endpoint)
        stages.validate_arrival(Night(settings, day), source, endpoint)
        arrival = stages.announce_arrival(Night(settings, day), source)
        assert arrival.status == ("accepted" if source == "hotline" else "absent")
    published = copied_database(server, "template1", f"of_{report.city}")
    build_and_publish(settings, published, day)
    return report, published


def _figures(published: str) -> list[tuple[object, ...]]:
    """H06 of January as readers see it: unit, numerator, denominator, verdict."""
    with psycopg.connect(published) as connection:
        return connection.execute(
            "select unit_type, unit_code, numerator::int, denominator::int, verdict from published.kpi_results "
            "where kpi_id = 'H06' and caliber = 'full' and period_type = 'month' and period_start = '2024-01-01' "
            "and variant = 'main' order by unit_type, unit_code"
        ).fetchall()


def _verdicts_by_unit(published: str) -> set[str]:
    with psycopg.connect(published) as connection:
        statement = "select distinct verdict from published.kpi_results where unit_type = 'unit'"
        return {str(verdict) for (verdict,) in connection.execute(statement)}


def test_a_night_on_an_answer_of_georeport_publishes_what_it_says(server: Path, uri: str, tmp_path: Path) -> None:
    report, published = _night("bayview.toml", georeport(tmp_path / "requests.json"), server, uri, tmp_path / "home")
    assert (report.orders, report.rejected, report.business_date) == (61, 0, "2024-02-05")
    assert _figures(published) == [
        ("city", "US-BV", 42, 60, "PUBLISHED"),
        ("district", "US-BV-east", 28, 40, "PUBLISHED"),
        ("district", "US-BV-east_bay", 14, 20, "BAND_ONLY"),
    ]
    assert [row[:2] for row in rows_of(uri, "units")] == [("unknown", "承办单位不明 / unit unknown")]
    assert _verdicts_by_unit(published) <= {"NOT_RATED"}, "nobody is named as responsible, so nobody is rated"


def test_a_night_on_a_workbook_with_dates_publishes_what_it_says(server: Path, uri: str, tmp_path: Path) -> None:
    report, published = _night("hanzhen.toml", workbook(tmp_path / "台账.xlsx"), server, uri, tmp_path / "home")
    assert (report.orders, report.rejected, report.business_date) == (61, 0, "2024-02-05")
    assert _figures(published) == [
        ("city", "999", 42, 60, "PUBLISHED"),
        ("street", "999-30207369c5d6", 42, 60, "PUBLISHED"),
        ("unit", "da0bb312d9b6", 42, 60, "PUBLISHED"),
    ]
