"""The append-only record of what was published, rolled back and signed off: ``ledger.jsonl``.

Each line holds the SHA-256 of the line before it and an Ed25519 signature over itself, so a line cannot be changed,
moved, taken out or put in between unnoticed; cutting lines off at the end shows only beside a hash kept elsewhere
(``docs/evidence.md``). A kill can leave at most an incomplete last line; readers leave it aside and the next writer
removes it. There is no clock in it: the order of the lines is the order of the events. The one time that stands in it is
when somebody signed off, as the place where they answered says it.

Lines written before lines were signed (0.3) are read as long as no signed line stands above them: the first signature
covers them, for it covers the hash of the line before.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from minhu import atomic
from minhu.errors import PermanentError
from minhu.ledger import signing
from minhu.ledger.signing import Signer

Kind = Literal["release", "rollback", "sign_off"]
GENESIS = "0" * 64
#: What a line says of its release beside the hash of the manifest, in which the same stands.
FACTS = ("git_commit", "verdicts")
#: A process reads the ledger many times, and a signature costs a tenth of a millisecond.
_is_signed_by = lru_cache(maxsize=None)(signing.is_valid)


@dataclass(frozen=True)
class SignOff:
    """What a line of kind ``sign_off`` says beside the release and the hash that was approved.

    Attributes:
        approver: who took the figures upon themselves.
        approved_at: when they said so, aware, in the zone of the city.
        proposed_by: who asked for it by hand; None where the schedule did.
    """

    approver: str
    approved_at: datetime
    proposed_by: str | None

    def as_record(self) -> dict[str, str]:
        """As it stands in the line."""
        told = {"approver": self.approver, "approved_at": self.approved_at.isoformat()}
        return {**told, "proposed_by": self.proposed_by} if self.proposed_by else told


@dataclass(frozen=True)
class Event:
    """One line.

    Attributes:
        number: 1, 2, 3 …
        kind: ``release`` (became known; current if its business date is not before the current one's), ``rollback``
            (an operator made this earlier release the current one) or ``sign_off`` (somebody with a name approved it).
        release_id: which release.
        business_date: of that release.
        manifest_sha256: of that release's ``manifest.json``, which holds code, inputs, verdict counts and file hashes.
        previous: SHA-256 of the line before, 64 zeros for the first.
        key_id: the key that signed the line; None for one that is not signed.
        line: the line in the file, without its end.
    """

    number: int
    kind: Kind
    release_id: str
    business_date: date
    manifest_sha256: str
    previous: str
    key_id: str | None
    line: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.line).hexdigest()

    @property
    def facts(self) -> dict[str, Any]:
        """Those of :data:`FACTS` that the line holds; none in roll-backs and in lines that are not signed."""
        record = json.loads(self.line)
        return {name: record[name] for name in FACTS if name in record}

    @property
    def published_by(self) -> tuple[str, ...]:
        """Who ran the publication or asked for it by hand; empty in other kinds and in older lines."""
        return tuple(json.loads(self.line).get("published_by", ()))

    @property
    def sign_off(self) -> SignOff | None:
        """What a line of kind ``sign_off`` says; None for other kinds."""
        return _sign_off(json.loads(self.line)) if self.kind == "sign_off" else None

    def is_signed_with(self, public_pem: bytes) -> bool:
        """Whether the signature fits the line and the key."""
        record = json.loads(self.line)
        signature = record.pop("signature")
        # only one spelling: capital hex digits are the same signature in other bytes
        if not isinstance(signature, str) or not re.fullmatch("[0-9a-f]{128}", signature):
            return False
        return _is_signed_by(public_pem, _canonical(record), bytes.fromhex(signature))


class Ledger:
    """Reads and extends one ledger file. Writers must hold the home's release lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def events(self) -> tuple[Event, ...]:
        """All complete lines, the chain and the signatures checked with the public keys beside the ledger.

        Raises:
            PermanentError: a line was changed, added or taken out, or the key that signed it is missing.
        """
        events, problems = self.inspect(signing.read_public_keys(self.path.parent / signing.PUBLIC_KEYS))
        if problems:
            raise PermanentError(
                f"read {self.path}",
                problems[0],
                "publish nothing, run `minhu verify`, and follow docs/runbook/verification-failed.md",
            )
        return events

    def inspect(self, keys: Mapping[str, bytes]) -> tuple[tuple[Event, ...], list[str]]:
        """The readable lines, and what is wrong; an incomplete last line is not an error here.

        Args:
            keys: the trusted public keys (PEM) by key id.
        """
        events: list[Event] = []
        problems: list[str] = []
        previous, signed = GENESIS, 0
        for number, line in enumerate(self._complete_lines(), start=1):
            event = _parse(line)
            if event is None:
                problems.append(f"line {number} of {self.path.name} cannot be read")
            else:
                if problem := _chain_problem(event, number, previous, events):
                    problems.append(f"line {number} of {self.path.name} breaks the chain: {problem}")
                if problem := _signature_problem(event, keys, signed):
                    problems.append(f"line {number} of {self.path.name} {problem}")
                signed = number if event.key_id else signed
                events.append(event)
            previous = hashlib.sha256(line).hexdigest()
        return tuple(events), problems

    def has_torn_end(self) -> bool:
        """Whether a kill left the last line incomplete."""
        content = self.path.read_bytes() if self.path.exists() else b""
        return bool(content) and not content.endswith(b"\n")

    def append(
        self, kind: Kind, release_id: str, business_date: date, manifest_sha256: str,
        signer: Signer | None = None, facts: Mapping[str, Any] | None = None,
    ) -> Event:  # fmt: skip
        """Add one line, made durable before this returns; an incomplete last line is removed first.

        Args:
            kind, release_id, business_date, manifest_sha256: as in :class:`Event`.
            signer: signs the line; None only in scratch homes, which nobody verifies.
            facts: values of :data:`FACTS` with ``published_by`` (a release), :meth:`SignOff.as_record` (a sign-off).

        Raises:
            PermanentError: what stands in the ledger is not sound; nothing is added to it.
        """
        events = self.events()
        self._mend()
        record = {
            **(facts or {}),
            "number": len(events) + 1,
            "kind": kind,
            "release_id": release_id,
            "business_date": business_date.isoformat(),
            "manifest_sha256": manifest_sha256,
            "previous": events[-1].sha256 if events else GENESIS,
        }
        if signer is not None:
            record["key_id"] = signer.key_id
            record["signature"] = signer.sign(_canonical(record)).hex()
        event = _parse(_canonical(record))
        if event is None:
            raise ValueError(f"not a line of a ledger: {record}")
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


def sign_off_events(events: Sequence[Event]) -> dict[str, Event]:
    """The event that signed each release off, by release id, in order."""
    return {event.release_id: event for event in events if event.kind == "sign_off"}


def current(events: Sequence[Event]) -> Event | None:
    """The event whose release readers should see after all ``events``: the one rule of the pointer."""
    seen: Event | None = None
    for event in events:
        if event.kind == "sign_off":
            continue
        if seen is None or event.kind == "rollback" or event.business_date >= seen.business_date:
            seen = event
    return seen


def _chain_problem(event: Event, number: int, previous: str, before: Sequence[Event]) -> str | None:
    if event.previous == previous:
        return None if event.number == number else f"expected number {number}, found {event.number}"
    twin = next((earlier for earlier in before if earlier.previous == event.previous), None)
    if twin is not None:
        return f"it follows the same line as line {twin.number}, so the ledger was forked"
    return (
        f"a line before it was changed, taken out or moved (expected number {number} after {previous[:12]}, "
        f"found number {event.number} after {event.previous[:12]})"
    )


def _signature_problem(event: Event, keys: Mapping[str, bytes], signed: int) -> str | None:
    if event.key_id is None:
        return f"is not signed although line {signed} above it is: it was forged or changed" if signed else None
    if event.key_id not in keys:
        return f"is signed with a key that is not trusted here ({event.key_id})"
    if not event.is_signed_with(keys[event.key_id]):
        return f"was forged or changed: its signature does not fit key {event.key_id}"
    return None


def _canonical(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def _parse(line: bytes) -> Event | None:
    """The event of a line; None where it is not one, or not in the one spelling in which lines are written."""
    try:
        record = json.loads(line)
        event = Event(
            number=record["number"],
            kind=record["kind"],
            release_id=record["release_id"],
            business_date=date.fromisoformat(record["business_date"]),
            manifest_sha256=record["manifest_sha256"],
            previous=record["previous"],
            key_id=record["key_id"] if "signature" in record else None,
            line=line,
        )
        names = list(record.get("published_by", ()))
        if event.kind == "sign_off":
            names = [*names, _sign_off(record).approver, record.get("proposed_by", "")]
    except (ValueError, KeyError, TypeError):
        return None
    texts = (event.release_id, event.manifest_sha256, event.previous, event.key_id or "", *names)
    is_whole = type(event.number) is int and event.kind in get_args(Kind) and all(isinstance(t, str) for t in texts)
    return event if is_whole and _canonical(record) == line else None


def _sign_off(record: Mapping[str, Any]) -> SignOff:
    """Raises ValueError, KeyError or TypeError where the record is not one of a sign-off."""
    approved_at = datetime.fromisoformat(record["approved_at"])
    if approved_at.tzinfo is None or not record["approver"]:
        raise ValueError("no approver, or a time without its zone")
    return SignOff(record["approver"], approved_at, record.get("proposed_by"))
