"""The first ten minutes: what docs/tutorial.md tells a new user to type, typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minhu.cli.app import app
from minhu.settings import PROJECT_ROOT, Settings

pytestmark = pytest.mark.nights(2)

TEXT = (PROJECT_ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
LINES = [
    line for block in re.findall(r"^```\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
COMMANDS = [line for line in LINES if line.startswith("minhu ")]
#: What an answer must hold (a regular expression), by how the command begins: it ran, and it answered the question.
SHOWS = {
    "minhu status": "release_id",
    "minhu open": "site",
    "minhu sql \"select unit_name": "PUBLISHED",
    "minhu export": r"h06\.xlsx",
    "minhu sql \"select unit_type": r"L\d-[A-Z]{3}-\d{3}",
    "minhu quarantine": "L2-",
    "minhu explain": "H06",
    "minhu verify": "sound",
}  # fmt: skip


def test_every_command_has_its_answer_here() -> None:
    assert len(COMMANDS) == len(SHOWS)
    assert [line for line in LINES if not line.startswith("minhu ")] == [
        "git clone … minhu && cd minhu",
        "make nightly",
    ]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.split()[:3]))
def test_it_answers(command: str, home_of_a_night: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MINHU_HOME", str(home_of_a_night.home))
    monkeypatch.setenv("BROWSER", "true")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    (wanted,) = (shown for begin, shown in SHOWS.items() if command.startswith(begin))
    assert re.search(wanted, done.output), done.output
