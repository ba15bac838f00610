"""Finding releases by the ledger: the current one, one by its id, the last one of or before a business date."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date

from minhu.errors import PermanentError, UsageError
from minhu.extract import registry
from minhu.landing.zone import Landing
from minhu.ledger.chain import Event, Ledger, release_events
from minhu.ledger.chain import current as current_event
from minhu.release.release_folder import Release, read_release
from minhu.settings import Settings

NEAREST = 5


def current(settings: Settings, release_id: str | None = None) -> Release:
    """The current release by the ledger, or the one named.

    Raises:
        UsageError: nothing was published yet, or no such release.
    """
    events = Ledger(settings.ledger_path).events()
    known = release_events(events)
    pointed = current_event(events)
    if pointed is None:
        raise UsageError(
            f"read the current release of {settings.city.code}",
            f"nothing was published in {settings.home} yet",
            "run a night first (`make nightly`)",
        )
    wanted = release_id or pointed.release_id
    if wanted not in known:
        raise unknown_release(wanted, list(known))
    return open_release(settings, known, wanted)


def latest_before(settings: Settings, business_date: date, line: int | None = None) -> Release | None:
    """The last published release of an earlier business date: the latest such date, its last release.

    Roll-backs do not count: what a night is built on must not depend on what readers are shown.

    Args:
        settings: of the home.
        business_date: the night.
        line: of the ledger; only what stood above it is looked at, for the answer of that time.
    """
    known = release_events(Ledger(settings.ledger_path).events())
    earlier = [
        event
        for event in known.values()
        if event.business_date < business_date and (line is None or event.number < line)
    ]
    if not earlier:
        return None
    last = max(earlier, key=lambda event: (event.business_date, event.number))
    return open_release(settings, known, last.release_id)


def latest_on(settings: Settings, business_date: date) -> Release | None:
    """The last published release of a business date, None before its first."""
    known = release_events(Ledger(settings.ledger_path).events())
    same = [event for event in known.values() if event.business_date == business_date]
    return open_release(settings, known, max(same, key=lambda event: event.number).release_id) if same else None


def open_release(settings: Settings, known: Mapping[str, Event], release_id: str) -> Release:
    """A release folder whose manifest is the one in the ledger."""
    release = read_release(settings.releases_dir / release_id)
    expected = known[release_id].manifest_sha256
    if release.manifest_sha256 != expected:
        raise PermanentError(
            f"read release {release_id}",
            f"expected a manifest with SHA-256 {expected[:12]} as in the ledger, found {release.manifest_sha256[:12]}",
            "restore the folder from a backup and run the verification",
        )
    return release


def unknown_release(release_id: str, known: list[str]) -> UsageError:
    near = difflib.get_close_matches(release_id, known, n=NEAREST, cutoff=0.3) or known[-NEAREST:]
    return UsageError(
        f"find release {release_id}",
        "the ledger has no such release",
        f"the nearest are: {', '.join(near) if near else 'none, nothing was published yet'}",
    )


def landed_and_not_published(settings: Settings) -> tuple[list[date], date | None]:
    """Dates since the first release of which every source has an arrival record and no release was made.

    Returns:
        The dates in order, and the latest date of which there is a release; None before the first.
    """
    published = {event.business_date for event in release_events(Ledger(settings.ledger_path).events()).values()}
    if not published:
        return [], None
    landing = Landing(settings.landing_dir)
    landed = [{arrival.business_date for arrival in landing.arrivals(name)} for name in registry.names()]
    waiting = set.intersection(*landed) - published
    return sorted(day for day in waiting if day > min(published)), max(published)
