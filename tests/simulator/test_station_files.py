"""The drop folder of the stations, read back with another library than the one that wrote it."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from minhu.simulator.city.city import City, cases_day, with_broken
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.stations.station_files import CASE_COLUMNS, day_files, stations_folder, write_station_files
from minhu.simulator.stations.stations import terminals_frame
from tests.simulator.conftest import LAST

NARROW = str.maketrans("０１２３４５６７８９", "0123456789")


@pytest.fixture(scope="module")
def delivered(city: City) -> dict[date, dict[str, bytes]]:
    return {day: day_files(city, day) for day in city.days(LAST)}


def text_of(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def moment(text: str) -> pd.Timestamp | None:
    """Any of the forms in which a time is delivered."""
    text = text.translate(NARROW).strip()
    if not text:
        return None
    if re.fullmatch(r"\d+\.\d+", text):
        return (pd.Timestamp("1899-12-30") + pd.Timedelta(days=float(text))).round("s")
    year, month, day, *rest = map(int, re.findall(r"\d+", text))
    return pd.Timestamp(year, month, day, *rest)


def cases_in(files: dict[str, bytes]) -> pd.DataFrame:
    rows = [
        {**row, "file": name}
        for name, content in sorted(files.items())
        if name.startswith("cases_")
        for row in csv.DictReader(io.StringIO(text_of(content)))
        if any(row.values()) and row["办件编号"] not in ("", "合计")
    ]
    frame = pd.DataFrame(rows)
    for column in CASE_COLUMNS[:5]:
        frame[column] = frame[column].str.strip().str.translate(NARROW)
    for column in ("受理时间", "承诺办结时间", "办结时间", "更新时间"):
        frame[column] = pd.to_datetime(frame[column].map(moment))
    return frame


def test_a_day_brings_exactly_the_files_of_the_contract(city: City, delivered: dict[date, dict[str, bytes]]) -> None:
    stamp = f"{LAST:%Y%m%d}"
    names = {f"cases_{district}_{stamp}.csv" for district in city.geography.districts}
    names |= {f"{name}_{stamp}.xlsx" for name in ("terminals", "points")}
    names |= {f"{name}_{stamp}.csv" for name in ("items", "residents")}
    assert set(delivered[LAST]) == names


def test_the_same_day_gives_the_same_bytes_whenever_it_is_written(city: City) -> None:
    first = day_files(city, LAST)
    time.sleep(2.1)  # the clock in a zip archive has steps of two seconds
    assert day_files(city, LAST) == first


def test_cases_say_what_the_city_knows_in_every_form(city: City, delivered: dict[date, dict[str, bytes]]) -> None:
    """Each day's files hold the cases changed that day or in the three days before, whatever the form."""
    for day, files in delivered.items():
        as_of, since = end_of_day(day), pd.Timestamp(day - timedelta(days=3))
        known = pd.concat([with_broken(*cases_day(city, born, as_of)) for born in city.days(day)])
        known = known[known["更新时间"] >= since].set_index("办件编号").sort_index()
        found = cases_in(files).set_index("办件编号").sort_index()
        assert list(found.index) == list(known.index) and len(found) > 100
        for column in ("受理时间", "承诺办结时间", "办结时间", "更新时间"):
            assert found[column].astype("datetime64[s]").equals(known[column]), column
        for column in ("事项编码", "办理层级", "是否代办", "站点编码", "评价"):
            assert (found[column] == known[column].astype("str").fillna("")).all(), column
        assert (found["file"].str[6:12] == known["district_code"]).all()
        assert found["申请人证件号"].str.fullmatch(r"\d{17}[\dX]").all()


