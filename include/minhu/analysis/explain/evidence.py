"""What a release says of one of its cells: contract, cohort, findings that touched it, waivers, last good value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import jinja2

from minhu.analysis.explain.question import CellKey
from minhu.errors import UsageError
from minhu.settings import Settings

#: Columns of a finding that an auditor needs; persons are in none of them.
FINDING_COLUMNS = (
    "rule_id", "severity", "source", "table_name", "column_name", "anchors", "unit_type", "unit_code", "period_type",
    "period_from", "period_to", "rows_seen", "rows_failed", "sample_keys", "message", "detail", "finding_sha256", "waiver_id",
)  # fmt: skip
#: As the verdict of the cell was given (model ``kpi_cell_verdicts``): by unit, kind of period and days.
_TOUCHING = """
    select {columns}, {found_on} as found_on
    from {findings} as found
    inner join kpi on {may_contaminate}
    where found.severity in ('block', 'warn') and found.is_in_marts
        and (found.unit_type = $unit_type or (found.unit_type = '' and found.unit_code = ''))
        and (found.unit_code = $unit_code or found.unit_code = '')
        and (found.period_type = '' or found.period_type = $period_type)
        and (found.period_from is null or found.period_from <= cast($period_end as date))
        and (found.period_to is null or found.period_to >= cast($period_start as date))
"""


@dataclass(frozen=True)
class Anchor:
    """A cohort date: which records count, by which of their days. ``anchor`` is a word of the contract."""

    table: str
    anchor: str


def read_contract(published: duckdb.DuckDBPyConnection, key: CellKey) -> dict[str, Any]:
    """The row of the release's contract under which the cell was made."""
    rows = published.execute(
        "select * from kpi_contract where kpi_id = ? and variant = ?", [key.kpi_id, key.variant]
    ).to_arrow_table()
    return dict(rows.to_pylist()[0])


def anchors_of(contract: dict[str, Any]) -> list[Anchor]:
    """The cohort dates of a KPI; none where it counts returned sheets, stocks or estimates."""
    return [Anchor(*anchor.split("/", 1)) for anchor in str(contract.get("anchors") or "").split()]


def touching_findings(
    settings: Settings,
    published: duckdb.DuckDBPyConnection,
    key: CellKey,
    period_end: date,
    found_on: date,
    earlier: Any,
) -> list[dict[str, Any]]:
    """Findings that blocked the cell or put a note on it, the blocking ones first.

    Args:
        settings: of the home; its project names the tables and columns that each KPI is made of.
        published: an engine that offers the release.
        key: the cell.
        period_end: its last day.
        found_on: business date of the release, the night of its findings.
        earlier: an Arrow table of findings of earlier nights that stand, with ``found_date``; None if nobody knows them.
    """
    inputs = settings.dbt_dir / "seeds" / "kpi_inputs.csv"
    published.read_csv(str(inputs), header=True, all_varchar=True).to_view("kpi_inputs")
    statement = _statement(settings, published, "quality_findings", "cast($found_on as date)")
    if earlier is not None:
        published.register("earlier_findings", earlier)
        statement += " union all " + _statement(settings, published, "earlier_findings", "found.found_date")
    rows = published.execute(
        f"""with kpi as (
            select * from kpi_contract where kpi_id = $kpi_id and variant = $variant
        ), touching as ({statement})
        select * from touching order by severity <> 'block', waiver_id = '', rule_id, message, finding_sha256""",  # noqa: S608
        {
            "kpi_id": key.kpi_id, "variant": key.variant, "unit_type": key.unit_type, "unit_code": key.unit_code,
            "period_type": key.period_type, "period_start": key.period_start, "period_end": period_end, "found_on": found_on,
        },
    ).to_arrow_table()  # fmt: skip
    return [dict(row) for row in rows.to_pylist()]


def waivers_of(published: duckdb.DuckDBPyConnection, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Waivers under which one of the findings does not block."""
    wanted = sorted({str(finding["waiver_id"]) for finding in findings if finding["waiver_id"]})
    if not wanted:
        return []
    rows = published.execute(
        "select * exclude (release_id, as_of) from waivers where list_contains(?, waiver_id) order by all", [wanted]
    )
    return [dict(row) for row in rows.to_arrow_table().to_pylist()]


def require_tables(known: tuple[str, ...], release_id: str) -> None:
    """Refuse a release that says too little.

    Raises:
        UsageError: it was made by a version that did not publish its contract or its findings.
    """
    missing = [name for name in ("kpi_results", "kpi_contract", "quality_findings", "waivers") if name not in known]
    if missing:
        raise UsageError(
            f"explain a cell of release {release_id}", f"it has no table {', '.join(missing)}",
            "explain the cell of a release of this version; `minhu releases` lists them",
        )  # fmt: skip


def _statement(settings: Settings, published: duckdb.DuckDBPyConnection, findings: str, found_on: str) -> str:
    known = set(published.table(findings).columns)
    columns = ", ".join(f"found.{name}" if name in known else f"null as {name}" for name in FINDING_COLUMNS)
    return _TOUCHING.format(
        columns=columns, findings=findings, found_on=found_on, may_contaminate=_may_contaminate(settings)
    )


def _may_contaminate(settings: Settings) -> str:
    """SQL of the gate's own rule, whether a finding can touch a KPI at all: the macro, so that the two cannot differ."""
    macro = (settings.dbt_dir / "macros" / "contaminate.sql").read_text(encoding="utf-8")
    return jinja2.Template(macro + "{{ may_contaminate('found', 'kpi') }}").render(ref=lambda name: name).strip()
