"""Great Expectations on the KPI frame: the door on the way out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import duckdb

from minhu.findings import Finding, sample

#: More failing cells than this of one rule are reported as one finding for all cells of the KPIs concerned.
MAX_CELL_FINDINGS = 50

_FRAME = """
select
    kpi_values.*,
    kpi_contract.interval_method = 'wilson' as is_share
from kpis.kpi_values as kpi_values
inner join seeds.kpi_contract as kpi_contract
    on kpi_values.kpi_id = kpi_contract.kpi_id and kpi_values.variant = kpi_contract.variant
order by kpi_values.kpi_id, kpi_values.variant, unit_type, unit_code, period_type, period_start, caliber
"""


def check_values(db: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Run the suite ``expectations.published.kpi_values`` over every computed figure.

    Args:
        db: the work file after ``build_marts``.

    Returns:
        One finding per failing cell (limited to its KPI, unit and period), or per KPI where many fail; and one of
        severity ``info`` if there was nothing to look at.
    """
    import great_expectations as gx

    from expectations.published.kpi_values import suite

    frame = db.execute(_FRAME).df()
    for column in ("numerator", "denominator"):
        frame[column] = frame[column].astype(float)
    if frame.empty:
        return [Finding("L4-GXK-000", "info", "minhu", "kpi_values", "no figure was computed; the suite saw no rows")]
    frame["cell"] = frame.index
    logging.getLogger("great_expectations").setLevel(logging.ERROR)  # it talks at length; set after its import
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    batch = (
        context.data_sources.add_pandas("work_file").add_dataframe_asset("kpi_values").add_batch_definition_whole_dataframe("all")
    )
    validation = gx.ValidationDefinition(name="kpi_values", data=batch, suite=context.suites.add(suite()))
    context.validation_definitions.add(validation)
    outcome = validation.run(
        batch_parameters={"dataframe": frame},
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["cell"]},
    )
    findings: list[Finding] = []
    for result in outcome.results:
        if not result.success:
            cells = [int(entry["cell"]) for entry in result.result.get("unexpected_index_list") or []]
            findings += _findings(result, frame.loc[sorted(set(cells))].to_dict("records"), len(frame))
    return findings


def _findings(result: Any, cells: Sequence[dict[str, Any]], rows_seen: int) -> list[Finding]:
    """Findings of one failed expectation; without cells (it could not run at all) it stands against every KPI."""
    meta = result.expectation_config.meta
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
            Finding(**shared, kpi_id=kpi_id, sample_keys=sample([c["unit_code"] for c in cells]), message=f"does not hold: {meta['why']}")
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
