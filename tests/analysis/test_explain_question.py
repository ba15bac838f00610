"""Cells as a person asks for them: forms of periods, and what is near when there is no such cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from minhu.analysis.explain.question import Period, find_cell, read_period, write_period
from minhu.errors import UsageError

CONTRACT = [
    ("H06", "main", "按时办结率"), ("H06", "claimed", "按时办结率（自报）"), ("H01", "inbound", "热线通话量（呼入）"),
    ("H01", "outbound", "热线通话量（呼出）"), ("P02", "school", "学位"),
]  # fmt: skip
CELLS = [
    ("H06", "main", kind, code, name, period, start, caliber)
    for kind, code, name in (
        ("city", "610100", "西安市"), ("district", "610104", "莲湖区"), ("street", "610104001", "青年路街道"),
        ("street", "610102001", "解放路街道"), ("street", "610103001", "解放路街道"), ("unit", "610104", "一个单位"),
    )
    for period, start in (("month", date(2026, 9, 1)), ("month", date(2026, 10, 1)), ("assessment_month", date(2026, 9, 19)))
    for caliber in ("full", "assessed")
] + [
    ("H01", "inbound", "city", "610100", "西安市", "year", date(2026, 1, 1), "full"),
    ("P02", "school", "city", "610100", "西安市", "year", date(2026, 1, 1), "full"),
]  # fmt: skip


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as engine:
        engine.execute("create table kpi_contract (kpi_id varchar, variant varchar, name_zh varchar)")
        engine.executemany("insert into kpi_contract values (?, ?, ?)", CONTRACT)
        engine.execute(
            "create table kpi_results (kpi_id varchar, variant varchar, unit_type varchar, unit_code varchar, "
            "unit_name varchar, period_type varchar, period_start date, caliber varchar)"
        )
        engine.executemany("insert into kpi_results values (?, ?, ?, ?, ?, ?, ?, ?)", CELLS)
        yield engine


@pytest.mark.parametrize(
    ("text", "period_type", "start"),
    [
        ("2026-10-05", "day", date(2026, 10, 5)),
        ("2026-W41", "week", date(2026, 10, 5)),
        ("2026-W01", "week", date(2025, 12, 29)),
        ("2026-10", "month", date(2026, 10, 1)),
        ("2026Q4", "quarter", date(2026, 10, 1)),
        ("2026H2", "half_year", date(2026, 7, 1)),
        ("2026", "year", date(2026, 1, 1)),
    ],
)
def test_a_period_is_written_as_it_is_read(text: str, period_type: str, start: date) -> None:
    assert read_period(text) == Period(period_type, start, start)
    assert write_period(period_type, start) == text


def test_an_assessment_month_is_named_by_the_month_it_begins_in() -> None:
    assert read_period("assessment_month:2026-12") == Period("assessment_month", date(2026, 12, 1), date(2026, 12, 31))
    assert write_period("assessment_month", date(2026, 12, 19)) == "assessment_month:2026-12"


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-W54", "2026-02-30", "2026Q5", "October", "2026-1", "", "week:2026-10"]
)
def test_what_is_no_period_is_told_the_forms(text: str) -> None:
    with pytest.raises(UsageError, match=r"assessment_month:2026-10 .*2026Q4, 2026H2, 2026"):
        read_period(text)


def test_a_cell_is_found_by_code_or_name_in_any_case(published: duckdb.DuckDBPyConnection) -> None:
    by_name = find_cell(published, "h06", "莲湖区", "2026-10")
    assert by_name == find_cell(published, "H06", "610104", "2026-10", level="district")
    assert (by_name["unit_type"], by_name["variant"], by_name["caliber"]) == ("district", "main", "full")
    assert (
        find_cell(published, "H06", "西安市", "assessment_month:2026-09", caliber="assessed")["caliber"] == "assessed"
    )
    assert find_cell(published, "P02", "西安市", "2026")["variant"] == "school", "the only variant need not be named"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("H66", "610104", "2026-10"), "no KPI 'H66' - the nearest are: H06 按时办结率"),
        (("H01", "610100", "2026"), "no variant main, but several others - give --variant with one of: inbound, outbound"),
        (("H06", "610104", "2026-10", "paused"), "no variant 'paused' - give --variant with one of: claimed, main"),
        (("H06", "青年路", "2026-10"), "no unit '青年路', by code or by name - the nearest are: 610104001 青年路街道"),
        (("H06", "解放路街道", "2026-10"), "more than one unit of H06: 610102001 解放路街道 .street., 610103001"),
        (("H06", "610104", "2026-10"), "莲湖区 .district., 610104 一个单位 .unit. - give its code, or --level"),
        (("H01", "莲湖区", "2026", "inbound"), "no cell of 610104 莲湖区 .district.; it is published for city"),
        (("H06", "莲湖区", "2026-12"), "no cell of 2026-12 - the nearest there are: 2026-09, 2026-10"),
        (("H06", "莲湖区", "2026"), "not published by year - there are: assessment_month .last assessment_month:2026-09., month"),
        (("H06", "莲湖区", "2026-10", None, "all"), "expected --caliber full or assessed, found 'all'"),
    ],
)  # fmt: skip
def test_an_error_names_what_is_near(published: duckdb.DuckDBPyConnection, asked: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        find_cell(published, *asked)
