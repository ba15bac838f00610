"""Returns as departments fill them in: merged and hidden, twice, under other names, and one that would take all down."""

from __future__ import annotations

import csv
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from minhu.extract.returns import extract as returns
from minhu.extract.returns.workbooks import WORKBOOKS, as_being_there, period_of
from minhu.extract.spreadsheets.problems import Unreadable
from minhu.landing.zone import Attempt, Landing
from minhu.quality import validation
from minhu.settings import PROJECT_ROOT, Settings
from tests.fixtures.workbooks import POSTS, book_of, post, write

D20 = date(2026, 11, 20)
Told = list[tuple[Any, ...]]


@pytest.fixture
def folder(drop: Path) -> Path:
    """The folder of the day in a drop folder of returns."""
    for path in (drop / "2026-11-20").iterdir():
        path.unlink()
    return drop / "2026-11-20"


def land(home: Settings, folder: Path) -> Attempt:
    return returns.land(home, Landing(home.landing_dir), D20, folder.parent)


def posts(home: Settings, attempt: Attempt) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        Landing(home.landing_dir).read_table("returns", "posts", D20, attempt.number).to_pylist()
    )
    return found


def told(folder: Path, stem: str = "社区工作者_2026Q3") -> Told:
    return list(load_workbook(folder / f"{stem}_反馈.xlsx").worksheets[0].iter_rows(min_row=2, values_only=True))


def send(folder: Path, *rows: list[Any], name: str = "社区工作者_2026Q3.xlsx", **how: Any) -> Path:
    return write(folder / name, book_of([POSTS, *rows], **how))


def test_a_stray_cell_takes_its_own_workbook_out_and_no_other(home: Settings, folder: Path) -> None:
    send(folder, post(), change=lambda sheet: sheet.__setitem__("XFD1048576", " "))
    send(folder, post(), name="社区工作者_2026-10.xlsx")
    attempt = land(home, folder)
    assert len(posts(home, attempt)) == 1
    assert [(f.rule_id, f.period_from) for f in attempt.findings] == [("L1-RET-021", "2026-07-01")]
    assert told(folder)[0][4:6] == ("cell_far_out", "单元格 XFD1048576 远离表格却有内容（可能是空格）")


def test_two_rows_about_one_thing_are_both_told(home: Settings, folder: Path) -> None:
    send(folder, post(人数=1, 大学以上人数=0), post(等级=2), post(人数=5))
    attempt = land(home, folder)
    assert [(f.rule_id, f.severity, f.sample_keys) for f in attempt.findings] == [("L1-RET-025", "warn", "row-2 row-4")]
    assert [(row[2], row[4], row[5]) for row in told(folder)] == [
        (row, "row_repeated", "与其他行重复：街镇代码、岗位、等级相同") for row in (2, 4)
    ]
    assert len(posts(home, attempt)) == 3, "which one counts is decided in staging: the last, as the finding says"


def test_what_names_a_row_is_what_staging_takes_for_its_key() -> None:
    macro = (PROJECT_ROOT / "dbt_project" / "macros" / "returned_sheets.sql").read_text(encoding="utf-8")
    keys = {}
    for sheet in macro.split("{'sheet': ")[1:]:
        name, key, optional = (
            re.search(pattern, sheet) for pattern in (r"'(\w+)'", r"'key': \[(.*?)\]", r"'optional_key': \[(.*?)\]")
        )
        assert name and key
        keys[name[1]] = tuple(re.findall(r"\w+", found[1]) if found else [] for found in (key, optional))
    written = {
        sheet.name: (list(sheet.key), list(sheet.optional_key)) for sheets in WORKBOOKS.values() for sheet in sheets
    }
    assert written == keys and len(keys) == 19


