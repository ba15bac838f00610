"""Which licence a package states, and which of them somebody must look at."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import PackageMetadata
from typing import cast

import pytest

from minhu.settings import PROJECT_ROOT
from upkeep import audit, licences, lock

DECIDED = licences.rules()


def metadata(*fields: tuple[str, str]) -> PackageMetadata:
    found = Message()
    for name, value in fields:
        found[name] = value
    return cast(PackageMetadata, found)


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ([("License-Expression", "mit OR apache-2.0")], "MIT OR Apache-2.0"),
        ([("License-Expression", "MIT"), ("Classifier", "License :: OSI Approved :: BSD License")], "MIT"),
        ([("Classifier", "License :: OSI Approved"), ("Classifier", "License :: OSI Approved :: MIT License")], "MIT"),
        (
            [
                ("Classifier", f"License :: OSI Approved :: {name}")
                for name in ("MIT License", "Apache Software License")
            ],
            "Apache-2.0 AND MIT",
        ),
        ([("Classifier", "License :: OSI Approved :: MIT License"), ("Classifier", "License :: Other")], None),
        ([("Classifier", "Topic :: Database"), ("License", "3-Clause BSD License")], "BSD-3-Clause"),
        ([("License", "Copyright (c) the authors. All rights …")], None),
        ([("License", "")], None),
        ([], None),
    ],
)
def test_a_licence_is_taken_from_what_says_it_best(fields: list[tuple[str, str]], licence: str | None) -> None:
    assert licences.stated(metadata(*fields), DECIDED.words) == licence


def test_a_licence_that_is_not_permissive_or_not_known_needs_a_look_that_holds_for_it_alone() -> None:
    decided = licences.Rules(frozenset({"MIT"}), {}, {"seen": ("MPL-2.0", "why"), "silent": ("none stated", "asked")})
    found = {"free": "MIT", "seen": "MPL-2.0", "choice": "MIT OR GPL-3.0-only", "nothing": None, "silent": None}
    judged = licences.judge([*found, "missing"], found, decided)
    assert judged.permissive == ("free",)
    assert judged.looked_at == ("seen: MPL-2.0; why", "silent: none stated; asked")
    assert judged.to_look_at == ("choice: MIT OR GPL-3.0-only",)
    assert judged.unknown == ("missing", "nothing")
    assert licences.judge(["seen"], {"seen": "AGPL-3.0-only"}, decided).to_look_at == ("seen: AGPL-3.0-only",)
    assert len(list(audit.told_licences(judged))) == 6


def test_somebody_looked_at_every_licence_of_our_locks_that_asks_for_it() -> None:
    pins = {name for path in ("requirements.txt", "requirements-dev.txt") for name in lock.read(PROJECT_ROOT / path)}
    assert set(DECIDED.looked_at) <= pins, "a look at a package that is locked no more"
    assert all(licence and why for licence, why in DECIDED.looked_at.values())
    assert licences.identifiers(" AND ".join(DECIDED.words.values())) <= DECIDED.permissive | {
        "Artistic-1.0", "GPL", "GPL-2.0-or-later", "MPL-2.0",
    }  # fmt: skip
