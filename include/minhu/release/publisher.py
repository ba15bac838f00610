"""Publishing a night, rolling back, and bringing the database to where the ledger is.

The steps of :func:`publish` are each idempotent: files into the store, the release folder under a temporary name and
one rename, a line in the ledger, one transaction in PostgreSQL. Whatever step a kill hits, running the same date again
finishes the missing ones. Nothing here reads a clock, so the same inputs give the same release id.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import filelock
import pyarrow.compute as pc
import pyarrow.parquet as pq

from minhu import atomic
from minhu.atomic import json_bytes
from minhu.business_dates import end_of
from minhu.errors import Busy, PermanentError
from minhu.landing.inventory import Inventory
from minhu.landing.night import Night
from minhu.ledger.chain import FACTS, Ledger, release_events
from minhu.ledger.chain import current as current_event
from minhu.ledger.signing import Signer, load_signer
from minhu.release import authors, published, published_comparison, published_contract
from minhu.release.export import KPI_RESULTS, QUALITY_FINDINGS, export_tables, open_work_file
from minhu.release.published_fingerprints import Compared
from minhu.release.release_folder import (
    AS_OF_RULE,
    Progress,
    Release,
    ReleaseFile,
    ReleaseIdentity,
    content_sha256,
    file_records,
    release_id_of,
    write_release,
)
from minhu.release.releases import latest_before, open_release, unknown_release
from minhu.release.store import Store
from minhu.settings import Settings

LOCK_NAME = "release.lock"
LOCK_TIMEOUT_SECONDS = 900.0


def publish(
    night: Night,
    published_uri: str,
    identity: ReleaseIdentity,
    landing_manifests: Sequence[Mapping[str, Any]],
    progress: Progress = lambda _: None,
) -> Release:
    """Publish what schema ``publish`` of the work file holds as the release of a business date.

    The release becomes the current one unless that has a later business date. Publishing the same content again
    changes nothing, not even the pointer after a roll-back; ``Release.is_new`` says which it was.

    Args:
        night: of the city.
        published_uri: libpq connection string of the database with schema ``published``.
        identity: the code that built the work file.
        landing_manifests: every landing manifest the build read, with its path, SHA-256 and row counts.
        progress: told a line after each step.

    Raises:
        UsageError: there is no work file.
        PermanentError: the tables cannot be published, or an older release is damaged.
        TransientError: the database cannot be reached; the release is complete on disk, run again to finish.
        Busy: another publisher holds this home.
    """
    signer = load_signer(night.settings)
    store = Store(night.settings.store_dir)
    inventory = night.inventory
    contract = published_contract.load(night.settings.dbt_dir)
    with exclusive(night.settings):
        store.sweep()
        as_of = end_of(night.business_date, night.settings.zone)
        before = latest_before(night.settings, night.business_date)
        with open_work_file(night.settings.warehouse_path) as work_file:
            files = export_tables(
                work_file, contract, store, night.business_date, as_of, before.as_of if before else None, progress
            )
        content = {
            "format": 1,
            "city": night.settings.city.code,
            "business_date": night.business_date.isoformat(),
            "as_of": as_of.isoformat(),
            "as_of_rule": AS_OF_RULE,
            "git_commit": identity.git_commit,
            "engine": night.settings.engine,
            "lock_sha256": identity.lock_sha256,
            "dbt_manifest_sha256": identity.dbt_manifest_sha256,
            "landing": _landing_records(night.settings, landing_manifests),
            "stale_sources": inventory.stale_sources,
            "arrivals": _arrival_records(night.settings, inventory),
            "profile": profile_of(night.settings),
            "files": file_records(files),
            **_summary(store, files),
        }
        ledger = Ledger(night.settings.ledger_path)
        release = _complete_folder(night.settings, store, ledger, content, signer, progress)
        if release.is_new:
            facts = {name: release.manifest[name] for name in FACTS}
            facts["published_by"] = authors.of_publication(night)
            ledger.append("release", release.release_id, night.business_date, release.manifest_sha256, signer, facts)
            progress(f"{release.release_id}: in the ledger")
        follow(night.settings, published_uri, ledger, progress)
    return release


def rollback(settings: Settings, published_uri: str, release_id: str, progress: Progress = lambda _: None) -> Release:
    """Make any release of the ledger the current one, backwards or forwards.

    A release whose rows were purged from PostgreSQL is loaded again from its folder first.

    Raises:
        UsageError: no such release; the message names the nearest.
        PermanentError: its folder is damaged.
    """
    signer = load_signer(settings)
    with exclusive(settings):
        ledger = Ledger(settings.ledger_path)
        events = ledger.events()
        known = release_events(events)
        if release_id not in known:
            raise unknown_release(release_id, list(known))
        release = open_release(settings, known, release_id)
        _check_files(release)
        with published.connect(published_uri) as connection:  # before the ledger: no roll-back without a database
            shown = published.current_release_id(connection)
        pointed = current_event(events)
        if shown != release_id or pointed is None or pointed.release_id != release_id:
            ledger.append("rollback", release_id, release.business_date, release.manifest_sha256, signer)
            progress(f"{release_id}: roll-back in the ledger")
        follow(settings, published_uri, ledger, progress)
    return release


def _complete_folder(
    settings: Settings, store: Store, ledger: Ledger, content: dict[str, Any], signer: Signer, progress: Progress
) -> Release:
    """The release folder, written unless the ledger already has the release and its folder is sound."""
    events = ledger.events()
    known = release_events(events)
    content_hash = content_sha256(content)
    release_id = release_id_of(content, content_hash)
    published_before = known.get(release_id)
    if published_before is not None and (settings.releases_dir / release_id).exists():
        progress(f"{release_id}: published before, nothing changed")
        return open_release(settings, known, release_id)
    before = [e for e in known.values() if published_before is None or e.number < published_before.number]
    manifest = {
        **content,
        "release_id": release_id,
        "content_sha256": content_hash,
        "previous": {"release_id": before[-1].release_id, "manifest_sha256": before[-1].manifest_sha256}
        if before
        else None,
        "signing_key_id": signer.key_id,
    }
    if published_before is None:
        return write_release(settings.releases_dir, store, manifest, signer, progress)
    if sha256(json_bytes(manifest)).hexdigest() != published_before.manifest_sha256:
        raise PermanentError(
            f"rebuild the lost folder of release {release_id}",
            f"expected the manifest in the ledger, found one signed with key {signer.key_id}",
            "restore the folder from a backup, or run with the signing key of that time",
        )
    return replace(write_release(settings.releases_dir, store, manifest, signer, progress), is_new=False)


def follow(settings: Settings, published_uri: str, ledger: Ledger, progress: Progress) -> None:
    """Bring the database to where the ledger is; the caller holds :func:`exclusive`."""
    events = ledger.events()
    known = release_events(events)
    contract = published_contract.load(settings.dbt_dir)
    published.follow_ledger(published_uri, events, contract, partial(open_release, settings, known), progress)


def rebuild(settings: Settings, published_uri: str, progress: Progress = lambda _: None) -> None:
    """Make the published database anew from the ledger and the releases, whatever somebody did to it.

    Raises:
        PermanentError: a release that is needed is damaged.
    """
    with exclusive(settings):
        events = Ledger(settings.ledger_path).events()
        known = release_events(events)
        for event in known.values():
            if (settings.releases_dir / event.release_id).exists():
                _check_files(open_release(settings, known, event.release_id))
        contract = published_contract.load(settings.dbt_dir)
        published.rebuild(published_uri, events, contract, partial(open_release, settings, known), progress)


def differences(settings: Settings, published_uri: str, compared: Compared | None = None) -> list[str]:
    """Where the published database is not what the ledger and its current release say, as sentences.

    Args:
        settings: of the city.
        published_uri: libpq connection string of the database.
        compared: what need not be read again unless it was written since; None reads everything.

    Raises:
        TransientError: the database cannot be reached.
    """
    events = Ledger(settings.ledger_path).events()
    pointed = current_event(events)
    if pointed is None:
        return []
    release = open_release(settings, release_events(events), pointed.release_id)
    contract = published_contract.load(settings.dbt_dir)
    return published_comparison.differences(published_uri, events, contract, release, compared)


def _check_files(release: Release) -> None:
    for file in release.files:
        path = release.path / file.name
        if not path.is_file() or path.stat().st_size != file.bytes:
            raise PermanentError(
                f"read release {release.release_id}",
                f"expected {file.name} with {file.bytes} bytes, found {'another size' if path.exists() else 'no file'}",
                "restore the folder from a backup",
            )


def _landing_records(settings: Settings, manifests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Paths relative to the home, in order: the same landing in another folder is the same input."""

    def below(path: str) -> str:
        inside = os.path.isabs(path) and Path(path).is_relative_to(settings.home)  # noqa: PTH117  of a hundred thousand
        return Path(path).relative_to(settings.home).as_posix() if inside else path

    listed = [{**manifest, "path": below(str(manifest["path"]))} for manifest in manifests]
    return sorted(listed, key=lambda entry: str(entry["path"]))


