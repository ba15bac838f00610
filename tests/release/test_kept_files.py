"""Which files of settled months the next release may take over as they are."""

from __future__ import annotations

import duckdb
import pytest

from minhu.gate.decision import forget_changed_parts

KEPT = [
    ("kpi_changes", "2025-01"), ("kpi_changes", "2025-02"), ("kpi_results", "2025-01"), ("kpi_results", "2025-02"),
    ("kpi_results", "2025"), ("kpi_signals", "2025-01"), ("kpi_signals", "2025-02"),
]  # fmt: skip


@pytest.fixture
def work() -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute("create schema raw; create schema kpis")
    db.execute("create table raw.exported_parts (table_name varchar, part varchar)")
    db.executemany("insert into raw.exported_parts values (?, ?)", KEPT)
    for table in ("kpi_periods_to_judge", "kpi_periods_to_compare"):
        db.execute(f"create table kpis.{table} (period_type varchar, period_start date)")
    return db


def kept(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return db.execute("from raw.exported_parts").fetchall()


def test_a_month_judged_anew_is_written_again_and_so_are_all_signals(work: duckdb.DuckDBPyConnection) -> None:
    """Limits are made of the first months of a series: one that is restated moves the rows of all later months."""
    work.execute("insert into kpis.kpi_periods_to_judge values ('month', '2025-01-01')")
    work.execute("insert into kpis.kpi_periods_to_compare values ('year', '2025-01-01')")
    forget_changed_parts(work, everything=False)
    assert kept(work) == [("kpi_changes", "2025-02"), ("kpi_results", "2025-02")]


def test_where_everything_is_judged_anew_nothing_is_taken_over(work: duckdb.DuckDBPyConnection) -> None:
    forget_changed_parts(work, everything=True)
    assert kept(work) == []
