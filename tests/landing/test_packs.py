"""Old months of landing in one file each: the same bytes, for every reader, whatever is killed when."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import zipfile
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from minhu.errors import PermanentError
from minhu.extract import known, missing
from minhu.landing import contracts, packing, packs
from minhu.landing.inventory import Inventory
from minhu.landing.zone import Landing
from tests.landing.test_landing import WINDOW, tables

GRIDS = contracts.table("grid", "grids")
LAST = date(2026, 11, 20)
ROOT = Path(__file__).parents[2]


def land(root: Path, first: date = date(2026, 8, 30), last: date = LAST, step: int = 9) -> Landing:
    """Deliveries from August to November; the first night landed twice."""
    landing, day = Landing(root), first
    while day <= last:
        for codes in (("g1",), ("g1", f"g{day:%m%d}"))[0 if day == first else 1 :]:
            landing.accept(landing.write_attempt("grid", day, WINDOW, tables(*codes), {}))
        day += timedelta(days=step)
    return landing


def contents(root: Path) -> dict[str, str]:
    """Hash of every landed file by its path, packed or not."""
    found = {}
    for path in root.rglob("*"):
        if path.name.startswith("."):
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as pack:
                for name in pack.namelist():
                    found[(path.parents[1] / name).relative_to(root).as_posix()] = sha256(pack.read(name)).hexdigest()
        elif path.is_file():
            found[path.relative_to(root).as_posix()] = sha256(path.read_bytes()).hexdigest()
    return found


def pack_old(root: Path, months: int = 2) -> int:
    done = [packing.pack(table) for table in packing.old_months(root, months)]
    for _, problems in done:
        for problem in problems:
            raise problem
    return sum(size for size, _ in done)


def test_packed_months_hold_every_byte_and_the_newest_stay_as_they_are(tmp_path: Path) -> None:
    landing = land(tmp_path)
    before, table = contents(tmp_path), tmp_path / "grid" / "grids"
    laid_out = [one.files * one.bytes for one in packing.old_months(tmp_path, 2)]
    assert len(laid_out) == len(contracts.tables_of("grid")) and all(laid_out)
    assert pack_old(tmp_path) > 0 and contents(tmp_path) == before
    assert sorted(path.name for path in (table / "packed").iterdir()) == ["2026-08.zip", "2026-09.zip"]
    assert sorted(path.name for path in table.glob("dt=*"))[0] == "dt=2026-10-05"
    assert list(packing.old_months(tmp_path, 2)) == [] and pack_old(tmp_path) == 0
    assert landing.read_table("grid", "grids", date(2026, 8, 30), 2).num_rows == 2


def test_the_same_deliveries_make_the_same_pack_in_one_go_or_one_after_the_other(tmp_path: Path) -> None:
    one, other = land(tmp_path / "one", step=3), tmp_path / "other"
    land(other, last=date(2026, 9, 10), step=3)
    pack_old(other, 1)
    land(other, first=date(2026, 9, 11), step=3)
    for root in (one.root, other):
        pack_old(root)
    packed = {
        root: {p.name: p.read_bytes() for p in (root / "grid" / "events" / "packed").iterdir()}
        for root in (one.root, other)
    }
    assert packed[one.root]["2026-08.zip"] == packed[other]["2026-08.zip"]


def test_every_reader_finds_a_packed_delivery(tmp_path: Path) -> None:
    landing = land(tmp_path)
    day = date(2026, 9, 8)
    read = landing.read_table("grid", "grids", day, 1), landing.manifest("grid", "grids", day, 1)
    listed = {table.key: (table.manifest_sha256, table.part_sha256) for table in Inventory(landing, LAST).tables}
    pack_old(tmp_path)
    folder = landing.folder(GRIDS, day, 1)
    assert landing.manifest("grid", "grids", day, 1) == read[1] and not folder.exists(), "a manifest needs no unpacking"
    inventory = Inventory(landing, LAST)
    assert {table.key: (table.manifest_sha256, table.part_sha256) for table in inventory.tables} == listed
    paths = [table.path for table in inventory.tables]
    assert list(packs.lost(tmp_path, [*paths, "grid/grids/dt=2026-09-09/attempt=001"])) == [
        "grid/grids/dt=2026-09-09/attempt=001"
    ]
    assert not folder.exists()
    assert landing.read_table("grid", "grids", day, 1).equals(read[0]) and folder.is_dir()
    assert [path.name for path in sorted(folder.iterdir())] == ["manifest.json", "part.parquet"]
    pack_old(tmp_path)
    assert not folder.exists() and landing.read_table("grid", "grids", day, 1).equals(read[0])


def test_what_is_kept_by_key_stands_when_its_deliveries_are_packed_and_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not made again from all of landing, and what was never in it comes out of the pack."""
    landing = land(tmp_path / "landing")
    events = contracts.table("grid", "events")
    tonight = pa.array(["e1"], pa.string())
    removed: list[Path] = []
    remove = known._remove
    monkeypatch.setattr(known, "_remove", lambda path: (removed.append(path), remove(path)))

    def made_again(until: date) -> bool:
        removed.clear()
        with known.opened(tmp_path, events, missing.before(landing, events, until).files, tonight) as found:
            assert found.rows() == 1
        return bool(removed)

    assert not made_again(date(2026, 9, 5)), "there was nothing"
    pack_old(tmp_path / "landing")
    assert not made_again(LAST)
    landing.read_table("grid", "events", date(2026, 8, 30), 1)
    assert landing.folder(events, date(2026, 8, 30), 1).is_dir() and not made_again(LAST)
    pack_old(tmp_path / "landing")
    packs.pack_of(landing.folder(events, date(2026, 9, 8), 1)).unlink()
    assert made_again(LAST), "a delivery that is gone"


