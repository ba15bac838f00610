"""What is said of tables that came out otherwise, and how the command ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from minhu.audit import replay
from minhu.audit.replay_difference import MOST_KEYS, TableDifference, compare_files, compare_rows
from minhu.cli import app
from minhu.release.release_folder import Release, ReleaseFile
from minhu.release.store import Store

KEY = {"kpi_id": "H06", "variant": "main", "unit_type": "district", "period_type": "month", "caliber": "full"}


def cell(unit: str, value: float | None, verdict: str = "PUBLISHED") -> dict[str, Any]:
    return {**KEY, "unit_code": unit, "period_start": date(2026, 11, 1), "value": value, "verdict": verdict}


def written(path: Path, rows: list[dict[str, Any]]) -> list[Path]:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return [path]


def compared(tmp_path: Path, table: str, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> TableDifference:
    return compare_rows(table, written(tmp_path / "one.parquet", one), written(tmp_path / "other.parquet", other))


def test_cells_are_paired_by_key_and_ten_are_told_with_what_differs(tmp_path: Path) -> None:
    there = [cell(f"d{n:02d}", 0.5) for n in range(30)] + [cell("lost", 0.1), cell("same", None)]
    here = [cell(f"d{n:02d}", 0.5 if n < 10 else None) for n in range(30)] + [cell("added", 0.2), cell("same", None)]
    found = compared(tmp_path, "kpi_results", there, here)
    assert (found.only_published, found.only_replayed, found.changed, found.columns) == (1, 1, 20, ("value",))
    assert len(found.keys) == MOST_KEYS == 10
    assert found.keys[0] == (
        "kpi_id=H06 variant=main unit_type=district unit_code=d10 period_type=month period_start=2026-11-01 caliber=full: "
        "value 0.5 in the release, None in the replay"
    )
    assert found.lines()[0] == (
        "kpi_results: 1 rows only in the release, 1 only in the replay, 20 changed; columns value"
    )


def test_rows_of_one_side_are_told_as_such(tmp_path: Path) -> None:
    found = compared(tmp_path, "kpi_results", [cell("lost", 0.1), cell("same", 1.0)], [cell("same", 1.0)])
    assert found.keys[0].endswith(
        "unit_code=lost period_type=month period_start=2026-11-01 caliber=full: only in the release"
    )
    assert found.columns == ()


def test_of_a_table_without_a_key_the_column_that_differs_is_found(tmp_path: Path) -> None:
    there = [{"rule_id": f"L1-{n}", "rows_seen": 5, "note": None} for n in range(8)]
    here = [{**row, "rows_seen": 6 if row["rule_id"] == "L1-3" else 5} for row in there]
    found = compared(tmp_path, "quality_findings", there, here)
    assert (found.only_published, found.only_replayed, found.changed, found.columns) == (1, 1, 0, ("rows_seen",))
    assert found.keys == (
        "only in the release: rule_id=L1-3 rows_seen=5", "only in the replay: rule_id=L1-3 rows_seen=6",
    )  # fmt: skip


def test_columns_that_came_went_or_changed_their_type_are_named(tmp_path: Path) -> None:
    found = compared(
        tmp_path, "dim_units", [{"unit_code": "u", "n": 1, "old": 1}], [{"unit_code": "u", "n": "1", "new": 1}]
    )
    assert found.columns == (
        "n (BIGINT in the release, VARCHAR in the replay)", "old (only in the release)", "new (only in the replay)",
    )  # fmt: skip


def test_other_bytes_of_the_same_rows_are_no_other_figures(tmp_path: Path) -> None:
    rows = [cell("d", 0.5)]
    one = written(tmp_path / "one.parquet", rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "other.parquet", compression="gzip")
    assert "the same rows in other bytes" in compare_rows("kpi_results", one, [tmp_path / "other.parquet"]).note


def a_release(folder: Path, *files: ReleaseFile) -> Release:
    manifest = {"files": [vars(file) for file in files], "git_commit": "abc"}
    return Release(
        "2026-11-20-0123456789", date(2026, 11, 20), datetime(2026, 11, 20, 16, tzinfo=UTC), folder, manifest, ""
    )


def test_files_of_one_side_and_damaged_ones_are_named(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    digest, size = store.put(lambda path: pq.write_table(pa.table({"a": [1, 2]}), path))
    kept, changed = ReleaseFile("kept.parquet", digest, size, 2), ReleaseFile("changed.parquet", "0" * 64, 1, 2)
    (tmp_path / "kept.parquet").hardlink_to(store.path(digest))
    (tmp_path / "changed.parquet").write_bytes(b"x")
    found = compare_files(
        a_release(tmp_path, kept, changed), [kept, ReleaseFile("new.parquet", digest, size, 2),
                                             ReleaseFile("changed.parquet", digest, size, 2)], store
    )  # fmt: skip
    assert [(difference.table, difference.only_replayed) for difference in found] == [("changed", 0), ("new", 2)]
    assert "changed.parquet of the release itself was changed or lost" in found[0].note


@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"x"), lambda path: path.unlink()])
def test_a_replay_with_the_published_hashes_sees_a_file_of_the_release_that_was_changed(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    store = Store(tmp_path / "store")
    digest, size = store.put(lambda path: pq.write_table(pa.table({"a": [1, 2]}), path))
    files = [
        ReleaseFile(name, digest, size, 2) for name in ("kpi_results/2026-10.parquet", "kpi_results/2026-11.parquet")
    ]
    (tmp_path / "kpi_results").mkdir()
    for file in files:
        shutil.copy(store.path(digest), tmp_path / file.name)
    release = a_release(tmp_path, *files)
    assert compare_files(release, files, store) == []
    (tmp_path / files[1].name).chmod(0o600)
    harm(tmp_path / files[1].name)
    (found,) = compare_files(release, files, store)
    assert found.note == "kpi_results/2026-11.parquet of the release itself was changed or lost: run `minhu verify`"


@pytest.mark.parametrize("differs", [False, True])
def test_the_command_ends_with_0_or_6_and_says_the_difference(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, differs: bool
) -> None:
    difference = TableDifference(
        "kpi_results", 0, 0, 3, ("value",), ("kpi_id=H06: value 1 in the release, 2 in the replay",)
    )
    found = replay.Replay(a_release(tmp_path), "", 35, 29_008, (difference,) if differs else (), None)
    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(app, "_unwind_when_asked_to_end", lambda: None)
    monkeypatch.setattr(replay, "replay", lambda *_: found)
    ended = CliRunner().invoke(app.app, ["replay", "2026-11-20-0123456789"])
    assert ended.exit_code == (6 if differs else 0)
    if differs:
        assert "1 tables differ: kpi_results" in ended.output and "3 changed; columns value" in ended.output
        assert "kpi_id=H06: value 1 in the release, 2 in the replay" in ended.output
    else:
        assert "equal, 35 files with 29,008 rows have the published hashes" in ended.output


def test_a_home_without_releases_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.cli.processes import minhu

    ended = minhu(tmp_path, "replay")
    assert ended.code == 2 and "run a night first" in ended.err and "Traceback" not in ended.err
    assert list(tmp_path.iterdir()) == []
