"""Workbooks that a reader of cells would read otherwise than people do, or that would take the machine down."""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from minhu.extract.spreadsheets.chinese_cells import Damaged, as_code, as_integer
from minhu.extract.spreadsheets.chinese_files import read_sheets, read_workbook
from minhu.extract.spreadsheets.problems import FileRefused, Unreadable
from tests.fixtures.workbooks import TERMINALS, book_of, raw_book, with_sheet_xml, write

GOOD = [TERMINALS, ["T1", "S1", 600, 540, 3], ["T2", "S2", 600, 500, 2]]


def codes_of(path: Path) -> list[str]:
    with pytest.raises(FileRefused) as caught:
        read_sheets(path, TERMINALS)
    return [problem.fault.code for problem in caught.value.problems]


def put(**cells: Any) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        for name, value in cells.items():
            sheet[name] = value

    return change


@pytest.fixture
def little_memory() -> Any:
    """What asks for gigabytes dies here at once, not on a machine that has them."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.parametrize("cell", ["XFD1048576", "ZZ1048576", "BXX900000", "XFD1000"])
@pytest.mark.parametrize("value", [" ", "x", 1, "=1+1", "#N/A"])
@pytest.mark.usefixtures("little_memory")
def test_a_stray_cell_far_out_refuses_its_file_before_it_is_read(tmp_path: Path, cell: str, value: object) -> None:
    path = write(tmp_path / "terminals.xlsx", book_of(GOOD, put(**{cell: value})))
    assert path.stat().st_size < 10_000
    with pytest.raises(FileRefused, match=f"found a cell as far out as {cell}") as caught:
        read_sheets(path, TERMINALS)
    assert [p.fault.problem for p in caught.value.problems] == [f"单元格 {cell} 远离表格却有内容（可能是空格）"]


@pytest.mark.usefixtures("little_memory")
def test_a_stray_cell_in_a_hidden_sheet_or_of_an_impossible_place_is_no_end_either(tmp_path: Path) -> None:
    hidden = write(tmp_path / "a.xlsx", book_of(GOOD, 旧表=[[1]]))
    assert read_sheets(hidden, TERMINALS)
    for reference in ("ZZZZZ99", "A9999999999", "A0", "1A", "XFD99999999"):
        odd = with_sheet_xml(book_of(GOOD), 'r="E3"', f'r="{reference}"')
        assert codes_of(write(tmp_path / "b.xlsx", odd)) in (["not_a_workbook"], ["cell_far_out"], ["header_missing"])


def test_formatted_rows_without_cells_and_a_cell_at_the_last_row_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "t.xlsx", book_of(GOOD, put(A1048576=" ")))
    (sheet,) = read_sheets(path, TERMINALS)
    assert sheet.columns["设备编号"] == ["T1", "T2"]


def test_definitions_in_the_xml_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet'
    assert codes_of(write(tmp_path / "t.xlsx", with_sheet_xml(book_of(GOOD), "<worksheet", bomb))) == ["not_a_workbook"]


def test_cells_with_errors_and_formulas_without_value_are_not_empty(tmp_path: Path) -> None:
    change = put(C2="#N/A", D2="=600-60", B3="#REF!", A3="#DIV/0!")
    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(GOOD, change)), TERMINALS)
    damaged = {
        header: [cell.fault.code if isinstance(cell, Damaged) else None for cell in cells]
        for header, cells in sheet.columns.items()
    }
    assert damaged == {
        "设备编号": [None, "error_cell"], "站点编码": [None, "error_cell"], "计划服务分钟": ["error_cell", None],
        "可用分钟": ["formula_without_value", None], "办件数": [None, None],
    }  # fmt: skip


def test_a_formula_that_gave_no_text_is_empty_and_one_with_a_value_is_read(tmp_path: Path) -> None:
    content = book_of(GOOD, put(D2="=A1", D3="=1"))
    content = with_sheet_xml(content, r'<c r="D2"[^>]*><f>A1</f><v ?/></c>', '<c r="D2" t="str"><f>A1</f><v></v></c>')
    content = with_sheet_xml(content, r"<f>1</f><v ?/>", "<f>1</f><v>480</v>")
    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", content), TERMINALS)
    assert [as_integer(cell) for cell in sheet.columns["可用分钟"]] == [None, 480]


@pytest.mark.parametrize(
    "word",
    [
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "＃N/A",
        " #n/a ",
        "#SPILL!",
        "#BLOCKED!",
        "#CONNECT!",
        "#PYTHON!",
        "#GETTING_DATA",
        "#####",
    ],
)
def test_errors_written_as_text_are_errors(word: str) -> None:
    for reader in (as_code, as_integer):
        with pytest.raises(Unreadable, match="found an error of the spreadsheet"):
            reader(word)


def test_hidden_sheets_are_not_read_and_told(tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.xlsx", book_of(GOOD, 草稿=[TERMINALS, ["T9", "S1", 600, 100, 99]], 字典=[["正职"]], 空=[])
    )
    (sheet,) = read_sheets(path, TERMINALS)
    assert sheet.columns["设备编号"] == ["T1", "T2"]
    assert (sheet.hidden_tables, sheet.hidden_sheets) == (("草稿",), ("字典",))
    assert read_workbook(path, {"terminals": TERMINALS})["terminals"].columns == sheet.columns, (
        "two, of which one is hidden"
    )


def test_a_table_that_is_hidden_altogether_is_missing_and_why_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "t.xlsx", book_of([["见另表"]], 终端=GOOD))
    assert codes_of(path) == ["header_missing", "sheet_hidden"]


def test_rows_that_people_do_not_see_are_read_and_counted(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(GOOD, hide)), TERMINALS)
    assert (len(sheet.row_numbers), sheet.hidden_rows) == (2, 1)


@pytest.mark.parametrize("hidden", ["E", "F"])
def test_of_two_columns_of_one_name_the_one_that_people_see_is_read(tmp_path: Path, hidden: str) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.column_dimensions[hidden].hidden = True

    rows = [[*row, "办件数" if number == 0 else 99] for number, row in enumerate(GOOD)]
    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(rows, hide)), TERMINALS)
    seen = [99, 99] if hidden == "E" else [row[4] for row in GOOD[1:]]
    assert (sheet.columns["办件数"], sheet.hidden_columns) == (seen, 1)


def test_a_column_that_people_do_not_see_is_read_where_there_is_no_other(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.column_dimensions["E"].hidden = True

    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(GOOD, hide)), TERMINALS)
    assert (sheet.columns["办件数"], sheet.hidden_columns) == ([row[4] for row in GOOD[1:]], 1)


def test_a_cell_merged_with_the_one_beside_it_is_not_empty(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("C2:D2")
        sheet.merge_cells("A4:D4")
        sheet.merge_cells("A5:E5")

    rows = [*GOOD, ["合计", None, None, None, 7], ["填表人：王", None, None, None, None]]
    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(rows, merge)), TERMINALS)
    with pytest.raises(Unreadable, match="merged with the one beside it"):
        as_integer(sheet.columns["可用分钟"][0])
    assert as_integer(sheet.columns["可用分钟"][1]) == 500
    assert (sheet.total_rows, sheet.note_rows, sheet.total_cells["办件数"]) == (1, 1, 7), (
        "what is no row may be merged at will"
    )
    assert sheet.total_cells["可用分钟"] is None


def test_many_sheets_with_a_stray_cell_each_are_refused_before_they_are_read(tmp_path: Path) -> None:
    far = (
        "<sheetData>"
        + "".join(f'<row r="{n}"><c r="{c}{n}"><v>1</v></c></row>' for c, n in (("A", 1), ("K", 1_048_576)))
        + "</sheetData>"
    )
    path = write(tmp_path / "t.xlsx", raw_book(*((f"s{n}", "visible", far) for n in range(3))))
    assert codes_of(path) == ["cell_far_out"]


def test_merged_codes_hold_for_each_row_and_merged_numbers_for_none(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("E2:E3")

    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(GOOD, merge)), TERMINALS)
    assert [as_code(cell) for cell in sheet.columns["站点编码"]] == ["S1", "S1"]
    for cell in sheet.columns["办件数"]:
        with pytest.raises(Unreadable, match="found one that several rows share"):
            as_integer(cell)


def test_blank_cells_that_are_merged_stay_empty(tmp_path: Path) -> None:
    """Also with rows of nothing, and with a table that ends before the merged column."""

    def merge(sheet: Worksheet) -> None:
        for merged in ("E2:E3", "A8:A9", "G2:G3"):
            sheet.merge_cells(merged)

    rows = [GOOD[0], *([*row[:4], None] for row in GOOD[1:])]
    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(rows, merge)), TERMINALS)
    assert sheet.columns["办件数"] in ([None, None], ["", ""])
    assert not sheet.noticed


def test_a_header_of_two_rows_with_merged_cells_is_read_by_its_lower_row(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        for column in "AB":
            sheet.merge_cells(f"{column}1:{column}2")
        sheet.merge_cells("C1:E1")

    rows = [["设备编号", "站点编码", "运行情况"], [None, None, "计划服务分钟", "可用分钟", "办件数"], *GOOD[1:]]
    (sheet,) = read_sheets(write(tmp_path / "t.xlsx", book_of(rows, merge)), TERMINALS)
    assert [as_code(cell) for cell in sheet.columns["设备编号"]] == ["T1", "T2"]


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
XLS = LOCKED.replace("EncryptedPackage".encode("utf-16-le"), "Workbook".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "expected XLSX, found HTML"),
        ("\ufeff<!DOCTYPE HTML><table>".encode(), "expected XLSX, found HTML"),
        (XLS, "expected XLSX, found XLS "),
        (LOCKED, "locked by a password"),
        ("设备编号,站点编码\n".encode("gb18030"), "expected XLSX, found CSV"),
        (b"%PDF-1.7", "expected XLSX, found PDF"),
        (b"\xff\xd8\xff\xe0", "expected XLSX, found JPEG"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>', "expected XLSX, found XML"),
        (b"Rar!\x1a\x07", "expected XLSX, found RAR"),
        (b"", "found an empty file"),
        (b"\0" * 4096, "found an empty file"),
    ],
)
def test_what_is_no_workbook_is_named_by_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(FileRefused, match=says) as caught:
        read_sheets(write(tmp_path / "terminals_20261120.xlsx", content), TERMINALS)
    assert all(problem.fault.problem and problem.fault.remedy for problem in caught.value.problems)


def test_an_archive_of_something_else_is_named(tmp_path: Path) -> None:
    import zipfile

    for part, kind in (
        ("word/document.xml", "DOCX"),
        ("content.xml", "ODS"),
        ("xl/workbook.bin", "XLSB"),
        ("a.csv", "ZIP"),
    ):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as target:
            target.writestr(part, "x")
        with pytest.raises(FileRefused, match=f"expected XLSX, found {kind} "):
            read_sheets(write(tmp_path / "t.xlsx", archive.getvalue()), TERMINALS)


@pytest.mark.parametrize("cell", [True, date(2026, 1, 2)])
def test_what_a_spreadsheet_made_of_a_code_is_no_code(cell: object) -> None:
    with pytest.raises(Unreadable, match="expected a code"):
        as_code(cell)
