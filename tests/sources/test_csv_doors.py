"""Text files of cells: one bad row or character, and what they really are."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.extract.spreadsheets import sheets
from minhu.extract.spreadsheets.chinese_cells import Damaged
from minhu.extract.spreadsheets.chinese_files import read_sheets
from minhu.extract.spreadsheets.problems import FileRefused
from tests.fixtures.workbooks import book_of, write

COLUMNS = ["编号", "数量", "日期"]
ROWS = "".join(f"甲{n},{n},2026-11-03\n" for n in range(1, 30))
TEXT = f"编号,数量,日期\n{ROWS}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_half_a_character_is_told_with_its_row_and_byte_and_spoils_one_cell(tmp_path: Path, encoding: str) -> None:
    content, without_mark = bytearray(TEXT.encode(encoding)), encoding.removesuffix("-sig")
    place = content.index("甲7".encode(without_mark)) + len("甲".encode(without_mark)) - 1
    del content[place]
    if encoding == "gb18030":
        content[place - 1 : place] = b"\xff"
    (sheet,) = read_sheets(write(tmp_path / "t.csv", bytes(content)), COLUMNS)
    assert len(sheet.row_numbers) == 29
    assert [type(cell) is Damaged for cell in sheet.columns["编号"]].index(True) == 6
    assert sum(type(cell) is Damaged for cells in sheet.columns.values() for cell in cells) == 1
    (problem,) = sheet.noticed
    assert problem.row == 8 and problem.fault.parameters["encoding"] == without_mark.upper()
    assert content[int(problem.fault.parameters["byte"]) - 1] >= 0x80


@pytest.mark.parametrize("damaged", [1, 3, 4])
def test_three_damaged_characters_are_damage_and_more_another_encoding(tmp_path: Path, damaged: int) -> None:
    content = f"编号,数量,日期\n{''.join(f'甲{n},{n},2026-11-03{chr(10)}' for n in range(100, 160))}".encode()
    for number in range(damaged):
        content = content.replace(f"甲{101 + number}".encode(), b"\xff" + f"{101 + number}".encode())
    path = write(tmp_path / "t.csv", content)
    if damaged > 3:
        with pytest.raises(FileRefused, match="first in line 3 at byte 44"):
            read_sheets(path, COLUMNS)
    else:
        (sheet,) = read_sheets(path, COLUMNS)
        assert [problem.row for problem in sheet.noticed] == [3 + number for number in range(damaged)]


def test_a_nul_spoils_its_cell_alone(tmp_path: Path) -> None:
    (sheet,) = read_sheets(write(tmp_path / "t.csv", TEXT.replace("甲7", "甲\x007").encode()), COLUMNS)
    assert [
        row for row, cell in zip(sheet.row_numbers, sheet.columns["编号"], strict=True) if type(cell) is Damaged
    ] == [8]
    assert [(problem.row, problem.fault.code) for problem in sheet.noticed] == [(8, "damaged_character")]


@pytest.mark.parametrize("mark", ["\x01", "\x1f", "\x7f", "\x85", "\ufffd"])
def test_control_marks_and_lost_characters_spoil_their_cell_alone(tmp_path: Path, mark: str) -> None:
    (sheet,) = read_sheets(write(tmp_path / "t.csv", TEXT.replace("甲7", f"甲{mark}7").encode()), COLUMNS)
    assert [
        row for row, cell in zip(sheet.row_numbers, sheet.columns["编号"], strict=True) if type(cell) is Damaged
    ] == [8]


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\x1a\x1a", "\n\n\x1a\n", "\0\0\0\0"])
def test_a_mark_of_the_end_of_the_file_is_no_row(tmp_path: Path, end: str) -> None:
    (sheet,) = read_sheets(write(tmp_path / "t.csv", (TEXT + end).encode("gb18030")), COLUMNS)
    assert len(sheet.row_numbers) == 29 and not sheet.noticed


def test_the_header_repeated_on_each_page_is_no_row(tmp_path: Path) -> None:
    pages = "".join(f"编号,数量,日期\n{page}" for page in (ROWS, ROWS, ROWS))
    (sheet,) = read_sheets(write(tmp_path / "t.csv", pages.encode()), COLUMNS)
    assert (len(sheet.row_numbers), sheet.header_rows) == (87, 2)


@pytest.mark.parametrize(
    "total",
    [
        "合计",
        "全市合计",
        "合计（台）",
        "总计(件)",
        "合 计：",
        "碑林区小计",
        "本页合计",
        "共计",
        "累计",
        "全区总计",
        "11月合计",
        "合计数",
        "合计：12",
        "【合计】",
        "——合 计——",
        "总数（件）",
        "本页合计数",
        "汇总",
    ],
)
def test_totals_by_all_their_names_are_no_rows(tmp_path: Path, total: str) -> None:
    (sheet,) = read_sheets(write(tmp_path / "t.csv", f"{TEXT}{total},435,\n".encode()), COLUMNS)
    assert (len(sheet.row_numbers), sheet.total_rows) == (29, 1)
    grand = not any(of in total for of in ("小计", "本页", "11月"))
    assert sheet.total_cells.get("数量") == ("435" if grand else None)


def test_a_comma_too_many_sets_its_row_aside(tmp_path: Path) -> None:
    text = TEXT.replace("甲7,7,", "甲7,7,多,")
    (sheet,) = read_sheets(write(tmp_path / "t.csv", text.encode()), COLUMNS)
    assert len(sheet.row_numbers) == 28 and 8 not in sheet.row_numbers
    (problem,) = sheet.set_aside
    assert str(problem) == "t.csv, row 8: expected 3 cells as in the header, found 4: a comma too many?"


@pytest.mark.parametrize(
    ("mark", "shown"),
    [
        (";", ";"),
        ("\t", "Tab"),
        ("|", r"\|"),
        ("，", "，"),
        ("；", "；"),
        ("、", "、"),
        ("^", r"\^"),
        ("||", r"\|\|"),
        ("  ", "空格"),
        ("\x01", r"\\x01"),
        ("#@#", "#@#"),
        ('";"', ";"),
    ],
)
def test_cells_between_other_marks_are_named_by_them(tmp_path: Path, mark: str, shown: str) -> None:
    with pytest.raises(FileRefused, match=f"expected commas between the cells, found {shown}"):
        read_sheets(write(tmp_path / "t.csv", TEXT.replace(",", mark).encode("gb18030")), COLUMNS)


def test_what_is_no_text_is_named_by_what_it_is(tmp_path: Path) -> None:
    for content, kind in (
        (book_of([COLUMNS]), "XLSX"), (TEXT.encode("utf-16"), "UTF-16"), (b"<html><table>", "HTML"), (b"\x1f\x8b\x08", "GZ"),
        (b"PAR1\x15\x04", "Parquet"), (b"SQLite format 3\0", "SQLite"), (b"(\xb5/\xfd\x04", "ZSTD"), (TEXT.encode("utf-32"), "UTF-32"),
        (b'[{"\xe7\xbc\x96": 1}]', "JSON"), (b"<?xml version='1.0'?><rows/>", "XML"), (b"MZ\x90\0\x03", "EXE"), (b"PK\x05\x06", "ZIP"),
    ):  # fmt: skip
        with pytest.raises(FileRefused, match=f"expected CSV, found {kind} "):
            read_sheets(write(tmp_path / "t.csv", content), COLUMNS)


def test_another_encoding_is_told_with_the_first_row_and_byte_that_do_not_fit(tmp_path: Path) -> None:
    content = b"a,b,c\n" + bytes(range(0x80, 0x100)) * 8 + b"\xff\xff" * 60
    with pytest.raises(
        FileRefused, match=r"row 2: expected UTF-8 or GB18030 text, found neither, first in line 2 at byte"
    ):
        read_sheets(write(tmp_path / "t.csv", content), COLUMNS)


def test_text_of_two_bytes_a_character_without_a_mark_is_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="expected UTF-8 or GB18030 text, found neither"):
        read_sheets(write(tmp_path / "t.csv", TEXT.encode("utf-16-le")), COLUMNS)


@pytest.mark.parametrize("start", ["BM", "MZ", "GIF8", "PAR1", "RIFF"])
def test_a_text_that_begins_like_another_kind_is_a_text(tmp_path: Path, start: str) -> None:
    (sheet,) = read_sheets(write(tmp_path / "t.csv", f"{start},a,b\n{TEXT}".encode()), COLUMNS)
    assert len(sheet.row_numbers) == 29


def test_a_mark_of_byte_order_alone_is_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="found an empty file"):
        read_sheets(write(tmp_path / "t.csv", b"\xef\xbb\xbf\r\n"), COLUMNS)


def test_one_row_of_very_many_cells_makes_no_columns_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[object] = []
    cleaned = sheets.cleaned
    monkeypatch.setattr(sheets, "cleaned", lambda cell: looked_at.append(cell) or cleaned(cell))
    for cells, torn in (("," * 5000, 0), ("," * 5000 + "x", 1)):
        looked_at.clear()
        (sheet,) = read_sheets(write(tmp_path / "t.csv", f"{TEXT}{cells}\n甲30,1,2\n".encode()), COLUMNS)
        assert (len(sheet.row_numbers), len(sheet.set_aside)) == (30, torn)
        assert len(looked_at) < 12_000, "what is written, not rows times columns"


def test_a_cell_of_endless_length_is_told_by_its_length_and_not_by_its_quotes(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="expected cells of at most 131,072 characters"):
        read_sheets(write(tmp_path / "t.csv", f"{TEXT}{'x' * 200_000}\n".encode()), COLUMNS)
