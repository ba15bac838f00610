"""The packages of a lock file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version


@dataclass(frozen=True)
class Pin:
    """A package as it is locked.

    Attributes:
        name: normalised as the registry does.
        version: the one that is installed.
        hashes: SHA-256 of the files that may be installed, in hexadecimal, sorted.
    """

    name: str
    version: Version
    hashes: tuple[str, ...]


def read(path: Path) -> dict[str, Pin]:
    """The packages of a lock by name, sorted.

    Raises:
        ValueError: a line pins nothing, or has no hash: then it is no lock.
    """
    found = {}
    joined = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in joined.splitlines():
        stated, *hashes = line.split("#", 1)[0].split("--hash=")
        if not stated.strip():
            continue
        requirement = Requirement(stated.strip())
        pins = [part.version for part in requirement.specifier if part.operator == "=="]
        if len(pins) != 1 or not hashes:
            raise ValueError(
                f"read {path.name}: expected name==version with hashes, found {stated.strip()}; run make lock"
            )
        name = canonicalize_name(requirement.name)
        digests = tuple(sorted(text.strip().removeprefix("sha256:") for text in hashes))
        found[name] = Pin(name, Version(pins[0]), digests)
    return dict(sorted(found.items()))
