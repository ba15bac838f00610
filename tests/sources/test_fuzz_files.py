"""Files of any content at the doors: never a traceback, never a number that is not written, nothing lost without a word."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape as without_escapes

from minhu.extract import normal
from minhu.extract.returns import extract as returns
from minhu.extract.returns.workbooks import as_being_there, as_half_year, as_quarter, as_year
from minhu.extract.spreadsheets import chinese_cells as cells
from minhu.extract.spreadsheets.chinese_files import read_sheets, read_workbook
from minhu.extract.spreadsheets.grids import decoded_text, text_grid
from minhu.extract.spreadsheets.problems import FileRefused, Unreadable
from minhu.extract.spreadsheets.sheets import Sheet
from minhu.landing.zone import Landing
from minhu.texts import is_storable
from tests.fixtures.fuzzing import fuzzed
from tests.fixtures.homes import settings_at
from tests.fixtures.landed import NIGHT
from tests.fixtures.station_folder import CASE, case, land, write_cases, write_city_files
from tests.fixtures.strange_files import TEXTS, csv_files, damaged, seldom
from tests.fixtures.workbooks import POSTS, TERMINALS, post, raw_book, write

READERS: dict[str, Callable[[Any], Any]] = {
    "text": cells.as_text, "code": cells.as_code, "latin": cells.as_latin_code, "person": cells.as_number_of_a_person,
    "integer": cells.as_integer, "float": cells.as_float, "moment": cells.as_moment, "date": cells.as_date,
    "yes": cells.as_yes, "one of": cells.one_of({"市": "city"}), "quarter": as_quarter, "half": as_half_year, "year": as_year,
    "there": as_being_there,
}  # fmt: skip
VALUES = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(), st.floats(), st.datetimes(), st.dates(), st.times(), st.timedeltas()
)


def blank(value: Any) -> bool:
    """Whether a person sees nothing in a cell; ``'`` and ``=""`` are how people write an empty text."""
    return value is None or (isinstance(value, str) and normal.plain(value).strip("'\"=").strip() == "")


@fuzzed(800)
@given(VALUES, st.sampled_from(sorted(READERS)))
def test_a_cell_is_read_or_refused_and_only_an_empty_one_is_nothing(value: Any, name: str) -> None:
    try:
        read = READERS[name](value)
    except Unreadable as error:
        assert error.fault.problem and error.fault.remedy and error.fault.text
        return
    assert read is not None or blank(value), "a cell that is not empty was taken for empty"
    assert not isinstance(read, str) or is_storable(read)
    if name in ("integer", "float") and read is not None:
        assert float(normal.plain(str(value)).removeprefix("'").strip('="').replace(",", "")) == read, (
            "a number nobody wrote"
        )


def sheets_of(path: Path, content: bytes, required: Sequence[str]) -> list[Sheet]:
    """What is read of a file; none if it is refused in words."""
    try:
        return read_sheets(write(path, content), required)
    except FileRefused as error:
        assert error.problems and all(p.fault.text and p.fault.problem and p.fault.remedy for p in error.problems)
        assert is_storable(str(error))
        return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@fuzzed(120)
@given(csv_files())
def test_every_row_of_a_text_is_read_or_counted(folder: Path, content: bytes) -> None:
    for sheet in sheets_of(folder / "cases.csv", content, list(CASE)):
        numbers = [*sheet.row_numbers, *(problem.row or 0 for problem in sheet.set_aside)]
        assert len(set(numbers)) == len(numbers)
        others = sheet.blank_rows + sheet.total_rows + sheet.note_rows + sheet.header_rows
        path = folder / "cases.csv"
        rows = text_grid(path, decoded_text(path)).rows
        header = rows[len(rows) - len(numbers) - others - 1]
        assert 2 * len({normal.plain(cell) for cell in header} & set(CASE)) >= len(CASE), (
            "a row was neither read nor counted"
        )
        assert all(len(column) == len(sheet.row_numbers) for column in sheet.columns.values())


NAMES = st.sampled_from(["A", "B", "C", "D", "E", "F", "I", "J", "AA", "ZZ", "XFD", "ZZZZ", "a", ""])
REFERENCES = st.tuples(NAMES, st.sampled_from(["1", "2", "3", "9", "40", "3000", "0", "-1", "99999999999", ""])).map(
    "".join
)


