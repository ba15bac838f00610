"""Made-up residents. Everything here is personal by form and must never land."""

from __future__ import annotations

import numpy as np

from minhu.simulator.city.streams import Ints, Texts

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (
    "建国", "秀英", "志强", "桂兰", "海燕", "小军", "玉梅", "文博", "雪", "磊", "婷婷", "浩然", "丽华", "永平", "思雨",
)  # fmt: skip
_PREFIXES = (133, 135, 137, 138, 139, 150, 152, 158, 181, 186, 189)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def phones(person: Ints) -> Texts:
    """Mobile numbers, one per person."""
    return np.array([f"{_PREFIXES[p % 11]}{p * 7919 % 100_000_000:08d}" for p in person.tolist()], dtype=object)


def names(person: Ints) -> Texts:
    return np.array(
        [f"{_SURNAMES[p % 20]}{_GIVEN[p // 20 % 15]}" for p in person.tolist()],
        dtype=object,
    )


def addresses(person: Ints, places: Texts) -> Texts:
    """A door in the given place (a community's name)."""
    return np.array(
        [
            f"西安市{place}{p % 30 + 1}号楼{p % 4 + 1}单元{p % 18 + 1}0{p % 3 + 1}室"
            for p, place in zip(person.tolist(), places, strict=True)
        ],
        dtype=object,
    )


def contents(person_names: Texts, person_phones: Texts, matters: Texts, doors: Texts) -> Texts:
    """What the caller said, with name, phone and door inside the text, as real notes have them."""
    return np.array(
        [
            f"市民{name}（电话{phone}）反映：{door}存在{matter}问题，已持续{len(door) % 9 + 2}天，请尽快核实处理。"
            for name, phone, matter, door in zip(person_names, person_phones, matters, doors, strict=True)
        ],
        dtype=object,
    )


def id_numbers(person: Ints) -> Texts:
    """Eighteen-character identity numbers with a right check character."""
    return np.array([_id_number(p) for p in person.tolist()], dtype=object)


def _id_number(person: int) -> str:
    body = f"6101{person % 13 + 2:02d}{1940 + person % 66}{person % 12 + 1:02d}{person % 28 + 1:02d}{person % 1000:03d}"
    check = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[check]
