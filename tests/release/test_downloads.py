"""`minhu export`: what a spreadsheet opens is what the release has, hidden cells say so, and nothing runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from csvw import CSVW

from minhu.analysis.downloads import files
from minhu.analysis.downloads.columns import columns, explained_marks, marks_of
from minhu.analysis.downloads.download import export
from minhu.analysis.downloads.kinds import Kind
from minhu.analysis.downloads.selection import Selection, select_cells
from minhu.errors import UsageError
from minhu.release import published_contract, releases
from minhu.settings import PROJECT_ROOT

from .conftest import D19, D20, Cell, Home

DAYS = Selection(periods=("day",))
HOSTILE = (
    "=1+1",
    '=HYPERLINK("http://a")',
    "+1",
    "-cmd|' /C calc'!A0",
    "@SUM(A1)",
    "＝1",
    "\tx",
    'a"b,c\nd',
    "<b>甲</b>",
)


@pytest.fixture
def exported(published_home: Home, tmp_path: Path) -> Callable[..., Path]:
    def make(kind: Kind, selection: Selection = DAYS, **more: Any) -> Path:
        return export(published_home.settings, selection, kind, tmp_path, **more).path

    return make


def sheet_rows(path: Path, sheet: int) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return list(book[book.sheetnames[sheet]].iter_rows(values_only=True))


def csv_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_a_workbook_has_a_sheet_a_kpi_with_numbers_dates_and_a_frozen_header(exported: Callable[..., Path]) -> None:
    path = exported(Kind.xlsx)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["说明", "H04 工单量", "H06 按时办结率"]
    sheet = book["H06 按时办结率"]
    assert sheet.freeze_panes == "B2"
    header = [cell.value for cell in sheet[1]]
    assert header[:3] == ["指标", "指标名称", "分支"] and header[-1] == "发布编号"
    first = dict(zip(header, sheet[2], strict=True))
    assert first["期初"].value == datetime(2026, 3, 2) and first["期初"].number_format == "yyyy-mm-dd"
    shown = {name: cell.value for name, cell in zip(header, sheet[4], strict=True)}
    assert shown["数值"] == pytest.approx(3 / 7) and (shown["分子"], shown["分母"]) == (3, 7)
    assert dict(zip(header, sheet[4], strict=True))["数值"].number_format == "0.0%"


def test_a_hidden_cell_is_a_mark_and_every_mark_is_explained_in_the_file(exported: Callable[..., Path]) -> None:
    about = dict(sheet_rows(exported(Kind.xlsx), 0))
    assert {mark for mark, _ in explained_marks()} == {"[c]", "[x]", "[z]", "[u]", "[p]", "[r]", "[b]", "[o]"}
    assert all(about[mark] == meaning.zh for mark, meaning in explained_marks())
    hidden = [row for row in csv_rows(exported(Kind.csv)) if row["期初"] == "2026-03-02"]
    assert [(row["数值"], row["标记"], row["裁定"]) for row in hidden] == [("[z]", "[z]", "不评")]


@pytest.mark.parametrize(
    ("verdict", "mark"), [("SUPPRESSED", "[c]"), ("WITHHELD", "[x]"), ("NOT_RATED", "[z]"), ("BAND_ONLY", "[u]")]
)
def test_a_cell_without_a_value_shows_the_mark_of_its_verdict(verdict: str, mark: str) -> None:
    row = {
        "value": None if verdict != "BAND_ONLY" else 0.5, "verdict": verdict, "is_provisional": False,
        "is_restated": False, "is_break_in_series": False, "is_stale": False,
    }  # fmt: skip
    value = next(
        c for c in columns(published_contract.load(PROJECT_ROOT / "dbt_project").codes) if c.title.zh == "数值"
    )
    assert marks_of(row) == [mark]
    assert value.of(row, "zh") == (mark if verdict != "BAND_ONLY" else 0.5)


def test_a_csv_opens_in_excel_as_it_is(exported: Callable[..., Path]) -> None:
    content = exported(Kind.csv).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and not content.startswith(b"\xef\xbb\xbfsep=")
    assert content.count(b"\r\n") == content.count(b"\n") == 6


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_csv_is_described_for_programs(exported: Callable[..., Path], language: str) -> None:
    """Read by somebody else's reader of CSVW, which holds every cell against its type."""
    path = exported(Kind.csv, language=language)
    described_csv = CSVW(str(path.with_name(f"{path.name}-metadata.json")), validate=True)
    assert described_csv.is_valid
    read, written = list(described_csv.tables[0]), list(csv.reader(path.read_text("utf-8-sig").splitlines()))[1:]
    assert [row["unit_code"] for row in read] == [row[4] for row in written] and len(read) == 5
    for row, as_written in zip(read, written, strict=True):
        value = as_written[10]
        assert row["value"] == (None if not value or value.startswith("[") else float(value))
        assert row["period_start"].date().isoformat() == as_written[7]


