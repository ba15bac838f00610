"""Columns read at once hold what each cell holds when it is read alone; files read both ways land the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets import at_once, chinese_files, column_readers, headers, sheets
from minhu.extract.spreadsheets import chinese_cells as one_by_one
from minhu.extract.spreadsheets.cells import Cells
from minhu.extract.spreadsheets.clean_columns import clean_column
from minhu.extract.spreadsheets.column_readers import ColumnReader
from minhu.extract.spreadsheets.grids import DecodedText, decoded_text, text_grid
from minhu.extract.spreadsheets.problems import FileRefused, Problem, Unreadable, fault
from minhu.extract.spreadsheets.sheets import Sheet
from minhu.extract.stations import rows
from tests.fixtures.fuzzing import fuzzed
from tests.fixtures.homes import settings_at
from tests.fixtures.station_folder import CASE, land, write_city_files
from tests.fixtures.strange_files import TEXTS, USUAL, csv_files, plain_csv_files
from tests.fixtures.workbooks import write

PSEUDONYMS = Pseudonyms(b"k" * 32)
PARTS = st.one_of(st.integers(0, 61).map(str), st.integers(0, 61).map("{:02}".format))
DATES = st.tuples(
    st.sampled_from(["0001", "1999", "2024", "2026", "9999", "26"]), st.sampled_from("-/.年 "), PARTS, st.sampled_from("-/.月"),
    PARTS, st.sampled_from(["", "日", " "]),
).map("".join)  # fmt: skip
TIMES = st.tuples(
    st.sampled_from(["", " ", "T", "  ", " 下午"]), PARTS, st.sampled_from(":时点 "), PARTS, st.sampled_from(["", "分", ":"]),
    st.one_of(st.just(""), PARTS), st.sampled_from(["", "秒", ".5", " PM"]),
).map("".join)  # fmt: skip
CELLS = st.lists(st.one_of(TEXTS, USUAL, DATES, st.tuples(DATES, TIMES).map("".join)), max_size=12)
KINDS: dict[str, tuple[Callable[[Any], Any], pa.DataType]] = {
    "code": (one_by_one.as_code, pa.string()), "moment": (one_by_one.as_moment, pa.timestamp("us")),
    "date": (one_by_one.as_date, pa.date32()), "integer": (one_by_one.as_integer, pa.int64()),
    "float": (one_by_one.as_float, pa.float64()), "text": (one_by_one.as_text, pa.string()),
    "yes": (one_by_one.as_yes, pa.bool_()), "one of": (one_by_one.one_of({"街镇": "street"}), pa.string()),
}  # fmt: skip


def storable(texts: list[str]) -> list[str]:
    """Texts as they come out of a file: without halves of characters, which no file decodes to."""
    return [text.encode("utf-8", errors="replace").decode() for text in texts]


@fuzzed(600)
@given(CELLS.map(storable))
@example(["=", "'", "#", " =1", "'’", "＝1", "　", "", "A\u3000B", "\u00a0A", "一\u0301", "①", "\ufeffA"])
def test_texts_cleaned_at_once_are_those_cleaned_one_by_one(texts: list[str]) -> None:
    assert clean_column(pa.array(texts, pa.string())) == [one_by_one.cleaned(text) for text in texts]


@fuzzed(1000)
@given(CELLS.map(storable), st.sampled_from(sorted(KINDS)))
def test_columns_are_read_as_cells_are(texts: list[str], name: str) -> None:
    reader, kind = KINDS[name]
    same_as_one_by_one(ColumnReader.of(reader, kind), texts)


@fuzzed(300)
@given(CELLS.map(storable))
@example(["0" * 18, "610102198001011000", "61010219800101123x", "61010219800101123X", "1" * 18])
def test_persons_of_a_column_are_those_of_its_cells(texts: list[str]) -> None:
    def of_cell(cell: Any) -> str | None:
        return PSEUDONYMS.person("id_number", one_by_one.as_number_of_a_person(cell))

    same_as_one_by_one(ColumnReader(of_cell, at_once.id_numbers(PSEUDONYMS), pa.string()), texts)


def same_as_one_by_one(reader: ColumnReader, texts: list[str]) -> None:
    cells = Cells.of([one_by_one.cleaned(text) for text in texts])
    values, faults = reader.read(cells)
    alone = [read_alone(reader.of_cell, cell) for cell in cells]
    assert values.equals(pa.array([value for value, _ in alone], reader.kind))
    assert faults == {place: what for place, (_, what) in enumerate(alone) if what is not None}


def read_alone(reader: Callable[[Any], Any], cell: Any) -> tuple[Any, Any]:
    try:
        return reader(cell), None
    except Unreadable as error:
        return None, error.fault
    except (ValueError, TypeError, OverflowError):
        return None, fault("not_readable")


def test_days_that_no_month_has_and_days_past_the_last_are_none_at_once_either() -> None:
    days = [
        f"{year}-{month:02}-{day:02} {time}"
        for year in ("0000", "1900", "2000", "2023", "2024") for month in range(14) for day in range(33)
        for time in ("00:00:00", "23:59:59")
    ]  # fmt: skip
    clocks = [
        "2026-11-20 24:00:00",
        "2026-11-20 23:60:00",
        "2026-11-20 23:59:60",
        "2026-11-20T08:00:00",
        "2026-11-20 08:00:0:",
    ]
    serials = [
        f"{day}{'.' + digit * count if count else ''}"
        for day in (19999, 20000, 46337, 79999, 80000)
        for digit in "09"
        for count in range(16)
    ]
    same_as_one_by_one(ColumnReader.of(one_by_one.as_moment, pa.timestamp("us")), [*days, *clocks, *serials])


def test_what_most_systems_write_is_read_at_once() -> None:
    known = {
        at_once.moments: [
            "2026-11-03 08:30:00", "2026/11/3 8:30", "2026年11月3日", "2026年11月3日 8时30分", "2026-11-03", "46337.3472569444",
        ],
        at_once.codes: ["SX0041", "BJ261111000031", "ZD6101020054", "610102001001"],
        at_once.integers: ["0", "1200"], at_once.floats: ["108.9512", "34"],
        at_once.id_numbers(PSEUDONYMS): ["610102198001011234", "61010219800101123X"],
    }  # fmt: skip
    for read, texts in known.items():
        assert read(pa.array(texts)).null_count == 0, texts
        assert len(read(pa.array([], pa.string()))) == 0
    strange = ["2026-02-30 00:00:00", "2026-11-03 24:00", "昨天", "=1", "13891234567"]
    assert (
        all(read(pa.array(strange[:4])).null_count == 4 for read in known)
        and at_once.codes(pa.array(strange)).null_count == 5
    )
    exact = at_once.moments(pa.array(["2026-11-03 08:30:09", "0001-1-1 0:0:1", "2024年2月28日 23时59分58秒"]))
    assert exact.to_pylist() == [
        datetime(2026, 11, 3, 8, 30, 9), datetime(1, 1, 1, 0, 0, 1), datetime(2024, 2, 28, 23, 59, 58)
    ]  # fmt: skip


def both_ways(path: Path, content: bytes) -> tuple[Sheet | None, Sheet | tuple[Problem, ...] | None]:
    """A file in columns, None where it is not read so, and row by row, or why it is refused."""
    text = decoded_text(write(path, content))
    in_columns = sheets.plain_sheet(path, text, list(CASE))
    grid = text_grid(path, text)
    position = headers.position_of(grid, list(CASE))
    return in_columns, None if position is None else sheets.sheet_of(path, grid, position, list(CASE), True)


def shown(sheet: Sheet) -> dict[str, Any]:
    return {
        **vars(sheet),
        "row_numbers": list(sheet.row_numbers),
        "columns": {h: list(c) for h, c in sheet.columns.items()},
    }


@fuzzed(400)
@given(st.one_of(plain_csv_files(), plain_csv_files(), csv_files()))
def test_a_text_read_in_columns_is_the_table_that_is_read_row_by_row(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "cases_610103_20261120.csv"
    try:
        in_columns, row_by_row = both_ways(path, content)
    except FileRefused as refused:
        assert refused.problems
        return
    if in_columns is not None:
        assert isinstance(row_by_row, Sheet) and shown(in_columns) == shown(row_by_row)


ROW = ",".join(CASE.values())
HEADER = ",".join(CASE)


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        (f"{HEADER}\n{ROW}\n{ROW}", True), (f"标题,\r\n\r\n{HEADER}\r\n{ROW}\r\n", True), (f"{HEADER},备注\n{ROW},街镇\n", True),
        (f"{HEADER}\n{ROW}\n\n{ROW}\r\n\r\n\n", True), (f"{HEADER}\n\n{ROW}", True), (f"{HEADER}\n \n{ROW}", False),
        (f"{HEADER}\n{ROW},\n", False), (f'{HEADER}\n{ROW[:-1]}"\n', False),
        (f"{HEADER}\n{ROW}\r{ROW}\n", False), (f"{HEADER}\n\ufeff{ROW}\n", False), (f"{HEADER}\n", False),
        (f"{HEADER}\n{'x' * 131_073}{ROW}\n", False), (f"{HEADER}\n{'x' * 131_060}{ROW}\n", True),
    ],
)  # fmt: skip
def test_only_what_has_one_reading_is_read_in_columns(tmp_path: Path, text: str, is_plain: bool) -> None:
    sheet = sheets.plain_sheet(tmp_path / "t.csv", DecodedText(text, ()), list(CASE))
    assert (sheet is not None) is is_plain
    if sheet is not None:
        grid = text_grid(tmp_path / "t.csv", DecodedText(text, ()))
        position = headers.position_of(grid, list(CASE))
        assert position is not None
        assert shown(sheet) == shown(sheets.sheet_of(tmp_path / "t.csv", grid, position, list(CASE), True))


@fuzzed(25)
@given(st.lists(plain_csv_files(), min_size=1, max_size=2))
def test_a_delivery_lands_the_same_bytes_both_ways(tmp_path_factory: Any, files: list[bytes]) -> None:
    base = tmp_path_factory.mktemp("both")
    folder = base / "drop" / "2026-11-20"
    folder.mkdir(parents=True)
    write_city_files(folder)
    for number, content in enumerate(files):
        write(folder / f"cases_61010{number}_20261120.csv", content)
    in_columns = outcome(base / "columns", folder.parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chinese_files, "plain_sheet", lambda *_: None)
        patch.setattr(column_readers, "READERS", {})
        patch.setattr(rows, "id_numbers", lambda _: lambda texts: pa.nulls(len(texts), pa.string()))
        assert outcome(base / "cells", folder.parent) == in_columns


def outcome(home: Path, drop: Path) -> dict[str, bytes | str]:
    """Every landed file, manifest and feedback sheet by its path, or what the delivery was refused for."""
    told = ""
    try:
        told = str(land(settings_at(home), drop).findings)
    except Exception as error:
        told = str(error).replace(home.name, "")
    files = {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
    return {**files, "told": told}
