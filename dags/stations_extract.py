"""
### stations_extract
Lands what the service stations (CSV and XLSX in a drop folder) recorded up to the end of a business date.

**Inputs** the Airflow connection `minhu_stations`; the window runs from the last accepted delivery, with an overlap of some
days, to the end of the business date. Without the connection the city has no such source, and its KPIs are NOT_RATED.

**Outputs** `landing/stations/<table>/dt=<date>/attempt=<n>` for cases, terminals, points, items, residents, and
the arrival record `landing/stations/arrivals/dt=<date>.json`: accepted, blocked or absent. Updates the asset `landing/stations`.

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
    dag_id="stations_extract",
    schedule=nightly_schedule(),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=OWNER,
    tags=["minhu", "extract", "stations"],
    doc_md=__doc__,
)
def stations_extract() -> None:
    @task(**retries_of("stations"), execution_timeout=timedelta(minutes=30))
    def land_tables() -> None:
        with stage() as night:
            stages.land_source(night.settings, "stations", night.business_date, endpoint("stations"))

    @task(execution_timeout=timedelta(minutes=10))
    def validate_arrival() -> None:
        with stage() as night:
            stages.validate_arrival(night.settings, "stations", night.business_date, endpoint("stations"))

    @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[LANDED["stations"]], execution_timeout=timedelta(minutes=2))
    def announce_arrival() -> None:
        with stage() as night:
            stages.announce_arrival(night.settings, "stations", night.business_date)

    land_tables() >> validate_arrival() >> announce_arrival()


stations_extract()