def test_a_late_delivery_of_a_packed_month_lands_beside_its_pack_and_is_packed_with_it(tmp_path: Path) -> None:
    landing, day = land(tmp_path), date(2026, 9, 8)
    pack_old(tmp_path)
    again = landing.write_attempt("grid", day, WINDOW, tables("g1", "g0908"), {})
    assert again.number == 1, "the same bytes are the same attempt, packed or not"
    landing.accept(landing.write_attempt("grid", day, WINDOW, tables("g7"), {}))
    assert landing.arrival("grid", day).attempt == 2  # type: ignore[union-attr]
    before = contents(tmp_path)
    pack_old(tmp_path)
    assert contents(tmp_path) == before and landing.read_table("grid", "grids", day, 2).num_rows == 1


def test_an_attempt_that_was_never_accepted_is_not_packed(tmp_path: Path) -> None:
    """Its number is used again when the source is mended, by other bytes."""
    landing, day = land(tmp_path), date(2026, 9, 1)
    landing.write_attempt("grid", day, WINDOW, tables("refused"), {})
    landing.block("grid", day, "refused")
    pack_old(tmp_path)
    assert landing.folder(GRIDS, day, 1).is_dir() and not packs.is_packed(landing.folder(GRIDS, day, 1))
    landing.accept(landing.write_attempt("grid", day, WINDOW, tables("mended"), {}))
    pack_old(tmp_path)
    assert landing.read_table("grid", "grids", day, 1)["grid_code"].to_pylist() == ["mended"]


def test_a_delivery_that_lands_while_its_month_is_packed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, day = land(tmp_path), date(2026, 9, 8)
    folder, write = landing.folder(GRIDS, day, 1), packs._write

    def landed_meanwhile(*arguments: Any) -> None:
        write(*arguments)
        if arguments[0] == packs.pack_of(folder):
            (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes() + b" ")

    monkeypatch.setattr(packs, "_write", landed_meanwhile)
    with pytest.raises(PermanentError, match="landed again meanwhile"):
        pack_old(tmp_path)
    assert (folder / "manifest.json").read_bytes().endswith(b" ")


