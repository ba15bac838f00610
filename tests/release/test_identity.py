"""Which code a release says it was made with: a real repository, clean, changed, and with files git does not know."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minhu.audit.replay_evidence import way_to_own_code
from minhu.gate.identity import CODE_FOLDERS, git_commit, identity
from minhu.release.release_folder import CHANGES, CONTENT_KEYS, Release
from minhu.settings import PROJECT_ROOT
from tests.fixtures.homes import settings_at
from tests.release.conftest import D20

IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *IDENTITY, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    for file, text in {
        "README.md": "a city", "dbt_project/models/a.sql": "select 1", "include/minhu/a.py": "A = 1\n", ".gitignore": "*.pyc\nvar/\n",
    }.items():  # fmt: skip
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def write(file: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("other", encoding="utf-8")

    return change


def stage(root: Path) -> None:
    write("dbt_project/models/a.sql")(root)
    git(root, "add", "-A")


def remove(root: Path) -> None:
    (root / "include" / "minhu" / "a.py").unlink()


def test_a_clean_tree_is_its_commit(checkout: Path) -> None:
    assert git_commit(checkout) == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "change",
    [
        write("README.md"),
        write("include/minhu/a.py"),
        stage,
        remove,
        *(write(f"{name}/new.txt") for name in CODE_FOLDERS),
    ],
)
def test_a_changed_tree_is_told(checkout: Path, change: Callable[[Path], None]) -> None:
    change(checkout)
    assert git_commit(checkout) == git(checkout, "rev-parse", "HEAD") + CHANGES


@pytest.mark.parametrize("file", ["notes.txt", "include/minhu/a.pyc", "var/dbt_project/a.sql"])
def test_what_cannot_decide_a_night_is_no_change(checkout: Path, file: str) -> None:
    write(file)(checkout)
    assert git_commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit(tmp_path) == ""
    monkeypatch.setenv("PATH", "")
    assert git_commit(PROJECT_ROOT) == ""


def test_the_identity_of_a_release_tells_it_and_its_name_does_not_depend_on_it(tmp_path: Path, checkout: Path) -> None:
    at_home = replace(settings_at(tmp_path / "home"), project_root=checkout)
    clean = identity(at_home)
    write("README.md")(checkout)
    assert identity(at_home) == replace(clean, git_commit=clean.git_commit + CHANGES)
    assert "git_commit" not in CONTENT_KEYS


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("c" * 40, "for its own code: `git worktree add ../at-cccccccccc " + "c" * 40 + "`"),
        ("c" * 40 + CHANGES, "files that were not those of commit cccccccccc"),
        ("", "it does not say which commit it was made with"),
    ],
)
def test_a_replay_says_how_to_get_the_code_and_whether_that_is_all_of_it(tmp_path: Path, told: str, said: str) -> None:
    release = Release("2026-11-20-0", D20, None, Path(), {"git_commit": told}, "")  # type: ignore[arg-type]
    way = way_to_own_code(settings_at(tmp_path / "home"), release)
    assert said in way
    assert f" {told}`" in way if told and CHANGES not in told else f"{CHANGES}`" not in way, "git knows no such commit"
