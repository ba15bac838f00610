"""One person and one code, however a source, a spreadsheet or an input method writes them."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minhu.extract import columns, normal, privacy
from minhu.extract.privacy import Pseudonyms
from minhu.extract.spreadsheets.chinese_cells import as_code, as_number_of_a_person

KEY = Pseudonyms(b"k" * 32)
ID_NUMBER = "11010519491231002X"
INVISIBLE = ["\u200b", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u00ad", "\ufeff", "\u2060",
             "\u2066", "\u2069", "\u061c", "\u180e", "\ufe0f", "\u034f", "\u3164"]  # fmt: skip


@pytest.mark.parametrize("mark", INVISIBLE)
def test_marks_that_nobody_sees_make_no_second_code_or_person(mark: str) -> None:
    assert normal.code(f"{mark}6101{mark}03{mark}") == "610103" == as_code(f"61{mark}0103{mark}")
    assert KEY.person("id_number", f"{mark}{ID_NUMBER[:9]}{mark}{ID_NUMBER[9:]}") == KEY.person("id_number", ID_NUMBER)
    assert KEY.person("phone", f"138{mark}00138000") == KEY.person("phone", "13800138000")
    assert privacy.code_or_none(f"{mark}u-12") == "u-12"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("o1 ", "o1"), ("６１０１", "6101"), ("　o1", "o1"), ("ｏ１", "o1"), ("A\u00a0", "A"), ("①", "①"), ("Ab", "Ab"),
        ("６１０１－０１", "6101-01"), ("610102.0", "610102"), ("６１０１０２．００", "610102"), ("1.0", "1.0"), ("610102.05", "610102.05"),
    ],
)  # fmt: skip
def test_blanks_and_full_width_make_no_second_code(written: str, code: str) -> None:
    assert normal.code(written) == code
    assert normal.code("  ") is normal.code("\u200b") is None


def test_a_column_of_codes_comes_into_its_one_form() -> None:
    column = pa.chunked_array([["o1 ", "６１０１"], [None, "", "o1", "\u200e7"]])
    assert columns.one_form(column).to_pylist() == ["o1", "6101", None, None, "o1", "7"]
    assert columns.one_form(pa.array(["610102.0", "a"])).to_pylist() == ["610102", "a"]
    assert as_code("610102.0") == privacy.code_or_none("610102.0") == "610102"
    assert as_number_of_a_person("610103198001011234.0") == "610103198001011234"
    plain = pa.array(["a-1", None, "B_2"])
    assert columns.one_form(plain).equals(plain)


@pytest.mark.parametrize(
    "phone",
    ["013800138000", "+86 138 0013 8000", "0086-13800138000", "86013800138000", "１３８００１３８０００", 13800138000, 13800138000.0,
     Decimal("13800138000"), Decimal("13800138000.00"), "138-0013-8000", " 13800138000\u202c",
     "13800138000.0", "１３８００１３８０００．０", "13800138000转8001", "13800138000 分机 12", "13800138000#2", "𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎",
     "tel:+8613800138000"],
)  # fmt: skip
def test_one_phone_is_one_person(phone: object) -> None:
    assert KEY.person("phone", phone) == KEY.person("phone", "13800138000")


def test_a_landline_keeps_the_zero_of_its_area() -> None:
    assert KEY.person("phone", "029-88210000") != KEY.person("phone", "29-88210000")
    assert normal.person("phone", "(029) 8821 0000") == "02988210000"
    assert normal.person("phone", "029,8821") == "0298821", "what is behind a few digits is no extension"


@pytest.mark.parametrize("kind", ["phone", "id_number", "staff"])
@pytest.mark.parametrize(
    "rounded", ["1.38001E+10", "1.38e10", "6.10103E+17", "1,38E+10", 6.10103198001011e17, "610103198001011000", "-1E+5"]
)
def test_what_a_spreadsheet_rounded_is_no_person(kind: str, rounded: object) -> None:
    assert KEY.person(kind, rounded) is None


def test_an_id_number_that_ends_in_zeros_and_closes_is_a_person() -> None:
    closing = next(text for n in range(1000) if normal.closes_as_id_number(text := f"610103198001{n:03d}000"))
    assert KEY.person("id_number", closing) is not None


@pytest.mark.parametrize("kind", ["id_number", "staff"])
def test_case_makes_no_second_person(kind: str) -> None:
    assert (
        KEY.person(kind, ID_NUMBER.lower())
        == KEY.person(kind, ID_NUMBER)
        == KEY.person(kind, f" {ID_NUMBER[:6]} {ID_NUMBER[6:]}")
    )


@pytest.mark.parametrize("nobody", [None, "", " ", "\u200b", "00000000000", "无", "—", True, float("nan")])
def test_what_stands_for_nobody_is_nobody(nobody: object) -> None:
    for kind in ("phone", "id_number"):
        assert KEY.person(kind, nobody) is None


@given(st.text(max_size=30))
def test_the_one_form_is_its_own_one_form(text: str) -> None:
    assert normal.plain(normal.plain(text)) == normal.plain(text)


@given(
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.lists(st.sampled_from([*INVISIBLE, " ", "-", "\u3000"]), max_size=4),
)
def test_a_phone_with_marks_in_it_is_that_phone(phone: str, marks: list[str]) -> None:
    written = phone
    for place, mark in enumerate(marks):
        written = written[: 2 * place + 1] + mark + written[2 * place + 1 :]
    assert normal.person("phone", written) == normal.person("phone", phone)


def test_cells_of_persons_are_read_by_the_same_hand() -> None:
    assert as_number_of_a_person(f"\u202a{ID_NUMBER}\u202c") == ID_NUMBER
    for rounded in ("6.10103E+17", "6.1E17"):
        with pytest.raises(ValueError, match="a spreadsheet rounded"):
            as_number_of_a_person(rounded)


@pytest.mark.parametrize("body", ["61010319800101123", "11010519491231002", "44030620000229001", "90807060504030201"])
def test_an_id_number_closes_by_its_own_check_digit_and_by_no_other(body: str) -> None:
    """ISO 7064 MOD 11-2: each place weighs twice the one behind it, and all together leave one."""
    closing = [
        last
        for value, last in enumerate("0123456789X")
        if (sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(body)) + value) % 11 == 1
    ]
    assert [last for last in "0123456789Xx" if normal.closes_as_id_number(body + last)] == [
        *closing,
        *(["x"] if closing == ["X"] else []),
    ]


def test_only_a_mobile_number_loses_a_prefix_of_its_country() -> None:
    assert normal.person("phone", "86123456") == "86123456"
    assert normal.person("phone", "1234567890123") == "1234567890123"
