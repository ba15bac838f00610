"""What the DAG files share: the business date of a run, connections, retries.

Beside :mod:`minhu.orchestration.approval` the only module that imports Airflow.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import (
    Asset,
    AssetAlias,
    Connection,
    CronPartitionTimetable,
    CronTriggerTimetable,
    PartitionedAtRuntime,
    get_current_context,
)
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSkipException,
    AirflowTaskTimeout,
)
from psycopg.conninfo import make_conninfo

from minhu import settings as settings_module
from minhu.audit.sign_off import SignedAlready
from minhu.business_dates import parse_business_date
from minhu.errors import MinhuError, TransientError
from minhu.extract import registry
from minhu.extract.registry import Endpoint
from minhu.landing.night import Night
from minhu.landing.zone import Arrival
from minhu.ledger import signing
from minhu.orchestration import notify
from minhu.pipeline import notices, rounds, stages
from minhu.release import authors
from minhu.settings import Settings
from minhu.state_directory import PRIVATE_UMASK

PUBLISHER = "kpi_publish"
START_DATE = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
DEFAULT_CRON = "0 1 * * *"
WEEKLY_CRON = "0 4 * * 0"
MONTHLY_CRON = "0 9 5 * *"
LANDED = {source: Asset(f"landing/{source}") for source in registry.names()}
#: Updated once a date, by the extract that announces last; see :mod:`minhu.pipeline.rounds` for why Airflow does not wait for
#: the four itself. An alias, for a task updates its other outlets whenever it succeeds.
NIGHT_LANDED = Asset("landing/night")
COMPLETES_NIGHT = AssetAlias("landing/completed")
ASSESSED = Asset("warehouse/assessment")
RELEASED = Asset("releases/kpi_results")
_log = logging.getLogger(__name__)


def nightly_schedule() -> CronPartitionTimetable | PartitionedAtRuntime:
    """01:00 local time for the day before, or whatever ``MINHU_NIGHTLY_CRON`` says; ``manual`` runs on demand only.

    A new Airflow runs the last night at once and does not wait for the next one.
    """
    settings = settings_module.load()
    cron = settings.nightly_cron or DEFAULT_CRON
    if cron == "manual":
        return PartitionedAtRuntime()
    return CronPartitionTimetable(cron, timezone=settings.city.time_zone, run_offset=-1, key_format="%Y-%m-%d")


def weekly_schedule() -> CronTriggerTimetable | None:
    """Sunday 04:00 local time, when the night is over; None where an Airflow is started for one night only."""
    settings = settings_module.load()
    if settings.nightly_cron == "manual":
        return None
    return CronTriggerTimetable(WEEKLY_CRON, timezone=settings.city.time_zone)


def monthly_schedule() -> CronTriggerTimetable | None:
    """The 5th, 09:00 local time: late records of the month have mostly come, and people are at work.

    None where nobody may sign off, or an Airflow is started for one night only.
    """
    settings = settings_module.load()
    if settings.nightly_cron == "manual" or not settings.approvers:
        return None
    return CronTriggerTimetable(MONTHLY_CRON, timezone=settings.city.time_zone)


def tell_readers(context: Mapping[str, Any]) -> None:
    """Say what a reader of the figures will notice; Airflow calls it when a task has failed for good."""
    run, task = context["dag_run"], context["ti"]
    try:
        night = Night(settings_module.load(), parse_business_date(run.partition_key))
    except MinhuError as error:
        _log.error("%s - see %s", error, notices.page(notices.Page.RUN_AGAIN))
        return
    _tell(task.dag_id, str(run.partition_key), *stages.notices_of(night, task.dag_id))


def tell_late(context: Mapping[str, Any]) -> None:
    """Say that a night is late; Airflow calls it when a run of the night has not ended within :data:`LATE_AFTER`."""
    run = context["dag_run"]
    key = run["partition_key"]
    page = notices.page(notices.Page.AIRFLOW_DOES_NOT_MOVE)
    hours = LATE_AFTER.total_seconds() / 3600
    _tell(
        run["dag_id"],
        key,
        f"the figures of {key} are late: not ended after {hours:g} hours; readers keep the last release - see {page}",
    )


def tell_auditors(context: Mapping[str, Any]) -> None:
    """Say that no figure was touched, and where to read on; Airflow calls it when a check has failed."""
    page = notices.page(notices.Page.REPLAY_DIFFERS)
    _tell(context["ti"].dag_id, "", f"nothing; releases stay as they are - see {page}")


def tell_approvers(context: Mapping[str, Any]) -> None:
    """Say that figures stay and nothing was signed; Airflow calls it when a sign-off has failed."""
    page = notices.page(notices.Page.SIGN_OFF_REFUSED)
    _tell(context["ti"].dag_id, "", f"the release stays published, unsigned - see {page}")


def _tell(dag_id: str, key: str, *told: str) -> None:
    for notice in told:
        _log.error("what readers of the figures will notice: %s", notice)
    city = settings_module.load().city.name
    notify.people(f"{city} {key} {dag_id}".replace("  ", " "), "\n".join(told))


#: A run of the night that has not ended by then makes people look: a usual one takes minutes.
LATE_AFTER = timedelta(hours=2)
#: For every DAG of the night.
NIGHT_DEADLINE = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=LATE_AFTER, callback=SyncCallback(tell_late)
)
#: How often a task of the night is begun again. Each may be, at any point: a worker that is lost (killed, out of memory,
#: without an answer of Airflow's own API before the task's first line) says nothing about the source or the figures. What a
#: task itself finds wrong is not tried again, but for what may pass; a source that stays down costs half a minute of waiting.
NIGHT_DEFAULT_ARGS: dict[str, Any] = {
    "owner": "minhu",
    "retries": 2,
    "retry_delay": timedelta(seconds=4),
    "retry_exponential_backoff": 2.0,  # Airflow adds up to as much again
    "max_retry_delay": timedelta(seconds=20),
    "on_failure_callback": tell_readers,
}
AUDIT_DEFAULT_ARGS: dict[str, Any] = {**NIGHT_DEFAULT_ARGS, "retries": 0, "on_failure_callback": tell_auditors}
SIGN_OFF_DEFAULT_ARGS: dict[str, Any] = {**AUDIT_DEFAULT_ARGS, "on_failure_callback": tell_approvers}


@contextmanager
def stage(reads_again: int | None = None) -> Iterator[Night]:
    """The body of a task: gives the night, notes failures, and lets Airflow try again only what may pass by itself.

    Args:
        reads_again: how often what may pass is tried again; None: as often as Airflow begins the task again.

    Raises:
        UsageError: the run has no partition key; a business date is never guessed.
    """
    os.umask(PRIVATE_UMASK)
    context = get_current_context()
    task = context["ti"]
    with _trying_again_only_what_may_pass(task, reads_again):
        night = Night(settings_module.load(), parse_business_date(context["dag_run"].partition_key))
        stages.require_known_date(night, context["dag_run"].run_after)
        key = _signing_key() if task.dag_id == PUBLISHER else None
        with signing.given(key), stages.noting_failures(night, task.dag_id, task.task_id):
            authors.note_asked(night, _asked_by(context["dag_run"]))
            yield night


def fail_if_refused(arrival: Arrival) -> None:
    """End the task red where a delivery was read and refused: nothing failed, and yet there is something to be mended.

    Raises:
        AirflowFailException: with the reason.
    """
    if arrival.status == "blocked":
        raise AirflowFailException(f"{arrival.source} of {arrival.business_date} was refused: {arrival.reason}")


def ask_for_build_if_complete(night: Night, source: str) -> None:
    """Update :data:`NIGHT_LANDED` if with this source all have announced."""
    context = get_current_context()
    if rounds.completes(night, source, context["dag_run"].run_id):
        context["outlet_events"][COMPLETES_NIGHT].add(NIGHT_LANDED)


def tell_of(asset: Asset, **facts: Any) -> None:
    """Say with the event of an asset what it is now, for the pages of Airflow and for whoever listens; also in the log."""
    get_current_context()["outlet_events"][asset].extra = facts
    _log.info("%s: %s", asset.name, ", ".join(f"{name} {value}" for name, value in facts.items()))


@contextmanager
def audit() -> Iterator[Night]:
    """The body of a task that looks back: gives the local day for which the run was due, by its schedule or by hand."""
    os.umask(PRIVATE_UMASK)
    context = get_current_context()
    with _trying_again_only_what_may_pass(context["ti"]):
        settings, run = settings_module.load(), context["dag_run"]
        moment = run.logical_date or run.run_after
        yield Night(settings, moment.astimezone(settings.zone).date())


@dataclass(frozen=True)
class SigningOff:
    """The run of a sign-off that a task belongs to.

    Attributes:
        settings: of the city.
        day: local day for which the run was due, by its schedule or by hand.
        release_id: the release asked for by hand; None for that of the month before.
        proposed_by: who asked by hand.
    """

    settings: Settings
    day: date
    release_id: str | None
    proposed_by: str | None


@contextmanager
def signing_off() -> Iterator[SigningOff]:
    """The body of a task around a sign-off; a release that was signed off before skips the rest of the run."""
    context = get_current_context()
    with audit() as due, signing.given(_signing_key()):
        release_id = str(context["params"].get("release_id") or "").strip() or None
        asked_by = _asked_by(context["dag_run"])
        try:
            yield SigningOff(due.settings, due.business_date, release_id, asked_by)
        except SignedAlready as done:
            raise AirflowSkipException(str(done)) from done


def _asked_by(run: Any) -> str | None:
    """The user who started a run by hand; None for one that the schedule or an asset started."""
    name = getattr(run, "triggering_user_name", None)
    return None if name in settings_module.NO_PERSONS else name


@contextmanager
def _trying_again_only_what_may_pass(task: Any, times: int | None = None) -> Iterator[None]:
    try:
        yield
    except AirflowSkipException:
        raise
    except TransientError as error:
        if times is not None and task.try_number > times:
            raise AirflowFailException(str(error)) from error
        raise
    except MinhuError as error:
        raise AirflowFailException(str(error)) from error
    except (Exception, AirflowTaskTimeout) as error:  # a mistake of ours, or half an hour gone: once is enough
        raise AirflowFailException(f"{task.dag_id}.{task.task_id} ended by {type(error).__name__}") from error


def endpoint(source: str) -> Endpoint:
    """The Airflow connection ``minhu_<source>``; no connection means that the city has no such source."""
    try:
        found = Connection.get(f"minhu_{source}")
    except AirflowNotFoundException:
        return Endpoint(None)
    kind = registry.source(source).endpoint
    if kind == "database":
        return Endpoint(_conninfo(found))
    if kind == "api":
        return Endpoint(str(found.host), found.password or "")
    return Endpoint(str(found.extra_dejson.get("path") or found.host))


def published_uri() -> str:
    """libpq connection string of the Airflow connection ``minhu_published``."""
    return _conninfo(Connection.get("minhu_published"))


def _signing_key() -> str | None:
    """Password of the Airflow connection ``minhu_signing``; without one, the setting or the home's own key signs."""
    try:
        return Connection.get("minhu_signing").password or None
    except AirflowNotFoundException:
        return None


def _conninfo(connection: Connection) -> str:
    parts = {
        "host": connection.host,
        "port": connection.port,
        "dbname": connection.schema,
        "user": connection.login,
        "password": connection.password,
        **connection.extra_dejson,
    }
    return make_conninfo(**{name: str(value) for name, value in parts.items() if value})
