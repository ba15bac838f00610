"""The verbs of the Makefile, with a stand-in for ``minhu`` that prints what it was given."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minhu.settings import PROJECT_ROOT
from tests.fixtures.waiting import PATIENCE

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="GNU make is not installed")

STATEMENT = """select "数", `touch ran`, $1, $(touch ran), 'it''s' from t where x <> '100%' and y like '\\_#'"""
VERBS = {
    "help",
    "setup",
    "nightly",
    "airflow",
    "status",
    "sql",
    "db-start",
    "db-stop",
    "test",
    "test-slow",
    "test-bi",
    "lint",
    "lock",
    "clean",
    "audit",
    "test-airflow-next",
    "coverage",
    "mutation",
    "bench-peers",
    "test-spark",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile in which everything counts as installed."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy2(PROJECT_ROOT / name, tmp_path / name)  # with its time: the stamp below is newer
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").symlink_to(sys.executable)
    stand_in = bin_folder / "minhu"
    stand_in.write_text(f"#!{sys.executable}\nimport sys\nprint(*sys.argv[1:], sep='\\n')\n", encoding="utf-8")
    stand_in.chmod(0o755)
    (tmp_path / ".venv" / ".runtime").touch()
    return tmp_path


def make(checkout: Path, *arguments: str) -> list[str]:
    """Lines printed by ``make``; it must succeed."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "Q", "CITY")}
    done = subprocess.run(
        ["make", *arguments], cwd=checkout, env=kept, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_help_is_what_make_says_first_and_names_every_verb(checkout: Path) -> None:
    said = make(checkout)
    assert said == make(checkout, "help")
    shown = {match[1]: match[2] for line in said if (match := re.fullmatch(r"  make ([a-z-]+) +(\S.*)", line))}
    assert set(shown) - {"bench"} == VERBS, "say in the Makefile what a new verb is for, after ##"
    assert len(shown) == len(said)


def test_airflow_takes_its_options_and_needs_none(checkout: Path) -> None:
    assert make(checkout, "airflow") == ["airflow"]
    given = make(checkout, "airflow", "PORT=8081", "SCALE=0.05", "SEED=7", "DAYS=3", "CITY=pingshan")
    assert given == [
        "--city", "pingshan", "airflow", "--port", "8081", "--scale", "0.05", "--seed", "7", "--days", "3",
    ]  # fmt: skip


def test_night_takes_its_options_and_needs_none(checkout: Path) -> None:
    assert make(checkout, "nightly") == ["nightly"]
    given = make(checkout, "nightly", "DATE=2026-11-20", "SCALE=0.05", "SEED=7", "DAYS=3", "CITY=pingshan")
    assert given == [
        "--city", "pingshan", "nightly", "--date", "2026-11-20", "--scale", "0.05", "--seed", "7", "--days", "3",
    ]  # fmt: skip


def test_statement_reaches_minhu_as_it_was_written(checkout: Path) -> None:
    """Neither make nor the shell may read anything into it."""
    assert make(checkout, "sql", f"Q={STATEMENT}") == ["sql", STATEMENT]
    assert not (checkout / "ran").exists()


def test_other_cities_are_reached_by_the_same_verbs(checkout: Path) -> None:
    assert make(checkout, "status", "CITY=pingshan") == ["--city", "pingshan", "status"]
    assert make(checkout, "db-start", "CITY=pingshan") == ["--city", "pingshan", "db", "start"]
    assert make(checkout, "db-stop") == ["db", "stop"]
    assert make(checkout, "sql", "CITY=pingshan", "Q=select 1") == ["--city", "pingshan", "sql", "select 1"]


def test_changed_lock_is_installed_before_the_next_verb(checkout: Path) -> None:
    """With an unchanged lock nothing is installed, with a changed one it is."""
    pip = checkout / ".venv" / "bin" / "pip"
    pip.write_text('#!/bin/sh\necho pip "$@"\n', encoding="utf-8")
    pip.chmod(0o755)
    assert make(checkout, "status") == ["status"]
    later = (checkout / ".venv" / ".runtime").stat().st_mtime + 10
    os.utime(checkout / "requirements.txt", (later, later))
    said = make(checkout, "status")
    assert [line for line in said if line.startswith("pip")] == [
        "pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt",
        "pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .",
    ]
    assert said[-1] == "status"
