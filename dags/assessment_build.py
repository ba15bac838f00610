"""
### assessment_build
Turns what landed for a business date into counts and KPI values.

**Inputs** the asset `landing/night`, which the last of the extracts to announce a date updates for its partition key. A
blocked or absent source has announced too: the build goes on without it.

**Outputs** the private work file `warehouse/work.duckdb` (never read by anyone else) and the asset
`warehouse/assessment`. Failed data tests do not fail the build; they become findings that the gate weighs.

**When it fails** nothing new is published; readers keep the last release. A build that was cut off is never continued:
the next run makes the work file again from landing.

**Run a day again** trigger the extracts with its `partition_key`, or clear this run.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import PartitionedAssetTimetable, dag, task

from minhu.orchestration.tasks import (
    ASSESSED,
    NIGHT_DEADLINE,
    NIGHT_DEFAULT_ARGS,
    NIGHT_LANDED,
    START_DATE,
    stage,
    tell_of,
)

POOL = "warehouse_writer"


@dag(
    dag_id="assessment_build",
    schedule=PartitionedAssetTimetable(assets=NIGHT_LANDED),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=NIGHT_DEFAULT_ARGS,
    deadline=NIGHT_DEADLINE,
    tags=["minhu", "build"],
    doc_md=__doc__,
)
def assessment_build() -> None:
    @task(pool=POOL, outlets=[ASSESSED], execution_timeout=timedelta(minutes=60))
    def build_marts() -> None:
        from minhu.warehouse import dbt_build

        with stage() as night:
            loaded = dbt_build.load_landing(night)
            models = dbt_build.build_marts(night)
            findings = dbt_build.check_marts(night)
            tell_of(
                ASSESSED, rows=sum(loaded.rows.values()), models=models, failed_tests=len(findings),
                made_anew=loaded.why_rebuilt or "no",
            )  # fmt: skip

    build_marts()


assessment_build()
