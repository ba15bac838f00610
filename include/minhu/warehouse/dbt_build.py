"""The nightly build: landing into the work file, dbt on it, and what its tests found.

Whatever the work file held, it is brought to the business date: carried on where that is safe, else made again from
landing, which holds everything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

import duckdb

from minhu import business_dates
from minhu.environment import MEMORY_VARIABLE, THREADS_VARIABLE, WAREHOUSE_VARIABLE
from minhu.errors import PermanentError
from minhu.findings import Finding
from minhu.landing.night import Night
from minhu.warehouse import machine, parsed_project, raw_tables, spark_engine
from minhu.warehouse.work_file import (
    code_hash,
    connect,
    discard,
    findings_table,
    prepare,
    read_state,
    reason_to_rebuild,
    replace_rows,
    scalar,
)

#: Everything up to KPI values; verdicts and what is published follow from findings.
BUILD = [
    "build", "--exclude-resource-type", "test", "unit_test", "--exclude", "kpi_findings+", "kpi_cells+", "publish",
]  # fmt: skip
#: Data tests of what is built until then.
CHECK = ["test", "--exclude-resource-type", "unit_test", "--exclude", "publish", "kpi_findings+", "kpi_cells+"]
#: What a work file that is carried on holds already: it is made anew when the models, the seeds or one of the pictures
#: of places, units, grids, points, items and residents change.
STANDING = [
    "staging", "resource_type:seed", "qc_rules", "dim_places", "dim_place_versions", "dim_units",
    "dim_unit_versions", "dim_grids", "dim_grid_versions", "dim_service_points", "dim_service_point_versions",
    "dim_items", "dim_item_versions", "dim_resident_versions", "dim_place_residents", "bridge_places_now", "bridge_redrawn_units",
    "bridge_residents_points", "bridge_units_peer_groups", "bridge_units_periods", "dim_unit_names",
]  # fmt: skip
#: What follows from returns and pictures alone: most nights nothing is returned.
OF_RETURNS = [
    "intermediate.returns", "int_rating_effects", "int_return_measures", "est_department_ratings", "est_grade_entropy",
    "est_survey_satisfaction", "agg_returns_by_period", "quarantine_returns", "qc_quarantined_returns",
]  # fmt: skip
#: dbt tells nobody what it does (lines of its log cost more than small models): what failed is in the results. What stands
#: in the work file is looked up when a model asks for it.
SILENT = ["--log-level", "none", "--log-level-file", "none", "--no-populate-cache"]
#: What is published as it stands in seeds and pictures.
PUBLISHED_AS_STANDING = [
    "published_contract", "published_contract_versions", "published_place_versions", "published_places",
    "published_schemes", "published_unit_versions", "published_units",
]  # fmt: skip
#: As int_days_to_count has it of returns: new content came, or a day passed for which something was returned ahead of it.
_RETURNED = """
select (
    select count(*) from raw.returns__deliveries where load_no > $built
    and digest not in (select digest from raw.returns__deliveries where load_no <= $built)
) + (select count(*) from assessment.int_return_measures where day > $before and day <= $night)
"""


@dataclass(frozen=True)
class LoadReport:
    """What went from landing into the work file.

    Attributes:
        rows: rows loaded now, per landed table; a table that brought nothing new is absent.
        is_rebuilt: the work file was made anew from all of landing.
        why_rebuilt: the reason, for a person; "" if it was not.
    """

    rows: dict[str, int]
    is_rebuilt: bool
    why_rebuilt: str


def load_landing(night: Night) -> LoadReport:
    """Bring every accepted delivery up to the night into ``raw``, once.

    Args:
        night: of the city.
    """
    inventory = night.inventory
    reference_hash = raw_tables.reference_hash(inventory, raw_tables.loaded_parts(night.settings))
    why = reason_to_rebuild(night, reference_hash)
    if why:
        discard(night.settings.warehouse_path)
        spark_engine.discard(night.settings)
    with connect(night.settings) as db:
        prepare(db)
        db.begin()
        rows = raw_tables.load_attempts(db, inventory)
        raw_tables.write_arrivals(db, night.settings, inventory)
        if not scalar(db, "select count(*) from raw.build_state"):
            before = night.business_date - timedelta(days=1)
            db.execute(
                "insert into raw.build_state values (?, 'clean', ?, ?, 0, '', null, 0, ?)",
                [before, code_hash(night.settings), reference_hash, night.settings.engine],
            )
        db.execute("update raw.build_state set city_code = ?", [raw_tables.city_code(db, night.settings)])
        db.commit()
    return LoadReport(rows, bool(why), why)


def build_marts(night: Night) -> int:
    """Run dbt from staging to KPI values; returns the number of models that ran.

    Raises:
        PermanentError: a model failed; the message names it and its error.
    """
    with connect(night.settings) as db:
        # what the build starts from stays known, so that its tests and verdicts run with the same variables
        db.execute(
            "update raw.build_state set status = 'building', previous_business_date = business_date, "
            "previous_load_no = built_load_no"
        )
        state = read_state(db)
        newest = scalar(db, "select coalesce(max(load_no), 0) from raw.loads")
        arguments = [*BUILD, *unchanged_models(db, state, night.business_date)]
    results = run_dbt(night, arguments, state)
    with connect(night.settings) as db:
        db.execute(
            "update raw.build_state set status = 'clean', business_date = ?, built_load_no = ?",
            [night.business_date, newest],
        )
        # verdicts may come nights later: what they have to judge adds up until then
        db.execute("insert into raw.periods_pending select * from kpis.kpi_periods_to_count")
    return len(results)


def unchanged_models(db: duckdb.DuckDBPyConnection, state: dict[str, Any], business_date: date) -> list[str]:
    """Models that a build from ``state`` would make again as they are, to be left out; none in a new work file."""
    built = state["previous_load_no"]
    if not built:
        return []
    known = {"built": built, "before": state["previous_business_date"], "night": business_date}
    is_returned = db.execute(_RETURNED, known).fetchall() != [(0,)]
    return [*STANDING, *([] if is_returned else OF_RETURNS)]


def check_marts(night: Night) -> list[Finding]:
    """Run dbt's data tests; failures become findings, kept in ``raw.model_findings`` for the gate."""
    with connect(night.settings) as db:
        state = read_state(db)
    results = run_dbt(night, CHECK, state, may_fail=True)
    findings = [finding for result in results if (finding := _finding_of_test(result)) is not None]
    with connect(night.settings) as db:
        replace_rows(db, "raw.model_findings", findings_table(findings))
    return findings


