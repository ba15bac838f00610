"""Two nights of one city never run at once, and a killed one holds nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from minhu.errors import Busy, TransientError
from minhu.settings import PROJECT_ROOT
from minhu.standalone.lock import exclusive_night
from tests.fixtures.waiting import PATIENCE

DAY, OTHER = date(2026, 11, 20), date(2026, 11, 21)
_HOLD = """
import sys, pathlib, datetime
from minhu.standalone.lock import exclusive_night
with exclusive_night(pathlib.Path(sys.argv[1]), datetime.date(2026, 11, 20)):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold(home: Path) -> subprocess.Popen[str]:
    """Another process that holds the night until a line is written to it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"PYTHONPATH": str(PROJECT_ROOT / "include")},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_second_night_is_told_who_holds_the_city(tmp_path: Path) -> None:
    process = hold(tmp_path)
    try:
        with pytest.raises(Busy) as told, exclusive_night(tmp_path, OTHER):
            pass
    finally:
        process.communicate("\n", timeout=PATIENCE)
    assert re.search(rf"process {process.pid} is running the night of 2026-11-20 in {tmp_path}", str(told.value))
    assert str(told.value).startswith("start the night of 2026-11-21: ")
    assert told.value.next_step == "wait until it has ended, then try again"
    assert told.value.exit_code == 5
    assert isinstance(told.value, TransientError)
    with exclusive_night(tmp_path, OTHER):
        pass


def test_killed_night_holds_nothing(tmp_path: Path) -> None:
    process = hold(tmp_path)
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert (tmp_path / "night.json").exists(), "it could not clear up"
    with exclusive_night(tmp_path, OTHER):
        assert json.loads((tmp_path / "night.json").read_text())["business_date"] == "2026-11-21"
    assert not (tmp_path / "night.json").exists()


def test_failed_night_lets_go(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="in the middle"), exclusive_night(tmp_path, DAY):
        raise ValueError("in the middle")
    with exclusive_night(tmp_path, DAY):
        pass


def test_night_that_has_not_said_its_name_yet_is_still_busy(tmp_path: Path) -> None:
    process = hold(tmp_path)
    try:
        (tmp_path / "night.json").unlink()
        with (
            pytest.raises(Busy, match="another process is beginning or ending a night"),
            exclusive_night(tmp_path, DAY),
        ):
            pass
    finally:
        process.communicate("\n", timeout=PATIENCE)


def test_cities_do_not_wait_for_one_another(tmp_path: Path) -> None:
    with exclusive_night(tmp_path / "one", DAY), exclusive_night(tmp_path / "two", DAY):
        for city in ("one", "two"):
            assert json.loads((tmp_path / city / "night.json").read_text())["business_date"] == f"{DAY}"
            with pytest.raises(Busy), exclusive_night(tmp_path / city, OTHER):
                pass