def test_listing_what_could_be_packed_changes_nothing(tmp_path: Path) -> None:
    """A reader may be laying a delivery out, and another process may be packing."""
    landing = land(tmp_path)
    day = landing.folder(GRIDS, date(2026, 9, 8), 1).parent
    for name in ("dt=2026-09-08/.unpacking-x", "dt=2026-09-08/.packed-attempt=001", "packed/.building-2026-09.zip"):
        (day.parent / name).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    assert list(packing.old_months(tmp_path, 2)) and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("harm", ["part", "stranger", "other", "cut"])
def test_what_is_not_as_it_landed_is_not_packed_and_nothing_is_removed(tmp_path: Path, harm: str) -> None:
    landing = land(tmp_path)
    folder = landing.folder(GRIDS, date(2026, 9, 8), 1)
    if harm == "other":
        pack_old(tmp_path)
        landing.laid_out(GRIDS, date(2026, 9, 8), 1)
    names = {"part": "part.parquet", "stranger": "notes.txt"}
    path = folder / names.get(harm, "manifest.json")
    path.write_bytes(b"" if harm == "cut" or not path.exists() else path.read_bytes() + b" ")
    before = contents(tmp_path)
    with pytest.raises(
        PermanentError, match=r"changed since it landed|its manifest names|not the one in 2026-09.zip|cannot be read"
    ):
        pack_old(tmp_path)
    assert contents(tmp_path) == before
    assert path.exists()


def test_a_damaged_pack_is_named(tmp_path: Path) -> None:
    landing = land(tmp_path)
    pack_old(tmp_path)
    pack = packs.pack_of(landing.folder(GRIDS, date(2026, 9, 8), 1))
    whole, named = pack.read_bytes(), 0
    for at in range(0, len(whole) - 30, 97):
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            found = landing.read_table("grid", "grids", date(2026, 9, 8), 1)
        except (PermanentError, FileNotFoundError) as error:
            assert "restore" in str(error) or "dt=2026-09-08" in str(error)
            named += 1
        else:  # a byte of another member, or one that says nothing
            assert found.num_rows == 2
        folder = landing.folder(GRIDS, date(2026, 9, 8), 1)
        for file in folder.glob("*"):
            file.unlink()
        if folder.exists():
            folder.rmdir()
    assert named > 3
    pack.unlink()
    with pytest.raises(FileNotFoundError):
        landing.read_table("grid", "grids", date(2026, 9, 8), 1)


KILLED = """
    import os, sys
    from pathlib import Path
    from minhu.landing import packing, packs
    root, stop = Path(sys.argv[1]), int(sys.argv[2])
    seen = 0
    def step(frame, event, argument):
        global seen
        if frame.f_code.co_filename.endswith(("packs.py", "packing.py")):
            seen += event == "line"
            if seen == stop:
                os.kill(os.getpid(), 9)
        return step
    sys.settrace(step)
    for table in packing.old_months(root, 2):
        if table.name == "grid.grids":
            _, problems = packing.pack(table)
            assert not problems, problems
    sys.settrace(None)
    print(seen)
"""


def test_a_kill_at_any_line_loses_nothing_and_the_next_run_finishes(tmp_path: Path) -> None:
    """Every eleventh line of a whole packing is the last one of a process."""

    def packing_killed(root: Path, stop: int) -> str:
        run = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(KILLED), str(root), str(stop)], cwd=ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert run.returncode in (0, -9), run.stderr
        return run.stdout

    lines = int(packing_killed(land(tmp_path / "whole", step=15).root, -1))
    assert lines > 200
    for stop in range(1, lines, max(1, lines // 24)):
        root = tmp_path / str(stop)
        landing = land(root, step=15)
        before = contents(root)
        assert packing_killed(root, stop) == ""
        assert {name: digest for name, digest in contents(root).items() if "/." not in name} == before, stop
        assert landing.read_table("grid", "grids", date(2026, 8, 30), 2).num_rows == 2
        pack_old(root)
        assert contents(root) == before and not list(root.rglob(".*-*")), stop