def in_xml(text: str) -> str:
    """A text as XML can hold it."""
    return escape(
        "".join(
            c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff")
        )
    )


NUMERALS = st.one_of(
    st.integers(-5, 2000).map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr), st.just("1E+17")
)
#: Types of cells as workbooks have them, and what stands in them.
PROPER = st.one_of(
    NUMERALS.map(lambda text: f"><v>{text}</v>"),
    TEXTS.map(lambda text: f' t="inlineStr"><is><t xml:space="preserve">{in_xml(text)}</t></is>'),
    TEXTS.map(lambda text: f' t="str"><f>A1</f><v>{in_xml(text)}</v>'),
    NUMERALS.map(lambda text: f"><f>1+1</f><v>{text}</v>"),
    st.sampled_from(
        ["/", "><v/>", "><f>1+1</f>", "><f>1+1</f><v/>", ' t="e"><v>#REF!</v>', ' t="b"><v>1</v>', ' t="e"><f>1/0</f><v>#N/A</v>',
         ' t="d"><v>2026-11-20T08:00:00</v>', ' t="str"><f>A1</f><v></v>',
         ' t="inlineStr"><is><r><t>6</t></r><r><t>00</t></r></is>']
    ),
)  # fmt: skip


@st.composite
def cell_xml(draw: Any, reference: str) -> str:
    """A cell; once in fifty of a type, a value or a place that no workbook should have."""
    if not seldom(draw, 50):
        inner = draw(PROPER)
        return f'<c r="{reference}"/>' if inner == "/" else f'<c r="{reference}"{inner}</c>'
    place = draw(st.one_of(st.just(reference), REFERENCES))
    kind = draw(st.sampled_from(["", "n", "str", "s", "b", "e", "d", "inlineStr", "x"]))
    formula = draw(st.sampled_from(["", "<f>1+1</f>", "<f/>", '<f t="shared" si="0"/>']))
    value = draw(st.sampled_from(["<v>{}</v>", "<v/>", "", "<is><t>{}</t></is>"])).format(in_xml(draw(TEXTS)))
    return f'<c r="{place}" t="{kind}">{formula}{value}</c>'


@st.composite
def sheet_xml(draw: Any, header: Sequence[str]) -> str:
    """A sheet with its header mostly in the first row, cells of any kind below, and merges."""
    rows = ["".join(f'<c r="{chr(65 + n)}1" t="inlineStr"><is><t>{name}</t></is></c>' for n, name in enumerate(header))]
    for number in range(2, 3 + draw(st.integers(0, 5))):
        rows.append(
            "".join(draw(cell_xml(f"{chr(65 + n)}{number}")) for n in range(draw(st.integers(0, len(header) + 1))))
        )
    hidden = draw(st.sampled_from(["", "", ' hidden="1"']))
    data = "".join(
        f'<row r="{number}"{hidden if number == 3 else ""}>{row}</row>' for number, row in enumerate(rows, 1)
    )
    spans = (
        draw(st.lists(st.tuples(REFERENCES, REFERENCES).map(":".join), max_size=2))
        if draw(st.integers(0, 3)) == 0
        else []
    )
    spans += draw(st.lists(st.sampled_from(["A2:A4", "B2:B3", "C3:E3", "D2:E5", "A1:A2"]), max_size=2))
    merged = f"<mergeCells>{''.join(f'<mergeCell ref={chr(34)}{span}{chr(34)}/>' for span in spans)}</mergeCells>"
    return f"<sheetData>{data}</sheetData>{merged if spans else ''}"


@st.composite
def workbooks(draw: Any, header: Sequence[str]) -> bytes:
    """A workbook of one to three such sheets, some hidden, mostly undamaged."""
    sheets = [
        (
            f"s{number}",
            draw(st.sampled_from(["visible", "visible", "visible", "hidden", "veryHidden"])),
            draw(sheet_xml(header)),
        )
        for number in range(draw(st.sampled_from([1, 1, 2, 3])))
    ]
    content = raw_book(*sheets)
    return draw(damaged(content)) if seldom(draw, 10) else content


