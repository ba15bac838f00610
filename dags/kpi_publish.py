"""
### kpi_publish
Decides cell by cell what may be published, and publishes it as one release.

**Inputs** the asset `warehouse/assessment`; the work file; the findings of every check; the release before.

**Outputs** `releases/<release_id>/`, a line in `ledger.jsonl`, the schema `published` in PostgreSQL (connection
`minhu_published`) behind one pointer row, and the asset `releases/kpi_results`; then, side by side, KPI pages, dossier and
provenance, and a note where PostgreSQL shows other cells than the release.

**When it fails** readers keep the last release, whole. A release is switched in one transaction: there is no half.

**Run a day again** clear this run. The same content gives the same release id and changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import PartitionedAssetTimetable, dag, task

from minhu.orchestration.links import DossierLink, SiteLink
from minhu.orchestration.tasks import (
    ASSESSED,
    NIGHT_DEADLINE,
    NIGHT_DEFAULT_ARGS,
    RELEASED,
    START_DATE,
    published_uri,
    stage,
    tell_of,
)

POOL = "warehouse_writer"


@dag(
    dag_id="kpi_publish",
    schedule=PartitionedAssetTimetable(assets=ASSESSED),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=NIGHT_DEFAULT_ARGS,
    deadline=NIGHT_DEADLINE,
    tags=["minhu", "publish"],
    doc_md=__doc__,
)
def kpi_publish() -> None:
    @task(pool=POOL, outlets=[RELEASED], execution_timeout=timedelta(minutes=30))
    def publish_release() -> None:
        from minhu.pipeline import publication

        with stage() as night:
            release = publication.publish_figures(night, published_uri())
            tell_of(RELEASED, release_id=release.release_id, cells=release.manifest["verdicts"])

    published: Any = publish_release()
    made: list[Any] = [_of_the_release(name) for name in ("write_site", "write_dossier", "compare_published")]
    made[0].operator.operator_extra_links = (SiteLink(),)
    made[1].operator.operator_extra_links = (DossierLink(),)
    published >> made


def _of_the_release(name: str) -> Any:
    @task(task_id=name, execution_timeout=timedelta(minutes=30))
    def read_release() -> None:
        from minhu.pipeline import publication

        with stage() as night:
            publication.OF_THE_RELEASE[name](night, published_uri())

    return read_release()


kpi_publish()
