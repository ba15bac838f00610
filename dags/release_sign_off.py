"""
### release_sign_off
Puts the release of the month that has ended before the approvers, and signs the ledger when one of them approves it.

**Inputs** the ledger and the release; `MINHU_APPROVERS`, who may approve. The release is that of the last day of the month
before, else of the first later business date; the parameter `release_id` names another. The signing key (connection
`minhu_signing`, the setting or the home's own); the connection `minhu_published`.

**Outputs** a signed line `sign_off` in `ledger.jsonl`: who approved which manifest, by its hash, and when; and
`signed_off_by`, `signed_off_on` in `published.releases`. No figure changes. It waits for an answer for 20 days.

**When it fails** the release stays published, unsigned, and the message says why: it was rejected, the approver is one
of its authors, what was approved is not what stands now. See docs/runbook/sign-off-refused.md.

**Run a day again** start a new run by hand, with `release_id` where it is not the month before; whoever starts it cannot
approve. A release that was signed off is skipped; clearing `sign_release` finishes what was cut off.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, get_current_context, task

from minhu import settings
from minhu.orchestration.approval import AskApprovers, answer_of
from minhu.orchestration.tasks import SIGN_OFF_DEFAULT_ARGS, START_DATE, monthly_schedule, published_uri, signing_off


@dag(
    dag_id="release_sign_off",
    schedule=monthly_schedule(),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    default_args=SIGN_OFF_DEFAULT_ARGS,
    params={
        "release_id": Param("", type="string", description="留空：上月的发布 · empty: the release of the month before")
    },
    tags=["minhu", "sign-off"],
    doc_md=__doc__,
)
def release_sign_off() -> None:
    @task(execution_timeout=timedelta(minutes=30))
    def propose_release() -> dict[str, Any]:
        from minhu.audit import proposal_text, sign_off

        with signing_off() as run:
            return proposal_text.question(sign_off.propose(run.settings, run.day, run.release_id, run.proposed_by))

    @task(execution_timeout=timedelta(minutes=30))
    def sign_release() -> None:
        from minhu.audit import sign_off

        with signing_off() as run:
            given = get_current_context()["ti"].xcom_pull
            proposal = sign_off.Proposal(**given(task_ids="propose_release")["proposal"])
            sign_off.sign(run.settings, published_uri(), proposal, answer_of(given(task_ids="ask_approvers")))

    ask = AskApprovers(
        task_id="ask_approvers",
        question_of="propose_release",
        settings=settings.load(),
        execution_timeout=timedelta(minutes=5),
    )
    propose_release() >> ask >> sign_release()


release_sign_off()
