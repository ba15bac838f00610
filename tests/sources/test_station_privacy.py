"""Persons in station files: in their own column, in the wrong one, and in the lines under a form."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from minhu.extract.spreadsheets.chinese_cells import as_code
from minhu.landing.zone import Landing
from minhu.settings import Settings
from tests.fixtures.landed import NIGHT
from tests.fixtures.station_folder import case, land, landed, write_cases, write_workbook
from tests.sources.everything import everything_in

ID_NUMBER = "610102198001011237"  # its last digit closes as GB 11643 asks
PERSONAL = (ID_NUMBER, "13891234567", "张建国", "李四", "王大妈")
TERMINALS = ["设备编号", "站点编码", "计划服务分钟", "可用分钟", "办件数"]


def test_lines_under_a_form_name_people_and_are_dropped(home: Settings, drop: Path) -> None:
    day = drop / "2026-11-20"
    path = write_cases(day, [case(), case(办件编号="B002")])
    below = "\n合计,2,,,,,,,,,\n填表人：张建国,审核：李四,电话：13891234567,,,,,,,,\n王大妈,,,,,,,,,,\n"
    path.write_bytes(path.read_bytes() + below.encode("gb18030"))
    write_workbook(
        day / "terminals_20261120.xlsx", "碑林区", TERMINALS,
        [["T1", "S1", 600, 540, 3], ["负责人 张建国", "13891234567", None, None, None]],
    )  # fmt: skip
    attempt = land(home, drop)
    assert [row["case_id"] for row in landed(home)] == ["B001", "B002"]
    assert [row["terminal_code"] for row in landed(home, "terminals")] == ["T1"]
    manifest = Landing(home.landing_dir).manifest("stations", "cases", NIGHT, 1)
    assert (manifest["control_totals"]["rows"], manifest["control_totals"]["note_rows"]) == (2, 2)
    assert attempt.findings == () and not [p for p in PERSONAL if p in everything_in(home.home)]


def test_a_full_row_under_a_total_is_data_and_not_a_remark(home: Settings, drop: Path) -> None:
    rows = [["T1", "S1", 600, 540, 3], ["合计", None, 1200, 1080, 6], ["T2", "S1", 600, 540, 3]]
    write_workbook(drop / "2026-11-20" / "terminals_20261120.xlsx", "碑林区", TERMINALS, rows)
    land(home, drop)
    assert [row["terminal_code"] for row in landed(home, "terminals")] == ["T1", "T2"]


@pytest.mark.parametrize(("column", "landed_column"), [("事项编码", "item_code"), ("站点编码", "station_code")])
@pytest.mark.parametrize("person", [ID_NUMBER, "13891234567", "S1 王大妈13891234567", "张建国", "电话:029"])
def test_a_person_in_a_column_of_codes_does_not_land_and_is_not_repeated(
    home: Settings, drop: Path, column: str, landed_column: str, person: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    write_cases(drop / "2026-11-20", [case(), case(办件编号="B002", **{column: person})])
    attempt = land(home, drop)
    assert [(f.rule_id, f.column_name, f.rows_failed) for f in attempt.findings] == [("L1-STA-023", landed_column, 1)]
    assert "row-3" in attempt.findings[0].sample_keys
    assert person not in everything_in(home.home) + repr(attempt.findings) + caplog.text


def test_a_person_in_the_place_of_a_key_sets_the_row_aside(home: Settings, drop: Path) -> None:
    write_cases(drop / "2026-11-20", [case(), case(办件编号="13891234567")])
    land(home, drop)
    assert [row["case_id"] for row in landed(home)] == ["B001"]
    assert "13891234567" not in everything_in(home.home)


@pytest.mark.parametrize(
    "code",
    ["6101032026000123", "雁塔-01", "XA/2026(11)_03.A", "〔2026〕3号", "610103200112310001", "1" * 64, "029-88210000"],
)
def test_codes_of_many_makes_are_codes(code: str) -> None:
    assert as_code(code) == code


@pytest.mark.parametrize(
    "text", ["无", "张建国", "A 1", "A:1", "甲，1", "1" * 65, "13891234567", ID_NUMBER, f"ID{ID_NUMBER}"]
)
def test_what_may_name_a_person_is_no_code(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a code") as caught:
        as_code(text)
    assert text not in str(caught.value)
