"""The contract of the KPIs and its versions: a definition never changes without a new version and words about it.

The rows of the seeds ``kpi_contract`` and ``kpi_contract_versions`` are read as text, as ``csv.DictReader`` gives them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

Row = Mapping[str, str]
Key = tuple[str, str]

#: Columns of a contract row that decide what its number means.
DEFINING_COLUMNS = (
    "count_model", "numerator", "denominator", "sample_size", "unit", "interval_method", "direction", "suppress_below",
    "band_below", "settle_days", "description",
)  # fmt: skip
FIRST_VERSION = "1.0.0"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")


def definition_hash(row: Row) -> str:
    """SHA-256 over the defining columns of a contract row, as 64 hex digits.

    Raises:
        KeyError: the row lacks a defining column.
    """
    named = [[column, row[column]] for column in DEFINING_COLUMNS]
    return hashlib.sha256(json.dumps(named, ensure_ascii=False).encode()).hexdigest()


def version_problems(contract: Iterable[Row], versions: Iterable[Row], changelog: str) -> list[str]:
    """What an author of the contract still has to do, one sentence each; empty when all is said.

    Args:
        contract: rows of the seed ``kpi_contract``.
        versions: rows of the seed ``kpi_contract_versions``, the older version of a variant first.
        changelog: text of CHANGELOG.md.
    """
    history: dict[Key, list[Row]] = {}
    for version in versions:
        history.setdefault((version["kpi_id"], version["variant"]), []).append(version)
    found = [problem for key, lines in history.items() for problem in _history_problems(key, lines, changelog)]
    for row in contract:
        found += _row_problems(row, history.get((row["kpi_id"], row["variant"]), []))
    return found


def _row_problems(row: Row, lines: Sequence[Row]) -> list[str]:
    """Whether a contract row is what its current version says it is."""
    key, number, digest = (row["kpi_id"], row["variant"]), row["contract_version"], definition_hash(row)
    if not lines or number not in [line["contract_version"] for line in lines]:
        return [
            f"{'/'.join(key)}: version {number} has no line in kpi_contract_versions.csv - "
            f"{_what_to_add(key, number, digest)}"
        ]
    current = lines[-1]
    if number != current["contract_version"]:
        return [
            f"{'/'.join(key)}: kpi_contract.csv says version {number}, the last line of kpi_contract_versions.csv says "
            f"{current['contract_version']} - let contract_version be the last version"
        ]
    if digest != current["definition_sha256"]:
        return [
            f"{'/'.join(key)}: its definition is no longer that of version {number} - raise contract_version in "
            f"kpi_contract.csv above {number}, then {_what_to_add(key, '<new version>', digest)}"
        ]
    return []


def _what_to_add(key: Key, number: str, digest: str) -> str:
    line = f"{','.join(key)},{number},<first business date>,<is_break>,{digest},<meaning_zh>,<meaning_en>"
    if number == FIRST_VERSION:
        line = f"{','.join(key)},{number},<first business date>,false,{digest},,"
        return f"add the line `{line}` to kpi_contract_versions.csv"
    return (
        f"add the line `{line}` to kpi_contract_versions.csv and to CHANGELOG.md a line with `{key[0]} {number}` that says "
        "what the number meant before and means now"
    )


def _history_problems(key: Key, lines: Sequence[Row], changelog: str) -> list[str]:
    """Whether the versions of one variant follow one another, and each but the first says what changed."""
    name, found = "/".join(key), []
    for line in lines:
        number = line["contract_version"]
        if not _VERSION.fullmatch(number):
            found.append(f"{name}: {number!r} is no version - write three numbers, as in 1.1.0")
        if line["is_break"] not in ("true", "false"):
            found.append(f"{name} {number}: is_break is {line['is_break']!r} - write true or false")
        if line is lines[0] and number == FIRST_VERSION:
            continue
        if not (line["meaning_zh"] and line["meaning_en"]):
            found.append(
                f"{name} {number}: kpi_contract_versions.csv does not say what the number meant before and means now - "
                "fill meaning_zh and meaning_en"
            )
        if not _names(changelog, f"{key[0]} {number}"):
            found.append(
                f"{name} {number}: CHANGELOG.md does not name it - add a line with `{key[0]} {number}` that says what the "
                "number meant before and means now"
            )
    for before, after in pairwise(lines):
        if _numbers(after["contract_version"]) <= _numbers(before["contract_version"]):
            found.append(
                f"{name}: version {after['contract_version']} stands after {before['contract_version']} - versions increase "
                "from line to line"
            )
        if after["valid_from"] <= before["valid_from"]:
            found.append(
                f"{name}: version {after['contract_version']} applies from {after['valid_from']}, the one before from "
                f"{before['valid_from']} - a later version has a later valid_from"
            )
    return found


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version)
    return tuple(int(part) for part in match.groups()) if match else ()


def _names(changelog: str, words: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(words)}(?!\.?\w)", changelog) is not None