def test_all_the_habits_of_real_files_occur(delivered: dict[date, dict[str, bytes]]) -> None:
    texts = [
        (content, text_of(content))
        for files in delivered.values()
        for name, content in files.items()
        if "cases" in name
    ]
    assert any(content.startswith(b"\xef\xbb\xbf") for content, _ in texts)
    assert any(not _is_utf8(content) for content, _ in texts)
    assert any(_is_utf8(content) and not content.startswith(b"\xef\xbb\xbf") for content, _ in texts)
    assert any("㐂" in text and not _is_utf8(content) for content, text in texts), "a character GBK does not have"
    assert any(text.startswith("更新时间,") and ",备注" in text for _, text in texts)
    assert any(re.search(r"^合计,\d+,", text, re.M) for _, text in texts)
    assert any(re.search(r"^,{10}\r?$", text, re.M) for _, text in texts)
    assert any("２０２６" in text for _, text in texts)
    assert any(re.search(r",46\d{3}\.\d{10},", text) for _, text in texts)
    assert any("2026年11月" in text for _, text in texts)
    assert any(re.search(r"2026/11/\d", text) for _, text in texts)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def test_terminals_come_on_a_sheet_a_district_below_two_merged_titles(
    city: City, delivered: dict[date, dict[str, bytes]]
) -> None:
    habits = set()
    for day, files in delivered.items():
        known = terminals_frame(city.seed, day, city.stations, city.geography)
        book = CalamineWorkbook.from_filelike(io.BytesIO(files[f"terminals_{day:%Y%m%d}.xlsx"]))
        rows = []
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            assert len(sheet.merged_cell_ranges or []) == 2
            title, second, header, *body = sheet.to_python()
            assert name in str(title[0]) and "日期" in str(second[0])
            for cells in body:
                if not any(cells):
                    habits.add("blank row")
                elif cells[0] == "合计":
                    habits.add("total row")
                else:
                    rows.append(dict(zip(header, cells, strict=True)))
                    habits |= {
                        "full width" for cell in cells if isinstance(cell, str) and cell != cell.translate(NARROW)
                    }
            habits |= {"moved columns"} if header[0] == "站点编码" else set()
        found = pd.DataFrame(rows).set_index("设备编号").sort_index()
        expected = known.set_index("设备编号").sort_index()
        assert list(found.index) == list(expected.index)
        for column in ("计划服务分钟", "可用分钟", "办件数"):
            numbers = [int(float(str(cell).translate(NARROW))) for cell in found[column]]
            assert numbers == expected[column].tolist()
    assert habits == {"blank row", "total row", "full width", "moved columns"}


def test_points_items_and_residents(city: City, delivered: dict[date, dict[str, bytes]]) -> None:
    titled, extra = set(), set()
    kinds: set[type] = set()
    for day, files in delivered.items():
        book = CalamineWorkbook.from_filelike(io.BytesIO(files[f"points_{day:%Y%m%d}.xlsx"]))
        rows = book.get_sheet_by_index(0).to_python()
        start = next(number for number, row in enumerate(rows) if row[0] == "站点编码")
        titled.add(start)
        extra.add("联系电话" in rows[start])
        body = rows[start + 1 :]
        assert len(body) == len(city.stations.codes) == 12
        assert {row[3] for row in body} <= set(city.geography.communities)
        kinds |= {type(row[8]) for row in body}
    assert titled == {0, 1} and extra == {True, False}
    assert {str, float} <= kinds and kinds & {date, datetime}
    files = delivered[LAST]
    assert files["items_20261120.csv"].startswith(b"\xef\xbb\xbf")
    items = list(csv.DictReader(io.StringIO(text_of(files["items_20261120.csv"]))))
    assert list(items[0]) == ["事项编码", "事项名称", "是否个人事项", "是否核心事项", "最低可办层级"]
    assert len(items) == 200 and sum(item["是否个人事项"] == "是" for item in items) == 140
    residents = list(csv.DictReader(io.StringIO(files["residents_20261120.csv"].decode("gb18030"))))
    assert {row["社区代码"] for row in residents} == set(city.geography.communities)
    assert len({row["网格代码"] for row in residents}) == len(residents) == 130


def test_folders_are_kept_extended_and_taken_back(city: City, tmp_path: Path) -> None:
    assert write_station_files(tmp_path, city, LAST) == 7
    folder = stations_folder(tmp_path)
    first = {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()}
    damaged = folder / LAST.isoformat() / f"items_{LAST:%Y%m%d}.csv"
    damaged.write_text("broken")
    assert write_station_files(tmp_path, city, LAST) == 0
    assert damaged.read_text() == "broken", "what was delivered is not delivered again"
    assert write_station_files(tmp_path, city, LAST + timedelta(days=1)) == 1
    assert write_station_files(tmp_path, city, LAST) == 0
    assert not (folder / (LAST + timedelta(days=1)).isoformat()).exists()
    damaged.write_bytes(first[damaged.relative_to(folder)])
    assert {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*.*")) if p.is_file()} == first
    marker = json.loads((tmp_path / "simulator" / "stations.json").read_text())
    assert marker["seed"] == 7
