"""The gate: collects what every check found, lets verdicts follow cell by cell, and hands the result to a release."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from minhu import atomic, contracts, kpi_checks, release, warehouse, work_file
from minhu.findings import Finding
from minhu.landing import Landing
from minhu.settings import Settings

#: Columns of kpi_results that a later night needs of an earlier release.
_CARRIED = pa.schema(
    [
        ("kpi_id", pa.string()), ("variant", pa.string()), ("unit_type", pa.string()), ("unit_code", pa.string()),
        ("period_type", pa.string()), ("period_start", pa.date32()), ("period_end", pa.date32()),
        ("caliber", pa.string()), ("numerator", pa.decimal128(18, 4)), ("denominator", pa.decimal128(18, 4)),
        ("value", pa.float64()), ("ci_low", pa.float64()), ("ci_high", pa.float64()), ("verdict", pa.string()),
        ("rule_id", pa.string()), ("reason", pa.string()), ("is_provisional", pa.bool_()), ("as_of", pa.timestamp("us")),
        ("contract_version", pa.string()), ("last_good_value", pa.float64()), ("last_good_as_of", pa.timestamp("us")),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """Cells by verdict and findings by severity, as they will be published."""

    verdicts: dict[str, int]
    findings: dict[str, int]


def decide_verdicts(settings: Settings, business_date: date) -> Decision:
    """Judge every cell of the night.

    Args:
        settings: of the home; its work file holds the built and checked marts of ``business_date``.
        business_date: the night.
    """
    landing = Landing(settings.landing_dir)
    refused, accepted = _arrival_findings(landing, business_date)
    previous = release.latest_before(settings, business_date)
    with work_file.connect(settings) as db:
        model_findings = [
            Finding(**row) for row in db.execute("select * from raw.model_findings").to_arrow_table().to_pylist()
        ]
        in_marts = [*accepted, *model_findings, *kpi_checks.check_values(db)]
        marked = [(work_file.findings_table(in_marts), True), (work_file.findings_table(refused), False)]
        tables = [
            table.append_column("is_in_marts", pa.array([flag] * len(table), pa.bool_())) for table, flag in marked
        ]
        work_file.replace_rows(db, "raw.findings", pa.concat_tables(tables))
        work_file.replace_rows(db, "raw.previous_kpi_results", _carried_cells(previous.path if previous else None))
    warehouse.decide(settings, business_date)
    with work_file.connect(settings) as db:
        return Decision(
            _counts(db, "select verdict, count(*) from publish.kpi_results group by 1 order by 1"),
            _counts(db, "select severity, count(*) from publish.quality_findings group by 1 order by 1"),
        )


def publish_night(
    settings: Settings, published_uri: str, business_date: date, progress: Callable[[str], None] = lambda _: None
) -> release.Release:
    """Judge and publish a night; the work file is brought to that night first if another was built since."""
    if work_file.built_date(settings) != business_date:
        warehouse.load_landing(settings, business_date)
        warehouse.build_marts(settings, business_date)
        warehouse.check_marts(settings, business_date)
    decide_verdicts(settings, business_date)
    return publish_release(settings, published_uri, business_date, progress)


def publish_release(
    settings: Settings, published_uri: str, business_date: date, progress: Callable[[str], None] = lambda _: None
) -> release.Release:
    """Publish what was decided: release folder, ledger, PostgreSQL. Safe to repeat after a kill at any point."""
    return release.publish(
        settings, published_uri, business_date, identity(settings), landing_manifests(settings, business_date), progress
    )


def identity(settings: Settings) -> release.ReleaseIdentity:
    """Which code makes the release: commit (with a mark if the tree was changed), lock file and dbt project."""
    lock = settings.project_root / "requirements.txt"
    return release.ReleaseIdentity(
        git_commit=_git_commit(settings.project_root),
        lock_sha256=atomic.sha256_of(lock) if lock.exists() else "",
        dbt_manifest_sha256=work_file.code_hash(settings),
    )


def landing_manifests(settings: Settings, business_date: date) -> list[dict[str, object]]:
    """The evidence behind a release: every landed manifest up to the business date, by path and hash."""
    landing = Landing(settings.landing_dir)
    found: list[dict[str, object]] = []
    for source in contracts.SOURCES:
        for arrival in landing.arrivals(source, business_date):
            for contract in contracts.tables_of(source) if arrival.attempt else ():
                path = landing.folder(contract, arrival.business_date, arrival.attempt or 0) / "manifest.json"
                found.append(
                    {
                        "path": str(path.relative_to(settings.home)),
                        "sha256": atomic.sha256_of(path),
                        "rows": arrival.row_counts[contract.name],
                    }
                )
    return sorted(found, key=lambda entry: str(entry["path"]))


def _arrival_findings(landing: Landing, business_date: date) -> tuple[list[Finding], list[Finding]]:
    """Findings of this night's refused deliveries, and of the accepted ones."""
    refused: list[Finding] = []
    accepted: list[Finding] = []
    for source in contracts.SOURCES:
        arrival = landing.arrival(source, business_date)
        if arrival is None:
            reason = f"no delivery was recorded for {business_date}"
            refused.append(Finding(f"L0-{_short(source)}-002", "block", source, source, reason))
        elif arrival.status == "accepted":
            accepted += arrival.findings
        else:
            refused += arrival.findings
    return refused, accepted


def _short(source: str) -> str:
    return {"hotline": "HOT", "grid": "GRD", "stations": "STA"}[source]


def _carried_cells(folder: Path | None) -> pa.Table:
    if folder is None:
        return _CARRIED.empty_table()
    parts = sorted((folder / "kpi_results").glob("*.parquet"))
    return pa.concat_tables([pq.read_table(p, columns=_CARRIED.names, partitioning=None).cast(_CARRIED) for p in parts])


def _counts(db: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in db.execute(query).fetchall()}


def _git_commit(root: Path) -> str:
    """Commit of the checkout; "" outside one. Nothing else of git is needed, so no library."""
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
