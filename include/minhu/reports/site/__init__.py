"""The KPI site (指标网站): a release's figures as static pages for officials and residents.

Made from the release folder alone: the same release and the same code give the same bytes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minhu.errors import UsageError
from minhu.release import releases
from minhu.release.release_folder import Progress, Release
from minhu.reports import after_release
from minhu.reports.site import folder as site_folder
from minhu.reports.site import rendering
from minhu.reports.site.content import Content, read_content
from minhu.reports.site.pages import index, kpi, news, places, reference, unit
from minhu.reports.site.reading import open_tables
from minhu.reports.site.rendering import Page
from minhu.settings import Settings


@dataclass(frozen=True)
class Site:
    """What was made: the first page, how many files, bytes in all, and whether it is new."""

    index: Path
    files: int
    bytes: int
    is_new: bool


def folder_of(settings: Settings, release: Release) -> Path:
    return settings.home / "site" / release.release_id


def make(settings: Settings, release_id: str | None = None) -> Site:
    """Make the site of a release, the current one by default; one that stands is left as it is.

    Raises:
        UsageError: nothing was published, or no such release.
        PermanentError: a release folder is damaged, or the site cannot be written.
    """
    release = releases.current(settings, release_id)
    folder = folder_of(settings, release)
    if folder.exists():
        sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
        made = Site(folder / "index.html", len(sizes), sum(sizes), is_new=False)
    else:
        files = _all_files(release)
        is_new = site_folder.place(folder, files)
        made = Site(folder / "index.html", len(files), sum(map(len, files.values())), is_new)
    _point(settings, release)
    return made


def check(settings: Settings, release_id: str | None = None) -> list[str]:
    """How the site that stands differs from the one its release gives, byte for byte; empty where it does not.

    Raises:
        UsageError: nothing was published, no such release, or it has no site.
    """
    release = releases.current(settings, release_id)
    folder = folder_of(settings, release)
    if not folder.is_dir():
        raise UsageError(
            f"check the site of {release.release_id}", f"there is none in {folder}", "make it: `minhu site`"
        )
    return site_folder.differences(folder, _all_files(release))


def write_after_release(settings: Settings, release: Release, progress: Progress = lambda _: None) -> None:
    """Make the site of a release that was just published; a failure is noted, and the release stands."""

    def written() -> str:
        made = make(settings, release.release_id)
        return f"site of {made.files} files: {made.index}"

    after_release.attempt(settings, release, "site", written, progress)


def build(release: Release) -> Iterator[tuple[str, bytes]]:
    """Every file of the site of a release with its content."""
    with open_tables(release) as tables:
        content = read_content(release, tables)
    yield "style.css", rendering.style()
    yield "site.js", rendering.script()
    yield "compare.js", rendering.compare_script()
    yield "names.js", reference.names(content)
    yield from reference.data_files(content)
    for page in pages(content):
        yield page.address, rendering.render(page, content)


def _all_files(release: Release) -> dict[str, bytes]:
    """The files of a site; meanwhile no cycles are collected: half a million cells live to the end and hold none."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        return dict(build(release))
    finally:
        if was_collecting:
            gc.enable()


def pages(content: Content) -> Iterator[Page]:
    yield index.build(content)
    yield places.units(content)
    yield places.tile_map(content)
    yield news.changes(content)
    yield news.held(content)
    yield from reference.build_all(content)
    yield from kpi.build_all(content)
    yield from unit.build_all(content)


def _point(settings: Settings, release: Release) -> None:
    """The current release by the ledger, where it has a site; else the one just made, if nothing is pointed at yet."""
    current = releases.current(settings)
    sites = folder_of(settings, release).parent
    if folder_of(settings, current).is_dir():
        site_folder.point(sites, current.release_id)
    elif not (sites / site_folder.CURRENT).exists():
        site_folder.point(sites, release.release_id)
