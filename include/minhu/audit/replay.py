"""Rebuilding a release from landing in a scratch home, and comparing file by file with what was published.

The scratch home sees what the night of the release saw: exactly the landed attempts its manifest lists, the arrival records
of that time, the release before. Later deliveries do not exist there. Nothing of the real home is written but
``<home>/replay/``, which is swept by the next replay where one was killed.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import filelock

from minhu.audit import replay_evidence
from minhu.audit.replay_difference import TableDifference, compare_files
from minhu.business_dates import end_of
from minhu.errors import Busy, MinhuError, PermanentError
from minhu.gate import decision, identity, waivers
from minhu.landing.night import Night
from minhu.ledger.chain import Ledger, release_events
from minhu.pipeline import notices
from minhu.release import published_contract
from minhu.release.export import export_tables, open_work_file
from minhu.release.release_folder import Release, ReleaseFile
from minhu.release.releases import current, latest_before, open_release
from minhu.release.store import Store
from minhu.settings import Settings
from minhu.warehouse import dbt_build

Progress = Callable[[str], None]
_RUNNING, _KEPT = "running-", "kept-"
_log = logging.getLogger(__name__)


class ReplayDiffers(PermanentError):
    """A release does not follow from its landing."""

    exit_code = 6


@dataclass(frozen=True)
class Replay:
    """What a replay found.

    Attributes:
        release: that was rebuilt.
        other_code: what of the code is not that of the release and how to get it, "" where it is the same.
        files: how many files the release has.
        rows: in them.
        differences: tables that came out otherwise; none where every file has the published hash.
        folder: the scratch home, where it was kept.
    """

    release: Release
    other_code: str
    files: int
    rows: int
    differences: tuple[TableDifference, ...]
    folder: Path | None

    @property
    def is_equal(self) -> bool:
        return not self.differences

    def lines(self) -> list[str]:
        """The result for a person."""
        name = self.release.release_id
        if self.is_equal:
            return [f"{name}: equal, {self.files} files with {self.rows:,} rows have the published hashes"]
        tables = ", ".join(difference.table for difference in self.differences)
        found = [line for difference in self.differences for line in difference.lines()]
        where = [f"the scratch home is kept in {self.folder}"] if self.folder else []
        also = [self.other_code] if self.other_code else []
        return [f"{name}: {len(self.differences)} tables differ: {tables}", *found, *also, *where]


def replay(
    settings: Settings, release_id: str | None = None, progress: Progress = lambda _: None, keep: bool = False
) -> Replay:
    """Rebuild a release from nothing and compare it with what was published.

    Args:
        settings: of the city's home.
        release_id: which release; None takes the current one.
        progress: told a line when a step begins.
        keep: leave the scratch home where it is, ``<home>/replay/kept-<release id>``, also where the replay fails.

    Raises:
        UsageError: no such release.
        PermanentError: the evidence is incomplete or changed, or the models cannot be run on it.
        Busy: another replay runs in this home.
    """
    release = current(settings, release_id)
    with _scratch_home(settings, release, keep) as home:
        other_code = _other_code(settings, release)
        if other_code:
            progress(other_code)
        before = _release_before(settings, release)
        profile = release.manifest.get("profile", {})
        scratch = replace(settings, home=home, city=replace(settings.city, **profile))
        progress(f"{release.release_id}: check the {len(release.manifest['landing'])} landed tables it was made of ...")
        replay_evidence.lay_out(settings, release, before, scratch)
        try:
            files = _rebuild(scratch, release, before, progress)
        except MinhuError as error:
            raise PermanentError(
                f"rebuild release {release.release_id}",
                f"{error.tried}: {error.happened}" + (f"; {other_code}" if other_code else ""),
                f"run `minhu replay {release.release_id} --keep` and read dbt/target/run in the folder that is kept",
            ) from error
        progress("compare ...")
        differences = compare_files(release, files, Store(scratch.store_dir))
        rows = sum(file.rows for file in release.files)
        return Replay(release, other_code, len(release.files), rows, tuple(differences), scratch.home if keep else None)


def check_week(settings: Settings, day: date) -> Replay | None:
    """Replay the release that the week of ``day`` falls to; None where no release was made with this code.

    Raises:
        ReplayDiffers: its message is the difference.
    """
    release_id = release_of_week(settings, day)
    if release_id is None:
        _log.warning("no release was made with these models and libraries yet: nothing to replay")
        return None
    found = replay(settings, release_id, _log.info)
    for line in found.lines():
        _log.info(line)
    if not found.is_equal:
        raise ReplayDiffers(
            f"replay release {release_id}",
            "; ".join(line.strip() for line in found.lines()),
            f"see {notices.page(notices.Page.REPLAY_DIFFERS)}",
        )
    return found


def release_of_week(settings: Settings, day: date) -> str | None:
    """One past release for each ISO week, any of the ledger that this code made: the same week gives the same one.

    A release of other models is left aside: that it comes out otherwise would say nothing.
    """
    year, week, _ = day.isocalendar()
    known = release_events(Ledger(settings.ledger_path).events())
    drawn = sorted(known, key=lambda name: sha256(f"{year}-W{week:02d} {name}".encode()).hexdigest())
    return next((name for name in drawn if not _other_code(settings, open_release(settings, known, name))), None)


def _rebuild(scratch: Settings, release: Release, before: Release | None, progress: Progress) -> list[ReleaseFile]:
    """All steps of the night from landing to files, in the scratch home."""
    day = release.business_date
    progress("load landing ...")
    dbt_build.load_landing(Night(scratch, day))
    progress("build ...")
    dbt_build.build_marts(Night(scratch, day))
    progress("check ...")
    dbt_build.check_marts(Night(scratch, day))
    if "waivers" in release.table_names:  # those of that night, not of the checkout
        waivers.write(scratch.home / "waivers.toml", release.table("waivers").to_pylist())
    progress("decide verdicts ...")
    decision.decide_verdicts(Night(scratch, day))
    progress("export ...")
    with open_work_file(scratch.warehouse_path) as work:
        return export_tables(
            work,
            published_contract.load(scratch.dbt_dir),
            Store(scratch.store_dir),
            day,
            end_of(day, scratch.zone),
            before.as_of if before else None,
            lambda _: None,
        )


def _release_before(settings: Settings, release: Release) -> Release | None:
    """The release whose cells that night could carry, by the ledger as it was then."""
    known = release_events(Ledger(settings.ledger_path).events())
    return latest_before(settings, release.business_date, known[release.release_id].number)


def _other_code(settings: Settings, release: Release) -> str:
    """What of this code differs from the release's, and how to replay with its own; "" where models and libraries agree."""
    ours = identity.identity(settings)
    differing = [
        words
        for words, mine in (
            ("models", ours.dbt_manifest_sha256 == release.manifest["dbt_manifest_sha256"]),
            ("locked libraries", ours.lock_sha256 == release.manifest["lock_sha256"]),
        )
        if not mine
    ]
    if not differing:
        return ""
    how = replay_evidence.way_to_own_code(settings, release)
    return f"the {' and the '.join(differing)} are not those of release {release.release_id}, a difference may be theirs; {how}"


@contextmanager
def _scratch_home(settings: Settings, release: Release, keep: bool) -> Iterator[Path]:
    """An empty folder, gone afterwards; one replay per home at a time, so whatever else is running here was killed."""
    root = settings.home / "replay"
    with exclusive(settings, f"replay {release.release_id}"):
        for leftover in root.glob(f"{_RUNNING}*"):
            shutil.rmtree(leftover)
        home = root / f"{_KEPT if keep else _RUNNING}{release.release_id}"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        try:
            yield home
        finally:
            if not keep:
                shutil.rmtree(home, ignore_errors=True)


@contextmanager
def exclusive(settings: Settings, tried: str) -> Iterator[None]:
    """One replay of a home at a time, and nobody who moves what it reads.

    Raises:
        Busy: a replay is running.
    """
    root = settings.home / "replay"
    root.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(root / "replay.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise Busy(tried, f"another replay is running in {settings.home}", "wait until it has ended") from None
    try:
        yield
    finally:
        lock.release()
