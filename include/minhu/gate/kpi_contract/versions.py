"""A definition never changes without a new version, and words in both languages about what it meant before."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise

from minhu.gate.kpi_contract.form import FIRST_VERSION, Kpi, Version
from minhu.gate.kpi_contract.project import Recorded

#: Columns of the contract that decide what a number means. A change of this list is one of every hash.
DEFINING_COLUMNS = (
    "count_model", "numerator", "denominator", "sample_size", "unit", "interval_method", "direction", "suppress_below",
    "band_below", "settle_days", "description",
)  # fmt: skip
_COLUMNS = (
    "kpi_id", "variant", "kpi_name", "name_zh", "name_en", "count_model", "numerator", "denominator", "sample_size",
    "unit", "interval_method", "direction", "levels", "periods", "suppress_below", "band_below", "settle_days", "source",
    "is_optional", "requires", "inputs", "anchors", "owner_zh", "standard", "contract_version", "description",
    "description_zh",
)  # fmt: skip


def contract_row(kpi: Kpi) -> dict[str, str]:
    """The row of the seed ``kpi_contract``, as text: lists are words with spaces between them."""
    return {column: _as_text(getattr(kpi, column)) for column in _COLUMNS}


def definition_hash(kpi: Kpi) -> str:
    """SHA-256 over the defining columns of the contract row, as 64 hex digits."""
    row = contract_row(kpi)
    named = [[column, row[column]] for column in DEFINING_COLUMNS]
    return hashlib.sha256(json.dumps(named, ensure_ascii=False).encode()).hexdigest()


def version_problems(kpi: Kpi, recorded: Recorded, changelog: str) -> list[str]:
    """What an author still has to say about the versions of a KPI, one sentence each.

    Args:
        kpi: one variant.
        recorded: hashes that were written before.
        changelog: text of CHANGELOG.md.
    """
    where, history = f"kpis/{kpi.kpi_id}.yml: {kpi.variant}", kpi.history
    found = [problem for version in history for problem in _unexplained(kpi, version, changelog)]
    for before, after in pairwise(history):
        if _numbers(after.version) <= _numbers(before.version):
            found.append(
                f"{where}: version {after.version} stands after {before.version} in its history - let versions increase "
                "from entry to entry"
            )
        if after.valid_from <= before.valid_from:
            found.append(
                f"{where}: version {after.version} applies from {after.valid_from}, the one before from "
                f"{before.valid_from} - give the later version a later valid_from"
            )
    return found + _definition_problems(kpi, recorded)


def _definition_problems(kpi: Kpi, recorded: Recorded) -> list[str]:
    """Whether the definition is the one that was written under its version, and no version is lost or made up."""
    where, current = f"kpis/{kpi.kpi_id}.yml: {kpi.variant}", kpi.contract_version
    versions = [version.version for version in kpi.history]
    written = [version for kpi_id, variant, version in recorded if (kpi_id, variant) == (kpi.kpi_id, kpi.variant)]
    found = [
        f"{where}: version {version} was written to kpi_contract_versions.csv and is no longer in its history - put it "
        "back: what was published under it still names it"
        for version in written
        if version not in versions
    ]
    found += [
        f"{where}: nothing was recorded of the definition of version {version}, which is not its newest - restore "
        "kpi_contract_versions.csv from git, or begin with the newest"
        for version in versions[:-1]
        if version not in written
    ]
    if recorded.get((kpi.kpi_id, kpi.variant, current), definition_hash(kpi)) != definition_hash(kpi):
        found.append(
            f"{where}: its definition is no longer that of version {current} - {_add_version(kpi)}; or, if no night was "
            f"published under {current} yet, run `minhu kpi write --unpublished {kpi.kpi_id}`"
        )
    return found


def _add_version(kpi: Kpi) -> str:
    return (
        f"add a version above {kpi.contract_version} to its history, with valid_from, is_break, meaning_zh and meaning_en, "
        f"and the row `| {kpi.kpi_id} | <new version> | <break> | <before> | <now> |` to *Meanings* of CHANGELOG.md"
    )


def _unexplained(kpi: Kpi, version: Version, changelog: str) -> list[str]:
    """Whether a version that is not the first says what changed."""
    if version is kpi.history[0] and version.version == FIRST_VERSION:
        return []
    where, number = f"kpis/{kpi.kpi_id}.yml: {kpi.variant}", version.version
    found = []
    if not (version.meaning_zh and version.meaning_en):
        found.append(
            f"{where}: version {number} does not say what the number meant before and means now - fill meaning_zh and "
            "meaning_en"
        )
    if not re.search(rf"^\| *{kpi.kpi_id} *\| *{re.escape(number)} *\|", changelog, re.MULTILINE):
        found.append(
            f"{where}: CHANGELOG.md does not name version {number} - add the row `| {kpi.kpi_id} | {number} | <break> | "
            "<before> | <now> |` to its *Meanings*"
        )
    return found


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
