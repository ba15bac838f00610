"""The task that waits for a person's answer. Beside :mod:`minhu.orchestration.tasks` the only module that imports Airflow.

Airflow writes down who answered what and when, and takes answers only of the users assigned, except where it runs without
log-in; what an answer is worth is checked again in :mod:`minhu.audit.sign_off`. The answer that approves ends with the first
digits of the hash that was shown, so it names what it approves even if the question is made again meanwhile. A waiting task
holds no worker and needs no triggerer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator

from minhu.audit.sign_off import REJECT, Answer
from minhu.settings import Settings

WAITS = timedelta(days=20)  # the next month is asked for when this one has been answered or given up


class AskApprovers(HITLOperator):
    """Puts what another task found before the approvers; gives their answer.

    Args:
        question_of: id of the task that gives :func:`minhu.audit.proposal_text.question`.
        settings: names the approvers.
    """

    template_fields = ("subject", "body", "options")

    def __init__(self, *, question_of: str, settings: Settings, **more: Any) -> None:
        def asked(name: str) -> str:
            return f"{{{{ ti.xcom_pull(task_ids='{question_of}')['{name}'] }}}}"

        super().__init__(
            subject=asked("subject"),
            body=asked("body"),
            options=[asked("approve"), REJECT],
            assigned_users=[{"id": user_id, "name": name} for user_id, name in settings.approvers.items()],
            response_timeout=WAITS,
            **more,
        )


def answer_of(response: Mapping[str, Any]) -> Answer:
    """The answer that :class:`AskApprovers` gave."""
    at, user = response["responded_at"], response["responded_by_user"] or {"id": "nobody", "name": "nobody"}
    return Answer(
        chosen=str(response["chosen_options"][0]),
        user_id=str(user["id"]),
        user_name=str(user["name"]),
        at=at if isinstance(at, datetime) else datetime.fromisoformat(at),
    )
