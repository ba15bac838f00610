"""Names of files and files that people write, whatever bytes they hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from minhu import atomic, settings
from minhu.errors import UsageError
from minhu.texts import file_name, is_storable, read_toml, storable

NEVER = ["a\0", "\x1b[2J", "a\x85b", "\ud800", "\ufffd", "\ufffe", "a\uffff"]


@pytest.mark.parametrize("text", NEVER, ids=ascii)
def test_what_no_store_or_page_can_hold_is_refused_without_being_repeated(text: str) -> None:
    assert not is_storable(text)
    with pytest.raises(ValueError, match="without control marks") as refused:
        storable(text)
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", ["", "西安市\t\r\n", "é\u0301\u200f", "\U0001f600\ue000\ufdd0"], ids=ascii)
def test_all_else_is_a_text(text: str) -> None:
    assert storable(text) == text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("工单（1）.csv".encode(), "工单（1）.csv"),
        ("工单.csv".encode("gb18030"), "工单.csv"),
        (b"\xff\xff.csv", "??.csv"),
        (b"a\n\x1b[2Jb\t.csv", "a??[2Jb?.csv"),
        ("\u202efdp.\u2066csv".encode(), "?fdp.?csv"),
    ],
)
def test_a_name_of_a_file_is_one_line_that_can_be_written(name: bytes, said: str) -> None:
    assert file_name(Path(os.fsdecode(b"/folder/" + name))) == said


@pytest.mark.parametrize(
    ("content", "says"),
    [("名 = '甲'".encode("gb18030"), "byte 1 is none of UTF-8"), (b"a=1\na=2", "for the second time"),
     (b"a=" + b"[" * 100_000, "not TOML"), (b"\0", "not TOML"), (b"\xff\xfea\0=\0", "byte 1")],
    ids=["gb18030", "twice", "brackets", "NUL", "UTF-16"],
)  # fmt: skip
def test_what_is_no_toml_is_a_clause(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        read_toml(tmp_path / "a.toml")


def test_a_mark_of_utf_8_in_front_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes("\ufeffname = '甲'".encode())
    assert read_toml(tmp_path / "a.toml") == {"name": "甲"}


@pytest.mark.parametrize("name", ["MINHU_HOME", "MINHU_APPROVERS", "MINHU_NOTIFY", "MINHU_GRID_TOKEN"])
@pytest.mark.parametrize("value", [os.fsdecode("赵".encode("gb18030")), "a\x1b[2J"], ids=ascii)
def test_a_variable_that_no_store_can_hold_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(UsageError) as refused:
        settings.load(environ={name: value})
    assert refused.value.happened == f"{name}: expected UTF-8 without control marks, found something else"


@pytest.mark.parametrize("text", NEVER[:3], ids=ascii)
def test_the_name_of_a_city_and_why_it_lacks_an_input_can_be_published(tmp_path: Path, text: str) -> None:
    for profile in ({"name": text}, {"absent_inputs": {"grid": text}}):
        atomic.write_json(tmp_path / "city.json", {"code": "xian", **profile})
        with pytest.raises(UsageError, match="without control marks"):
            settings.load(environ={"MINHU_HOME": str(tmp_path)})


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\xff", b"[NaN]", b"[1e999, Infinity]", b"[" * 100_000])
def test_a_file_of_ours_that_makes_no_sense_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert atomic.read_json(tmp_path / "a.json") is None
    assert atomic.read_json(tmp_path / "none.json") is None
    assert atomic.read_text(tmp_path) is None, "a folder"
