"""The stages of a night: what each task of the DAGs does, in one call, with or without an orchestrator.

A stage that fails leaves a note and a notice under ``<home>/failures/<business date>/``, so that the stages after it,
the summary and the person on duty can say without reading logs what happened and what readers will see. A stage that
succeeds removes both.
"""

from __future__ import annotations

import errno
import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path

from minhu import atomic, business_dates
from minhu.errors import MinhuError, TransientError, UsageError
from minhu.extract import registry
from minhu.extract.registry import Endpoint
from minhu.findings import Finding
from minhu.landing.night import Night
from minhu.landing.zone import Arrival, Attempt
from minhu.pipeline import notices
from minhu.release import releases
from minhu.settings import Settings

_log = logging.getLogger(__name__)


def land_source(night: Night, source: str, endpoint: Endpoint) -> Attempt | None:
    """Read one source into landing; None where the city does not have it, or where it was read in its night.

    A date whose delivery was accepted is not read again once a later one was: hotline and grid platform would show
    less than they did then, and the landing of that night is the evidence of it.

    Raises:
        TransientError: trying again may help.
        PermanentError: it will not.
    """
    if endpoint.address is None:
        return None
    definition = registry.source(source)
    if not definition.shows_its_past and _was_read_in_its_night(night, source):
        return None
    from minhu.extract import privacy  # here and below: whoever only schedules a stage need not load what it runs on

    pseudonyms = privacy.load_pseudonyms(night.settings)
    with _without_cycle_search():
        return definition.land(night.settings, night.landing, night.business_date, endpoint, pseudonyms)


def require_known_date(night: Night, due: datetime) -> None:
    """Refuse a business date that the city cannot have, before anything is noted of it.

    Args:
        night: of the city.
        due: when the run was due, aware.

    Raises:
        UsageError: the day had not ended by then; or the city is synthetic and begins later, or stands at an earlier day.
    """
    city, day = night.settings.city, night.business_date
    if city.kind == "simulated" and city.simulation:
        first, last = (city.simulation.get(name, day.isoformat()) for name in ("start", "shown"))
        if not str(first) <= day.isoformat() <= str(last):
            raise UsageError(
                f"run the night of {day}", f"expected a day of the synthetic city, {first} to {last}",
                "trigger one of these days, or bring the city to a later one: `minhu nightly --date`",
            )  # fmt: skip
    elif city.kind != "loaded" and (end := business_dates.end_of(day, night.settings.zone)) > due:
        raise UsageError(
            f"run the night of {day}", f"the day has not ended: it does at {end:%Y-%m-%d %H:%M} UTC",
            "trigger it after that, or an earlier day",
        )  # fmt: skip


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Hundreds of thousands of rows hold no cycles; looking for some took a third of the time of a large landing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _was_read_in_its_night(night: Night, source: str) -> bool:
    arrivals = night.landing.arrivals(source)
    accepted = [arrival.business_date for arrival in arrivals if arrival.attempt is not None]
    return night.business_date in accepted and max(accepted) > night.business_date


def validate_arrival(night: Night, source: str, endpoint: Endpoint) -> Arrival:
    """Run the arrival suites over what landed, and accept or refuse it."""
    landing = night.landing
    if endpoint.address is None:
        reason = night.settings.city.absent_inputs.get(source, f"no connection minhu_{source} is configured")
        return landing.mark_absent(source, night.business_date, reason)
    attempt = landing.pending(source, night.business_date)
    if attempt is None:
        current = landing.arrival(source, night.business_date)
        if current is None:
            raise MinhuError(
                f"validate {source} of {night.business_date}",
                "nothing has landed",
                "run the task land_tables of that date",
            )
        return current
    from minhu.quality import validation

    return validation.arrive(night.settings, landing, attempt)


def announce_arrival(night: Night, source: str) -> Arrival:
    """Make sure there is an arrival record, so that the night goes on without a source that could not deliver.

    A delivery accepted earlier for the same date stays in use when reading it again fails. Of a delivery that was read
    and refused readers are told here: no task failed.
    """
    landing = night.landing
    failed = failures(night, registry.source(source).dag_id)
    current = landing.arrival(source, night.business_date)
    if current is not None and not failed:
        _note_refusal(night.settings, current)
        return current
    reason = "; ".join(failed.values()) or "the extract ended without a delivery"
    finding = Finding(registry.source(source).not_delivered_rule, "block", source, source, reason)
    return landing.block(source, night.business_date, reason, [finding])


