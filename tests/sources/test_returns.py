"""The returns extract on workbooks as departments send them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from minhu.errors import PermanentError, TransientError
from minhu.extract.returns import extract as returns
from minhu.extract.returns.workbooks import as_half_year, as_quarter, as_year, period_of
from minhu.landing.zone import Attempt, Landing
from minhu.quality import validation
from minhu.settings import Settings
from tests.fixtures.homes import settings_at
from tests.sources.everything import everything_in

D20, D21 = date(2026, 11, 20), date(2026, 11, 21)
PHONE = "13800138000"
MEETINGS: dict[str, tuple[list[str], list[list[Any]]]] = {
    "meetings": (
        ["编号", "街镇代码", "日期", "有无纪要"],
        [["HY1", "610102001", "2026年10月8日", "有"], ["HY2", "610102002", 46310, "无"]],
    ),
    "decisions": (["编号", "会议编号", "事项", "完成期限", "完成日期"], [["JD1", "HY1", f"请致电张三 {PHONE}", "2026-10-30", None]]),
    "disputes": (["工单编号", "争议开始", "明确主体时间"], [["X1", "2026-10-02 09:30", "2026-10-05 10:00"]]),
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return settings_at(tmp_path / "home")


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    (folder / "2026-11-20").mkdir(parents=True)
    return folder


def write(path: Path, sheets: dict[str, tuple[list[str], list[list[Any]]]]) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, (headers, rows) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(["党建联席会情况报表"])
        for row in [headers, *rows]:
            sheet.append(row)
    book.save(path)


def land(home: Settings, drop: Path, day: date = D20) -> Attempt:
    return returns.land(home, Landing(home.landing_dir), day, drop)


def rows(home: Settings, attempt: Attempt, table: str) -> list[dict[str, Any]]:
    landing = Landing(home.landing_dir)
    found: list[dict[str, Any]] = landing.read_table(
        "returns", table, attempt.business_date, attempt.number
    ).to_pylist()
    return found


def test_every_sheet_lands_and_free_text_does_not(home: Settings, drop: Path) -> None:
    write(drop / "2026-11-20" / "党建联席会_2026-10.xlsx", MEETINGS)
    attempt = land(home, drop)
    assert [(row["meeting_code"], row["held_on"], row["has_minutes"]) for row in rows(home, attempt, "meetings")] == [
        ("HY1", date(2026, 10, 8), True), ("HY2", date(2026, 10, 15), False),
    ]  # fmt: skip
    decision = rows(home, attempt, "meeting_decisions")[0]
    assert (decision["due_on"], decision["done_on"]) == (date(2026, 10, 30), None)
    assert rows(home, attempt, "disputes")[0]["started_at"].isoformat() == "2026-10-02T01:30:00", "landed times are UTC"
    delivery = rows(home, attempt, "deliveries")[0]
    assert (delivery["report_period"], delivery["report_to"], delivery["row_count"]) == (
        "2026-10",
        date(2026, 10, 31),
        4,
    )
    arrival = validation.arrive(home, Landing(home.landing_dir), attempt)
    assert arrival.status == "accepted" and [f.severity for f in arrival.findings] == []
    assert PHONE not in everything_in(home.home) and "张三" not in everything_in(home.home)


def test_a_night_without_returns_is_a_usual_one(home: Settings, drop: Path) -> None:
    attempt = land(home, drop)
    arrival = validation.arrive(home, Landing(home.landing_dir), attempt)
    assert arrival.status == "accepted" and sum(arrival.row_counts.values()) == 0 and arrival.findings == ()


def test_a_workbook_without_a_column_is_left_out_and_its_department_told(home: Settings, drop: Path) -> None:
    broken = {**MEETINGS, "meetings": (["编号", "街镇", "日期", "有无纪要"], MEETINGS["meetings"][1])}
    path = drop / "2026-11-20" / "党建联席会_2026Q4.xlsx"
    write(path, broken)
    attempt = land(home, drop)
    assert rows(home, attempt, "deliveries") == [] and rows(home, attempt, "disputes") == []
    assert [(f.rule_id, f.severity, f.period_from) for f in attempt.findings] == [("L1-RET-021", "warn", "2026-10-01")]
    feedback = path.with_name("党建联席会_2026Q4_反馈.xlsx")
    told = [[cell.value for cell in row] for row in load_workbook(feedback).worksheets[0].iter_rows()]
    assert told[0] == ["文件", "工作表", "行", "列", "问题代码", "问题", "应改为"]
    assert told[1][1:6] == ["meetings", None, "街镇代码", "column_renamed", "缺少列“街镇代码”，只有相近的“街镇”"]
    write(path, MEETINGS)
    assert len(rows(home, land(home, drop), "meetings")) == 2
    assert not feedback.exists(), "nothing is left to mend"


def test_a_cell_that_cannot_be_read_is_null_and_stands_on_the_feedback_sheet(home: Settings, drop: Path) -> None:
    headers, content = MEETINGS["meetings"]
    path = drop / "2026-11-20" / "党建联席会_2026-10.xlsx"
    write(path, {**MEETINGS, "meetings": (headers, [*content, ["HY3", PHONE, "下周三", "也许"]])})
    attempt = land(home, drop)
    third = rows(home, attempt, "meetings")[2]
    assert (third["meeting_code"], third["street_code"], third["held_on"], third["has_minutes"]) == (
        "HY3",
        None,
        None,
        None,
    )
    assert {(f.rule_id, f.column_name) for f in attempt.findings} == {
        ("L1-RET-023", "street_code"), ("L1-RET-023", "held_on"), ("L1-RET-023", "has_minutes"),
    }  # fmt: skip
    sheet = load_workbook(path.with_name("党建联席会_2026-10_反馈.xlsx")).worksheets[0]
    told = {row[3].value: (row[4].value, row[6].value) for row in sheet.iter_rows(min_row=2)}
    assert told == {
        "街镇代码": ("personal_number_as_code", "代码；请勿填写电话或证件号码"),
        "日期": ("not_a_date", "日期，如 2026-11-03 或 2026-11-03 08:30"), "有无纪要": ("not_yes_or_no", "“是”或“否”"),
    }  # fmt: skip
    assert PHONE not in everything_in(home.home)


def test_a_drop_folder_that_cannot_be_written_leaves_the_feedback_at_home(
    home: Settings, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop / "2026-11-20" / "党建联席会_2026-10.xlsx"
    path.write_bytes(b"no workbook")
    real = returns.write_feedback

    def refusing(target: Path, problems: Any) -> None:
        if target.parent == path.parent:
            raise PermissionError(13, "read-only")
        real(target, problems)

    monkeypatch.setattr(returns, "write_feedback", refusing)
    land(home, drop)
    kept = home.home / "feedback" / "returns" / "2026-11-20" / "党建联席会_2026-10_反馈.xlsx"
    assert load_workbook(kept).worksheets[0]["G2"].value == "用 Excel 或 WPS 打开，另存为 XLSX 后重新报送"


def test_both_versions_of_a_return_sent_again_stay_in_landing(home: Settings, drop: Path) -> None:
    write(drop / "2026-11-20" / "党建联席会_2026-10.xlsx", MEETINGS)
    first = land(home, drop)
    validation.arrive(home, Landing(home.landing_dir), first)
    (drop / "2026-11-21").mkdir()
    write(drop / "2026-11-21" / "党建联席会_2026-10.xlsx", {**MEETINGS, "meetings": (MEETINGS["meetings"][0], [])})
    second = land(home, drop, D21)
    sent = [(row["delivered_on"], row["row_count"]) for row in rows(home, second, "deliveries")]
    assert sent == [(D20, 4), (D21, 2)]
    assert len(rows(home, first, "meetings")) == 2


def test_files_of_other_names_are_counted_and_links_refused(home: Settings, drop: Path, tmp_path: Path) -> None:
    day = drop / "2026-11-20"
    for name in ("党建联席会_下个月.xlsx", "随便.xlsx", "~$党建联席会_2026-10.xlsx", "党建联席会_2026-10_反馈.xlsx"):
        (day / name).write_bytes(b"")
    assert [(f.rule_id, f.rows_failed) for f in land(home, drop).findings] == [("L1-RET-024", 2)]
    write(tmp_path / "elsewhere.xlsx", MEETINGS)
    (day / "党建联席会_2026-10.xlsx").symlink_to(tmp_path / "elsewhere.xlsx")
    with pytest.raises(PermanentError, match="leads out"):
        land(home, drop)
    with pytest.raises(TransientError, match="does not exist"):
        land(home, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "name", "last"),
    [
        ("_2026-10", "2026-10", date(2026, 10, 31)), ("_202602", "2026-02", date(2026, 2, 28)),
        ("2026年第三季度", "2026Q3", date(2026, 9, 30)), ("_2026H2", "2026H2", date(2026, 12, 31)),
        ("_2026", "2026", date(2026, 12, 31)), ("", "2026-11", date(2026, 11, 30)),
    ],
)  # fmt: skip
def test_periods_in_file_names(text: str, name: str, last: date) -> None:
    period = period_of(text, D20)
    assert period is not None and (period.name, period.last) == (name, last)


def test_periods_in_cells() -> None:
    assert as_quarter("2026年第四季度") == as_quarter("2026Q4") == as_quarter("2026-4") == date(2026, 10, 1)
    assert as_half_year("2026下半年") == as_half_year("2026H2") == date(2026, 7, 1)
    assert as_year(2026.0) == as_year("2026年度") == date(2026, 1, 1)
    for reader in (as_quarter, as_half_year, as_year):
        assert reader(None) is None
        with pytest.raises(ValueError, match="^expected"):
            reader("明年")
