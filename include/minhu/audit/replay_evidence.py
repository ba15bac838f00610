"""Laying out for a replay what a release was made of, each piece checked by its hash first.

Landed attempts are linked, never copied and never written; arrival records are copied, for the record in use may be a later
one. Releases made before manifests listed arrival records (0.4.0) are laid out from the records that fit their lists.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from minhu import atomic
from minhu.errors import PermanentError
from minhu.gate.release_before import CARRIED
from minhu.landing import contracts, packs
from minhu.landing.zone import SUPERSEDED
from minhu.ledger.chain import Ledger
from minhu.release.release_folder import CHANGES, Release
from minhu.settings import DEFAULT_CITY, Settings

_ATTEMPT = re.compile(
    r"landing/(?P<source>[a-z]+)/(?P<table>[a-z_]+)/dt=(?P<day>\d{4}-\d{2}-\d{2})/attempt=(?P<number>\d+)/manifest\.json"
)
_ARRIVAL = re.compile(r"landing/(?P<source>[a-z]+)/arrivals/dt=(?P<day>\d{4}-\d{2}-\d{2})\.json")
_MOST_TOLD = 10


@dataclass(frozen=True, order=True)
class _Delivery:
    """One attempt at one source and business date."""

    source: str
    day: str
    number: int


def lay_out(settings: Settings, release: Release, before: Release | None, scratch: Settings) -> None:
    """Fill the landing folder of ``scratch`` with what ``release`` read, and its ledger with the release ``before``.

    Raises:
        PermanentError: something is missing or was changed; the message names the first of it.
    """
    problems: list[str] = []
    tables = _linked_attempts(settings, release, scratch, problems)
    for day_of_source, content in _arrivals(settings, release, tables, problems):
        source, day = day_of_source
        atomic.write_bytes(scratch.landing_dir / source / "arrivals" / f"dt={day}.json", content)
    if before is not None:
        _show_release(before, scratch, problems)
    if problems:
        told = [
            *problems[:_MOST_TOLD],
            *([f"and {len(problems) - _MOST_TOLD} more"] if len(problems) > _MOST_TOLD else []),
        ]
        raise PermanentError(
            f"replay release {release.release_id}",
            "; ".join(told),
            "restore these files from a copy; the manifests have the hashes they must have",
        )


def way_to_own_code(settings: Settings, release: Release) -> str:
    """How to replay a release with the code it was made with, as a clause."""
    told = str(release.manifest["git_commit"])
    commit = told.removesuffix(CHANGES)
    if not commit:
        return "it does not say which commit it was made with"
    home = settings.home if settings.city.code == DEFAULT_CITY else settings.home.parents[1]
    how = (
        f"`git worktree add ../at-{commit[:10]} {commit}`, and in that folder "
        f"`make setup && MINHU_HOME={home} .venv/bin/minhu replay {release.release_id}`"
    )
    if told == commit:
        return f"for its own code: {how}"
    return (
        f"it was made with files that were not those of commit {commit[:10]} (its manifest says {told}) and that no commit "
        f"brings back; nearest to its own code is: {how}"
    )


def _linked_attempts(
    settings: Settings, release: Release, scratch: Settings, problems: list[str]
) -> Mapping[_Delivery, set[str]]:
    """Link every landed table the release lists; returns which tables each delivery has."""
    linked: dict[_Delivery, set[str]] = defaultdict(set)
    for entry in release.manifest["landing"]:
        path = str(entry["path"])
        found = _ATTEMPT.fullmatch(path)
        if found is None:
            problems.append(f"{path} is no landed table")
            continue
        _bring(settings, scratch, path)
        problem = _damage(scratch.home / path, str(entry["sha256"]))
        if problem:
            problems.append(f"{path} {problem}")
            continue
        problems += _damaged_files(scratch, (scratch.home / path).parent)
        linked[_Delivery(found["source"], found["day"], int(found["number"]))].add(found["table"])
    _link_earlier_attempts(settings, scratch, linked, problems)
    if not problems:
        _refuse_other_tables(settings, release, linked)
    return linked


def _link_earlier_attempts(
    settings: Settings, scratch: Settings, linked: dict[_Delivery, set[str]], problems: list[str]
) -> None:
    """Builds have always read every attempt up to the accepted one; old manifests list that one only."""
    later = {contract.name for contract in contracts.TABLES if contract.came_later}
    for delivery, tables in list(linked.items()):
        for number in range(1, delivery.number):
            earlier = _Delivery(delivery.source, delivery.day, number)
            for table in sorted(tables - linked[earlier] - later):
                path = f"landing/{delivery.source}/{table}/dt={delivery.day}/attempt={number:03d}/manifest.json"
                _bring(settings, scratch, path)
                if not (scratch.home / path).exists():
                    problems.append(f"{path} is missing")
                    continue
                problems += _damaged_files(scratch, (scratch.home / path).parent)
                linked[earlier].add(table)


def _refuse_other_tables(settings: Settings, release: Release, linked: Mapping[_Delivery, set[str]]) -> None:
    for delivery, tables in sorted(linked.items()):
        expected = {contract.name for contract in contracts.tables_of(delivery.source) if not contract.came_later}
        if missing := sorted(expected - tables):
            raise PermanentError(
                f"replay release {release.release_id}",
                f"{delivery.source} of {delivery.day} landed without {', '.join(missing)}, which this code reads",
                way_to_own_code(settings, release),
            )


def _bring(settings: Settings, scratch: Settings, path: str) -> None:
    """Show the scratch home a landed table: by a link, or out of its pack. One that is nowhere is missing there too."""
    delivery, target = (settings.home / path).parent, (scratch.home / path).parent
    if target.is_symlink() or target.exists():  # an earlier attempt that is listed as well
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if delivery.is_dir() or not packs.is_packed(delivery):
        target.symlink_to(delivery.resolve(), target_is_directory=True)
    else:
        packs.unpack(delivery, target)


def _damage(path: Path, digest: str) -> str:
    """What is wrong with a file, "" if nothing is."""
    if not path.is_file():
        return "is missing"
    found = atomic.sha256_of(path)
    return "" if found == digest else f"was changed: expected SHA-256 {digest[:12]}, found {found[:12]}"


def _damaged_files(settings: Settings, folder: Path) -> list[str]:
    """What is wrong with the data files that a (sound) landing manifest names."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [
        f"{(folder / file['name']).relative_to(settings.home).as_posix()} {problem}"
        for file in manifest["files"]
        if (problem := _damage(folder / file["name"], file["sha256"]))
    ]


