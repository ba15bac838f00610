"""Vulnerabilities are asked of a source that has shown that it knows any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from upkeep import audit, vulnerabilities
from upkeep.vulnerabilities import CANARY, Known

LOCK = Path("requirements.txt")
FLAW = {"id": "PYSEC-2019-217", "aliases": ["CVE-2019-10906"], "fix_versions": ["2.10.1"]}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


def answering(canary: dict[str, dict[str, Any] | None], of_lock: dict[str, Any] | None = None) -> Any:
    """A stand-in for pip-audit: by source what it says of the canary, and what any says of a lock."""
    return lambda source, path: of_lock if path == LOCK else canary[source]


ILL = report({"name": CANARY[0], "version": CANARY[1], "vulns": [FLAW]})
WELL = report({"name": CANARY[0], "version": CANARY[1], "vulns": []})
PASSED_OVER = report({"name": CANARY[0], "skip_reason": "not found on PyPI"})


def test_a_source_that_finds_no_fault_with_a_faulty_version_is_not_believed() -> None:
    """A mirror without records lets pip-audit say that nothing was found."""
    for silent in (None, WELL, PASSED_OVER):
        asking = answering({"pypi": silent, "osv": None}, of_lock=report())
        assert vulnerabilities.known([LOCK], asking) == Known(None)
    said = " ".join(audit.told_vulnerabilities(Known(None), 200))
    assert said.startswith("NOT CHECKED for known vulnerabilities")


def test_the_second_source_is_asked_where_the_first_is_silent() -> None:
    of_lock = report(
        {"name": "sound", "version": "1", "vulns": []},
        {"name": "ill", "version": "2", "vulns": [FLAW, {"id": "X-1", "aliases": [], "fix_versions": []}]},
        {"name": "own", "skip_reason": "not found on PyPI"},
    )
    found = vulnerabilities.known([LOCK, LOCK], answering({"pypi": PASSED_OVER, "osv": ILL}, of_lock))
    assert found == Known(
        "osv",
        ("ill 2: PYSEC-2019-217, CVE-2019-10906, mended in 2.10.1", "ill 2: X-1, mended in no version"),
        ("own",),
    )
    assert list(audit.told_vulnerabilities(found, 3)) == [
        "2 known vulnerabilities in 3 packages, by osv", *found.found, "not known there, so not checked: own"
    ]  # fmt: skip


def test_a_source_that_falls_silent_over_a_lock_has_not_checked_it() -> None:
    assert vulnerabilities.known([LOCK], answering({"pypi": ILL, "osv": ILL}, of_lock=None)) == Known(None)
