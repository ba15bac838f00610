"""The dossier (质量卷宗): a release's own report for an auditor, as static pages.

Made from the release folder, earlier releases' folders and the ledger; the same release gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minhu.release.release_folder import Progress, Release
from minhu.reports import after_release
from minhu.reports.dossier.evidence import Evidence, open_evidence
from minhu.reports.dossier.page import Page
from minhu.reports.dossier.pages import (
    changes,
    companions,
    conservation,
    definitions,
    freshness,
    lineage,
    proof,
    quarantine,
    rules,
    scores,
    summary,
    verdicts,
)
from minhu.reports.dossier.writing import address, render
from minhu.settings import Settings

#: Pages in the order of the menu.
PAGES = (
    summary, verdicts, rules, quarantine, conservation, scores, freshness, changes, companions, lineage, definitions, proof,
)  # fmt: skip


@dataclass(frozen=True)
class Dossier:
    """What was written: the first page, how many pages, and bytes in all."""

    index: Path
    pages: int
    bytes: int


def write(settings: Settings, release_id: str | None = None, out: Path | None = None) -> Dossier:
    """Write the dossier of a release, the current one by default, in place of one that was there.

    Args:
        settings: of the city.
        release_id: which release.
        out: folder; ``<home>/reports/<release_id>`` by default.

    Raises:
        UsageError: nothing was published, or no such release.
        PermanentError: a release folder is damaged.
    """
    with open_evidence(settings, release_id) as evidence:
        folder = out or settings.home / "reports" / evidence.release.release_id
        files = {address(page): content for page, content in pages(evidence)}
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(
        "cells-*.html"
    ):  # of a KPI that is no more; nothing else in the folder is ours to remove
        if leftover.name not in files:
            leftover.unlink()
    for name, content in files.items():
        _replace(folder / name, content)
    return Dossier(folder / "index.html", len(files), sum(map(len, files.values())))


def write_after_release(settings: Settings, release: Release, progress: Progress = lambda _: None) -> None:
    """Write the dossier of a release that was just published; a failure is noted, and the release stands."""

    def written() -> str:
        made = write(settings, release.release_id)
        return f"dossier of {made.pages} pages in {made.index.parent}"

    after_release.attempt(settings, release, "dossier", written, progress)


def _replace(path: Path, content: bytes) -> None:
    """A reader sees the old page or the new one; what can be made again need not outlive a power cut."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def pages(evidence: Evidence) -> Iterator[tuple[Page, bytes]]:
    """Every page with its content."""
    menu = [module.build(evidence) for module in PAGES]
    release_id, city = evidence.release.release_id, evidence.city_name
    for page in [*menu, *verdicts.cell_pages(evidence)]:
        yield page, render(page, menu, release_id, city)