def note_dates_not_built(night: Night) -> list[date]:
    """Leave a note for each date that landed and was passed over by the builds, where nothing else says so."""
    settings = night.settings
    try:
        waiting, newest = releases.landed_and_not_published(settings)
    except MinhuError:  # a damaged ledger stops what is published, not what lands
        return []
    until = min(newest or night.business_date, night.business_date)
    missed = [day for day in waiting if day < until and not failures(Night(settings, day))]
    for day in missed:
        text = (
            f"build {day}: every source has landed, later dates were built and this one was not - "
            f"trigger the DAG assessment_build with partition_key={day}"
        )
        passed_over = Night(settings, day)
        note = _note(passed_over, "assessment_build", "build_marts")
        notice = notices.of_failure(passed_over, "assessment_build", None)
        atomic.write_bytes(note, f"{text}\n".encode())
        atomic.write_bytes(note.with_suffix(".notice"), f"{notice}\n".encode())
        _log.error("%s", text)
    return missed


def _note_refusal(settings: Settings, arrival: Arrival) -> None:
    path = _note(Night(settings, arrival.business_date), f"{arrival.source}_extract", "arrival").with_suffix(".notice")
    if arrival.status != "blocked":
        path.unlink(missing_ok=True)
        return
    notice = notices.of_refused_delivery(Night(settings, arrival.business_date), arrival.source)
    atomic.write_bytes(path, f"{notice}\n".encode())
    _log.warning("what readers of the figures will notice: %s", notice)


@contextmanager
def noting_failures(night: Night, dag_id: str, task_id: str) -> Iterator[None]:
    """Leave a note if the stage fails, take it away if it succeeds.

    Only the text of our own errors is kept: a foreign exception may quote a row.
    """
    note = _note(night, dag_id, task_id)
    try:
        with _saying_that_the_disk_is_full(night.settings):
            yield
    except BaseException as error:  # Airflow's time-out is no Exception
        text = str(error)
        if not isinstance(error, MinhuError):
            said = f"{dag_id}.{task_id}: {type(error).__name__}"
            text = f"{said} - read the task's log, mend the cause and run the date again"
        with suppress(OSError):  # where nothing can be written the error itself must get through
            atomic.write_bytes(note, f"{text}\n".encode())
            notice = notices.of_failure(night, dag_id, error)
            atomic.write_bytes(note.with_suffix(".notice"), f"{notice}\n".encode())
        raise
    note.unlink(missing_ok=True)
    note.with_suffix(".notice").unlink(missing_ok=True)


def reader_notices(night: Night, dag_id: str = "") -> list[str]:
    """What readers will see of the failed stages of a date, of one DAG or of all; each sentence once."""
    folder = night.settings.home / "failures" / night.business_date.isoformat()
    found = [path.read_text(encoding="utf-8").strip() for path in sorted(folder.glob(f"{dag_id or '*'}.*.notice"))]
    return list(dict.fromkeys(found))


def notices_of(night: Night, dag_id: str) -> list[str]:
    """What readers will see of a DAG that did not succeed; also where its end left no note behind."""
    told = reader_notices(night, dag_id)
    if told:
        return told
    source = next((found.name for found in registry.sources() if found.dag_id == dag_id), None)
    arrival = night.landing.arrival(source, night.business_date) if source else None
    is_refused = arrival is not None and arrival.status == "blocked"
    return [
        str(notices.of_refused_delivery(night, str(source)) if is_refused else notices.of_failure(night, dag_id, None))
    ]


@contextmanager
def _saying_that_the_disk_is_full(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not _is_full(error):
            raise
        raise TransientError(
            f"write below {settings.home}",
            "the disk is full",
            "free space and run the date again; nothing half-written counts",
        ) from error


def _is_full(error: OSError) -> bool:
    """Whether a write failed for want of space, also as Arrow and DuckDB word it."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "No space left" in str(error)


def failures(night: Night, dag_id: str = "") -> dict[str, str]:
    """Notes of failed stages of a date, ``{"<dag>.<task>": text}``, of one DAG or of all."""
    folder = night.settings.home / "failures" / night.business_date.isoformat()
    return {p.stem: p.read_text(encoding="utf-8").strip() for p in sorted(folder.glob(f"{dag_id or '*'}.*.txt"))}


def _note(night: Night, dag_id: str, task_id: str) -> Path:
    return night.settings.home / "failures" / night.business_date.isoformat() / f"{dag_id}.{task_id}.txt"