def decide(night: Night, everything: bool) -> int:
    """Run the models that follow from findings: cells, verdicts and everything published.

    Args:
        night: of the city.
        everything: judge every cell of the archive, not only those that may have changed.

    The work file stays marked as being judged: whoever keeps what follows for the next night says in the same transaction that it
    is clean. One in which verdicts were given and nobody knows which is made anew.
    """
    with connect(night.settings) as db:
        state = read_state(db)
        db.execute("update raw.build_state set status = 'judging'")
        # of the night before, whose verdicts made all of them: a work file that they cut off is not carried on
        is_published = scalar(
            db,
            "select count(*) from information_schema.tables where (table_schema, table_name) = ('publish', 'dim_places')",
        )
    arguments = ["run", "--select", "kpi_findings+", "kpi_cells+", "publish"]
    if is_published:
        arguments += ["--exclude", *PUBLISHED_AS_STANDING]
    return len(run_dbt(night, [*arguments, *(["--full-refresh"] if everything else [])], state))


def variables_of(night: Night, state: Mapping[str, Any]) -> dict[str, Any]:
    """What the models are told of the night and of the build before it (``vars`` of dbt_project.yml), on any engine."""
    as_of = business_dates.end_of(night.business_date, night.settings.zone).astimezone(UTC)
    return {
        "business_date": night.business_date.isoformat(),
        "as_of": as_of.strftime("%Y-%m-%d %H:%M:%S"),
        "previous_business_date": state["previous_business_date"].isoformat(),
        "built_load_no": state["previous_load_no"],
        "time_zone": night.settings.city.time_zone,
        "city_code": state["city_code"],
    }


