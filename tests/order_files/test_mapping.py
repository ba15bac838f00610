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
    (FLAGTOWN, "[on_time]", "[in_time]", ["in_time: expected no such key"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "words"), [case for case in WRONG if case[3]])
def test_a_wrong_map_is_refused_with_its_key(tmp_path: Path, text: str, old: str, new: str, words: list[str]) -> None:
    assert old in text
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_map(path)
    message = str(caught.value)
    assert str(path) in message
    assert [word for word in words if word not in message] == []


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
