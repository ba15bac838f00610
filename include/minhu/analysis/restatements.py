"""``minhu restatements``: what was published otherwise before, what stands now, why, and since which night."""

from __future__ import annotations

import re
from datetime import date

import pyarrow as pa

from minhu.analysis.query import offered_release
from minhu.errors import UsageError
from minhu.release.releases import current
from minhu.settings import Settings

TABLE = "kpi_restatements"
#: The log beside the cells of now: a cell that changed twice has two rows, each with the figure of now.
_LOG = """
select
    log.business_date as night, log.kpi_id, log.variant, log.unit_type, log.unit_code, cells.unit_name, log.period_type,
    log.period_start, log.caliber, log.value_before, log.value_now as value_since, cells.value as value_now,
    log.numerator_before, log.denominator_before, log.numerator_now as numerator_since,
    log.denominator_now as denominator_since, log.verdict_before, log.verdict_now as verdict_since,
    cells.verdict as verdict_now, log.rule_id_before, log.rule_id_now as rule_id_since, log.causes, log.late_rows,
    log.corrected_rows, log.rows_counted_in, log.restated_return, log.border_change, log.reference_change,
    log.contract_version_before, log.contract_version_now as contract_version_since, log.release_before
from kpi_restatements as log
left join kpi_results as cells using (kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber)
where
    ($kpi is null or log.kpi_id = $kpi) and ($unit is null or log.unit_code = $unit or cells.unit_name = $unit)
    and ($period is null or starts_with(strftime(log.period_start, '%Y-%m-%d'), $period))
    and ($night is null or log.business_date = $night)
order by
    log.business_date, log.kpi_id, log.variant, log.unit_type, log.unit_code, log.period_type, log.period_start, log.caliber
"""
#: Columns a person sees; all of them are in the other formats.
SHOWN = (
    "night", "kpi_id", "variant", "unit_code", "period_type", "period_start", "caliber", "value_before", "value_now",
    "verdict_before", "verdict_now", "causes",
)  # fmt: skip


def read_log(
    settings: Settings,
    kpi: str | None = None,
    unit: str | None = None,
    period: str | None = None,
    night: date | None = None,
) -> pa.Table:
    """The log of the current release, narrowed; in order of night and cell.

    Args:
        settings: of the city.
        kpi: id of a KPI.
        unit: code or name of a unit.
        period: beginning of the first day of a period: a year, a month or a day.
        night: only what changed on this business date.

    Raises:
        UsageError: nothing was published, the release has no such log, or ``period`` is no date.
    """
    if period is not None and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", period):
        raise UsageError("read the restatements", f"{period!r} is no period", "give a year, a month or a day, 2026-10")
    release = current(settings)
    if TABLE not in release.table_names:
        raise UsageError(
            "read the restatements",
            f"release {release.release_id} has no table {TABLE}",
            "run a night with this version",
        )
    with offered_release(settings) as engine:
        return engine.execute(_LOG, {"kpi": kpi, "unit": unit, "period": period, "night": night}).to_arrow_table()
