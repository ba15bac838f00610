"""What the bytes of a column say of its texts is what is said of each text."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from minhu.landing import text_gate
from minhu.landing.text_bytes import bytes_of, hold, lie_within
from minhu.texts import is_storable
from tests.fixtures.fuzzing import fuzzed

LETTERS = st.one_of(
    st.sampled_from("aA0 .+E,，街\t\n\0\x01\x1f\x7f\x80\x9f\xa0¡ÿ\ufffc\ufffd\uffff１"),
    st.characters(exclude_categories=["Cs"]),
)
TEXTS = st.lists(st.one_of(st.none(), st.text(LETTERS, max_size=6)), max_size=8)


def test_bytes_of_a_part_of_a_column_are_those_of_its_texts() -> None:
    texts = pa.array(["ab", None, "", "街", "c"])
    letters, begins = bytes_of(texts.slice(1, 3))
    assert (bytes(letters), begins.tolist()) == ("街".encode(), [0, 0, 0, 3])
    assert [part.tolist() for part in bytes_of(pa.array([], pa.string()))] == [[], [0]]
    assert lie_within(bytes_of(pa.array(["az"]))[0], 0x61, 0x7A) and not lie_within(
        bytes_of(pa.array(["`"]))[0], 0x61, 0x7A
    )
    assert hold(letters, "街".encode()[:1]) and not hold(letters, b"ab")


@fuzzed(300)
@given(TEXTS, st.integers(0, 3))
@example(["\x7f"], 0)
@example(["\x80", "\x9f", "\ufffd", "\uffff"], 0)
def test_the_gate_finds_what_no_store_can_hold(texts: list[str | None], start: int) -> None:
    found = text_gate._is_damaged(pa.chunked_array([pa.array(texts, pa.string()).slice(start)]))
    assert found.to_pylist() == [text is not None and not is_storable(text) for text in texts[start:]]
