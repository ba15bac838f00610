"""Under which licences the locked packages stand, as their own metadata says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

RULES = Path(__file__).with_name("licences.toml")
_JOINING = {"AND", "OR", "WITH"}
#: Classifiers that say no licence.
_NO_LICENCE = {"OSI Approved", "DFSG approved"}


@dataclass(frozen=True)
class Rules:
    """What was decided about licences; see ``licences.toml``.

    Attributes:
        permissive: identifiers that need no look.
        words: what packages write, and its identifier.
        looked_at: by package what was seen and why it does no harm.
    """

    permissive: frozenset[str]
    words: Mapping[str, str]
    looked_at: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Judged:
    """Packages by what their licence asks for: ``looked_at`` with the reasons, ``to_look_at`` and ``unknown`` fail."""

    permissive: tuple[str, ...]
    looked_at: tuple[str, ...]
    to_look_at: tuple[str, ...]
    unknown: tuple[str, ...]


def rules(path: Path = RULES) -> Rules:
    """Read the decisions."""
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    looked_at = {name: (row["licence"], row["why"]) for name, row in read["looked_at"].items()}
    return Rules(frozenset(read["permissive"]), read["words"], looked_at)


def installed(site_packages: Path, words: Mapping[str, str]) -> dict[str, str | None]:
    """The licence of every package that is installed in a folder, None where it says none that is understood."""
    return {
        canonicalize_name(found.metadata["Name"]): stated(found.metadata, words)
        for found in distributions(path=[str(site_packages)])
    }


def stated(metadata: PackageMetadata, words: Mapping[str, str]) -> str | None:
    """The licence that a package states: its expression, else its classifiers, else its field ``License``.

    Of several classifiers nobody can say whether they are a choice, so all are taken to hold.
    """
    if expression := metadata.get("License-Expression"):
        return _identified(expression, words)
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License ::")]
    named = sorted({text.split("::")[-1].strip() for text in classifiers} - _NO_LICENCE)
    if named:
        identified = [_identified(name, words) for name in named]
        return " AND ".join(name for name in identified if name) if all(identified) else None
    return _identified((metadata.get("License") or "").strip(), words)


def _identified(text: str, words: Mapping[str, str]) -> str | None:
    if text in words:
        return words[text]
    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return None


def judge(names: Sequence[str], licences: Mapping[str, str | None], decided: Rules) -> Judged:
    """Which packages need a look: those of which one named licence is not permissive, be it one of a choice.

    A look holds for the licence that was seen; under another one the package has to be looked at again.
    """
    found: dict[str, list[str]] = {"permissive": [], "looked_at": [], "to_look_at": [], "unknown": []}
    for name in sorted(names):
        licence = licences.get(name)
        seen, why = decided.looked_at.get(name, (None, ""))
        if licence is None and seen is None:
            found["unknown"].append(name)
        elif licence is not None and identifiers(licence) <= decided.permissive:
            found["permissive"].append(name)
        elif seen == (licence or "none stated"):
            found["looked_at"].append(f"{name}: {seen}; {why}")
        else:
            found["to_look_at"].append(f"{name}: {licence or 'none stated'}")
    return Judged(**{kind: tuple(rows) for kind, rows in found.items()})


def identifiers(expression: str) -> set[str]:
    """The licences that an expression of SPDX names."""
    return set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - _JOINING
