"""Checking offline what was published: the chain and signatures of the ledger, every manifest, the hash of every file.

Needs no database, no setting and no private key: a copy of a home, or of one release folder, and the public keys.
What each check proves and what none can prove is told in ``docs/evidence.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from minhu.audit.release_check import Examined, check_files, examine, hash_files
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.ledger import signing
from minhu.ledger.chain import Event, Ledger, SignOff, release_events, sign_off_events
from minhu.release import authors, publisher
from minhu.release.published_comparison import REPAIR
from minhu.release.release_folder import MANIFEST
from minhu.release.releases import unknown_release
from minhu.settings import Settings

LEDGER = "ledger.jsonl"


@dataclass(frozen=True)
class Verified:
    """What a verification found.

    Attributes:
        problems: everything that is wrong, as sentences; empty when all can be proved.
        notes: what a reader should know of what was proved.
    """

    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def verify(settings: Settings, public_keys: Path | None = None) -> list[str]:
    """Everything that is wrong with the releases of a home, as sentences; empty when all can be proved."""
    return list(verify_home(settings.home, public_keys).problems)


def verify_home(
    home: Path, public_keys: Path | None = None, release_id: str | None = None, head: str | None = None
) -> Verified:
    """Check the ledger of a home, or of a copy of one, and its releases.

    Args:
        home: the folder with ``ledger.jsonl`` and ``releases``.
        public_keys: a public key, or a folder of them, best a copy kept elsewhere; by default those in the home.
        release_id: only look into the folder of this release; the ledger is checked as a whole.
        head: SHA-256 of a line that was noted elsewhere, 64 hex digits.

    Raises:
        UsageError: no such release, no public key, or ``head`` is no SHA-256.
    """
    ledger, releases_dir = Ledger(home / LEDGER), home / "releases"
    keys = _trusted(public_keys) if public_keys else signing.read_public_keys(home / signing.PUBLIC_KEYS)
    events, problems = ledger.inspect(keys)
    if ledger.has_torn_end():
        problems.append(f"the last line of {LEDGER} is incomplete (a run was killed, and the next one mends it)")
    if events and events[-1].key_id is None:
        problems.append(
            f"the last line of {LEDGER} is not signed: it was written before lines were signed, or signatures were "
            "taken off; the next release signs a line that covers those above it"
        )
    known = release_events(events)
    if release_id is not None and release_id not in known:
        raise unknown_release(release_id, list(known))
    problems += _check_references(events)
    notes = _notes(events, public_keys)
    if head is not None:
        found = _line_of_head(events, head)
        problems += found.problems
        notes = [*found.notes, *notes]
    lines = list(known.values())
    before = {event.number: earlier for event, earlier in zip(lines, [None, *lines], strict=False)}
    wanted = [event for event in known.values() if release_id in (None, event.release_id)]
    examined = [examine(releases_dir / event.release_id, keys, event, before[event.number]) for event in wanted]
    problems += _problems_of(examined)
    problems += _signed_off_by_waivers_authors(events, examined)
    if release_id is None:
        problems += _unlisted(releases_dir, known)
    return Verified(tuple(problems), tuple(notes))


def with_published(verified: Verified, settings: Settings, published_uri: str | None) -> Verified:
    """Add where PostgreSQL shows readers other cells than the current release; a note says so where nobody looked.

    Args:
        verified: what was found on disk; where that is wrong, there is nothing to compare with.
        settings: of the home.
        published_uri: libpq connection string, a reader's is enough; None where the server does not run.
    """
    if verified.problems or not Ledger(settings.ledger_path).events():
        return verified
    if published_uri is None:
        return replace(verified, notes=(*verified.notes, "PostgreSQL was not compared: it does not run here"))
    try:
        found = publisher.differences(settings, published_uri)
    except TransientError as error:
        return replace(verified, notes=(*verified.notes, f"PostgreSQL was not compared: {error.happened}"))
    if not found:
        return replace(verified, notes=(*verified.notes, "PostgreSQL shows what the current release has, cell by cell"))
    return replace(
        verified, problems=tuple(found), notes=(*verified.notes, f"{REPAIR}; find out first who can write there")
    )


def verify_folder(folder: Path, public_keys: Path, release_id: str | None = None) -> Verified:
    """Check a release folder that was copied without its home.

    Args:
        folder: with ``manifest.json``.
        public_keys: a public key, or a folder of them, that did not come with the folder.
        release_id: the release it should be.

    Raises:
        UsageError: no public key.
    """
    examined = examine(folder, _trusted(public_keys))
    problems = _problems_of([examined])
    found = examined.release.release_id if examined.release else None
    if release_id is not None and found not in (None, release_id):
        problems.append(f"{folder.name}: {MANIFEST} is that of release {found}, not of {release_id}")
    note = f"{found} alone: that it was not replaced by a later release is for the ledger to say"
    return Verified(tuple(problems), (note,))


def _trusted(path: Path) -> Mapping[str, bytes]:
    keys = signing.read_public_keys(path)
    if not keys:
        raise UsageError(
            f"read public keys from {path}",
            "expected an Ed25519 public key (PEM), or a folder of *.pem, found none",
            "give the public_key.pem that the publisher handed out, or the copy of public_keys kept elsewhere",
        )
    return keys


def _problems_of(examined: list[Examined]) -> list[str]:
    hashes = hash_files(path for one in examined for path in one.paths)
    return [problem for one in examined for problem in (*one.problems, *check_files(one, hashes))]


_DOES = {"release": "publishes", "rollback": "rolls back to", "sign_off": "signs off"}


def _check_references(events: tuple[Event, ...]) -> list[str]:
    """Whether each line speaks of a release that stands above it, by its hash, and no release is made or signed twice."""
    problems, known, signed = [], dict[str, Event](), set[str]()
    for event in events:
        line = f"line {event.number} of the ledger"
        does = f"{line} {_DOES[event.kind]} {event.release_id}"
        if event.kind == "release":
            if event.release_id in known:
                problems.append(f"{does} a second time")
            known[event.release_id] = event
        elif event.release_id not in known:
            problems.append(f"{does}, never published{' before' if event.kind == 'sign_off' else ''}")
        elif event.manifest_sha256 != known[event.release_id].manifest_sha256:
            problems.append(f"{line} names another manifest of {event.release_id}")
        if event.sign_off is not None:
            if event.release_id in signed:
                problems.append(f"{does} a second time")
            signed.add(event.release_id)
            made = known[event.release_id].published_by if event.release_id in known else ()
            problems += _signed_off_by(event, event.sign_off, dict.fromkeys(made, "ran or asked for its night"))
            if event.sign_off.proposed_by:
                problems += _signed_off_by(event, event.sign_off, {event.sign_off.proposed_by: "asked for that"})
    return problems


def _signed_off_by_waivers_authors(events: tuple[Event, ...], examined: list[Examined]) -> list[str]:
    signed, known = sign_off_events(events), release_events(events)
    problems: list[str] = []
    for one in examined:
        event = signed.get(one.name)
        if event is None or event.sign_off is None or one.release is None or one.name not in known:
            continue
        try:
            made = authors.of_release(known[one.name], one.release)
        except (PermanentError, OSError, ValueError, KeyError, TypeError):
            continue  # a file that was changed or lost is told of by its hash
        wrote = {name: why for name, why in made.items() if name not in known[one.name].published_by}
        problems += _signed_off_by(event, event.sign_off, wrote)
    return problems


def _signed_off_by(event: Event, sign_off: SignOff, made: dict[str, str]) -> list[str]:
    why = authors.reason(made, sign_off.approver)
    said = f"line {event.number} of the ledger signs off {event.release_id} by {sign_off.approver}, who {why}"
    return [said] if why else []


def _notes(events: tuple[Event, ...], public_keys: Path | None) -> list[str]:
    if not events:
        return ["nothing was published here yet"]
    notes = [
        f"head {events[-1].sha256} (line {events[-1].number}): kept elsewhere, it shows whether lines were cut off"
    ]
    unsigned = [event.number for event in events if event.key_id is None]
    if unsigned:
        notes.append(f"lines up to {unsigned[-1]} were written before lines were signed; the line after covers them")
    if public_keys is None:
        notes.append("the public keys are the home's own; a copy kept elsewhere (--public-key) proves who signed")
    return notes


def _line_of_head(events: tuple[Event, ...], head: str) -> Verified:
    if not re.fullmatch("[0-9a-f]{64}", head):
        raise UsageError("find the head", f"expected 64 hex digits, found {head!r}", "give the head as it was noted")
    for event in events:
        if event.sha256 == head:
            return Verified((), (f"the head kept elsewhere is line {event.number} of {len(events)}",))
    return Verified(
        (f"no line of the ledger has the SHA-256 {head}: lines were cut off at the end, or the ledger was forked",)
    )


def _unlisted(releases_dir: Path, known: Mapping[str, Event]) -> list[str]:
    folders = sorted(p.name for p in releases_dir.glob("*") if p.is_dir() and not p.name.startswith("."))
    return [
        f"{name}: a release folder the ledger does not know (a run was killed before it, or the ledger was cut)"
        for name in folders
        if name not in known
    ]
