"""Station files of several districts: what is wrong with one row or file is its district's alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from minhu.errors import SourceBlocked
from minhu.landing.zone import Attempt, Landing
from minhu.quality import validation
from minhu.settings import Settings
from tests.fixtures.station_folder import case, land, landed, write_cases
from tests.fixtures.workbooks import TERMINALS, book_of, write
from tests.sources.everything import everything_in

DAY = "2026-11-20"
HEADER = "办件编号,事项编码,办理层级,是否代办,站点编码,申请人证件号,受理时间,承诺办结时间,办结时间,评价,更新时间"


@pytest.fixture
def districts(drop: Path) -> Path:
    """Three districts with ten cases each."""
    for district in ("610102", "610103", "610104"):
        write_cases(drop / DAY, [case(办件编号=f"{district}-{n}") for n in range(10)], f"cases_{district}_20261120.csv")
    return drop


def rules(attempt: Attempt) -> set[tuple[str, str, str]]:
    return {(f.rule_id, f.severity, f.unit_code) for f in attempt.findings}


def arrives(home: Settings, attempt: Attempt) -> str:
    return validation.arrive(home, Landing(home.landing_dir), attempt).status


def cases_by_district(home: Settings) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in landed(home):
        found[row["district_code"]] = found.get(row["district_code"], 0) + 1
    return found


def append(drop: Path, *lines: str, name: str = "cases_610103_20261120.csv") -> None:
    path = drop / DAY / name
    path.write_bytes(path.read_bytes() + "".join(f"{line}\n" for line in lines).encode("gb18030"))


@pytest.mark.parametrize(
    "lines",
    [["\x1a"], [HEADER], ["全市合计,10,,,,,,,,,"], ["合计（件）,10,,,,,,,,,"], ["", ",,,,,,,,,,", "\x1a"]],
    ids=["end of file", "header again", "total", "total with unit", "blanks"],
)
def test_what_is_no_row_in_one_file_is_no_finding_in_any(home: Settings, districts: Path, lines: list[str]) -> None:
    append(districts, *lines)
    attempt = land(home, districts)
    assert attempt.findings == ()
    assert cases_by_district(home) == {"610102": 10, "610103": 10, "610104": 10}


@pytest.mark.parametrize(
    "row",
    [
        case(办件编号="1.01E+11"), case(办件编号=""), case(办件编号="#N/A"), case(办件编号="王大妈"),
        case(办件编号="610103-1", 评价="不满意"), case(办件编号="610102-1", 评价="不满意"), case(办件编号="A\x01B"),
        {**case(办件编号="T1"), "评价": "满意,多"},
    ],
    ids=["rounded", "empty", "error", "person", "twice", "of another district", "control mark", "torn"],
)  # fmt: skip
def test_one_bad_row_is_set_aside_with_its_file_row_and_district(
    home: Settings, districts: Path, row: dict[str, str]
) -> None:
    append(districts, ",".join(row.values()))
    attempt = land(home, districts)
    assert len({row["case_id"] for row in landed(home)}) == len(landed(home)) == 30
    assert {f.severity for f in attempt.findings} == {"warn"}
    aside = [f for f in attempt.findings if f.rule_id == "L1-STA-029"]
    assert len(aside) == 1 and aside[0].rows_failed == 1
    assert aside[0].unit_code in aside[0].message and aside[0].unit_code in ("610102", "610103")
    told = list(load_workbook(next((home.home / "feedback").rglob("*.xlsx"))).worksheets[0].values)
    assert told[1][2] in (3, 12), "the row: of two with one key, the one that does not count"
    assert not [word for word in ("王大妈", "1.01E+11") if word in everything_in(home.home)]


def test_a_file_with_many_bad_rows_withholds_its_district_alone(home: Settings, districts: Path) -> None:
    append(districts, *[",".join(case(办件编号="1.01E+11").values())] * 3)
    attempt = land(home, districts)
    assert rules(attempt) == {
        ("L1-STA-023", "warn", ""), ("L1-STA-030", "block", "610103"), ("L1-STA-031", "warn", ""),
    }  # fmt: skip
    assert arrives(home, attempt) == "accepted" and len(landed(home)) == 30
    (withheld,) = [f for f in attempt.findings if f.severity == "block"]
    assert (withheld.unit_type, withheld.period_from, withheld.period_to) == ("district", DAY, DAY)
    assert (withheld.rows_seen, withheld.rows_failed) == (13, 3)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "found an empty file"), ("办件编号\n".encode(), "expected a header row"), (book_of([["x"]]), "found XLSX"),
        (f"{HEADER}\nB1,\"I1\n".encode(), "expected quotes"), (f"{HEADER}\n合计,3,,,,,,,,,\n".encode(), "its total row says 3"),
    ],
    ids=["empty", "header", "workbook", "quote", "total"],
)  # fmt: skip
def test_a_file_that_cannot_be_used_withholds_its_district_and_no_other(
    home: Settings, districts: Path, content: bytes, says: str
) -> None:
    write(districts / DAY / "cases_610103_20261120.csv", content)
    attempt = land(home, districts)
    assert rules(attempt) == {("L1-STA-030", "block", "610103"), ("L1-STA-031", "warn", "")}
    assert all(says in finding.message for finding in attempt.findings)
    assert cases_by_district(home) == {"610102": 10, "610104": 10}
    assert [path.name for path in (home.home / "feedback").rglob("*.xlsx")] == ["cases_610103_20261120_反馈.xlsx"]


def test_a_name_with_an_impossible_day_withholds_its_district(home: Settings, districts: Path) -> None:
    (districts / DAY / "cases_610103_20261399.csv").write_text("x")
    attempt = land(home, districts)
    assert rules(attempt) == {("L1-STA-030", "block", "610103"), ("L1-STA-031", "warn", "")}


def test_without_the_files_of_most_districts_nothing_can_be_said_of_the_city(home: Settings, districts: Path) -> None:
    for district in ("610102", "610104"):
        (districts / DAY / f"cases_{district}_20261120.csv").write_bytes(b"")
    with pytest.raises(SourceBlocked, match=r"cases_610102_20261120.csv: .*cases_610104_20261120.csv: "):
        land(home, districts)


def terminals(drop: Path, *rows: list[Any]) -> None:
    write(drop / DAY / "terminals_20261120.xlsx", book_of([TERMINALS, *rows]))


def test_a_terminal_without_its_code_or_twice_does_not_refuse_the_city(home: Settings, districts: Path) -> None:
    good = [[f"T{n}", "S1", 600, 540, 3] for n in range(12)]
    terminals(districts, *good, [1.5e17, "S1", 600, 540, 3], ["T1", "S1", 600, 100, 1])
    attempt = land(home, districts)
    assert arrives(home, attempt) == "accepted" and len(landed(home, "terminals")) == 12
    assert rules(attempt) == {("L1-STA-023", "warn", ""), ("L1-STA-029", "warn", "")}
    by_code = {row["terminal_code"]: row["case_count"] for row in landed(home, "terminals")}
    assert by_code["T1"] == 1, "the later row, and it is said"


def test_a_city_file_with_many_bad_rows_is_refused(home: Settings, districts: Path) -> None:
    terminals(districts, ["T1", "S1", 600, 540, 3], *[[None, "S1", 600, 540, 3]] * 3)
    attempt = land(home, districts)
    assert ("L1-STA-032", "block", "") in rules(attempt) and arrives(home, attempt) == "blocked"


def test_a_hidden_sheet_is_not_counted_and_its_office_is_told(home: Settings, districts: Path) -> None:
    hidden = book_of([TERMINALS, ["T1", "S1", 600, 540, 3]], 旧=[TERMINALS, ["T1", "S1", 600, 100, 99]])
    write(districts / DAY / "terminals_20261120.xlsx", hidden)
    attempt = land(home, districts)
    assert [row["case_count"] for row in landed(home, "terminals")] == [3]
    assert rules(attempt) == {("L1-STA-033", "warn", "")}
    told = list(load_workbook(next((home.home / "feedback").rglob("*.xlsx"))).worksheets[0].values)
    assert told[1][1:6] == ("旧", None, None, "sheet_hidden", "工作表被隐藏，未读取")


def test_unreadable_cells_are_null_with_a_finding_on_the_landed_column(home: Settings, districts: Path) -> None:
    rows: list[list[Any]] = [[f"T{n}", "S1", 600, 540, 3] for n in range(9)]
    terminals(districts, *rows, ["T9", "#REF!", "#N/A", "=600-60", 3])
    attempt = land(home, districts)
    found = {(f.column_name, f.table_name, f.period_from) for f in attempt.findings if f.rule_id == "L1-STA-023"}
    columns = ("station_code", "planned_minutes", "available_minutes")
    assert found == {(column, "stations.terminals", DAY) for column in columns}, "gate and lineage know landed columns"
    assert [landed(home, "terminals")[-1][column] for column in columns] == [None, None, None]


def test_a_stranger_in_the_folder_is_told_which_names_there_are(home: Settings, districts: Path) -> None:
    (districts / DAY / "case_610104_20261120.csv").write_text("x")
    land(home, districts)
    told = list(load_workbook(next((home.home / "feedback").rglob("*.xlsx"))).worksheets[0].values)
    assert "cases_610102_20261120.csv, terminals_20261120.xlsx" in str(told[1][6])