def _arrivals(
    settings: Settings, release: Release, tables: Mapping[_Delivery, set[str]], problems: list[str]
) -> Iterator[tuple[tuple[str, str], bytes]]:
    """The arrival records of the time of the release, by source and day."""
    if "arrivals" not in release.manifest:
        yield from _fitting_arrivals(settings, release, tables, problems)
        return
    for entry in release.manifest["arrivals"]:
        found = _ARRIVAL.fullmatch(str(entry["path"]))
        content = _record_of_that_time(settings, entry) if found else None
        if found is None or content is None:
            problems.append(f"{entry['path']} of that time (SHA-256 {str(entry['sha256'])[:12]}) is missing")
        else:
            yield (found["source"], found["day"]), content


def _record_of_that_time(settings: Settings, entry: Mapping[str, Any]) -> bytes | None:
    """The record in use where it still is that of the release, else the one it took the place of."""
    path, digest = settings.home / str(entry["path"]), str(entry["sha256"])
    for candidate in (path, path.parent / SUPERSEDED / f"{path.stem}.{digest}.json"):
        content = candidate.read_bytes() if candidate.is_file() else b""
        if sha256(content).hexdigest() == digest:
            return content
    return None


def _fitting_arrivals(
    settings: Settings, release: Release, tables: Mapping[_Delivery, set[str]], problems: list[str]
) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Records that fit an older manifest: of each listed delivery, and of the sources that brought nothing that night."""
    attempts: dict[tuple[str, str], int] = {}
    for delivery in tables:
        day_of_source = delivery.source, delivery.day
        attempts[day_of_source] = max(delivery.number, attempts.get(day_of_source, 0))
    tonight = release.business_date.isoformat()
    wanted: dict[tuple[str, str], int | None] = {**attempts}
    for name in contracts.SOURCES:
        wanted.setdefault((name, tonight), None)
    for day_of_source, attempt in sorted(wanted.items()):
        source, day = day_of_source
        is_stale = day == tonight and source in release.manifest["stale_sources"]
        statuses = ("blocked",) if is_stale else ("accepted",) if attempt else ("absent",)
        fitting = _fitting_records(settings, source, date.fromisoformat(day), attempt, statuses)
        if len(fitting) == 1:
            yield day_of_source, fitting[0]
        elif fitting:
            problems.append(
                f"{len(fitting)} arrival records of {source} of {day} fit, and the release does not say which"
            )
        elif not is_stale:  # of a source without any record nothing was delivered
            problems.append(f"the arrival record of {source} of {day} was replaced by a later one and not kept")


def _fitting_records(
    settings: Settings, source: str, day: date, attempt: int | None, statuses: tuple[str, ...]
) -> list[bytes]:
    path = settings.landing_dir / source / "arrivals" / f"dt={day.isoformat()}.json"
    candidates = [path, *sorted((path.parent / SUPERSEDED).glob(f"{path.stem}.*.json"))]
    found: list[bytes] = []
    for content in (candidate.read_bytes() for candidate in candidates if candidate.is_file()):
        record = json.loads(content)
        if record["attempt"] == attempt and record["status"] in statuses and content not in found:
            found.append(content)
    return found


def _show_release(before: Release, scratch: Settings, problems: list[str]) -> None:
    """Let the scratch home know one release: stale cells, last good values and restatements come from its files."""
    for file in before.files:
        if file.table in CARRIED and (problem := _damage(before.path / file.name, file.sha256)):
            problems.append(f"{before.release_id}/{file.name}, which the night went on from, {problem}")
    scratch.releases_dir.mkdir(parents=True)
    (scratch.releases_dir / before.release_id).symlink_to(before.path.resolve(), target_is_directory=True)
    Ledger(scratch.ledger_path).append("release", before.release_id, before.business_date, before.manifest_sha256)
