"""What is kept of a landed table is what landing says, however it came about."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minhu.extract import known
from minhu.landing import contracts

ORDERS = contracts.table("hotline", "work_orders")
STATES = ("status", "closed_at")
Row = tuple[str | None, datetime | None, str | None, datetime | None]


def land(home: Path, day: int, rows: list[Row], attempt: int = 1) -> Path:
    """A delivery with the columns that are looked at."""
    folder = home / "landing" / "hotline" / "work_orders" / f"dt=2024-11-{day:02d}" / f"attempt={attempt:03d}"
    folder.mkdir(parents=True, exist_ok=True)
    names = ("order_id", "updated_at", "status", "closed_at")
    kinds = (pa.string(), pa.timestamp("us"), pa.string(), pa.timestamp("us"))
    columns = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), folder / "part.parquet")
    return folder / "part.parquet"


def some(chance: random.Random, rows: int = 40) -> list[Row]:
    """Rows of few keys and few change times, so that they meet; some without a key, a time or a state."""

    def moment() -> datetime | None:
        return chance.choice(
            [None, datetime(2, 1, 1), datetime(2024, 11, 1) + timedelta(minutes=7 * chance.randrange(9))]
        )

    return [
        (
            chance.choice([None, *(f"o{n:02d}" for n in range(25))]),
            moment(),
            chance.choice([None, "new", "closed"]),
            moment(),
        )
        for _ in range(rows)
    ]


def said(home: Path, files: list[Path], tonight: list[str | None], left_out: list[str | None] = ()) -> dict[str, Any]:  # type: ignore[assignment]
    """Everything that a source is held against."""
    with known.opened(home, ORDERS, files, pa.array(tonight, pa.string()), STATES) as landed:
        landed.leave_out(pa.array(left_out, pa.string()))
        counted = landed.db.execute(
            f"select state, bucket, rows, moments from {landed.count_others()} order by all"
        ).fetchall()
        return {
            "rows": landed.rows(), "counted": counted,
            "others": landed.db.execute("select key, version, state from others order by all").fetchall(),
            "everything": landed.db.execute("select key from everything order by all").fetchall(),
        }  # fmt: skip


def from_landing(tmp_path: Path, files: list[Path], *keys: list[str | None]) -> dict[str, Any]:
    """The same of a home that keeps nothing yet."""
    return said(tmp_path / f"fresh-{random.random()}", files, *keys)


@pytest.mark.parametrize("seed", range(12))
def test_night_after_night_it_says_what_all_of_landing_says(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that keeps nothing yet reads landing in several batches."""
    monkeypatch.setattr(known, "_BATCH_ROWS", 90 if seed % 2 else 10**9)
    chance = random.Random(seed)
    files: list[Path] = []
    for day in range(1, 9):
        files += [land(tmp_path, day, some(chance), attempt) for attempt in range(1, chance.choice([2, 2, 3]))]
        keys = [[row[0] for row in some(chance, 8)] for _ in range(2)]
        assert said(tmp_path, files, *keys) == from_landing(tmp_path, files, *keys)
        assert (tmp_path / known.FOLDER / "hotline.work_orders.duckdb").stat().st_size


def test_the_counts_are_those_of_the_rows_themselves(tmp_path: Path) -> None:
    chance = random.Random(99)
    files = [land(tmp_path, day, some(chance)) for day in range(1, 6)]
    newest: dict[str, tuple[tuple[datetime, str], datetime | None, str]] = {}
    for file in files:
        for key, version, status, closed_at in duckdb.execute(
            f"select order_id, updated_at, status, closed_at from '{file}'"
        ).fetchall():
            order = (version or datetime(1, 1, 1), str(file))
            if key is not None and (key not in newest or order >= newest[key][0]):
                newest[key] = (order, version, f"{status or ''}/{int(closed_at is None)}")
    found = said(tmp_path, files, ["o03", "new"], ["o04"])
    others = {key: value for key, value in newest.items() if key not in ("o03", "o04")}
    assert {key for (key,) in found["everything"]} == {*newest, "new"} and found["rows"] == len(newest) + 1
    # two rows of one delivery with one change time: either is its newest
    assert {row[0]: row[1] for row in found["others"]} == {key: version for key, (_, version, _) in others.items()}
    assert sum(row[2] for row in found["counted"]) == len(others)
    added = sum(
        (v - datetime(1970, 1, 1)) // timedelta(microseconds=1) for _, v, _ in others.values() if v and v.year > 1900
    )
    assert sum(row[3] for row in found["counted"]) == added


