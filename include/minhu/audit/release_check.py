"""Whether one release folder is what was signed: its manifest, its signature, every file in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from minhu import atomic
from minhu.errors import PermanentError
from minhu.ledger import signing
from minhu.ledger.chain import Event
from minhu.release.release_folder import (
    MANIFEST,
    PUBLIC_KEY,
    SIGNATURE,
    Release,
    ReleaseFile,
    content_sha256,
    read_release,
    release_id_of,
)

#: SHA-256 by path; None for a file that cannot be read.
Hashes = Mapping[Path, str | None]


@dataclass(frozen=True)
class Examined:
    """A release folder whose manifest was looked at; its files are still to be hashed.

    Attributes:
        name: what sentences call it.
        folder: where it is.
        problems: what is wrong with manifest, signature and key.
        files: what the manifest lists; empty where nobody can say that it is the manifest of the release.
        release: None where the manifest cannot be read.
    """

    name: str
    folder: Path
    problems: tuple[str, ...]
    files: tuple[ReleaseFile, ...]
    release: Release | None

    @property
    def paths(self) -> list[Path]:
        return [self.folder / file.name for file in self.files]


def examine(
    folder: Path, keys: Mapping[str, bytes], event: Event | None = None, previous: Event | None = None
) -> Examined:
    """Look at manifest, signature and key of a release.

    Args:
        folder: of the release.
        keys: the trusted public keys by key id.
        event: the ledger's line of the release; None where only the folder was copied.
        previous: the line of the release published before it.
    """
    name = event.release_id if event else folder.name
    if not folder.is_dir():
        return Examined(name, folder, (f"{name}: its folder is missing",), (), None)
    try:
        release = read_release(folder)
    except PermanentError as error:
        return Examined(name, folder, (f"{name}: {error.happened}",), (), None)
    problems: list[str] = []
    is_in_ledger = event is not None and release.manifest_sha256 == event.manifest_sha256
    if event is not None and not is_in_ledger:
        problems.append(f"{MANIFEST} is not the one in the ledger")
    try:
        unsigned = _check_signature(release, keys)
        problems += unsigned + _check_manifest(release)
        if event is not None:
            problems += _check_line(release, event, previous)
        files = release.files if is_in_ledger or not unsigned else ()
    except (KeyError, TypeError, AttributeError) as error:
        problems.append(f"{MANIFEST} does not have the form of a manifest ({error})")
        files = ()
    if not files:
        problems.append(f"its files cannot be checked without a trusted {MANIFEST}")
    return Examined(name, folder, tuple(f"{name}: {problem}" for problem in problems), files, release)


def check_files(examined: Examined, hashes: Hashes) -> list[str]:
    """What is wrong with the files of a release, as sentences."""
    problems: list[str] = []
    for file in examined.files:
        path = examined.folder / file.name
        if path not in hashes:
            problems.append(f"{file.name} is missing")
        elif hashes[path] is None:
            problems.append(f"{file.name} cannot be read")
        elif hashes[path] != file.sha256:
            problems.append(f"{file.name} was changed, its SHA-256 is not the manifest's")
    if examined.files:
        listed = {MANIFEST, SIGNATURE, PUBLIC_KEY, *(file.name for file in examined.files)}
        found = sorted(
            path.relative_to(examined.folder).as_posix() for path in examined.folder.rglob("*") if not path.is_dir()
        )
        problems += [f"{name} does not belong there" for name in found if name not in listed]
    return [f"{examined.name}: {problem}" for problem in problems]


def hash_files(paths: Iterable[Path]) -> Hashes:
    """Hash files in as many threads as there are processors; what releases share by hard link is read once.

    Hashing lets go of the interpreter's lock, so the threads do run side by side.
    """
    by_inode: dict[tuple[int, int], list[Path]] = {}
    for path in paths:
        if path.is_file():
            status = path.stat()
            by_inode.setdefault((status.st_dev, status.st_ino), []).append(path)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        digests = pool.map(_hash, [same[0] for same in by_inode.values()])
        return {path: digest for same, digest in zip(by_inode.values(), digests, strict=True) for path in same}


def _hash(path: Path) -> str | None:
    try:
        return atomic.sha256_of(path)
    except OSError:
        return None


def _check_manifest(release: Release) -> list[str]:
    problems = []
    if release.manifest["content_sha256"] != content_sha256(release.manifest):
        problems.append(f"content_sha256 does not follow from {MANIFEST}")
    if release.release_id != release_id_of(release.manifest):
        problems.append(f"the release id {release.release_id} does not follow from {MANIFEST}")
    return problems


def _check_line(release: Release, event: Event, previous: Event | None) -> list[str]:
    problems = []
    if release.release_id != event.release_id:
        problems.append(f"{MANIFEST} is that of release {release.release_id}")
    told = {"business_date": event.business_date.isoformat(), **event.facts}
    problems += [
        f"line {event.number} of the ledger says another {name} than {MANIFEST}"
        for name, value in told.items()
        if release.manifest[name] != value
    ]
    expected = {"release_id": previous.release_id, "manifest_sha256": previous.manifest_sha256} if previous else None
    if release.manifest["previous"] != expected:
        problems.append("the release before it is not the one in the ledger")
    return problems


def _check_signature(release: Release, keys: Mapping[str, bytes]) -> list[str]:
    key_id = str(release.manifest.get("signing_key_id"))
    if key_id not in keys:
        return [f"signed with a key that is not trusted here ({key_id})"]
    problems = []
    signature, own_key = release.path / SIGNATURE, release.path / PUBLIC_KEY
    if not signature.is_file():
        problems.append(f"{SIGNATURE} is missing")
    elif not signing.is_valid(keys[key_id], (release.path / MANIFEST).read_bytes(), signature.read_bytes()):
        problems.append(f"{SIGNATURE} does not fit {MANIFEST}: one of them was changed")
    if not own_key.is_file():
        problems.append(f"{PUBLIC_KEY} is missing")
    elif own_key.read_bytes() != keys[key_id]:
        problems.append(f"{PUBLIC_KEY} is not the key that signed {MANIFEST}")
    return problems