def _arrival_records(settings: Settings, inventory: Inventory) -> list[dict[str, str]]:
    """What was known of every delivery: its findings weigh on the verdicts, and a later record may take its place."""
    return [
        {"path": path.relative_to(settings.home).as_posix(), "sha256": atomic.sha256_of(path)}
        for path in inventory.arrival_files
    ]


def profile_of(settings: Settings) -> dict[str, Any]:
    """What of the city's profile decides what a build makes of the same landing."""
    return {"time_zone": settings.city.time_zone, "absent_inputs": dict(settings.city.absent_inputs)}


def _summary(store: Store, files: Sequence[ReleaseFile]) -> dict[str, Any]:
    """What a person asks of a release first, counted from the stored files themselves."""

    def count(table: str, column: str) -> Counter[str]:
        counted: Counter[str] = Counter()
        for file in files:
            path = store.path(file.sha256)
            if file.table == table and column in pq.read_schema(path).names:
                values = pc.value_counts(pq.read_table(path, columns=[column], partitioning=None)[column])
                counted.update({str(entry["values"]): entry["counts"] for entry in values.to_pylist()})
        return counted

    severities = count(QUALITY_FINDINGS, "severity")
    return {
        "verdicts": dict(sorted(count(KPI_RESULTS, "verdict").items())),
        "findings": {level: severities[level] for level in sorted({"block", "info", "warn", *severities})},
        "kpi_ids": sorted(count(KPI_RESULTS, "kpi_id")),
    }


@contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """One publisher, roll-back or sign-off per home at a time; the operating system frees the lock when a process is killed."""
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(settings.home / LOCK_NAME, timeout=LOCK_TIMEOUT_SECONDS)
    try:
        with lock:
            yield
    except filelock.Timeout as error:
        raise Busy(
            f"publish in {settings.home}", "another process is publishing", "wait for it to end and run again"
        ) from error