def run_dbt(
    night: Night,
    arguments: list[str],
    state: dict[str, Any],
    may_fail: bool = False,
    variables: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Run dbt in this process, on the work file or on Spark, and return its node results; ``variables`` come on top of the
    night's.

    ``manifest.json`` in the target folder is of the files as they are: it is written once, not with each run.

    Raises:
        PermanentError: dbt failed, unless ``may_fail``; then only a failure to run at all raises.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    share = machine.share()
    os.environ[WAREHOUSE_VARIABLE] = str(night.settings.warehouse_path)  # profiles.yml asks for these
    os.environ[MEMORY_VARIABLE], os.environ[THREADS_VARIABLE] = share.memory_limit, str(share.models)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    is_on_spark = night.settings.engine == "spark"
    if is_on_spark:
        spark_engine.prepare(night.settings)
    folders = ["--project-dir", str(night.settings.dbt_dir), "--profiles-dir", str(night.settings.dbt_dir)]
    target = night.settings.home / "dbt" / "target"
    outputs = ["--target-path", str(target), "--log-path", str(night.settings.home / "dbt" / "logs")]
    key = parsed_project.key(night.settings)
    is_to_read = bool(variables) or arguments[0] == "parse"
    project = None if is_to_read else parsed_project.recall(night.settings, key)
    is_described = project is not None and parsed_project.is_described(target, key)
    told = [
        "--target",
        night.settings.engine,
        "--vars",
        json.dumps({**variables_of(night, state), **(variables or {})}),
        *SILENT,
        *(["--no-write-json"] if is_described else []),
    ]
    try:
        outcome = dbtRunner(manifest=project).invoke([arguments[0], *folders, *outputs, *told, *arguments[1:]])
    finally:
        DuckDBConnectionManager.close_all_connections()  # or this process would keep the file open
    if outcome.exception is None and not is_to_read:
        if project is None:
            parsed_project.keep(night.settings, key, target)
        parsed_project.describe(target, key)
    results = list(getattr(outcome.result, "results", None) or [])
    broken = [r for r in results if str(r.status) in ("error", "runtime error")]
    if outcome.exception is not None or broken or (not outcome.success and not may_fail):
        said = str(outcome.exception) if outcome.exception else "; ".join(f"{r.node.name}: {r.message}" for r in broken)
        raise PermanentError(
            f"dbt {arguments[0]} for {night.business_date}",
            said or "it did not succeed",
            f"read the SQL that ran in {target / 'run'}, mend the model and run the night again",
        )
    if is_on_spark:
        spark_engine.bring_back(night.settings, results)
    return results


def _finding_of_test(result: Any) -> Finding | None:
    if str(result.status) in ("pass", "skipped"):
        return None
    node = result.node
    meta = dict(node.config.meta or {})
    tested = getattr(node, "attached_node", None) or next(iter(node.depends_on.nodes), "")
    table_name = str(meta.get("table_name") or tested.split(".")[-1])
    generic = getattr(node, "test_metadata", None)
    claim = f"{generic.name} of {table_name}" if generic else node.name.removeprefix("assert_").replace("_", " ")
    return Finding(
        rule_id=str(meta.get("rule_id", f"L3-DBT-{node.name}")),
        severity=meta.get("severity", "block"),
        source="minhu",
        table_name=table_name,
        column_name=getattr(node, "column_name", None) or "",
        rows_failed=int(result.failures or 0),
        message=f"does not hold: {claim}",
    )