def test_merged_codes_are_filled_down_and_merged_numbers_told(home: Settings, folder: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("I3:I4")

    send(folder, post(), post(等级=2), post(街镇代码="610102002"), change=merge)
    attempt = land(home, folder)
    assert [row["street_code"] for row in posts(home, attempt)] == ["610102001", "610102001", "610102002"]
    assert [row["recruited_count"] for row in posts(home, attempt)] == [1, None, None]
    assert [(f.rule_id, f.column_name, f.rows_failed) for f in attempt.findings] == [
        ("L1-RET-023", "recruited_count", 2)
    ]
    assert [(row[2], row[4]) for row in told(folder)] == [(3, "merged_number"), (4, "merged_number")]


def test_a_row_that_lost_its_code_is_told(home: Settings, folder: Path) -> None:
    send(folder, post(), post(街镇代码=None, 等级=2))
    attempt = land(home, folder)
    assert [(f.rule_id, f.column_name) for f in attempt.findings] == [("L1-RET-023", "street_code")]
    assert [(row[2], row[3], row[4]) for row in told(folder)] == [(3, "街镇代码", "key_is_empty")]


@pytest.mark.parametrize("code", ["〔2026〕3号", "雁塔-01", "x" * 41])
def test_a_code_that_cannot_land_is_one_cell_and_not_the_delivery(home: Settings, folder: Path, code: str) -> None:
    send(folder, post(), post(街镇代码=code, 等级=2))
    attempt = land(home, folder)
    assert validation.arrive(home, Landing(home.landing_dir), attempt).status == "accepted"
    assert [(row[3], row[4]) for row in told(folder)] == [("街镇代码", "not_a_code")]


def test_errors_and_formulas_that_nobody_calculated_are_null_and_told(home: Settings, folder: Path) -> None:
    send(folder, post(人数="#REF!", 年内离职="=1+1", 年内晋级=None))
    attempt = land(home, folder)
    assert {(f.rule_id, f.column_name) for f in attempt.findings} == {
        ("L1-RET-023", "worker_count"), ("L1-RET-023", "left_count"),
    }  # fmt: skip
    assert [(row[3], row[4]) for row in told(folder)] == [("人数", "error_cell"), ("年内离职", "formula_without_value")]


def test_unread_days_of_decisions_are_told_on_what_counts_them(home: Settings, folder: Path) -> None:
    """Four of nine decisions are done on a day that nobody calculated: never nine that are not done, without a word."""
    book = Workbook()
    meetings, decisions, disputes = book.worksheets[0], book.create_sheet("议定"), book.create_sheet("争议")
    meetings.append(["编号", "街镇代码", "日期", "有无纪要"])
    meetings.append(["M1", "610102001", "2026-10-08", "有"])
    decisions.append(["编号", "会议编号", "事项", "完成期限", "完成日期"])
    for number in range(9):
        decisions.append([f"J{number}", "M1", "某事", "2026-10-20", "=TODAY()" if number < 4 else None])
    disputes.append(["工单编号", "争议开始", "明确主体时间"])
    book.save(folder / "党建联席会_2026-10.xlsx")
    arrival = validation.arrive(home, Landing(home.landing_dir), land(home, folder))
    (found,) = (finding for finding in arrival.findings if finding.severity == "warn")
    assert (arrival.status, found.rule_id, found.rows_failed, found.rows_seen) == ("accepted", "L1-RET-023", 4, 9)
    assert (found.period_from, found.period_to) == ("2026-10-01", "2026-10-31")
    column = f"{found.table_name}.{found.column_name}"
    with (PROJECT_ROOT / "dbt_project" / "seeds" / "kpi_inputs.csv").open(encoding="utf-8", newline="") as stream:
        touched = {row["kpi_id"] for row in csv.DictReader(stream) if (row["kind"], row["input"]) == ("column", column)}
    assert touched == {"L02"}, "a note of the gate goes to every KPI that reads the column"
    assert [(row[3], row[4]) for row in told(folder, "党建联席会_2026-10")] == [
        ("完成日期", "formula_without_value")
    ] * 4


def test_a_hidden_sheet_is_no_second_table(home: Settings, folder: Path) -> None:
    send(folder, post(), 去年=[POSTS, post(人数=99)], 字典=[["正职"]])
    attempt = land(home, folder)
    assert [row["worker_count"] for row in posts(home, attempt)] == [10]
    assert [(f.rule_id, f.severity) for f in attempt.findings] == [("L1-RET-026", "warn"), ("L1-RET-028", "info")]
    assert [(row[1], row[4]) for row in told(folder)] == [("去年", "sheet_hidden")]


def test_of_two_workbooks_about_one_period_the_one_that_does_not_count_is_told(home: Settings, folder: Path) -> None:
    send(folder, post(人数=1, 大学以上人数=0), name="社区工作者_2026Q3(1).xlsx")
    send(folder, post(人数=5), name="社区工作者_2026年第三季度.xlsx")
    attempt = land(home, folder)
    assert [row["worker_count"] for row in posts(home, attempt)] == [5]
    assert [(f.rule_id, f.rows_failed) for f in attempt.findings] == [("L1-RET-027", 1)]
    assert told(folder, "社区工作者_2026Q3(1)")[0][4] == "file_repeated"
    assert not (folder / "社区工作者_2026年第三季度_反馈.xlsx").exists()


def test_each_file_that_nobody_reads_is_named_with_what_is_expected(home: Settings, folder: Path) -> None:
    for name in ("双报到_2026-10.xls", "双报到_下个月.xlsx", "通讯录（王大妈）.xlsx", "社区工作者_2026-13.xlsx"):
        write(folder / name, b"x")
    (found,) = land(home, folder).findings
    assert (found.rule_id, found.rows_failed) == ("L1-RET-024", 4)
    assert "双报到_2026-10.xls" in found.message and "社区工作者_2026-13.xlsx" in found.message
    assert "王大妈" not in found.message
    assert told(folder, "双报到_2026-10")[0][4:6] == ("other_kind_of_file", "文件内容实为 XLS，不是 XLSX")
    assert told(folder, "双报到_下个月")[0][4] == told(folder, "社区工作者_2026-13")[0][4] == "not_a_period_in_name"
    assert "如 两代表一委员_2026-11.xlsx" in told(folder, "通讯录（王大妈）")[0][6]


def test_feedback_on_a_name_survives_the_good_file_beside_it(home: Settings, folder: Path) -> None:
    write(folder / "社区工作者_2026Q3.xls", b"x")
    send(folder, post())
    land(home, folder)
    assert [row[0] for row in told(folder)] == ["社区工作者_2026Q3.xls"]


def test_a_name_written_in_another_encoding_is_read(home: Settings, folder: Path) -> None:
    name = os.fsdecode("社区工作者_2026Q3.xlsx".encode("gb18030"))
    send(folder, post(人数="约十人"), name=name)
    attempt = land(home, folder)
    assert len(posts(home, attempt)) == 1 and [f.rule_id for f in attempt.findings] == ["L1-RET-023"]
    assert attempt.findings[0].message.startswith("社区工作者_2026Q3.xlsx: ")


def test_a_name_as_long_as_names_can_be_is_told_too(home: Settings, folder: Path) -> None:
    write(folder / f"{'通' * 83}.xlsx", b"x")
    assert [f.rule_id for f in land(home, folder).findings] == ["L1-RET-024"]
    (sheet,) = folder.glob("*_反馈.xlsx")
    assert sheet.name.startswith("通通通")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("_2026-1", "2026-01"), ("_2026-10", "2026-10"), ("_2026年10月份", "2026-10"), ("2026年1月", "2026-01"),
        ("_2026.10", "2026-10"), ("_202601", "2026-01"), ("＿２０２６－１０", "2026-10"), ("_2026-3", "2026-03"),
        ("_2026-2", "2026-02"), ("_2026Q3", "2026Q3"), ("_2026年第3季度", "2026Q3"), ("_2026三季度", "2026Q3"),
        ("_2026上半年", "2026H1"), ("_2026年下半年", "2026H2"), ("_2026年度", "2026"), ("_20261", None), ("_2026-13", None),
        ("_2026-0", None), ("_2026Q5", None), ("_2026H3", None), ("_2026年13月", None), ("_26-10", None),
        ("_2026-10-11", None),
    ],
)  # fmt: skip
def test_a_number_behind_the_year_in_a_name_is_a_month(text: str, name: str | None) -> None:
    period = period_of(text, D20)
    assert (period and period.name) == name


