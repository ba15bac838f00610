"""Checking a home offline: the chain of the ledger, the signatures, the hash of every file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from minhu import atomic, signing
from minhu.errors import PermanentError
from minhu.ledger import Event, Ledger
from minhu.release_folder import MANIFEST, PUBLIC_KEY, SIGNATURE, Release, content_sha256, read_release, release_id_of
from minhu.settings import Settings

_Inode = tuple[int, int]


def verify(settings: Settings, public_keys: Path | None = None) -> list[str]:
    """Everything that is wrong with the releases of a home, as sentences; empty when all can be proved.

    Needs no database and no private key.

    Args:
        settings: of the city.
        public_keys: folder of trusted keys (``<key id>.pem``), best a copy kept elsewhere; by default the home's own.
    """
    ledger = Ledger(settings.ledger_path)
    events, problems = ledger.inspect()
    if ledger.has_torn_end():
        problems.append(f"the last line of {ledger.path.name} is incomplete (a run was killed); the next one mends it")
    keys = public_keys or signing.public_keys_dir(settings)
    hashed: dict[_Inode, str] = {}
    previous: Event | None = None
    known: set[str] = set()
    for event in events:
        if event.kind == "release":
            problems += _check_release(settings.releases_dir / event.release_id, event, previous, keys, hashed)
            previous = event
            known.add(event.release_id)
        elif event.release_id not in known:
            problems.append(f"line {event.number} of the ledger rolls back to {event.release_id}, never published")
    return problems + _unlisted(settings.releases_dir, known)


def _check_release(
    folder: Path, event: Event, previous: Event | None, keys: Path, hashed: dict[_Inode, str]
) -> list[str]:
    try:
        release = read_release(folder)
    except PermanentError as error:
        return [f"{event.release_id}: {error.happened}"]
    problems = []
    if release.manifest_sha256 != event.manifest_sha256:
        problems.append(f"{event.release_id}: {MANIFEST} is not the one in the ledger")
    problems += _check_manifest(release, event, previous)
    problems += _check_signature(release, keys)
    problems += _check_files(release, hashed)
    return problems


def _check_manifest(release: Release, event: Event, previous: Event | None) -> list[str]:
    problems = []
    try:
        if release.manifest["content_sha256"] != content_sha256(release.manifest):
            problems.append(f"{event.release_id}: content_sha256 does not follow from the manifest")
        if release_id_of(release.manifest) != event.release_id:
            problems.append(f"{event.release_id}: the release id does not follow from the manifest")
    except KeyError as error:
        problems.append(f"{event.release_id}: {MANIFEST} has no {error.args[0]}")
    expected = {"release_id": previous.release_id, "manifest_sha256": previous.manifest_sha256} if previous else None
    if release.manifest.get("previous") != expected:
        problems.append(f"{event.release_id}: the release before it is not the one in the ledger")
    return problems


def _check_signature(release: Release, keys: Path) -> list[str]:
    key_id = str(release.manifest.get("signing_key_id"))
    key_path, signature_path = keys / f"{key_id}.pem", release.path / SIGNATURE
    if not re.fullmatch("[0-9a-f]{16}", key_id) or not key_path.is_file():
        return [f"{release.release_id}: signed with a key that is not trusted here ({key_id})"]
    if signing.key_id_of(key_path.read_bytes()) != key_id:
        return [f"{release.release_id}: {key_path.name} does not hold the key of that name"]
    if not signature_path.is_file():
        return [f"{release.release_id}: {SIGNATURE} is missing"]
    content = (release.path / MANIFEST).read_bytes()
    if not signing.is_valid(key_path.read_bytes(), content, signature_path.read_bytes()):
        return [f"{release.release_id}: {SIGNATURE} does not fit {MANIFEST}"]
    return []


def _check_files(release: Release, hashed: dict[_Inode, str]) -> list[str]:
    problems = []
    for file in release.files:
        path = release.path / file.name
        if not path.is_file():
            problems.append(f"{release.release_id}: {file.name} is missing")
        elif _hash_once(path, hashed) != file.sha256:
            problems.append(f"{release.release_id}: {file.name} was changed, its SHA-256 is not the manifest's")
    listed = {MANIFEST, SIGNATURE, PUBLIC_KEY, *(file.name for file in release.files)}
    found = sorted(p.relative_to(release.path).as_posix() for p in release.path.rglob("*") if p.is_file())
    extra: Sequence[str] = [name for name in found if name not in listed]
    return problems + [f"{release.release_id}: {name} does not belong there" for name in extra]


def _hash_once(path: Path, hashed: dict[_Inode, str]) -> str:
    """The hash of a file; releases share files by hard link, and each is read once."""
    status = path.stat()
    inode = (status.st_dev, status.st_ino)
    if inode not in hashed:
        hashed[inode] = atomic.sha256_of(path)
    return hashed[inode]


def _unlisted(releases_dir: Path, known: set[str]) -> list[str]:
    folders = sorted(p.name for p in releases_dir.glob("*") if p.is_dir() and not p.name.startswith("."))
    return [
        f"{name}: a release folder the ledger does not know (a run was killed before it, or the ledger was cut)"
        for name in folders
        if name not in known
    ]
