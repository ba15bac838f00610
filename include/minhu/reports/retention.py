"""What may go: pages and provenance of old releases, which their releases give again byte for byte; evidence never goes.

Landing, releases, store, ledger and keys are what a figure is proved with, and none of them is touched. Pages are made of them,
so they go when nobody reads them any more: those of the current release, of the newest nights, of the last night of each month and
of every release that was signed off stay.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minhu.errors import PermanentError
from minhu.ledger.chain import Event, Ledger, current, release_events, sign_off_events
from minhu.settings import Settings

#: Folders of a home that hold one folder a release, and the command that makes one again.
MADE_AGAIN = {"site": "minhu site", "reports": "minhu dossier", "provenance": "minhu provenance"}
KEPT_NIGHTS = 31
#: The name under which a folder waits for its end: no reader sees half of it.
_GOING = ".going-"


@dataclass(frozen=True)
class Going:
    """A folder that may go.

    Attributes:
        folder: of one release.
        layer: one of :data:`MADE_AGAIN`.
        bytes: that it takes.
    """

    folder: Path
    layer: str
    bytes: int


def may_go(settings: Settings, nights: int = KEPT_NIGHTS) -> list[Going]:
    """Pages that may go, oldest release first.

    Args:
        settings: of the city.
        nights: of how many of the newest business dates all releases keep their pages.
    """
    events = Ledger(settings.ledger_path).events()
    known = release_events(events)
    kept = _kept(known.values(), nights) | set(sign_off_events(events))
    pointed = current(events)
    if pointed is not None:
        kept.add(pointed.release_id)
    return [
        Going(folder, layer, sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))
        for release_id in known
        if release_id not in kept
        for layer in MADE_AGAIN
        if (folder := settings.home / layer / release_id).is_dir()
    ]


def drop(settings: Settings, going: Iterable[Going]) -> None:
    """Remove folders, each at once for whoever reads it; what a killed run left behind goes too.

    Raises:
        PermanentError: one cannot be removed; those before it are gone, and the next run goes on.
    """
    for one in going:
        waiting = one.folder.with_name(_GOING + one.folder.name)
        try:
            shutil.rmtree(waiting, ignore_errors=True)
            one.folder.rename(waiting)
        except OSError as error:
            raise PermanentError(
                f"remove {one.folder}", f"it cannot be moved aside ({error.strerror or type(error).__name__})",
                "let your user write there and run `minhu retention --apply` again",
            ) from error  # fmt: skip
    for layer in MADE_AGAIN:
        for left in (settings.home / layer).glob(f"{_GOING}*"):
            shutil.rmtree(left, ignore_errors=True)


def _kept(releases: Iterable[Event], nights: int) -> set[str]:
    found = list(releases)
    days = sorted({event.business_date for event in found})
    newest = set(days[-nights:]) if nights else set()
    ends = {(day.year, day.month): day for day in days}  # the last of each month, for days are in order
    last = {event.business_date: event.release_id for event in found}
    return {event.release_id for event in found if event.business_date in newest} | {last[day] for day in ends.values()}
