"""The station extract on files as offices send them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.landing.zone import Landing
from minhu.quality import validation
from minhu.settings import Settings
from minhu.simulator.stations.station_forms import CASE_FORMS
from tests.fixtures.station_folder import CASE, ID_NUMBER, case, land, landed, write_cases, write_workbook
from tests.sources.everything import everything_in

D19, D20 = date(2026, 11, 19), date(2026, 11, 20)


def feedback(path: Path) -> list[tuple[Any, ...]]:
    """The lines of a feedback sheet below its header."""
    return list(load_workbook(path).worksheets[0].iter_rows(min_row=2, values_only=True))


def test_a_delivery_lands_in_codes_and_utc_without_the_id_number(home: Settings, drop: Path) -> None:
    attempt = land(home, drop)
    assert attempt.findings == ()
    (row,) = landed(home)
    assert (row["handling_level"], row["is_agent_handled"], row["review"], row["district_code"]) == (
        "street",
        True,
        "very_satisfied",
        "610103",
    )
    assert row["finished_at"] == datetime(2026, 11, 20, 1, 30)
    assert landed(home, "terminals")[0]["service_date"] == D20
    assert landed(home, "points")[0]["active_from"] == date(2020, 1, 3)
    seen = everything_in(home.home)
    assert row["applicant_key"] and row["applicant_key"] in seen and ID_NUMBER not in seen


@pytest.mark.parametrize("form", CASE_FORMS, ids=lambda form: form.__name__.strip("_"))
def test_every_form_of_a_case_file_gives_the_same_rows(
    home: Settings, drop: Path, form: Callable[[pd.DataFrame], bytes]
) -> None:
    cases = [
        case(办件编号=f"B{n:03d}", 办结时间="" if n % 2 else CASE["办结时间"], 评价="" if n % 3 else "满意")
        for n in range(6)
    ]
    write_cases(drop / "2026-11-20", cases)
    plain = land(home, drop)
    expected = landed(home)
    frame = pd.DataFrame(cases)
    for column in ("受理时间", "承诺办结时间", "办结时间", "更新时间"):
        frame[column] = pd.to_datetime(frame[column])
    (drop / "2026-11-20" / "cases_610103_20261120.csv").write_bytes(form(frame))
    again = land(home, drop)
    number = again.number
    assert Landing(home.landing_dir).read_table("stations", "cases", D20, number).to_pylist() == expected
    assert len(expected) == 6 and plain.findings == ()


def test_a_missing_column_names_file_and_nearest_header_and_refuses_the_delivery(home: Settings, drop: Path) -> None:
    renamed = {("办结日期" if name == "办结时间" else name): value for name, value in case().items()}
    write_cases(drop / "2026-11-20", [renamed])
    with pytest.raises(
        SourceBlocked, match=r"cases_610103_20261120.csv: expected a column 办结时间, found only 办结日期 near it"
    ):
        land(home, drop)
    assert not list(home.landing_dir.rglob("*.parquet"))


def test_all_broken_files_are_named_in_one_message(home: Settings, drop: Path) -> None:
    folder = drop / "2026-11-20"
    (folder / "cases_610103_20261120.csv").write_bytes("办件编号,事项编码\n".encode("utf-16"))
    workbook = folder / "terminals_20261120.xlsx"
    workbook.write_bytes(workbook.read_bytes()[:300])
    (folder / "items_20261120.csv").unlink()
    with pytest.raises(SourceBlocked) as caught:
        land(home, drop)
    for says in (
        "cases_610103_20261120.csv: expected CSV, found UTF-16",
        "terminals_20261120.xlsx: expected an XLSX workbook",
        "items_20261120: expected a file of this kind and day, found none",
    ):
        assert says in str(caught.value)
    sheets = home.home / "feedback" / "stations" / "2026-11-20"
    assert sorted(path.name for path in sheets.iterdir()) == [
        "cases_610103_20261120_反馈.xlsx", "items_20261120_反馈.xlsx", "terminals_20261120_反馈.xlsx",
    ]  # fmt: skip
    assert feedback(sheets / "cases_610103_20261120_反馈.xlsx") == [
        ("cases_610103_20261120.csv", None, None, None, "other_kind_of_file",
         "文件内容实为 UTF-16，不是 CSV", "用 Excel 或 WPS 打开，另存为 CSV 后重新报送"),
    ]  # fmt: skip


def test_feedback_of_mended_files_goes_away(home: Settings, drop: Path) -> None:
    write_cases(drop / "2026-11-20", [case(办结时间="昨天")])
    land(home, drop)
    sheets = home.home / "feedback" / "stations" / "2026-11-20"
    assert [path.name for path in sheets.iterdir()] == ["cases_610103_20261120_反馈.xlsx"]
    write_cases(drop / "2026-11-20", [case()])
    assert land(home, drop).findings == () and not sheets.exists()


def test_a_total_row_that_does_not_add_up_refuses_the_file(home: Settings, drop: Path) -> None:
    header = ["设备编号", "站点编码", "计划服务分钟", "可用分钟", "办件数"]
    good = [["T1", "S1", 600, 540, 3], ["T2", "S1", 600, 600, 4]]
    path = drop / "2026-11-20" / "terminals_20261120.xlsx"
    write_workbook(path, "碑林区", header, [*good, [None] * 5, ["合计", None, 1200, 1140, 7]])
    land(home, drop)
    assert len(landed(home, "terminals")) == 2
    write_workbook(path, "碑林区", header, [*good, ["合计", None, 1800, 1140, 7]])
    with pytest.raises(SourceBlocked, match="sheet 碑林区: 计划服务分钟 adds up to 1200, its total row says 1800"):
        land(home, drop)


def test_a_total_beside_cells_that_are_no_numbers_is_not_compared(home: Settings, drop: Path) -> None:
    header = ["设备编号", "站点编码", "计划服务分钟", "可用分钟", "办件数"]
    rows = [["T1", "S1", "1,600", "约540", 3], ["合计", None, 1600, "五百四十", 3]]
    write_workbook(drop / "2026-11-20" / "terminals_20261120.xlsx", "碑林区", header, rows)
    attempt = land(home, drop)
    assert landed(home, "terminals")[0]["planned_minutes"] == 1600
    assert [(f.rule_id, f.column_name) for f in attempt.findings] == [("L1-STA-023", "available_minutes")]
    manifest = Landing(home.landing_dir).manifest("stations", "terminals", D20, 1)
    assert manifest["control_totals"] == {
        "rows": 1, "files": 1, "blank_rows": 0, "total_rows": 1, "note_rows": 0, "header_rows": 0, "set_aside_rows": 0,
    }  # fmt: skip


def test_a_number_of_cases_in_the_total_row_is_compared(home: Settings, drop: Path) -> None:
    total = dict.fromkeys(CASE, "") | {"办件编号": "合 计：", "事项编码": "3"}
    write_cases(drop / "2026-11-20", [case(), case(办件编号="B002"), total])
    with pytest.raises(SourceBlocked, match="2 rows were read, its total row says 3"):
        land(home, drop)


def test_a_row_without_its_key_is_set_aside_and_on_the_feedback_sheet(home: Settings, drop: Path) -> None:
    write_cases(drop / "2026-11-20", [*(case(办件编号=f"B{n}") for n in range(9)), case(办件编号="")])
    attempt = land(home, drop)
    assert [(f.rule_id, f.column_name, f.unit_code, f.rows_failed) for f in attempt.findings] == [
        ("L1-STA-023", "case_id", "", 1), ("L1-STA-029", "", "610103", 1),
    ]  # fmt: skip
    assert attempt.findings[0].sample_keys == "row-11" and len(landed(home)) == 9
    arrival = validation.arrive(home, Landing(home.landing_dir), attempt)
    assert arrival.status == "accepted"


def test_a_code_or_id_number_that_a_spreadsheet_rounded_is_no_code(home: Settings, drop: Path) -> None:
    write_cases(drop / "2026-11-20", [case(申请人证件号="6.10102E+17", 站点编码='="001"')])
    attempt = land(home, drop)
    assert [f.column_name for f in attempt.findings] == ["applicant_key"]
    (row,) = landed(home)
    assert (row["applicant_key"], row["station_code"]) == (None, "001")


def test_times_at_the_edge_of_the_calendar_are_landed_for_the_record_rules(home: Settings, drop: Path) -> None:
    write_cases(drop / "2026-11-20", [case(办结时间="0001-01-01 00:00:00", 承诺办结时间="9999-12-31 00:00:00")])
    land(home, drop)
    assert (landed(home)[0]["finished_at"].year, landed(home)[0]["promised_at"].year) == (1, 9999)


def test_a_version_mended_in_a_later_file_counts_and_is_reported(home: Settings, drop: Path) -> None:
    (drop / "2026-11-19").mkdir()
    write_cases(drop / "2026-11-19", [case(评价="还行")], name="cases_610103_20261119.csv")
    attempt = land(home, drop)
    assert [row["review"] for row in landed(home)] == ["very_satisfied"]
    assert sorted((f.rule_id, f.sample_keys) for f in attempt.findings) == [
        ("L1-STA-023", "row-2"),
        ("L1-STA-026", "B001"),
    ]


def test_two_contents_of_a_version_in_one_file_are_reported_and_the_later_counts(home: Settings, drop: Path) -> None:
    others = [case(办件编号=f"B1{n}") for n in range(8)]
    write_cases(drop / "2026-11-20", [case(), *others, case(评价="不满意")])
    attempt = land(home, drop)
    assert landed(home)[0]["review"] == "dissatisfied" and len(landed(home)) == 9
    assert [(f.rule_id, f.unit_code, f.sample_keys) for f in attempt.findings] == [
        ("L1-STA-023", "", "row-2"), ("L1-STA-029", "610103", ""),
    ]  # fmt: skip
    told = feedback(home.home / "feedback" / "stations" / "2026-11-20" / "cases_610103_20261120_反馈.xlsx")
    assert [(row[2], row[4], row[5]) for row in told] == [(2, "row_repeated", "与其他行重复：办件编号、更新时间相同")]
    assert validation.arrive(home, Landing(home.landing_dir), attempt).status == "accepted"


def test_a_district_that_falls_silent_is_reported_for_itself(home: Settings, drop: Path) -> None:
    (drop / "2026-11-19").mkdir()
    for district in ("610103", "610104"):
        write_cases(
            drop / "2026-11-19",
            [case(更新时间="2026-11-19 09:00:00", 办件编号=district)],
            f"cases_{district}_20261119.csv",
        )
    attempt = land(home, drop)
    (found,) = attempt.findings
    assert (found.rule_id, found.unit_type, found.unit_code) == ("L1-STA-025", "district", "610104")
    assert (found.period_from, found.period_to) == ("2026-11-20", "2026-11-20")


def test_a_file_with_a_name_of_no_kind_does_not_go_unseen(home: Settings, drop: Path) -> None:
    for name in ("case_610104_20261120.csv", "张建国.csv", "~$points_20261120.xlsx", "Thumbs.db", "cases_反馈.xlsx"):
        (drop / "2026-11-20" / name).write_text("x")
    (found,) = land(home, drop).findings
    assert (found.rule_id, found.rows_failed) == ("L1-STA-024", 2)
    assert "case_610104_20261120.csv" in found.message and "张建国" not in found.message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("points_20261399.xlsx", "expected a day as YYYYMMDD"),
        ("points_20261231.xlsx", "expected a day up to 2026-11-20"),
    ],
)
def test_a_name_with_an_impossible_day_refuses_the_delivery(home: Settings, drop: Path, name: str, says: str) -> None:
    (drop / "2026-11-20" / name).write_text("x")
    with pytest.raises(SourceBlocked, match=f"{name}: {says}"):
        land(home, drop)


def test_a_cell_that_cannot_be_read_is_null_and_on_the_feedback_sheet_without_its_content(
    home: Settings, drop: Path
) -> None:
    write_cases(drop / "2026-11-20", [case(), case(办件编号="B002", 办结时间="问王大妈13891234567", 评价="还行")])
    attempt = land(home, drop)
    assert (landed(home)[1]["finished_at"], landed(home)[1]["review"]) == (None, None)
    assert sorted((f.rule_id, f.column_name, f.rows_failed) for f in attempt.findings) == [
        ("L1-STA-023", "finished_at", 1),
        ("L1-STA-023", "review", 1),
    ]
    told = feedback(home.home / "feedback" / "stations" / "2026-11-20" / "cases_610103_20261120_反馈.xlsx")
    assert [row[2:6] for row in told] == [
        (3, "办结时间", "not_a_date", "不是日期"),
        (3, "评价", "not_one_of", "不在可选范围内"),
    ]
    assert told[1][6] == "下列之一：非常满意/满意/基本满意/不满意/非常不满意"
    assert "13891234567" not in repr(told) + repr(attempt.findings)


def test_a_file_that_comes_again_with_other_content_counts_in_its_newer_form(home: Settings, drop: Path) -> None:
    for name, review in (("_v2", "不满意"), (" (10)", "满意"), (" - 副本", "基本满意")):
        write_cases(drop / "2026-11-20", [case(评价=review)], name=f"cases_610103_20261120{name}.csv")
    attempt = land(home, drop)
    assert [row["review"] for row in landed(home)] == ["satisfied"]
    assert [(f.rule_id, f.rows_seen, f.rows_failed) for f in attempt.findings] == [("L1-STA-022", 4, 3)]


def test_an_unknown_column_is_reported_and_not_landed(home: Settings, drop: Path) -> None:
    write_cases(drop / "2026-11-20", [case(联系电话="13891234567")])
    attempt = land(home, drop)
    assert [(f.rule_id, "联系电话" in f.message) for f in attempt.findings] == [("L1-STA-021", True)]
    assert "13891234567" not in repr(landed(home)) + repr(attempt.findings)


def test_a_version_that_overlapping_days_repeat_lands_once(home: Settings, drop: Path) -> None:
    (drop / "2026-11-19").mkdir()
    write_cases(
        drop / "2026-11-19",
        [case(), case(办结时间="", 更新时间="2026-11-19 10:00:00")],
        name="cases_610103_20261119.csv",
    )
    land(home, drop)
    assert [row["updated_at"].day for row in landed(home)] == [19, 20]


def test_a_delivery_that_has_not_come_is_worth_a_retry(home: Settings, drop: Path, tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="no file in"):
        land(home, drop, date(2026, 11, 21))
    with pytest.raises(TransientError, match="does not exist"):
        land(home, tmp_path / "unmounted")


def test_a_link_out_of_the_drop_folder_is_refused(home: Settings, drop: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("x")
    (drop / "2026-11-20" / "cases_610104_20261120.csv").symlink_to(outside)
    with pytest.raises(PermanentError, match="leads out of the drop folder"):
        land(home, drop)
