"""
### returns_extract
Lands what departments returned (XLSX workbooks in a drop folder, monthly or quarterly) up to the end of a business date.

**Inputs** the Airflow connection `minhu_returns`; the window runs from the last accepted delivery, with an overlap of some
days, to the end of the business date. A night without a return is a usual one. Without the connection the city has no
such source, and its KPIs are NOT_RATED.

**Outputs** `landing/returns/<table>/dt=<date>/attempt=<n>` for deliveries, studios, proposals, consultations, opinions,
checkin_units, checkin_members, needs, checkin_feedback, department_calls, department_ratings, meetings,
meeting_decisions, disputes, posts, benchmark_checks, benchmarks, projects, funds, survey_waves, and the arrival record
`landing/returns/arrivals/dt=<date>.json`: accepted, blocked or absent. Updates the asset `landing/returns`.

**When it fails** the night goes on: the cells that rest on this source stay as they were last published and are marked
stale. The reason stands in `minhu status`, in `quality_findings` (rule L0) and in `failures/<date>/`.

**Run a day again** trigger it with `partition_key=YYYY-MM-DD`. The same rows land as the same bytes; a changed source
lands as a new attempt beside the old one.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import TriggerRule, dag, task

from minhu.orchestration.tasks import LANDED, OWNER, START_DATE, endpoint, nightly_schedule, retries_of, stage
from minhu.pipeline import stages


@dag(
    dag_id="returns_extract",
    schedule=nightly_schedule(),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=OWNER,
    tags=["minhu", "extract", "returns"],
    doc_md=__doc__,
)
def returns_extract() -> None:
    @task(**retries_of("returns"), execution_timeout=timedelta(minutes=30))
    def land_tables() -> None:
        with stage() as night:
            stages.land_source(night.settings, "returns", night.business_date, endpoint("returns"))

    @task(execution_timeout=timedelta(minutes=10))
    def validate_arrival() -> None:
        with stage() as night:
            stages.validate_arrival(night.settings, "returns", night.business_date, endpoint("returns"))

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[LANDED["returns"]], execution_timeout=timedelta(minutes=2))
    def announce_arrival() -> None:
        with stage() as night:
            stages.announce_arrival(night.settings, "returns", night.business_date)

    land_tables() >> validate_arrival() >> announce_arrival()


returns_extract()