@pytest.mark.parametrize(
    "word",
    ["/", "-", "—", "——", "未办结", "否", "没有", "0", "无", "暂无", "无。", "N/A", "n/a", "未办理", "０", "－", "", None, 0.0,
     "（无）", "【无】",
     "无办理结果", "暂无反馈", "尚未办结", "还没有", "未有结果", "～", "……", "？", "*", "待定", "nan", "未答复", "无任何进展"],
)  # fmt: skip
def test_words_of_nothing_are_no_outcome(word: object) -> None:
    assert as_being_there(word) is False


@pytest.mark.parametrize(
    "word",
    [
        "办理中",
        "正在办理",
        "处理中",
        "正在办理中",
        "推进中",
        "待办",
        "跟进中",
        "在办",
        "办理之中",
        "办理中，预计下周办结",
        "正在办理。十二月完成",
        "办理中（已转街道）",
        "目前正在办理",
    ],
)
def test_what_is_under_way_is_neither_there_nor_not(word: str) -> None:
    with pytest.raises(Unreadable, match="found that it is under way"):
        as_being_there(word)


@pytest.mark.parametrize(
    "word",
    [
        "已办结",
        "已回复群众",
        "办理中心已答复",
        "解决",
        "1",
        "√",
        "否决",
        "不予采纳",
        "未采纳",
        "无法办理",
        "无障碍坡道已修好",
    ],
)
def test_outcomes_are_outcomes(word: str) -> None:
    assert as_being_there(word) is True
