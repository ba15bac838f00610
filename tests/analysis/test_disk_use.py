"""Disk use by layer, against what the file system says."""

from __future__ import annotations

import os
from pathlib import Path

from minhu.analysis import disk_use


def test_layers_are_added_up_and_what_is_shared_counts_once(tmp_path: Path) -> None:
    for name, size in (
        ("store/ab", 40_000),
        ("landing/grid/events/part.parquet", 90_000),
        ("warehouse/work.duckdb", 12_000),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    (tmp_path / "releases" / "r1").mkdir(parents=True)
    (tmp_path / "releases" / "r1" / "kpi.parquet").hardlink_to(tmp_path / "store" / "ab")
    (tmp_path / "warehouse" / "elsewhere").symlink_to("/usr")
    found = disk_use.by_layer(tmp_path)
    assert list(found) == ["landing", "releases", "warehouse"], "the largest first"
    assert 40_000 <= found["releases"] < 80_000
    assert found["warehouse"] < 40_000, "a link is not followed"


def test_nothing_there_is_nothing(tmp_path: Path) -> None:
    assert disk_use.by_layer(tmp_path / "none") == {}


def test_bytes_as_a_person_reads_them() -> None:
    assert [disk_use.shown(n) for n in (0, 999, 1000, 1_450_000, 2_000_000_000)] == [
        "0 B", "999 B", "1.0 kB", "1.4 MB", "2.0 GB",
    ]  # fmt: skip