def numbers_in(content: bytes) -> set[float]:
    """Every number that stands in a cell of a workbook, whatever its type; ``0_x001F_`` is 0 and a mark that nobody sees."""
    found = {600.0}  # one text in two pieces
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            for text in re.findall(r"<[vt](?: [^>/]*)?>(.*?)</[vt]>", archive.read(name).decode(), re.DOTALL):
                with contextlib.suppress(ValueError):
                    found.add(float(normal.plain(without_escapes(unescape(text))).strip("'=\"").replace(",", "")))
    return found


#: A number behind a value that closes itself, which a search for what is written must not pass over.
AFTER_NOTHING = "".join(
    f'<c r="{c}1" t="inlineStr"><is><t>{name}</t></is></c>' for c, name in zip("ABCDE", TERMINALS, strict=True)
)


@fuzzed(50)
@given(workbooks(TERMINALS))
@example(
    content=raw_book(
        (
            "s",
            "visible",
            f'<sheetData><row r="1">{AFTER_NOTHING}</row><row r="2"><c r="A2"><v/></c><c r="B2"><v>103</v></c></row></sheetData>',
        )
    )
)
def test_any_workbook_is_read_or_refused_in_words(folder: Path, content: bytes) -> None:
    sheets = sheets_of(folder / "terminals.xlsx", content, TERMINALS)
    written = numbers_in(content) if sheets else set()
    for sheet in sheets:
        for cell in (cell for header in TERMINALS for cell in sheet.columns[header]):
            for name, reader in READERS.items():
                try:
                    read = reader(cell)
                except Unreadable as error:
                    assert error.fault.problem
                else:
                    assert name not in ("integer", "float") or read is None or float(read) in written, (
                        "a number nobody wrote"
                    )
    try:
        read_workbook(folder / "terminals.xlsx", {"terminals": TERMINALS})
    except FileRefused as error:
        assert error.problems


@fuzzed(6)
@given(csv_files())
def test_any_file_of_a_district_lands_or_is_refused_and_leaves_the_other_districts(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        home, drop = settings_at(Path(name) / "home"), Path(name) / "drop"
        day = drop / NIGHT.isoformat()
        day.mkdir(parents=True)
        write_cases(day, [case(办件编号=f"A{n}") for n in range(5)], "cases_610102_20261120.csv")
        write_city_files(day)
        write(day / "cases_610103_20261120.csv", content)
        attempt = land(home, drop)
        rows = Landing(home.landing_dir).read_table("stations", "cases", NIGHT, 1).to_pylist()
        of_others = [row for row in rows if row["district_code"] == "610102"]
        taken = [finding for finding in attempt.findings if finding.unit_code == "610102"]
        assert len(of_others) == 5 or taken, "a case of another district is lost without a word"
        assert all(row["case_id"] and all(is_storable(str(value)) for value in row.values()) for row in rows)
        assert all(is_storable(str(finding)) for finding in attempt.findings)


@fuzzed(6)
@given(workbooks(POSTS))
def test_any_return_lands_or_is_left_out_with_a_finding(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        home, day = settings_at(Path(name) / "home"), Path(name) / "drop" / NIGHT.isoformat()
        write(day / "社区工作者_2026Q3.xlsx", content)
        write(day / "社区工作者_2026-10.xlsx", raw_book(("s", "visible", good_posts())))
        attempt = returns.land(home, Landing(home.landing_dir), NIGHT, day.parent)
        rows = Landing(home.landing_dir).read_table("returns", "posts", NIGHT, 1).to_pylist()
        assert [row["report_period"] for row in rows].count("2026-10") == 1
        left_out = [finding for finding in attempt.findings if finding.rule_id == "L1-RET-021"]
        delivered = Landing(home.landing_dir).read_table("returns", "deliveries", NIGHT, 1).num_rows
        assert delivered + len(left_out) == 2
        assert (day / "社区工作者_2026Q3_反馈.xlsx").exists() >= bool(left_out)


def good_posts() -> str:
    rows = "".join(
        f"<row>{''.join(f'<c t={chr(34)}inlineStr{chr(34)}><is><t>{value}</t></is></c>' for value in row)}</row>"
        for row in (POSTS, post())
    )
    return f"<sheetData>{rows}</sheetData>"
