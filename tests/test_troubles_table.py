"""The table in docs/troubles.md names tests that exist; messages and links name pages of the runbook that exist."""

from __future__ import annotations

import re
from pathlib import Path

from minhu.pipeline.notices import Page

TESTS = Path(__file__).parent
ROOT = TESTS.parent
TABLE = ROOT / "docs" / "troubles.md"
RUNBOOK = ROOT / "docs" / "runbook"


def test_every_kind_of_trouble_names_a_test_that_exists() -> None:
    text = TABLE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+?) \| .+ \| `(.+?)::(.+?)` \|$", text, re.MULTILINE)
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == sum(line.startswith("| ") for line in text.splitlines()) - 2, "all lines but header and rule"
    assert len({kind for _, kind, *_ in rows}) == len(rows)
    for number, kind, file, name in rows:
        path = TESTS / file
        assert path.exists(), f"{number} {kind}: {file} does not exist"
        assert f"def {name}(" in path.read_text(encoding="utf-8"), f"{number} {kind}: {file} has no {name}"


def test_every_page_of_the_runbook_that_is_named_exists_and_none_is_hidden() -> None:
    index = (RUNBOOK / "README.md").read_text(encoding="utf-8")
    pages = {path.stem for path in RUNBOOK.glob("*.md")} - {"README"}
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "include").rglob("*.py")))
    assert set(Page) | set(re.findall(r"docs/runbook/([a-z-]+)\.md", code)) <= pages
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", index)) == pages
