"""Finding releases by the ledger: the current one, one by its id, the last one of or before a business date."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from minhu.errors import PermanentError, UsageError
from minhu.extract import registry
from minhu.landing import packs
from minhu.landing.inventory import Inventory
from minhu.landing.zone import Landing
from minhu.ledger.chain import Event, Ledger, release_events
from minhu.ledger.chain import current as current_event
from minhu.release.release_folder import Release, read_release
from minhu.settings import Settings

NEAREST = 5
_MAP = "hotline/load_map"


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
    """The release that a night is held against: of the latest earlier business date its last one.

    Where order files were read by another map since, that is the last release of the night's own date by another map: its
    figures were public, and a city of files may never have another date.

    Roll-backs do not count: what a night is built on must not depend on what readers are shown.

    Args:
        settings: of the home.
        business_date: the night.
        line: of the ledger; only what stood above it is looked at, for the answer of that time.
    """
    known = release_events(Ledger(settings.ledger_path).events())
    event = event_before(settings, known, business_date, line)
    return open_release(settings, known, event.release_id) if event else None


def event_before(
    settings: Settings, known: Mapping[str, Event], business_date: date, line: int | None = None
) -> Event | None:
    """The ledger's line of :func:`latest_before`; the map of a night is that of the release at ``line``, else of landing."""
    there = [event for event in known.values() if line is None or event.number < line]
    same = [event for event in there if event.business_date == business_date]
    if same:
        of_line = next((event for event in known.values() if event.number == line), None)
        tonight = _map_of_release(settings, known, of_line) if of_line else _map_of_landing(settings, business_date)
        others = [e for e in same if tonight and _map_of_release(settings, known, e) not in ("", tonight)]
        if others:
            return max(others, key=lambda event: event.number)
    earlier = [event for event in there if event.business_date < business_date]
    return max(earlier, key=lambda event: (event.business_date, event.number), default=None)


def _map_of_release(settings: Settings, known: Mapping[str, Event], event: Event) -> str:
    """SHA-256 of the file of the map that a release's orders were read by; "" where it does not say."""
    landing = open_release(settings, known, event.release_id).manifest.get("landing", [])
    paths = sorted(str(entry["path"]) for entry in landing if f"/{_MAP}/" in str(entry["path"]))
    return _map_of_manifest((settings.home / paths[-1]).parent) if paths else ""


def _map_of_landing(settings: Settings, business_date: date) -> str:
    tables = Inventory(Landing(settings.landing_dir), business_date).tables_named(_MAP.replace("/", "."))
    return _map_of_manifest(tables[-1].folder) if tables else ""


def _map_of_manifest(delivery: Path) -> str:
    manifest = json.loads(packs.read(delivery, "manifest.json")) if packs.is_there(delivery) else {"row_count": 0}
    return str(manifest["files"][0]["sha256"]) if manifest["row_count"] else ""


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
