"""Attempts and arrivals: immutable, recognised when equal, invisible until accepted, and safe to kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from minhu import contracts
from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.landing import Attempt, Landing
from minhu.windows import Window, extraction_window, parse_business_date

D20, D21 = date(2026, 11, 20), date(2026, 11, 21)
WINDOW = Window(None, datetime(2026, 11, 20, 16, tzinfo=UTC))
BLOCKING = Finding("L1-GRD-999", "block", "grid", "grid.events", "planted")


def tables(*grid_codes: str) -> dict[str, pa.Table]:
    made = {contract.name: contract.schema.empty_table() for contract in contracts.tables_of("grid")}
    rows = [{"grid_code": code, "household_count": 300} for code in grid_codes]
    made["grids"] = pa.Table.from_pylist(rows, schema=contracts.table("grid", "grids").schema)
    return made


def write(landing: Landing, *grid_codes: str, day: date = D20) -> Attempt:
    return landing.write_attempt("grid", day, WINDOW, tables(*grid_codes), {"grids": {"rows": len(grid_codes)}})


def test_an_attempt_counts_only_once_it_is_accepted(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    attempt = write(landing, "g2", "g1")
    assert landing.arrival("grid", D20) is None and landing.last_accepted_end("grid", D21) is None
    assert landing.pending("grid", D20) == attempt
    arrival = landing.accept(attempt)
    assert (arrival.status, arrival.attempt, arrival.row_counts["grids"]) == ("accepted", 1, 2)
    assert landing.arrival("grid", D20) == arrival and landing.pending("grid", D20) is None
    assert landing.last_accepted_end("grid", D21) == WINDOW.end and landing.last_accepted_end("grid", D20) is None


def test_the_same_rows_in_any_order_are_the_same_bytes_and_the_same_attempt(tmp_path: Path) -> None:
    one, other = Landing(tmp_path / "one"), Landing(tmp_path / "other")
    landing_files = []
    for landing, codes in ((one, ("g1", "g2")), (other, ("g2", "g1"))):
        landing.accept(write(landing, *codes))
        landing_files.append(
            {p.relative_to(landing.root): p.read_bytes() for p in sorted(landing.root.rglob("*")) if p.is_file()}
        )
    assert landing_files[0] == landing_files[1] and len(landing_files[0]) > 10
    assert write(one, "g2", "g1").number == 1
    changed = write(one, "g1", "g3")
    assert changed.number == 2 and one.arrival("grid", D20).attempt == 1  # type: ignore[union-attr]
    assert one.accept(changed).attempt == 2


def test_a_refused_delivery_leaves_an_earlier_accepted_one_in_place(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    blocked = landing.block("grid", D20, "planted", [BLOCKING])
    assert (blocked.status, blocked.attempt, landing.last_accepted_end("grid", D21)) == ("blocked", None, None)
    landing.accept(write(landing, "g1"))
    write(landing, "g2")
    assert landing.block("grid", D20, "later trouble").status == "accepted"
    assert landing.pending("grid", D20) is None
    assert landing.arrival("grid", D20).attempt == 1  # type: ignore[union-attr]


def test_a_table_that_breaks_its_contract_is_not_landed(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    wrong = {**tables("g1"), "grids": pa.table({"grid_code": ["g1"]})}
    with pytest.raises(PermanentError, match="land grid.grids of 2026-11-20: expected the columns"):
        landing.write_attempt("grid", D20, WINDOW, wrong, {})
    missing = tables("g1")
    del missing["events"]
    with pytest.raises(PermanentError, match="the extract did not return this table"):
        landing.write_attempt("grid", D20, WINDOW, missing, {})
    assert landing.arrival("grid", D20) is None


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from tests.landing.test_landing import Landing, write, D20
    from minhu import atomic, landing
    module, name, count = sys.argv[2].split(":")
    owner = {"atomic": atomic, "Landing": landing.Landing}[module]
    original, calls = getattr(owner, name), [0]
    def kill_at(*arguments, **named):
        calls[0] += 1
        if calls[0] == int(count):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)
    setattr(owner, name, kill_at)
    where = Landing(Path(sys.argv[1]))
    where.accept(write(where, "g1", "g2"))
"""


@pytest.mark.parametrize(
    "point",
    [
        "atomic:sync_file:1",
        "atomic:sync_file:4",
        "atomic:write_json:1",
        "atomic:write_json:5",
        "atomic:write_json:6",
        "atomic:write_json:7",
    ],
)
def test_a_kill_anywhere_leaves_nothing_that_counts_and_the_next_run_recovers(tmp_path: Path, point: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), point]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": os.getcwd()}, timeout=60, check=False)  # noqa: PTH109
    assert ended.returncode == -signal.SIGKILL, "the kill must have hit"
    landing = Landing(tmp_path)
    assert landing.arrival("grid", D20) is None
    landing.accept(write(landing, "g1", "g2"))
    arrival = landing.arrival("grid", D20)
    assert arrival is not None and (arrival.attempt, arrival.row_counts["grids"]) == (1, 2)
    assert landing.read_table("grid", "grids", D20, 1).num_rows == 2


def test_windows_open_to_the_left_overlap_and_catch_up() -> None:
    from zoneinfo import ZoneInfo

    from minhu.errors import UsageError

    xian = ZoneInfo("Asia/Shanghai")
    assert extraction_window(D20, xian, None, 3) == WINDOW
    later = extraction_window(date(2026, 11, 25), xian, WINDOW.end, 3)
    assert later.start == datetime(2026, 11, 17, 16, tzinfo=UTC) and later.end == datetime(2026, 11, 25, 16, tzinfo=UTC)
    for text in (None, "", "20.11.2026"):
        with pytest.raises(UsageError):
            parse_business_date(text)
