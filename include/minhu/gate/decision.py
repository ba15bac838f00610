"""The gate: collects what every check found and lets verdicts follow, cell by cell."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import pyarrow as pa

from minhu.errors import PermanentError
from minhu.extract import registry
from minhu.findings import Finding
from minhu.gate import kpi_checks, release_before, waivers
from minhu.gate.identity import identity
from minhu.landing.inventory import Inventory
from minhu.landing.night import Night
from minhu.release import published_contract, releases
from minhu.release.published_contract import PART_OF_CELL
from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file

#: KPIs that must have a cell and have none: those the contract promises, and optional ones with something to rate. Of
#: one whose source is blocked there need be nothing before the first release.
_LOST_KPIS = """
select kpi_id, variant from seeds.kpi_contract where not is_optional
union
select kpi_id, variant from kpis.kpi_values
where denominator > 0 and (kpi_id, variant) not in (select (kpi_id, variant) from kpis.kpi_blocked)
except
select kpi_id, variant from publish.kpi_results
order by all
"""


_PERIOD = "kpi_id, variant, period_type, period_start"


@dataclass(frozen=True)
class Decision:
    """Cells by verdict and findings by severity, as they will be published."""

    verdicts: dict[str, int]
    findings: dict[str, int]


def decide_verdicts(night: Night) -> Decision:
    """Give verdicts: to every cell that may have changed since the last ones, or to all where that is not sure.

    A cell is judged when its counts are made, when a finding about it comes or goes, and while its period runs. All of
    the archive is judged anew when the circumstances differ: the models, what sources delivered, inputs a city lacks.

    Args:
        night: of the city.

    Raises:
        PermanentError: a model failed, or a KPI is counted and would not be published; the message names it.
    """
    inventory = night.inventory
    previous = releases.latest_before(night.settings, night.business_date)
    with work_file.connect(night.settings) as db:
        work_file.prepare(db)
        circumstances = _circumstances(db, night.settings)
        judged = db.execute(
            "select circumstances from raw.judged where business_date <= ?", [night.business_date]
        ).fetchall()
        is_new = judged != [(circumstances,)]
        _check_values(db, is_new)
        findings = _collect_findings(db, inventory)
        undated = sum(
            1 for f in findings.to_pylist() if f["severity"] != "info" and not f["period_from"] and f["is_in_marts"]
        )
        everything = judged != [(circumstances,)] or bool(undated) or "blocked" in circumstances
        work_file.replace_rows(db, "raw.findings", findings)
        work_file.replace_rows(db, "raw.waivers", waivers.read(night.settings))
        release_before.show(
            db, published_contract.load(night.settings.dbt_dir), inventory.landing, previous, identity(night.settings)
        )
        expect_differences(db, previous)
    dbt_build.decide(night, everything)
    with work_file.connect(night.settings) as db:
        require_every_kpi(db)
        db.begin()
        remember_judged(db, everything)
        forget_changed_parts(db, everything)
        db.execute("delete from raw.periods_pending")
        db.execute("delete from raw.judged_findings")
        db.execute("delete from raw.judged")
        db.execute("insert into raw.judged_findings select * from kpis.kpi_findings")
        # undated findings stand against everything, so the night after them is judged as a whole too
        db.execute("insert into raw.judged values (?, ?)", [night.business_date, "" if undated else circumstances])
        db.execute("update raw.build_state set status = 'clean'")
        db.commit()
        return Decision(
            _counts(db, "select verdict, count(*) from publish.kpi_results group by 1 order by 1"),
            _counts(db, "select severity, count(*) from publish.quality_findings group by 1 order by 1"),
        )


def _circumstances(db: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """What verdicts depend on beside cells and findings, as a text to compare; a blocked source shows as such."""
    arrivals = db.execute("select source, status from raw.arrivals order by source").fetchall()
    absent = db.execute("select input, reason from raw.absent_inputs order by input").fetchall()
    spoken = db.execute(
        "select distinct kpi_id, variant from kpis.kpi_values where coalesce(denominator, numerator) > 0 order by all"
    ).fetchall()
    covered = db.execute(
        "select count_model, cast(covered_from as varchar) from kpis.kpi_coverage order by count_model"
    ).fetchall()
    return json.dumps([work_file.code_hash(settings), arrivals, absent, spoken, covered], ensure_ascii=False)


def _check_values(db: duckdb.DuckDBPyConnection, everything: bool) -> None:
    """Run the suite over what was counted since the last verdicts; over all figures where one of them has failed.

    A finding names how many figures were seen and failed, which must not depend on the night of looking.
    """
    found = kpi_checks.check_values(db, everything)
    if not everything and (found or db.execute("select 1 from raw.value_findings limit 1").fetchall()):
        found, everything = kpi_checks.check_values(db, True), True
    kpi_checks.keep(db, found, everything)


def _collect_findings(db: duckdb.DuckDBPyConnection, inventory: Inventory) -> pa.Table:
    """Everything found up to the night, with its night and whether the rows it is about are in the marts."""
    night = inventory.business_date
    model_findings = db.execute("select * from raw.model_findings").to_arrow_table().to_pylist()
    value_findings = db.execute("select * from raw.value_findings").to_arrow_table().to_pylist()
    collected = [(night, True, [Finding(**row) for row in [*model_findings, *value_findings]])]
    for source in registry.sources():
        if inventory.arrival(source.name) is None:
            reason = f"no delivery was recorded for {night}"
            missing = Finding(source.not_recorded_rule, "block", source.name, source.name, reason)
            collected.append((night, False, [missing]))
        for arrival in inventory.arrivals(source.name):
            is_accepted = arrival.status == "accepted"
            if is_accepted or arrival.business_date == night:
                dated = [_dated(finding, arrival.business_date) for finding in arrival.findings]
                collected.append((arrival.business_date, is_accepted, dated))
    tables = [
        work_file.findings_table(findings)
        .append_column("is_in_marts", pa.array([flag] * len(findings), pa.bool_()))
        .append_column("found_date", pa.array([day] * len(findings), pa.date32()))
        for day, flag, findings in collected
    ]
    return pa.concat_tables(tables)


def _dated(finding: Finding, business_date: date) -> Finding:
    """What was found in a delivery stands against the periods that hold its business date, unless it names others."""
    if finding.period_from or finding.period_to:
        return finding
    return replace(finding, period_from=business_date.isoformat(), period_to=business_date.isoformat())


def expect_differences(db: duckdb.DuckDBPyConnection, previous: Release | None) -> None:
    """Name all periods as those that may differ from the release before, unless the work file was published as that release: then
    it is those judged since (``raw.periods_since_release``)."""
    if not _goes_on_from(db, previous):
        db.begin()
        _expect_all(db)
        db.commit()


def remember_judged(db: duckdb.DuckDBPyConnection, everything: bool) -> None:
    """Keep the periods that got verdicts until a release shows them: a night may give them more than once before."""
    if everything:
        _expect_all(db)
        return
    db.execute(f"insert into raw.periods_since_release select {_PERIOD} from kpis.kpi_periods_to_judge")  # noqa: S608


def _expect_all(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("delete from raw.periods_since_release")
    exists = db.execute(
        "select 1 from information_schema.tables where (table_schema, table_name) = ('publish', 'kpi_results')"
    ).fetchall()
    for relation in ("raw.previous_kpi_results", *(["publish.kpi_results"] if exists else [])):
        db.execute(f"insert into raw.periods_since_release select distinct {_PERIOD} from {relation}")  # noqa: S608  our own


def _goes_on_from(db: duckdb.DuckDBPyConnection, previous: Release | None) -> bool:
    """Whether the work file was last published as this release."""
    exported_as = db.execute("select release_id from raw.exported_as").fetchall()
    return previous is not None and exported_as == [(previous.release_id,)]


def forget_changed_parts(db: duckdb.DuckDBPyConnection, everything: bool) -> None:
    """Files of cells that may not be taken over from the last export: those with one judged or compared since."""
    if everything:
        db.execute("delete from raw.exported_parts where digest is null")
        return
    changed = [
        part
        for table in ("kpis.kpi_periods_to_judge", "kpis.kpi_periods_to_compare")
        for (part,) in db.table(table).select(duckdb.SQLExpression(PART_OF_CELL)).distinct().fetchall()
    ]
    db.execute("delete from raw.exported_parts where digest is null and list_contains(?, part)", [changed])


def require_every_kpi(db: duckdb.DuckDBPyConnection) -> None:
    """No KPI vanishes between its figures and what is published, in a join or a list that lacks it.

    Args:
        db: the work file with verdicts given.

    Raises:
        PermanentError: a KPI that the contract promises, or that has figures, has no cell in ``kpi_results``.
    """
    lost = [f"{kpi_id}/{variant}" for kpi_id, variant in db.execute(_LOST_KPIS).fetchall()]
    if lost:
        raise PermanentError(
            "publish every KPI of the contract",
            f"expected cells of each in publish.kpi_results, found none of {', '.join(lost)}",
            "find the join or the list between kpis.kpi_values and publish.kpi_results that lacks it (first its rows in the "
            "seeds kpi_contract, kpi_grains and kpi_inputs), mend it and run the night again",
        )


def _counts(db: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return {str(name): int(count) for name, count in db.execute(query).fetchall()}
