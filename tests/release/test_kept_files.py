"""Which files of the release before the next one may take over as they are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from minhu.gate.decision import forget_changed_parts
from minhu.release import export, published_contract
from minhu.release.published_contract import Contract
from minhu.settings import PROJECT_ROOT, Settings

KEPT = [
    ("kpi_changes", "2025-01", None), ("kpi_changes", "2025-02", None), ("kpi_results", "2025-01", None),
    ("kpi_results", "2025-02", None), ("kpi_results", "2025", None), ("kpi_signals", "2025-01", "1/2/3"),
]  # fmt: skip


@pytest.fixture
def work() -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute("create schema raw; create schema kpis")
    db.execute("create table raw.exported_parts (table_name varchar, part varchar, digest varchar)")
    db.executemany("insert into raw.exported_parts values (?, ?, ?)", KEPT)
    for table in ("kpi_periods_to_judge", "kpi_periods_to_compare"):
        db.execute(f"create table kpis.{table} (period_type varchar, period_start date)")
    return db


def kept(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return db.execute("select table_name, part from raw.exported_parts").fetchall()


def test_a_month_judged_anew_is_written_again(work: duckdb.DuckDBPyConnection) -> None:
    work.execute("insert into kpis.kpi_periods_to_judge values ('month', '2025-01-01')")
    work.execute("insert into kpis.kpi_periods_to_compare values ('year', '2025-01-01')")
    forget_changed_parts(work, everything=False)
    assert kept(work) == [("kpi_changes", "2025-02"), ("kpi_results", "2025-02"), ("kpi_signals", "2025-01")]


def test_where_everything_is_judged_anew_only_what_a_digest_vouches_for_is_taken_over(
    work: duckdb.DuckDBPyConnection,
) -> None:
    forget_changed_parts(work, everything=True)
    assert kept(work) == [("kpi_signals", "2025-01")]


@pytest.fixture
def published(home_of_a_night: Settings, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the work file of a published night."""
    copy = tmp_path / home_of_a_night.warehouse_path.name
    shutil.copyfile(home_of_a_night.warehouse_path, copy)
    with duckdb.connect(str(copy)) as db:
        yield db


def contract() -> Contract:
    return published_contract.load(PROJECT_ROOT / "dbt_project")


def known(db: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    return {key for key in export._known_files(db, contract()) if key[0] not in export.BY_PERIOD}


def test_what_a_release_has_is_known_whatever_the_order_of_its_rows(published: duckdb.DuckDBPyConnection) -> None:
    all_files = known(published)
    names = {name for name, _ in all_files}
    assert {"quality_findings", "periods", "dim_places"} <= names and not names & {*export.BY_PERIOD}
    published.execute("create table other as from publish.quality_findings order by hash(quality_findings)")
    published.execute("delete from publish.quality_findings; insert into publish.quality_findings from other")
    assert known(published) == all_files


@pytest.mark.parametrize(
    "change",
    [
        "update publish.quality_findings set message = message || ' ' where finding_sha256 = $row",
        "update publish.quality_findings set rows_failed = null where finding_sha256 = $row",
        "update publish.quality_findings set sample_keys = message, message = sample_keys where finding_sha256 = $row",
        "delete from publish.quality_findings where finding_sha256 = $row",
        "insert into publish.quality_findings from publish.quality_findings where finding_sha256 = $row",
        "insert into publish.quality_findings select a.* from publish.quality_findings as a, range(2) where finding_sha256 = $row",
    ],
    ids=["other text", "null", "swapped", "gone", "twice", "three times"],
)
def test_one_row_that_is_another_makes_its_file_another_and_no_other_file(
    published: duckdb.DuckDBPyConnection, change: str
) -> None:
    before = known(published)
    ((row, month),) = published.execute(
        "select min(finding_sha256), min(strftime(period_from, '%Y-%m')) from publish.quality_findings "
        "where rows_failed > 0 and sample_keys <> message and finding_sha256 in ("
        "select finding_sha256 from publish.quality_findings group by all having count(*) = 1) "
        "group by finding_sha256 order by 1 limit 1"
    ).fetchall()
    published.execute(change, {"row": row})
    assert before - known(published) == {("quality_findings", month)}
