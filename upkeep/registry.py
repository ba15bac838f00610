"""What the package registry has of a package, and which of it is newer than what is locked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from packaging.version import InvalidVersion, Version


@dataclass(frozen=True)
class Offer:
    """A version that the registry has.

    Attributes:
        version: of the package.
        uploaded: day (UTC) of its first file, None where the registry does not say.
        is_yanked: taken back by its authors.
    """

    version: Version
    uploaded: date | None = None
    is_yanked: bool = False


def offers(name: str) -> list[Offer]:
    """All versions of a package, oldest first, as the index that pip uses has them.

    Raises:
        requests.RequestException: the registry cannot be reached.
        pypi_simple.NoSuchProjectError: it does not have the package.
    """
    import pypi_simple

    with pypi_simple.PyPISimple(os.environ.get("PIP_INDEX_URL", pypi_simple.PYPI_SIMPLE_ENDPOINT)) as index:
        page = index.get_project_page(name, timeout=60)
    files: dict[Version, list[pypi_simple.DistributionPackage]] = {}
    for file in page.packages:
        try:
            files.setdefault(Version(file.version or ""), []).append(file)
        except InvalidVersion:
            continue  # of the time before versions had a form
    return [
        Offer(
            version,
            min((file.upload_time.date() for file in of_version if file.upload_time), default=None),
            all(file.is_yanked for file in of_version),
        )
        for version, of_version in sorted(files.items())
    ]


def usable(offered: Iterable[Offer]) -> list[Version]:
    """Final versions that were not taken back, oldest first."""
    return sorted(
        offer.version
        for offer in offered
        if not (offer.is_yanked or offer.version.is_prerelease or offer.version.is_devrelease)
    )


def newest_patch(locked: Version, offered: Iterable[Offer]) -> Version | None:
    """The newest version that differs from the locked one behind its minor number only; None where there is none."""
    newer = [version for version in usable(offered) if version > locked and version.release[:2] == locked.release[:2]]
    return newer[-1] if newer else None


def next_minor(locked: Version, offered: Sequence[Offer]) -> Version | None:
    """The newest version of the newest minor above the locked one, of the same major; None where there is none."""
    newer = [
        version
        for version in usable(offered)
        if version.release[:1] == locked.release[:1] and version.release[:2] > locked.release[:2]
    ]
    return newer[-1] if newer else None
