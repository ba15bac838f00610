"""The catalogue of problems and the sheets on which offices read them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook

from minhu.extract.spreadsheets import feedback, problems
from minhu.extract.spreadsheets.problems import CATALOGUE, Problem, fault
from minhu.settings import PROJECT_ROOT

CELL = Problem("办件.csv", "", 3, "办结时间", fault("not_a_date"))


def told_in_code() -> dict[str, set[frozenset[str]]]:
    """Codes of every call ``fault("code", name=...)`` in the extracts, and the parameters each is told with."""
    told: dict[str, set[frozenset[str]]] = {}
    for path in sorted((PROJECT_ROOT / "include" / "minhu" / "extract").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "fault":
                code = call.args[0]
                assert isinstance(code, ast.Constant), f"{path}:{call.lineno}: write the code where it is told"
                told.setdefault(str(code.value), set()).add(frozenset(str(word.arg) for word in call.keywords))
    return told


def test_every_code_is_told_somewhere_with_the_parameters_of_its_texts() -> None:
    assert told_in_code() == {code: {wording.parameters} for code, wording in CATALOGUE.items()}


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_code_has_a_chinese_text_of_its_own(code: str) -> None:
    wording = CATALOGUE[code]
    for text in (wording.problem, wording.remedy):
        without = re.sub(r"\{.*?\}", "", text)
        assert re.search("[一-鿿]", without) and not re.search(r"\bexpected\b|\bfound\b", without), text
    assert not re.search("[一-鿿]", wording.english.replace("是 or 否", ""))


def test_a_fault_is_told_with_the_parameters_of_its_texts_alone() -> None:
    assert (
        fault("column_renamed", column="办结时间", near="办结日期").problem == "缺少列“办结时间”，只有相近的“办结日期”"
    )
    with pytest.raises(TypeError, match="column_renamed is told with"):
        fault("column_renamed", column="办结时间")
    with pytest.raises(KeyError):
        fault("no_such_code")


def test_what_a_reader_did_not_foresee_is_told_without_its_words() -> None:
    assert problems.fault_of(ValueError("could not convert 王大妈 to float")) == fault("not_readable")


def test_equal_problems_give_equal_bytes_and_a_sheet_per_file(tmp_path: Path) -> None:
    other = Problem("站点.xlsx", "碑林区", None, "经度", fault("column_missing", column="经度"))
    for folder in (tmp_path / "one", tmp_path / "two"):
        feedback.write_feedback_folder(folder, [CELL, other, CELL])
    written = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert sorted(written) == ["办件_反馈.xlsx", "站点_反馈.xlsx"]
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    sheet = load_workbook(tmp_path / "one" / "办件_反馈.xlsx").worksheets[0]
    line = ("办件.csv", None, 3, "办结时间", "not_a_date", "不是日期", "日期，如 2026-11-03 或 2026-11-03 08:30")
    assert list(sheet.values) == [tuple(feedback.COLUMNS), line, line]
    feedback.write_feedback_folder(tmp_path / "one", [])
    assert not (tmp_path / "one").exists(), "nothing is left to mend"


def test_a_name_that_an_office_gave_is_no_formula_and_breaks_no_workbook(tmp_path: Path) -> None:
    name = '=HYPERLINK("http://elsewhere")\x07'
    feedback.write_feedback(
        tmp_path / "f.xlsx", [Problem("办件.csv", name, None, name, fault("column_missing", column=name))]
    )
    row = load_workbook(tmp_path / "f.xlsx").worksheets[0][2]
    assert [cell.data_type for cell in (row[1], row[3])] == ["s", "s"] and row[1].value == name.rstrip("\x07")


def test_a_column_that_is_wrong_from_top_to_bottom_does_not_fill_the_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST_PROBLEMS", 3)
    feedback.write_feedback(tmp_path / "f.xlsx", [CELL] * 10)
    rows = list(load_workbook(tmp_path / "f.xlsx").worksheets[0].values)
    assert len(rows) == 5 and rows[-1][4:6] == ("more_problems", "另有 7 处问题未逐一列出")
