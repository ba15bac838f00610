"""What is published, in one small record: for ``minhu status`` and for whoever watches the pipeline."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import ProgrammingError, conninfo

from minhu.analysis import disk_use
from minhu.errors import MinhuError, UsageError
from minhu.ledger.chain import Ledger, sign_off_events
from minhu.release import published, releases
from minhu.settings import Settings


@dataclass(frozen=True)
class Status:
    """The current release of a city.

    Attributes:
        city: its code.
        release_id: the current release.
        business_date: its night, ISO.
        as_of: end of that night, UTC, ISO.
        release_path: its folder.
        published_uri: connection string readers can use, without a password; None if the server cannot be reached.
        published: one sentence about the server: "running", why its pointer was not used, or what it does not show yet.
        not_published: dates that every source has landed and of which there is no release, ISO.
        verdicts: KPI cells by verdict.
        kpi_ids: KPIs in the release.
        stale_sources: sources that delivered nothing acceptable for that night.
        findings: by severity.
        signed_off_by: who signed the current release off; None where nobody did, which is so for most nights.
        signed_off_on: when, local day, ISO.
        last_signed_off: the release that was signed off last; None before the first.
        disk: bytes on disk by layer of the home, the largest first.
    """

    city: str
    release_id: str
    business_date: str
    as_of: str
    release_path: str
    published_uri: str | None
    published: str
    not_published: Sequence[str]
    verdicts: Mapping[str, int]
    kpi_ids: Sequence[str]
    stale_sources: Sequence[str]
    findings: Mapping[str, int]
    signed_off_by: str | None
    signed_off_on: str | None
    last_signed_off: str | None
    disk: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def read_status(settings: Settings, published_uri: str | None) -> Status:
    """The current release: by the pointer in PostgreSQL where that can be read, else by the ledger.

    Args:
        settings: of the city.
        published_uri: libpq connection string; None means the server is not running.

    Raises:
        UsageError: nothing was published yet.
    """
    shown, note = _pointer(published_uri)
    try:
        current = releases.current(settings, shown)
    except UsageError:
        if shown is None:
            raise
        current = releases.current(settings)
        note = f"running, but it shows {shown}, which this home did not publish"
    manifest = current.manifest
    pointed = releases.current(settings)
    if shown is not None and note == "running" and pointed.release_id != shown:
        note = (
            f"running, but it does not show {pointed.release_id} of {pointed.business_date}, which the ledger has: what "
            f"stopped it stands in failures/{pointed.business_date}/; mend it and run that date again"
        )
    waiting, _ = releases.landed_and_not_published(settings)
    signed = sign_off_events(Ledger(settings.ledger_path).events())
    of_current = signed[current.release_id].sign_off if current.release_id in signed else None
    return Status(
        city=manifest["city"],
        release_id=current.release_id,
        business_date=current.business_date.isoformat(),
        as_of=current.as_of.isoformat(),
        release_path=str(current.path),
        published_uri=without_password(published_uri) if published_uri and note.startswith("running") else None,
        published=note,
        not_published=[day.isoformat() for day in waiting],
        verdicts=dict(manifest["verdicts"]),
        kpi_ids=list(manifest["kpi_ids"]),
        stale_sources=list(manifest["stale_sources"]),
        findings=dict(manifest["findings"]),
        signed_off_by=of_current.approver if of_current else None,
        signed_off_on=of_current.approved_at.date().isoformat() if of_current else None,
        last_signed_off=next(reversed(signed), None),
        disk=disk_use.by_layer(settings.home),
    )


def without_password(uri: str) -> str:
    """A connection string that may be shown; one that cannot be understood is not shown at all."""
    try:
        parameters = conninfo.conninfo_to_dict(uri)
    except ProgrammingError:
        return "(a connection string that cannot be read)"
    if "password" not in parameters:
        return uri
    if "://" in uri:
        shown = re.sub(r"(?<=://)([^/@:?]*):[^/@]*@", r"\1@", uri)
        if "password" not in conninfo.conninfo_to_dict(shown):
            return shown
    return conninfo.make_conninfo("", **{k: v for k, v in parameters.items() if k != "password" and v is not None})


def _pointer(published_uri: str | None) -> tuple[str | None, str]:
    if published_uri is None:
        return None, "not running; start it with `minhu db start`"
    try:
        with published.connect(published_uri) as connection:
            shown = published.current_release_id(connection)
    except MinhuError as error:
        return None, f"not reached: {error.happened}"
    return shown, "running" if shown else (
        "running, nothing published there yet: if a night failed, what stopped it stands in failures/; run it again"
    )
