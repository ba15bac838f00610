"""Great Expectations on the KPI frame: the door on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from minhu.findings import Finding, sample
from minhu.quality import validation
from minhu.quality.validation import Failure
from minhu.warehouse import work_file

#: More failing cells than this of one rule are reported as one finding for all cells of the KPIs concerned.
MAX_CELL_FINDINGS = 50

_FRAME = """
select
    kpi_values.*,
    kpi_contract.interval_method = 'wilson' as is_share
from kpis.kpi_values as kpi_values
inner join seeds.kpi_contract as kpi_contract
    on kpi_values.kpi_id = kpi_contract.kpi_id and kpi_values.variant = kpi_contract.variant
{condition}
order by kpi_values.kpi_id, kpi_values.variant, unit_type, unit_code, period_type, period_start, caliber
"""
#: Cells counted again since the last verdicts.
_PENDING = """
where (kpi_contract.count_model, kpi_values.period_type, kpi_values.period_start) in (
    select (count_model, period_type, period_start) from raw.periods_pending
)
"""
#: Findings about cells that are looked at again now.
_FORGET = """
delete from raw.value_findings where period_from = '' or exists (
    select 1 from raw.periods_pending as pending
    inner join seeds.kpi_contract as contract on pending.count_model = contract.count_model
    where contract.kpi_id = value_findings.kpi_id and cast(pending.period_start as varchar) = value_findings.period_from
)
"""


def check_values(db: duckdb.DuckDBPyConnection, everything: bool = True) -> list[Finding]:
    """Run the suite ``expectations.published.kpi_values`` over figures.

    Args:
        db: the work file after ``build_marts``.
        everything: look at the whole archive; else at what was counted since the last verdicts.

    Returns:
        One finding per failing cell (limited to its KPI, unit and period), or per KPI where many fail; and one of
        severity ``info`` if there was nothing to look at.
    """
    from expectations.published.kpi_values import EXPECTATIONS

    frame = db.execute(_FRAME.format(condition="" if everything else _PENDING)).df()
    for column in ("numerator", "denominator"):
        frame[column] = frame[column].astype(float)
    if frame.empty and not everything and db.execute("select 1 from kpis.kpi_values limit 1").fetchall():
        return []  # nothing was counted since; what was found then stands
    if frame.empty:
        return [Finding("L4-GXK-000", "info", "minhu", "kpi_values", "no figure was computed; the suite saw no rows")]
    findings: list[Finding] = []
    for failure in validation.run_suites({"kpi_values": (frame, EXPECTATIONS)})["kpi_values"]:
        findings += _findings(failure, _records(frame, failure), len(frame))
    return findings


def keep(db: duckdb.DuckDBPyConnection, found: Sequence[Finding], everything: bool) -> None:
    """Keep findings in ``raw.value_findings`` in place of those about the same cells."""
    db.execute("delete from raw.value_findings" if everything else _FORGET)
    db.register("found_now", work_file.findings_table(list(found)))
    db.execute("insert into raw.value_findings by name select * from found_now")
    db.unregister("found_now")


def _records(frame: pd.DataFrame, failure: Failure) -> list[dict[str, Any]]:
    rows = frame.iloc[list(failure.positions)]
    return [dict(zip(frame.columns, row, strict=True)) for row in rows.itertuples(index=False)]


def _findings(failure: Failure, cells: Sequence[dict[str, Any]], rows_seen: int) -> list[Finding]:
    """Findings of one failed expectation; without cells (it could not run at all) it stands against every KPI."""
    meta = failure.meta
    shared: dict[str, Any] = {
        "rule_id": meta["rule_id"],
        "severity": meta["severity"],
        "source": "minhu",
        "table_name": "kpi_values",
        "rows_seen": rows_seen,
        "rows_failed": max(len(cells), 1),
    }
    if not cells:
        return [Finding(**shared, message=f"the check could not be made: {meta['why']}")]
    if len(cells) > MAX_CELL_FINDINGS:
        return [
            Finding(
                **shared,
                kpi_id=kpi_id,
                sample_keys=sample([c["unit_code"] for c in cells]),
                message=f"does not hold: {meta['why']}",
            )
            for kpi_id in sorted({str(cell["kpi_id"]) for cell in cells})
        ]
    return [
        Finding(
            **shared,
            kpi_id=cell["kpi_id"],
            unit_type=cell["unit_type"],
            unit_code=cell["unit_code"] or "",
            period_from=cell["period_start"].date().isoformat(),
            period_to=cell["period_end"].date().isoformat(),
            sample_keys=str(cell["unit_code"] or ""),
            message=f"does not hold: {meta['why']}",
        )
        for cell in cells
    ]
