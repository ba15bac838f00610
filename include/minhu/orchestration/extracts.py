"""The DAG of a source: land, validate, announce. One shape for all; what differs is in the registry of sources."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, dag, task

from minhu.extract import registry
from minhu.orchestration.links import ArrivalLink
from minhu.orchestration.tasks import (
    COMPLETES_NIGHT,
    LANDED,
    NIGHT_DEADLINE,
    NIGHT_DEFAULT_ARGS,
    START_DATE,
    ask_for_build_if_complete,
    endpoint,
    fail_if_refused,
    nightly_schedule,
    stage,
    tell_of,
)
from minhu.pipeline import stages


def extract_dag(source: str, documentation: str | None, file: str) -> DAG:
    """The extract of one source, keyed by business date.

    Args:
        source: name in the registry.
        documentation: docstring of the DAG file, shown in Airflow.
        file: the DAG file.
    """

    @dag(
        dag_id=f"{source}_extract",
        schedule=nightly_schedule(),
        start_date=START_DATE,
        catchup=False,
        max_active_runs=1,
        default_args=NIGHT_DEFAULT_ARGS,
        deadline=NIGHT_DEADLINE,
        tags=["minhu", "extract", source],
        doc_md=documentation,
    )
    def extract() -> None:
        @task(execution_timeout=timedelta(minutes=30))
        def land_tables() -> None:
            with stage(registry.source(source).reads_again) as night:
                stages.land_source(night, source, endpoint(source))

        @task(execution_timeout=timedelta(minutes=10))
        def validate_arrival() -> None:
            with stage() as night:
                arrival = stages.validate_arrival(night, source, endpoint(source))
            fail_if_refused(arrival)

        @task(
            outlets=[LANDED[source], COMPLETES_NIGHT],
            execution_timeout=timedelta(minutes=2),
        )
        def announce_arrival() -> None:
            with stage() as night:
                arrival = stages.announce_arrival(night, source)
                tell_of(LANDED[source], status=arrival.status, attempt=arrival.attempt, rows=dict(arrival.row_counts))
                stages.note_dates_not_built(night)
                ask_for_build_if_complete(night, source)

        # a teardown runs whatever happened before it, and leaves the run red where that failed
        announced: Any = announce_arrival().as_teardown()
        announced.operator.operator_extra_links = (ArrivalLink(),)
        land_tables() >> validate_arrival() >> announced

    made: Any = extract()
    made.fileloc = file  # Airflow would show this module as the DAG's code
    return made  # type: ignore[no-any-return]
