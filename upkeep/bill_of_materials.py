"""The software bill of materials of a release, in CycloneDX: what the lock installs, with its hashes and licences.

The same lock and the same installed metadata give the same file: it has no time, and its serial number follows from the lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from upkeep.lock import Pin

_SCHEMA = SchemaVersion.V1_6


def written(
    name: str, version: str, lock_sha256: str, pins: Mapping[str, Pin], licences: Mapping[str, str | None], site: Path
) -> str:
    """The bill as JSON, valid by the schema of CycloneDX 1.6.

    Args:
        name: of the software.
        version: of the release.
        lock_sha256: digest of the lock file, which the serial number follows from.
        pins: what the lock installs.
        licences: by package, None where it says none.
        site: folder of the installed packages, whose metadata say what needs what.

    Raises:
        ValueError: it would not be valid.
    """
    factory = LicenseFactory()
    components = {}
    for pin in pins.values():
        licence = licences.get(pin.name)
        components[pin.name] = Component(
            type=ComponentType.LIBRARY, name=pin.name, version=str(pin.version), bom_ref=f"{pin.name}=={pin.version}",
            purl=PackageURL("pypi", name=pin.name, version=str(pin.version)),
            licenses=[factory.make_from_string(licence)] if licence else [],
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
        )  # fmt: skip
    software = Component(type=ComponentType.APPLICATION, name=name, version=version, bom_ref=name)
    bill = Bom(serial_number=uuid5(NAMESPACE_URL, f"{name}=={version}#{lock_sha256}"), components=components.values())
    bill.metadata.component = software
    bill.metadata.timestamp = None
    bill.register_dependency(software, components.values())
    for name_of, needed in _needs(site).items():
        if name_of in components:
            bill.register_dependency(
                components[name_of], [components[other] for other in needed if other in components]
            )
    text = str(make_outputter(bill, OutputFormat.JSON, _SCHEMA).output_as_string(indent=1)) + "\n"
    if errors := JsonStrictValidator(_SCHEMA).validate_str(text):
        raise ValueError(f"write the bill of materials: expected what the schema of CycloneDX asks for, found {errors}")
    return text


def _needs(site: Path) -> dict[str, list[str]]:
    """By installed package what it asks for, extras and other platforms included: the lock says which of it is there."""
    return {
        canonicalize_name(found.metadata["Name"]): sorted(
            {canonicalize_name(Requirement(text).name) for text in found.requires or ()}
        )
        for found in distributions(path=[str(site)])
    }
