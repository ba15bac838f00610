"""The table in docs/troubles.md names tests that exist, at least forty kinds of trouble, none twice."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "troubles.md"


def test_every_kind_of_trouble_names_a_test_that_exists() -> None:
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| .+ \| `(.+?)::(.+?)` \|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) >= 40
    assert len({kind for _, kind, *_ in rows}) == len(rows)
    for number, kind, file, name in rows:
        path = TESTS / file
        assert path.exists(), f"{number} {kind}: {file} does not exist"
        assert f"def {name}(" in path.read_text(encoding="utf-8"), f"{number} {kind}: {file} has no {name}"
