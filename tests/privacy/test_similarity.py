"""Similarity hashes of many texts at once, held against the definition worked out bit by bit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minhu.extract.similarity import simhashes
from tests.fixtures.fuzzing import fuzzed

LETTERS = st.sampled_from([*"ab0\0", "路", "灯", "\U0001f600", "\U0010ffff"])
TEXTS = st.lists(st.text(LETTERS, max_size=8), max_size=6)


def digest(shingle: str) -> bytes:
    return hashlib.blake2b(shingle.encode(), digest_size=8).digest()


def by_definition(text: str) -> str | None:
    """A bit is set where most of the trigrams have it."""
    if not text:
        return None
    shingles = [text[place : place + 3] for place in range(max(1, len(text) - 2))]
    numbers = [int.from_bytes(digest(shingle)) for shingle in shingles]
    bits = [2 * sum(number >> bit & 1 for number in numbers) > len(numbers) for bit in range(64)]
    return f"{sum(1 << bit for bit, is_set in enumerate(bits) if is_set):016x}"


@fuzzed(200)
@given(TEXTS)
@example(["a", "a\0", "a\0\0", "\0", "\0\0", ""])
def test_hashes_of_many_texts_are_those_of_each(texts: Sequence[str]) -> None:
    assert simhashes(texts, digest) == [by_definition(text) for text in texts]


@pytest.mark.parametrize("length", [256, 257, 258, 511, 512, 513, 1300])
def test_a_text_of_more_trigrams_than_a_byte_counts_is_hashed_whole(length: int) -> None:
    texts = ["路灯不亮" * 3, "灯" * length, "".join(chr(0x4E00 + place * 7 % 900) for place in range(length)), "坏了"]
    assert simhashes(texts, digest) == [by_definition(text) for text in texts]


def test_each_trigram_is_digested_once() -> None:
    asked: list[str] = []
    simhashes(["路灯不亮", "路灯不亮了", "路灯"], lambda shingle: asked.append(shingle) or digest(shingle))  # type: ignore[func-returns-value]
    assert sorted(asked) == sorted({"路灯不", "灯不亮", "不亮了", "路灯"})
