"""What is made of a release once it stands: a failure is noted, and the release stays as it is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress

from minhu import atomic
from minhu.errors import MinhuError
from minhu.release.release_folder import Progress, Release
from minhu.settings import Settings

_log = logging.getLogger(__name__)


def attempt(settings: Settings, release: Release, name: str, write: Callable[[], str], progress: Progress) -> None:
    """Make one thing of a release that was just published.

    Args:
        settings: of the city.
        release: that was published.
        name: of the thing and of the command that makes it again; a failure is noted in
            ``failures/<business date>/kpi_publish.<name>.txt`` until it is made.
        write: makes it and says what was written, for a person.
        progress: told so.
    """
    note = settings.home / "failures" / release.business_date.isoformat() / f"kpi_publish.{name}.txt"
    try:
        progress(f"{release.release_id}: {write()}")
        for old in (note, *note.parent.glob(f"kpi_publish.write_{name}.*")):  # of the task that was to make it, too
            old.unlink(missing_ok=True)
    except Exception as error:
        # a foreign exception may quote a row: only its kind is told
        said = str(error) if isinstance(error, MinhuError) else type(error).__name__
        text = f"write the {name} of {release.release_id}: {said} - the release stands; run `minhu {name}`"
        _log.warning("%s", text)
        with suppress(OSError):
            atomic.write_bytes(note, f"{text}\n".encode())
