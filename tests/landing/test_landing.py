"""Attempts and arrivals: immutable, recognised when equal, invisible until accepted, and safe to kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from minhu.business_dates import Window, extraction_window, parse_business_date
from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.landing import contracts
from minhu.landing.inventory import Inventory
from minhu.landing.zone import Attempt, Landing
from tests.fixtures.waiting import PATIENCE

D20, D21 = date(2026, 11, 20), date(2026, 11, 21)
WINDOW = Window(None, datetime(2026, 11, 20, 16, tzinfo=UTC))
ROOT = Path(__file__).parents[2]
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
    from minhu import atomic
    from minhu.landing import zone
    module, name, count = sys.argv[2].split(":")
    owner = {"atomic": atomic, "Landing": zone.Landing, "Path": Path, "shutil": zone.shutil}[module]
    original, calls = getattr(owner, name), [0]
    def kill_at(*arguments, **named):
        calls[0] += 1
        if calls[0] == int(count):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)
    setattr(owner, name, kill_at)
    where = Landing(Path(sys.argv[1]))
    where.accept(write(where, *sys.argv[3:]))
"""


def killed(root: Path, point: str, *grid_codes: str) -> None:
    """Land and accept in a process of its own that is killed when it calls a function for the n-th time."""
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(root), point, *grid_codes]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=PATIENCE, check=False)
    assert ended.returncode == -signal.SIGKILL, "the kill must have hit"


def bytes_below(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    "point",
    [
        "atomic:sync_file:1",
        "atomic:sync_file:4",
        "atomic:write_json:1",
        "atomic:write_json:5",
        "atomic:write_json:6",
        "atomic:write_json:7",
        "Path:rename:1",
        "Path:rename:3",
    ],
)
def test_a_kill_anywhere_leaves_nothing_that_counts_and_the_next_run_recovers(tmp_path: Path, point: str) -> None:
    killed(tmp_path, point, "g1", "g2")
    landing = Landing(tmp_path)
    assert landing.arrival("grid", D20) is None
    landing.accept(write(landing, "g1", "g2"))
    arrival = landing.arrival("grid", D20)
    assert arrival is not None and (arrival.attempt, arrival.row_counts["grids"]) == (1, 2)
    assert landing.read_table("grid", "grids", D20, 1).num_rows == 2


@pytest.mark.parametrize("point", ["atomic:sync_file:1", "Path:rename:3", "atomic:write_json:6", "atomic:write_json:7"])
def test_a_kill_while_reading_again_leaves_the_accepted_delivery_as_it_was(tmp_path: Path, point: str) -> None:
    landing = Landing(tmp_path)
    before = landing.accept(write(landing, "g1"))
    first = {path: content for path, content in bytes_below(tmp_path).items() if "attempt=001" in path.parts}
    killed(tmp_path, point, "g1", "g2")
    assert landing.arrival("grid", D20) == before and landing.last_accepted_end("grid", D21) == WINDOW.end
    after = bytes_below(tmp_path)
    assert {path: after[path] for path in first} == first
    assert landing.accept(write(landing, "g1", "g2")).attempt == 2


@pytest.mark.parametrize("point", ["shutil:rmtree:2", "Path:rename:2", "Path:rename:5", "atomic:write_json:6"])
def test_an_attempt_that_is_half_written_over_can_no_longer_be_accepted(tmp_path: Path, point: str) -> None:
    landing = Landing(tmp_path)
    write(landing, "old")
    assert landing.pending("grid", D20) is not None
    killed(tmp_path, point, "new")
    assert landing.pending("grid", D20) is None and landing.arrival("grid", D20) is None
    assert landing.accept(write(landing, "new")).attempt == 1
    assert landing.read_table("grid", "grids", D20, 1)["grid_code"].to_pylist() == ["new"]


def test_a_kill_after_the_arrival_is_written_changes_nothing_about_it(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    killed(tmp_path, "Path:unlink:2", "g1")
    arrival, pending = landing.arrival("grid", D20), landing.pending("grid", D20)
    assert arrival is not None and arrival.attempt == 1 and pending is not None
    assert landing.accept(pending) == arrival and landing.pending("grid", D20) is None


def test_reading_the_same_again_leaves_no_second_copy(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.accept(write(landing, "g1"))
    before = bytes_below(tmp_path)
    landing.accept(write(landing, "g1"))
    assert bytes_below(tmp_path) == before


def test_a_changed_window_or_control_total_is_another_attempt(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.accept(write(landing, "g1"))
    wider = Window(datetime(2026, 11, 1, tzinfo=UTC), WINDOW.end)
    assert landing.write_attempt("grid", D20, wider, tables("g1"), {"grids": {"rows": 1}}).number == 2
    assert landing.write_attempt("grid", D20, WINDOW, tables("g1"), {"grids": {"rows": 1, "pages": 2}}).number == 2
    assert write(landing, "g1").number == 1


def test_the_bytes_depend_on_the_rows_alone(tmp_path: Path) -> None:
    """Not on their order, nor on how many came at once, nor on the process that writes them."""
    schema = contracts.table("grid", "events").schema
    rows = [{"event_id": f"e{n:04d}", "status": (None, "closed", "void")[n % 3]} for n in range(5000)]
    parts = []
    for number, (size, step) in enumerate(((5000, 1), (777, -1), (2000, 1))):
        ordered = rows[::step]
        batches = [pa.Table.from_pylist(ordered[n : n + size], schema=schema) for n in range(0, len(rows), size)]
        landing = Landing(tmp_path / str(number))
        made = {**tables(), "events": pa.concat_tables(batches)}
        landing.write_attempt("grid", D20, WINDOW, made, {})
        parts.append(bytes_below(landing.root))
    assert parts[0] == parts[1] == parts[2]


def test_arrivals_of_other_dates_and_sources_do_not_count(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    landing.accept(write(landing, "g1"))
    landing.block("grid", D21, "planted")
    landing.mark_absent("hotline", D20, "this city has none")
    assert [a.status for a in landing.arrivals("grid")] == ["accepted", "blocked"]
    assert [a.business_date for a in landing.arrivals("grid", D20)] == [D20]
    assert landing.last_accepted_end("grid", date(2026, 11, 30)) == WINDOW.end
    assert landing.last_accepted_end("hotline", D21) is None


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


def test_a_table_that_came_later_may_be_missing_from_an_older_attempt_and_no_other(tmp_path: Path) -> None:
    """Landing is kept for good: an attempt of a version that did not land rejected rows is read as it stands."""
    landing = Landing(tmp_path)
    empty = {contract.name: contract.schema.empty_table() for contract in contracts.tables_of("hotline")}
    totals = {name: {"rows": 0} for name in empty}
    attempt = landing.write_attempt("hotline", D20, WINDOW, empty, totals)
    landing.accept(attempt)
    for later in (contract for contract in contracts.TABLES if contract.came_later):
        shutil.rmtree(landing.folder(later, D20, 1))
    known = {table.contract.name for table in Inventory(landing, D20).tables}
    assert known == {contract.name for contract in contracts.tables_of("hotline") if not contract.came_later}
    again = landing.write_attempt("hotline", D20, WINDOW, empty, totals)
    assert again.number == 2, "with the new table it is another attempt"
    shutil.rmtree(landing.folder(contracts.table("hotline", "places"), D20, 1))
    places = Inventory(landing, D20).tables_named("hotline.places")
    with pytest.raises(FileNotFoundError, match="places"):
        _ = [table.rows for table in places]
