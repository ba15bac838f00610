"""The file of waivers: what is understood, and what is refused with the waiver and the field."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from minhu.errors import PermanentError
from minhu.gate import waivers
from minhu.settings import Settings
from tests.fixtures.homes import settings_at

SOUND = {
    "waiver_id": "W-1", "rule_id": "L4-GXK-004", "finding_sha256": "a" * 64, "author": "wang", "approver": "li",
    "reason": "已逐条核对", "approved_on": date(2026, 11, 20), "expires_on": date(2026, 12, 20),
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = settings_at(tmp_path / "home")
    settings.home.mkdir(parents=True, exist_ok=True)
    return settings


def written(home: Settings, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    waivers.write(home.home / "waivers.toml", rows)
    return waivers.read(home).to_pylist()


def refused(home: Settings, text: str, says: str) -> None:
    (home.home / "waivers.toml").write_bytes(text.encode())
    with pytest.raises(PermanentError, match=says) as caught:
        waivers.read(home)
    assert "waivers/README.md" in str(caught.value) and "waivers.toml" in str(caught.value)


def test_what_is_written_is_read_by_id(home: Settings) -> None:
    later = SOUND | {"waiver_id": "W-2", "reason": '引号"与\\和\t与\n换行'}
    assert written(home, later, SOUND | {"more": 1}) == [SOUND, later]
    assert waivers.read(home).schema.equals(waivers.SCHEMA)


def test_a_mark_of_utf_8_in_front_is_no_fault_of_the_file(home: Settings) -> None:
    (home.home / "waivers.toml").write_bytes(b"\xef\xbb\xbf" + waivers.as_toml(SOUND).encode())
    assert waivers.read(home).to_pylist() == [SOUND]


@pytest.mark.parametrize("mark", ["\0", "\x1b[2J", "\x85", "\x7f", "\uffff"], ids=ascii)
@pytest.mark.parametrize("field", ["reason", "approver", "waiver_id"])
def test_a_text_that_could_not_be_published_is_refused_with_its_field(home: Settings, field: str, mark: str) -> None:
    text = waivers.as_toml(SOUND | {field: "已核对MARK"}).replace("MARK", "".join(f"\\u{ord(c):04x}" for c in mark))
    refused(home, text, f"expected a text without control marks for {field}")


def test_a_file_that_cannot_be_read_is_a_sentence(home: Settings) -> None:
    refused(home, "a=" + "[" * 100_000, "it is not TOML")
    (home.home / "waivers.toml").unlink()
    (home.home / "waivers.toml").mkdir()
    with pytest.raises(PermanentError, match="Is a directory"):
        waivers.read(home)


def test_a_home_without_a_file_has_the_waivers_of_its_city(home: Settings) -> None:
    assert waivers.path_of(home) == home.project_root / "waivers" / f"{home.city.code}.toml"
    written(home, SOUND)
    assert waivers.path_of(home) == home.home / "waivers.toml"


def test_without_any_file_there_is_none(home: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(waivers, "path_of", lambda _: tmp_path / "nowhere.toml")
    assert waivers.read(home).equals(waivers.SCHEMA.empty_table())
    (home.home / "empty.toml").write_text("")
    monkeypatch.setattr(waivers, "path_of", lambda _: home.home / "empty.toml")
    assert waivers.read(home).num_rows == 0


def test_one_person_under_two_spellings_is_one_person(home: Settings) -> None:
    (row,) = written(home, SOUND | {"author": "wang", "approver": " Wang "})
    assert row["approver"] == row["author"] == "wang"
    (row,) = written(home, SOUND)
    assert (row["author"], row["approver"]) == ("wang", "li")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("waiver_id", "", "waiver 1: expected a text for waiver_id, found ''"),
        ("waiver_id", 7, "7: expected a text for waiver_id, found 7"),
        ("rule_id", "  ", "W-1: expected a text for rule_id"),
        ("author", "", "W-1: expected a text for author"),
        ("approver", "", "W-1: expected a text for approver"),
        ("reason", "checked", "W-1: expected a reason in Chinese, .*found 'checked'"),
        ("finding_sha256", "a" * 63, "W-1: expected 64 hex digits"),
        ("finding_sha256", "A" * 64, "W-1: expected 64 hex digits"),
        ("finding_sha256", "a" * 65, "W-1: expected 64 hex digits"),
        ("approved_on", "2026-11-20", "W-1: expected a date like 2026-11-20 for approved_on, found '2026-11-20'"),
        ("expires_on", datetime(2026, 12, 20), "W-1: expected a date like 2026-11-20 for expires_on"),
    ],
)
def test_a_field_that_says_nothing_is_refused_by_name(home: Settings, field: str, value: object, says: str) -> None:
    with pytest.raises(PermanentError, match=says):
        written(home, SOUND | {field: value})


def test_a_field_too_few_or_too_many_is_refused_by_name(home: Settings) -> None:
    text = waivers.as_toml(SOUND)
    refused(home, text.replace("reason =", "because ="), "W-1 has no reason")
    refused(home, f'{text}scope = "all"\nalso = 1\n', "W-1 has also, scope, which nobody reads")
    refused(home, "[[waiver]]\n", "waiver 1 has no approved_on, approver, author, .*, waiver_id")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[waiver", "it is not TOML"),
        ("waiver = [1]", "waiver 1 is no table"),
        ("waiver = 1", "expected nothing but .* tables, found waiver"),
        ("[[waivers]]\n[[another]]\n", "expected nothing but .* tables, found another, waivers"),
    ],
)
def test_a_file_of_another_form_is_refused(home: Settings, text: str, says: str) -> None:
    refused(home, text, says)


def test_a_file_in_another_encoding_is_refused(home: Settings) -> None:
    (home.home / "waivers.toml").write_bytes(waivers.as_toml(SOUND).encode("gb18030"))
    with pytest.raises(PermanentError, match="it is not TOML"):
        waivers.read(home)


def test_one_id_twice_is_refused(home: Settings) -> None:
    with pytest.raises(PermanentError, match="W-1 stands there twice"):
        written(home, SOUND, SOUND | {"waiver_id": "W-0"}, SOUND)


def test_entries_stand_apart_and_in_the_order_of_the_columns() -> None:
    text = waivers.as_toml(SOUND)
    assert text.startswith("[[waiver]]\n") and text.endswith("\n")
    assert list(tomllib.loads(text)["waiver"][0]) == waivers.SCHEMA.names
