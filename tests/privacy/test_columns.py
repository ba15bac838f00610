"""Persons, places and codes of a column at once are those of its cells, one by one."""

from __future__ import annotations

import hmac
import re

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minhu.extract import columns, normal, persons, privacy
from minhu.extract.privacy import Pseudonyms
from minhu.landing import contracts
from minhu.texts import LOST
from tests.fixtures.fuzzing import fuzzed

NUMBERS = st.one_of(
    st.sampled_from(
        ["13891234567", "013891234567", "8613891234567", "02988888888", "01088888888", "00000000000", "029-88888888转12", "1E5",
         "A0361", "a0361", "H041", "-", "", " ", "610102198001011234", "61010219800101123X", "61010219800101123x",
         "610102198001011000", "610102198001010000", "610102198001010100", "610102198001010010", "1" * 18, "6.10103E+17",
         "１３８９１２３４５６７", "13891234567.0"]
    ),
    st.from_regex(r"[01][0-9]{9,12}|[0-9]{17}[0-9X]|[A-Z]{0,2}[0-9E]{1,6}", fullmatch=True),
    st.text(max_size=6),
)  # fmt: skip


@fuzzed(400)
@given(st.lists(st.one_of(NUMBERS, st.none()), max_size=10), st.sampled_from(["phone", "id_number", "staff"]))
def test_persons_of_a_column_are_those_of_its_cells(texts: list[str | None], kind: str) -> None:
    texts = [text and text.encode("utf-8", errors="replace").decode() for text in texts]
    pseudonyms = Pseudonyms(b"k" * 32)
    found = columns.persons(pseudonyms, kind, pa.array(texts, pa.string())).to_pylist()
    assert found == [pseudonyms.person(kind, text) for text in texts]


def test_what_nearly_all_are_written_as_is_read_at_once() -> None:
    for kind, texts in {
        "phone": ["13891234567", "02988888888"], "staff": ["A0361", "H041"], "id_number": ["610102198001011230", "61010219800101123X"],
    }.items():  # fmt: skip
        assert persons.as_written(kind, pa.array(texts)).to_pylist() == [True] * len(texts)


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_a_pseudonym_is_made_by_hmac(length: int) -> None:
    pseudonyms = Pseudonyms(bytes(range(200))[:length])
    (key,) = pseudonyms.of_many("phone", ["13891234567"])
    assert (
        key
        == f"{pseudonyms.key_id}-{hmac.digest(pseudonyms.key, b'phone' + bytes(1) + b'13891234567', 'sha256').hex()[:32]}"
    )


DEGREES = st.one_of(
    st.none(),
    st.sampled_from(
        ["108.95", "108.949999999", "108.9499999", "-0.0", "-0.000000001", "180", "180.01", "-180", "90", "-90.0", "0", "1_0", "1e2", "",
         "+34.2", " 34.2", "34.2 ", "34.", ".5", "NaN", "999", "0.29", "0.57", "1.15"]
    ),
    st.floats(-181, 181).map(repr),
    st.integers(-1_000_000, 1_000_000).map(lambda number: f"{number / 10_000:.4f}"),
    st.text("0123456789.-e ", max_size=7),
)  # fmt: skip


@fuzzed(600)
@given(st.lists(st.tuples(DEGREES, DEGREES), max_size=8))
@example([("108.95", "34.24"), (None, "34.2"), ("34.2", None), ("-71.06", "42.36")])
def test_cells_of_places_are_those_of_each(places: list[tuple[str | None, str | None]]) -> None:
    lon, lat = (pa.array([place[side] for place in places], pa.string()) for side in (0, 1))
    pairs = [f"{east or ''} {north or ''}".split(" ", 1) for east, north in places]
    assert columns.location_cells(lon, lat).to_pylist() == [privacy.location_cell(*pair) for pair in pairs]


CODES = st.one_of(
    st.none(),
    st.text(st.sampled_from("aAE0159.+- ,街１\t\u200b\ufffd"), max_size=7),
    st.sampled_from(["x" * 128, "x" * 129, "街" * 43, "街" * 128, "6101.0", "1E+5", "1E5", "1.5E10", "", "A1"]),
)
ROUNDED = re.compile(r"[+-]?(\d(\.\d+)?E\+\d+|\d\.\d+E\d+)", re.IGNORECASE | re.ASCII)


@fuzzed(500)
@given(st.lists(CODES, max_size=8), st.sampled_from(["call_id", "direction"]))
@example(["A1", None, ""], "call_id")
def test_codes_of_a_column_land_as_each_is_written(texts: list[str | None], name: str) -> None:
    contract = contracts.table("hotline", "calls")
    found = columns.texts_as_landed(contract, name, pa.array(texts, pa.string())).to_pylist()
    assert found == [landed_code(text, name in contract.key) for text in texts]


def landed_code(text: str | None, is_key: bool) -> str | None:
    code = None if text is None else normal.code(text)
    if code is None:
        return LOST if is_key and text is not None else None
    is_broken = ROUNDED.fullmatch(code) or len(code) > columns.LONGEST_CODE
    return LOST + code[: columns.LONGEST_CODE] if is_broken else code
