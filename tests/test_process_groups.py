"""Tests that share what is built once a session go to one process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARING, process_group

TESTS = Path(__file__).parent


@pytest.mark.parametrize("group", SHARING)
def test_files_that_share_go_together(group: str) -> None:
    files = [f"tests/{path.relative_to(TESTS).as_posix()}" for path in TESTS.rglob("test_*.py")]
    together = [file for file in files if process_group(f"{file}::test_a[b::c]") == group]
    assert len(together) >= 2 or SHARING[group][0].endswith("/")
    for path in SHARING[group]:
        assert any(file.startswith(path) for file in together), f"no file is {path}"


def test_any_other_file_goes_alone() -> None:
    assert process_group("tests/release/test_verify.py::test_a") == "tests/release/test_verify.py"