def test_a_delivery_of_an_earlier_date_that_comes_late_takes_its_place(tmp_path: Path) -> None:
    same = datetime(2024, 11, 1)
    files = [land(tmp_path, 2, [("o1", same, "closed", None)]), land(tmp_path, 4, [("o2", same, "new", None)])]
    said(tmp_path, files, [])
    files.insert(1, land(tmp_path, 3, [("o1", same, "new", None), ("o2", same, "closed", None)]))
    assert said(tmp_path, files, [])["others"] == [("o1", same, "new/1"), ("o2", same, "new/1")]


def no_database(path: Path) -> None:
    path.write_bytes(b"no database at all")


def of_an_older_form(path: Path) -> None:
    with duckdb.connect(str(path)) as db:
        db.execute("update made_as set form = 'older'")
        db.execute("delete from latest")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("damage", [no_database, of_an_older_form, cut_short, Path.unlink])
def test_what_is_damaged_is_made_again(tmp_path: Path, damage: Any) -> None:
    chance = random.Random(5)
    files = [land(tmp_path, day, some(chance)) for day in range(1, 4)]
    expected = said(tmp_path, files, ["o01"])
    damage(tmp_path / known.FOLDER / "hotline.work_orders.duckdb")
    assert said(tmp_path, files, ["o01"]) == expected


def test_the_landing_of_another_city_is_not_taken_for_that_of_this_one(tmp_path: Path) -> None:
    chance = random.Random(6)
    said(tmp_path, [land(tmp_path, day, some(chance)) for day in range(1, 4)], [])
    files = [land(tmp_path, day, some(chance, 30)) for day in range(1, 4)]
    assert said(tmp_path, files, []) == from_landing(tmp_path, files, [])


def test_a_night_that_is_read_again_does_not_undo_later_ones(tmp_path: Path) -> None:
    chance = random.Random(7)
    files = [land(tmp_path, day, some(chance)) for day in range(1, 6)]
    said(tmp_path, files, [])
    path = tmp_path / known.FOLDER / "hotline.work_orders.duckdb"
    before = path.read_bytes()
    assert said(tmp_path, files[:2], ["o01"]) == from_landing(tmp_path, files[:2], ["o01"])
    assert path.read_bytes() == before


@pytest.fixture
def held_by_another(tmp_path: Path) -> Iterator[None]:
    path = tmp_path / known.FOLDER / "hotline.work_orders.duckdb"
    program = (
        f"import duckdb, time; db = duckdb.connect({json.dumps(str(path))}); print('open', flush=True); time.sleep(60)"
    )
    path.parent.mkdir()
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    yield
    process.kill()
    process.wait()


@pytest.mark.usefixtures("held_by_another")
def test_a_file_that_another_process_holds_keeps_nobody_waiting(tmp_path: Path) -> None:
    files = [land(tmp_path, 1, [("o1", None, None, None)])]
    assert said(tmp_path, files, ["o2"])["everything"] == [("o1",), ("o2",)]


def test_an_archive_of_more_keys_than_memory_holds_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a year of a city at full size was met: half a million keys, and less memory than they take at once."""
    monkeypatch.setattr(known, "_MEMORY", "100MB")
    monkeypatch.setattr(known, "_BATCH_ROWS", 60_000)
    files = []
    for day in range(1, 13):
        folder = tmp_path / "landing" / "hotline" / "work_orders" / f"dt=2024-11-{day:02d}" / "attempt=001"
        folder.mkdir(parents=True)
        duckdb.execute(
            f"copy (select 'a rather long key of an order ' || md5((range + {day * 40_000})::varchar) as order_id, "
            f"timestamp '2024-11-{day:02d}' as updated_at, 'closed' as status, null::timestamp as closed_at from range(50_000)) "
            f"to '{folder / 'part.parquet'}'"
        )
        files.append(folder / "part.parquet")
    with known.opened(tmp_path, ORDERS, files, pa.array(["new"]), STATES) as landed:
        assert landed.rows() == 12 * 40_000 + 10_000 + 1
        assert landed.number("select count(*) from others") == landed.rows() - 1
    assert sorted(path.name for path in (tmp_path / known.FOLDER).iterdir()) == ["hotline.work_orders.duckdb"]
