"""A map that is wrong is refused with its name, the key, and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.errors import UsageError
from minhu.order_files.mapping import read_map
from tests.order_files.conftest import FIXTURES, PROJECT

SMALLVILLE = (FIXTURES / "smallville.toml").read_text(encoding="utf-8")
FLAGTOWN = (FIXTURES / "flagtown.toml").read_text(encoding="utf-8")

#: text of a map, what is replaced, by what, and the words that the error must have
WRONG = [
    (SMALLVILLE, "[city]", "[cities]", ["city: expected this key, found nothing", "cities: expected no such key"]),
    (SMALLVILLE, 'channel = "Source"', 'chanel = "Source"', ["columns.chanel: expected no such key"]),
    (SMALLVILLE, "America/New_York", "Mars/Olympus", ["city.time_zone", "expected an IANA time zone", "Mars/Olympus"]),
    (SMALLVILLE, "utf-8-sig", "klingon", ["file.encoding", "expected an encoding", "klingon"]),
    (SMALLVILLE, 'delimiter = ";"', 'delimiter = ";;"', ["file.delimiter"]),
    (SMALLVILLE, 'code = "smallville"', 'code = "Small Ville"', ["city.code"]),
    (SMALLVILLE, 'Done = "closed"', 'Done = "finished"', ["status: expected one of closed, open, suspended", "finished"]),
    (SMALLVILLE, 'Phone = "phone"', 'Phone = "By Phone"', ["channel: expected a short code", "By Phone"]),
    (SMALLVILLE, "[words.channel]", "[words.chanel]", ["words.chanel"]),
    (SMALLVILLE, '[words.tier]\nnow = "immediate"', "", ["columns.tier", "words.tier"]),
    (SMALLVILLE, 'tier = "Urgency"\n', "", ["words.tier: expected a column", "columns.tier"]),
    (SMALLVILLE, "(?i)", "(?i", ["patterns.0.pattern", "expected a regular expression"]),
    (SMALLVILLE, "[duplicates]", '[duplicates]\nsame_id = "best"', ["duplicates.same_id", "'newest', 'first' or 'last'"]),
    (SMALLVILLE, 'role = "beside"', 'role = "definition"', ["on_time.role", "expected 'beside'"]),
    (SMALLVILLE, 'grid = "none"', 'gird = "none"', ["absent: expected inputs among", "gird"]),
    (SMALLVILLE, 'grid = "none"', "", ["absent: expected a reason for grid"]),
    (SMALLVILLE, 'replied_at = "Replied"\n', "", ["absent: expected a reason for replies"]),
    (SMALLVILLE, '{ name = "Quarter" }', "{ }", ["places.community", "expected `id`, `name` or both"]),
    (FLAGTOWN, 'durations = "没有 / none"', "", ["absent: expected a reason for durations"]),
    (SMALLVILLE, 'name = "Smallville"', 'name = "Small\\u0000ville"', ["city.name", "without control marks"]),
    (SMALLVILLE, 'grid = "none"', 'grid = "no\\u0085ne"', ["absent.grid", "without control marks"]),
    (FLAGTOWN, "[on_time]", "[in_time]", ["in_time: expected no such key"]),
]  # fmt: skip


def refused(tmp_path: Path, text: str, old: str, new: str, words: list[str]) -> None:
    """A map in which ``new`` stands for ``old`` is refused, in a message with the file and all the words."""
    assert old in text
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_map(path)
    message = str(caught.value)
    assert str(path) in message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize(("text", "old", "new", "words"), [case for case in WRONG if case[3]])
def test_a_wrong_map_is_refused_with_its_key(tmp_path: Path, text: str, old: str, new: str, words: list[str]) -> None:
    refused(tmp_path, text, old, new, words)


def test_a_status_must_come_from_somewhere(tmp_path: Path) -> None:
    text = FLAGTOWN.replace('[constants]\nstatus = "open"', "")
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace('field = "status"', 'field = "tier"').replace('code = "closed"', 'code = "tracked"'))
    with pytest.raises(UsageError, match=r"status: expected columns\.status, columns\.closed_at, a flag or"):
        read_map(path)


def test_without_the_flag_a_city_without_deadlines_must_say_that_on_time_is_absent(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    head, _, tail = FLAGTOWN.partition("[on_time]")
    path.write_text(head + tail[tail.index("[absent]") :], encoding="utf-8")
    with pytest.raises(UsageError, match="expected a reason for on_time"):
        read_map(path)


@pytest.mark.parametrize("content", [b"[city\n", "city = '旗镇'".encode("gb18030")])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"broken\.toml: it is not TOML"):
        read_map(path)


def test_a_map_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such file"):
        read_map(tmp_path / "nowhere.toml")


def test_all_shipped_maps_are_sound_and_named_after_their_city() -> None:
    paths = sorted((PROJECT / "maps").glob("*.toml"))
    assert {path.stem for path in paths} >= {"pingshan", "baltimore311", "boston311"}
    assert [read_map(path).city.code for path in paths] == [path.stem for path in paths]


def test_no_shipped_map_reads_an_address_or_a_coordinate() -> None:
    for path in sorted((PROJECT / "maps").glob("*.toml")):
        columns = " ".join(read_map(path).used_columns()).lower()
        for word in ("address", "latitude", "longitude", "location", "place_code", "occur_place", "zip", "photo"):
            assert word not in columns, f"{path.name} reads a column with {word!r} in its name"


#: the same, for keys that are right by themselves and mean nothing, or not what they seem to
MEANS_NOTHING = [
    (SMALLVILLE, '"%d.%m.%Y"', '"%d.%m"', ["file.time_formats.1", "a format with year, month and day"]),
    (SMALLVILLE, "utf-8-sig", "rot13", ["file.encoding", "rot13"]),
    (SMALLVILLE, "utf-8-sig", "base64", ["file.encoding", "base64"]),
    (SMALLVILLE, 'delimiter = ";"', "delimiter = '\"'", ["file.delimiter", "stands between cells"]),
    (SMALLVILLE, 'delimiter = ";"', 'delimiter = "\\n"', ["file.delimiter", "stands between cells"]),
    (SMALLVILLE, 'Phone = "phone"', '" Phone" = "phone"', ["words.channel", "without blanks around it", "' Phone'"]),
    (SMALLVILLE, 'Phone = "phone"', '"-" = "phone"', ["words.channel", "'-'", "file.missing has too"]),
    (SMALLVILLE, 'missing = ["0"]', 'missing = ["0 "]', ["places.district.missing.0", "without blanks"]),
    (SMALLVILLE, 'InTime = "0"', 'InTime = "0 "', ["on_time.false_when.InTime", "without blanks"]),
    (SMALLVILLE, 'status = "Status"', 'status = " Status"', ["columns.status", "without blanks"]),
    (SMALLVILLE, 'place_code = "SV"', 'place_code = "S V"', ["city.place_code"]),
    (SMALLVILLE, 'due_at = "Due"', 'due_at = ["Due", "Time", "Zone"]', ["columns.due_at: expected one column, or a date"]),
    (SMALLVILLE, "[duplicates]", '[duplicates]\nsameid = "first"', ["duplicates.sameid: expected no such key", "did you mean same_id?"]),
    (SMALLVILLE, "[city]", '[time_formats]\nclosed = ["%Y"]\n[city]', ["time_formats.closed"]),
    (FLAGTOWN, "[city]", '[time_formats]\ndue_at = ["%Y-%m-%d"]\n[city]', ["time_formats.due_at: expected a column"]),
    (SMALLVILLE, "(?P<parent>", "(?P<parent>(?P<parent>", ["patterns.0.pattern", "expected a regular expression"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "words"), MEANS_NOTHING)
def test_a_key_that_would_do_nothing_is_refused(
    tmp_path: Path, text: str, old: str, new: str, words: list[str]
) -> None:
    refused(tmp_path, text, old, new, words)


@pytest.mark.parametrize("twice", ['Done = "closed"', 'Phone = "phone"', 'code = "smallville"'])
def test_a_word_or_a_key_that_stands_twice_is_named_by_its_line(tmp_path: Path, twice: str) -> None:
    path = tmp_path / "twice.toml"
    path.write_text(SMALLVILLE.replace(twice, f"{twice}\n{twice}", 1), encoding="utf-8")
    line = SMALLVILLE[: SMALLVILLE.index(twice)].count("\n") + 2
    with pytest.raises(UsageError, match=rf"a key or a word stands there for the second time \(at line {line}, "):
        read_map(path)
