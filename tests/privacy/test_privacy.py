"""What becomes of a person, a place and a sentence."""

from __future__ import annotations

import stat
from decimal import Decimal

import pytest

from minhu.errors import PermanentError, UsageError
from minhu.extract import privacy
from minhu.extract.privacy import Pseudonyms
from minhu.settings import Settings

ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)


def test_a_person_has_one_key_however_the_phone_is_written_and_another_under_another_secret() -> None:
    keys = {
        ONE.person("phone", text)
        for text in (
            "13891234567",
            "+86 138 9123 4567",
            "0086-13891234567",
            "138-9123-4567",
            "１３８９１２３４５６７",
            13891234567,
        )
    }
    assert len(keys) == 1
    (key,) = keys
    assert key is not None and key.startswith(ONE.key_id) and "13891234567" not in key
    assert ONE.person("staff", "13891234567") != key != OTHER.person("phone", "13891234567")
    assert ONE.person("id_number", "61010219800101123x") == ONE.person("id_number", "61010219800101123X ")
    assert ONE.person("id_number", "６１０１０２ 19800101 123x") == ONE.person("id_number", "61010219800101123X")
    assert ONE.person("phone", "") is ONE.person("phone", None) is None


def test_near_texts_have_near_fingerprints_and_the_text_is_not_in_them() -> None:
    text = "友谊东路88号楼下的路灯坏了三天没有人来修，晚上很不安全"
    length, one = ONE.fingerprint(text)
    _, near = ONE.fingerprint(text.replace("三天", "五天"))
    _, far = ONE.fingerprint("想咨询一下孩子今年秋季小学入学需要准备哪些材料，谢谢")
    assert one is not None and near is not None and far is not None and length == len(text)
    distance = [bin(int(one, 16) ^ int(other, 16)).count("1") for other in (near, far)]
    assert distance[0] < 16 < distance[1]
    assert OTHER.fingerprint(text)[1] != one
    assert ONE.fingerprint("  ") == ONE.fingerprint(None) == (None, None)


def test_a_place_becomes_its_cell() -> None:
    assert privacy.location_cell(108.9512345, 34.2412345) == privacy.location_cell(108.9599, 34.2499) == "108.95_34.24"
    assert privacy.location_cell(Decimal("108.95"), "34.24") == "108.95_34.24"
    assert privacy.location_cell(-71.06, 42.36) == "-71.06_42.36"
    for unknown in ("1_0", "١٠", None, float("nan"), float("inf"), 200.0, "友谊路", "", True, [108.9]):
        assert privacy.location_cell(unknown, 34.2) is privacy.location_cell(34.2, unknown) is None


def test_only_codes_pass_where_codes_are_meant() -> None:
    for code in (
        "u-12",
        "2026-11-20 08:00",
        "610103001001",
        "20261120-138",
        "610103202611200012",
        "916101130000000001",
    ):
        assert privacy.code_or_none(code) == code
    for other in (
        "王大妈",
        "x" * 41,
        None,
        7,
        "13891234567",
        "tel 13891234567",
        "11010519491231002X",
        "11010519491231002x ok",
    ):
        assert privacy.code_or_none(other) is None


def test_the_key_is_made_once_for_its_owner_only_or_taken_from_the_environment(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINHU_PSEUDONYM_KEY", raising=False)
    first = privacy.load_pseudonyms(home)
    assert privacy.load_pseudonyms(home) == first
    path = home.secrets_dir / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and first.key.hex() not in repr(first)
    path.write_text("cut off")
    with pytest.raises(PermanentError, match="restore it from its backup"):
        privacy.load_pseudonyms(home)
    monkeypatch.setenv("MINHU_PSEUDONYM_KEY", "ab" * 32)
    assert privacy.load_pseudonyms(home) == Pseudonyms(b"\xab" * 32)
    monkeypatch.setenv("MINHU_PSEUDONYM_KEY", "short")
    with pytest.raises(UsageError, match="MINHU_PSEUDONYM_KEY"):
        privacy.load_pseudonyms(home)


@pytest.mark.parametrize("nobody", ["无", "不详", "-", "/", "匿名", "000000000000000000", "０００", "***"])
def test_what_stands_for_nobody_is_not_one_person(nobody: str) -> None:
    assert ONE.person("id_number", nobody) is None


def test_a_phone_of_one_digit_repeated_is_nobody_and_staff_may_be_known_by_name() -> None:
    assert ONE.person("phone", "000-0000-0000") is ONE.person("phone", "无") is None
    assert ONE.person("staff", "7") != ONE.person("staff", "张建国") is not None
    assert ONE.person("id_number", "E12345678") is not None
