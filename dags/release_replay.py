"""
### release_replay
Rebuilds one past release from landing, apart from everything, and compares every table with what was published.

**Inputs** the ledger, which has all releases: the week of the run decides which of those made with the present models and
libraries; the landed tables and arrival records that release was made of; the release before it.

**Outputs** none. The scratch home `<home>/replay/` is removed at the end; work file, releases, ledger and PostgreSQL are
not touched, and the pool `release_replay` never keeps a night waiting.

**When it fails** readers notice nothing. The message names the tables, columns and ten keys that differ, or the landed
file that is missing or was changed: see docs/runbook/replay-differs.md.

**Run a day again** clear this run, which takes the same release again, or `minhu replay RELEASE` for any other.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import dag, task

from minhu.orchestration.tasks import AUDIT_DEFAULT_ARGS, START_DATE, audit, weekly_schedule

POOL = "release_replay"


@dag(
    dag_id="release_replay",
    schedule=weekly_schedule(),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=AUDIT_DEFAULT_ARGS,
    tags=["minhu", "audit"],
    doc_md=__doc__,
)
def release_replay() -> None:
    @task(pool=POOL, execution_timeout=timedelta(minutes=60))
    def replay_release() -> None:
        from minhu.audit import replay

        with audit() as due:
            replay.check_week(due.settings, due.business_date)

    replay_release()


release_replay()