def test_parquet_has_the_columns_of_the_contract_and_nulls(exported: Callable[..., Path]) -> None:
    table = pq.read_table(exported(Kind.parquet))
    assert table.num_rows == 5 and {"kpi_id", "value", "ci_low", "is_restated", "release_id"} <= set(table.column_names)


def test_the_same_release_gives_the_same_bytes(published_home: Home, tmp_path: Path) -> None:
    for kind in (Kind.xlsx, Kind.csv, Kind.parquet):
        made = [export(published_home.settings, DAYS, kind, tmp_path / str(n)).path.read_bytes() for n in range(2)]
        assert made[0] == made[1], kind


def test_no_text_runs_in_a_spreadsheet(home: Home, tmp_path: Path) -> None:
    home.build(D20, [Cell("U1", 3, 7)])
    for text in HOSTILE:
        home.change(f"insert into publish.kpi_results by name (select * replace ('{text.replace(chr(39), chr(39) * 2)}' as "
                    f"unit_name, '{text.replace(chr(39), chr(39) * 2)}' as unit_code) from publish.kpi_results limit 1)")  # fmt: skip
    home.publish(D20)
    book = openpyxl.load_workbook(export(home.settings, DAYS, Kind.xlsx, tmp_path).path)
    cells = [cell for row in book["H06 按时办结率"].iter_rows() for cell in row]
    assert {cell.value for cell in cells} >= set(HOSTILE) and all(cell.data_type != "f" for cell in cells)
    names = [row["对象"] for row in csv_rows(export(home.settings, DAYS, Kind.csv, tmp_path).path)]
    assert not [name for name in names if name[:1] in "=+-@＝\t"]
    assert {name.removeprefix("'") for name in names} == {*HOSTILE, "城管局"}


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (DAYS, 5),
        (Selection(("H04",), periods=("day",)), 1),
        (Selection(first="2026-10", last="2026-10", periods=("day",)), 1),
        (Selection(first="2026-10-06", periods=("day",)), 3),
        (Selection(last="2026-11-19", periods=("day", "month")), 2),
        (Selection(levels=("unit",), calibers=("full",), periods=("day",)), 5),
    ],
)
def test_what_is_asked_for_is_what_comes(published_home: Home, selection: Selection, count: int) -> None:
    assert select_cells(published_home.settings, selection).num_rows == count


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(("H99",), periods=("day",)), "no KPI is called H99.*H04, H06"),
        (Selection(periods=("fortnight",)), "expected --period of day, week"),
        (Selection(levels=("town",)), "expected --level of city, district"),
        (Selection(calibers=("half",)), "expected --caliber of full, assessed"),
        (Selection(first="2026-13"), "expected --from as YYYY-MM or YYYY-MM-DD, found '2026-13'"),
        (Selection(last="yesterday"), "expected --to as YYYY-MM"),
        (Selection(), "no cell of the release is asked for.*month is the default"),
    ],
)
def test_a_question_without_an_answer_says_what_there_is(published_home: Home, selection: Selection, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        select_cells(published_home.settings, selection)


def test_an_earlier_release_is_exported_as_it_was(home: Home, tmp_path: Path) -> None:
    first = home.night(D19, [Cell("U1", 3, 7, period_start=D19)])
    home.night(D20, [Cell("U1", 4, 7, period_start=D19)])
    rows = csv_rows(export(home.settings, DAYS, Kind.csv, tmp_path, first.release_id).path)
    assert [(row["分子"], row["发布编号"]) for row in rows] == [("3", first.release_id)]
    assert releases.current(home.settings).release_id != first.release_id


def test_more_cells_than_a_sheet_has_rows_are_refused(published_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    with pytest.raises(UsageError, match="expected fewer than 3 cells, found 4.*--as csv or parquet"):
        export(published_home.settings, DAYS, Kind.xlsx, Path("unwritten.xlsx"))
    assert not Path("unwritten.xlsx").exists()


def test_a_full_disk_leaves_no_half_file(published_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from minhu import atomic

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        export(published_home.settings, DAYS, Kind.csv, tmp_path)
    assert not list(tmp_path.glob("*.csv"))


def test_english_titles_on_request(exported: Callable[..., Path]) -> None:
    rows = sheet_rows(exported(Kind.xlsx, language="en"), 1)
    assert rows[0][:3] == ("KPI", "name", "variant") and rows[1][1] == "Work orders"


def test_a_city_that_published_nothing_says_so(tmp_path: Path, published_home: Home) -> None:
    with pytest.raises(UsageError):
        export(replace(published_home.settings, home=tmp_path), DAYS, Kind.csv)
