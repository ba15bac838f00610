"""The append-only record of what was published and what was rolled back: ``ledger.jsonl``.

Each line holds the SHA-256 of the line before it, so a line cannot be changed or taken out unnoticed. A kill can
leave at most an incomplete last line; readers leave it aside and the next writer removes it. There is no clock in it:
the order of the lines is the order of the events.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from minhu import atomic
from minhu.errors import PermanentError

Kind = Literal["release", "rollback"]
GENESIS = "0" * 64


@dataclass(frozen=True)
class Event:
    """One line.

    Attributes:
        number: 1, 2, 3 …
        kind: ``release`` (became known; current if its business date is not before the current one's) or
            ``rollback`` (an operator made this earlier release the current one).
        release_id: which release.
        business_date: of that release.
        manifest_sha256: of that release's ``manifest.json``.
        previous: SHA-256 of the line before, 64 zeros for the first.
    """

    number: int
    kind: Kind
    release_id: str
    business_date: date
    manifest_sha256: str
    previous: str

    @property
    def line(self) -> bytes:
        """The line in the file, without its end."""
        record = {**asdict(self), "business_date": self.business_date.isoformat()}
        return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.line).hexdigest()


class Ledger:
    """Reads and extends one ledger file. Writers must hold the home's release lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def events(self) -> tuple[Event, ...]:
        """All complete lines, the chain checked.

        Raises:
            PermanentError: a line was changed, added or taken out.
        """
        events, problems = self.inspect()
        if problems:
            raise PermanentError(
                f"read {self.path}",
                problems[0],
                "stop publishing, run the verification, and restore the ledger from a backup",
            )
        return events

    def inspect(self) -> tuple[tuple[Event, ...], list[str]]:
        """The readable lines and what is wrong with the chain; an incomplete last line is not an error here."""
        events: list[Event] = []
        problems: list[str] = []
        previous = GENESIS
        for number, line in enumerate(self._complete_lines(), start=1):
            event = _parse(line)
            if event is None:
                problems.append(f"line {number} of {self.path.name} cannot be read")
            elif event.number != number or event.previous != previous or event.line != line:
                problems.append(
                    f"line {number} of {self.path.name} breaks the chain: expected number {number} after "
                    f"{previous[:12]}, found number {event.number} after {event.previous[:12]}"
                )
            if event is not None:
                events.append(event)
            previous = hashlib.sha256(line).hexdigest()
        return tuple(events), problems

    def has_torn_end(self) -> bool:
        """Whether a kill left the last line incomplete."""
        content = self.path.read_bytes() if self.path.exists() else b""
        return bool(content) and not content.endswith(b"\n")

    def append(self, kind: Kind, release_id: str, business_date: date, manifest_sha256: str) -> Event:
        """Add one line, made durable before this returns; an incomplete last line is removed first."""
        events = self.events()
        self._mend()
        previous = events[-1].sha256 if events else GENESIS
        event = Event(len(events) + 1, kind, release_id, business_date, manifest_sha256, previous)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as stream:
            stream.write(event.line + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        atomic.sync_folder(self.path.parent)
        return event

    def _mend(self) -> None:
        if not self.has_torn_end():
            return
        whole = self.path.read_bytes().rpartition(b"\n")
        with self.path.open("r+b") as stream:
            stream.truncate(len(whole[0]) + len(whole[1]))
            os.fsync(stream.fileno())

    def _complete_lines(self) -> list[bytes]:
        if not self.path.exists():
            return []
        return self.path.read_bytes().split(b"\n")[:-1]


def release_events(events: Sequence[Event]) -> dict[str, Event]:
    """The event that made each release known, by release id, in order."""
    return {event.release_id: event for event in events if event.kind == "release"}


def current(events: Sequence[Event]) -> Event | None:
    """The event whose release readers should see after all ``events``: the one rule of the pointer."""
    seen: Event | None = None
    for event in events:
        if seen is None or event.kind == "rollback" or event.business_date >= seen.business_date:
            seen = event
    return seen


def _parse(line: bytes) -> Event | None:
    try:
        record = json.loads(line)
        return Event(
            number=int(record["number"]),
            kind=record["kind"],
            release_id=str(record["release_id"]),
            business_date=date.fromisoformat(record["business_date"]),
            manifest_sha256=str(record["manifest_sha256"]),
            previous=str(record["previous"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
