"""Tables in files: what is a header, a total, a note, and when a file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from minhu.extract.spreadsheets.chinese_files import read_sheets
from minhu.extract.spreadsheets.problems import FileRefused

COLUMNS = ["编号", "数量", "日期"]


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def workbook(folder: Path, **sheets: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "table.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_an_encoding_is_recognised(tmp_path: Path, encoding: str) -> None:
    (sheet,) = read_sheets(csv_file(tmp_path, "编号,数量,日期\n甲一,2,2026-11-03\n", encoding), COLUMNS)
    assert sheet.columns == {"编号": ["甲一"], "数量": ["2"], "日期": ["2026-11-03"]}


def test_titles_blanks_totals_and_moved_columns_are_survived_and_counted(tmp_path: Path) -> None:
    text = "统计表,,\n单位：件,,\n 日 期 ,编号,数量\n2026-11-03,a,1\n小计,,1\n,,\n2026-11-04,b,2\n本页小计,,2\n合 计：,,3\n"
    (sheet,) = read_sheets(csv_file(tmp_path, text), COLUMNS)
    assert (list(sheet.row_numbers), sheet.columns["编号"]) == ([4, 7], ["a", "b"])
    assert (sheet.blank_rows, sheet.total_rows, sheet.total_cells["数量"]) == (1, 3, "3")


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        ("编号,数量,日期\n", "utf-16", "expected CSV, found UTF-16 by its first bytes"),
        ("編號,數量,日期\n甲,1,2\n", "big5", "expected .*GB18030"),
        ("编号,日期\n", "utf-8", "table.csv: expected a column 数量, found none like it"),
        ("编号,日期,数目\n", "utf-8", "expected a column 数量, found only 数目 near it"),
        ("编号,数量,日期,数量\n", "utf-8", "expected one column 数量, found 2"),
        ('编号,数量,日期\na,"1,2026-11-03\nb,2,2026-11-04\n', "utf-8", "expected quotes"),
        ("编号，数量，日期\n", "utf-8", "expected commas between the cells, found ，"),
        ("编号甲数量乙日期\n", "utf-8", "expected a header row"),
        ("", "utf-8", "expected a table, found an empty file"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(tmp_path: Path, text: str, encoding: str, says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        read_sheets(csv_file(tmp_path, text, encoding), COLUMNS)


def test_all_missing_columns_of_all_sheets_are_said_at_once(tmp_path: Path) -> None:
    path = workbook(tmp_path, 碑林区=[["编号", "数量"]], 新城区=[["数量", "日期"]])
    with pytest.raises(FileRefused) as caught:
        read_sheets(path, COLUMNS)
    assert [(p.sheet, p.column) for p in caught.value.problems] == [("碑林区", "日期"), ("新城区", "编号")]


def test_empty_sheets_and_notes_are_passed_over_and_a_sheet_without_its_header_is_not(tmp_path: Path) -> None:
    table: list[list[object]] = [COLUMNS, ["a", 1, "2026-11-03"]]
    sheets = read_sheets(workbook(tmp_path, 碑林区=table, 填表说明=[["请按行填写"]], Sheet3=[]), COLUMNS)
    assert [(sheet.name, len(sheet.row_numbers)) for sheet in sheets] == [("碑林区", 1)]
    with pytest.raises(FileRefused, match="table.xlsx, sheet 新城区: expected a header row"):
        read_sheets(workbook(tmp_path, 碑林区=table, 新城区=[["a", 1, "2026-11-03"]]), COLUMNS)
    with pytest.raises(FileRefused, match="nothing but empty sheets"):
        read_sheets(workbook(tmp_path, Sheet1=[], Sheet2=[]), COLUMNS)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for name in ("gone.csv", "gone.xlsx"):
        with pytest.raises(FileRefused, match="expected a file that can be opened"):
            read_sheets(tmp_path / name, COLUMNS)
