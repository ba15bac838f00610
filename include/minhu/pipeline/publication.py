"""Publishing a night: the work file is brought to it, judged, released, and the reports on the release written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from minhu import atomic, state_directory
from minhu.errors import UsageError
from minhu.gate.decision import decide_verdicts
from minhu.gate.identity import identity
from minhu.landing.night import Night
from minhu.release import export, published_contract, publisher, releases
from minhu.release.published_comparison import REPAIR
from minhu.release.published_fingerprints import Compared
from minhu.release.release_folder import Release, is_settled
from minhu.reports import dossier, provenance, site
from minhu.settings import Settings
from minhu.warehouse import dbt_build, raw_tables, work_file

_log = logging.getLogger(__name__)
#: What follows a release and reads it alone, by the names of the tasks that do it side by side: the night, PostgreSQL's address.
OF_THE_RELEASE: Mapping[str, Callable[[Night, str], None]] = {
    "write_site": lambda night, _: write_site(night),
    "write_dossier": lambda night, _: write_dossier(night),
    "compare_published": lambda night, uri: compare_published(night, uri),
}


def publish_night(night: Night, published_uri: str, progress: Callable[[str], None] = lambda _: None) -> Release:
    """Publish a night and all that is made of its release, one after the other in this process."""
    published = publish_figures(night, published_uri, progress)
    for follow in OF_THE_RELEASE.values():
        follow(night, published_uri)
    return published


def publish_figures(night: Night, published_uri: str, progress: Callable[[str], None] = lambda _: None) -> Release:
    """Judge and publish a night; the work file is brought to that night first if another was built, or more landed, since."""
    if work_file.built_date(night.settings) != night.business_date or _is_behind(night):
        dbt_build.load_landing(night)
        dbt_build.build_marts(night)
        dbt_build.check_marts(night)
    decide_verdicts(night)
    published = publish_release(night, published_uri, progress)
    _share(night)
    return published


def write_dossier(night: Night, progress: Callable[[str], None] = lambda _: None) -> None:
    """Write the pages for auditors and the provenance of the night's release; what fails is noted, and the release stands."""
    release = _released(night)
    dossier.write_after_release(night.settings, release, progress)
    provenance.write_after_release(night.settings, release, progress)
    _share(night)


def write_site(night: Night, progress: Callable[[str], None] = lambda _: None) -> None:
    """Write the KPI pages of the night's release; what fails is noted, and the release stands."""
    site.write_after_release(night.settings, _released(night), progress)
    _share(night)


def _released(night: Night) -> Release:
    release = releases.latest_on(night.settings, night.business_date)
    if release is None:
        raise UsageError(
            f"write what is made of the release of {night.business_date}", "there is none", "publish the night first"
        )
    return release


def _share(night: Night) -> None:
    if night.settings.readers_group:
        state_directory.share(night.settings.home, night.settings.readers_group)


def compare_published(night: Night, published_uri: str, progress: Callable[[str], None] = lambda _: None) -> None:
    """Note it where PostgreSQL shows other cells than the release: somebody changed them there, and a night does not see it.

    Read is what was written there since the last night that looked, by anybody. Nothing is mended without a person: what was
    changed is evidence.
    """
    note = night.settings.home / "failures" / night.business_date.isoformat() / "kpi_publish.published.txt"
    compared = Compared(night.settings.home / "warehouse" / "compared.json")
    found = publisher.differences(night.settings, published_uri, compared)
    if not found:
        note.unlink(missing_ok=True)
        return
    text = f"compare PostgreSQL with the current release: {'; '.join(found)} - find out who can write there; {REPAIR}"
    atomic.write_bytes(note, f"{text}\n".encode())
    progress(text)
    _log.warning("%s", text)


def publish_release(night: Night, published_uri: str, progress: Callable[[str], None] = lambda _: None) -> Release:
    """Publish what was decided: release folder, ledger, PostgreSQL. Safe to repeat after a kill at any point."""
    with work_file.connect(night.settings, read_only=True) as db:
        manifests = raw_tables.manifest_records(db, night.inventory, night.settings.home)
    published = publisher.publish(night, published_uri, identity(night.settings), manifests, progress)
    remember_parts(night.settings, published)
    return published


def _is_behind(night: Night) -> bool:
    with work_file.connect(night.settings) as db:
        return raw_tables.is_behind(db, night.inventory)


def remember_parts(settings: Settings, published: Release) -> None:
    """Keep which files the release has that the next export may take over: those of settled months, by the periods that are judged
    until then, and those of which a digest tells whether they are the same."""
    with work_file.connect(settings) as db:
        work_file.prepare(db)
        digests = export.digests(db, published_contract.load(settings.dbt_dir))
        kept = [
            (file.table, file.part, file.sha256, file.bytes, file.rows, digests.get((file.table, file.part)))
            for file in published.files
            if (file.table, file.part) in digests
            or (file.table in export.BY_PERIOD and is_settled(file.part, published.business_date))
        ]
        db.begin()
        db.execute("delete from raw.exported_parts")
        db.execute("delete from raw.exported_as")
        db.execute("delete from raw.periods_since_release")
        db.execute("insert into raw.exported_as values (?)", [published.release_id])
        if kept:
            db.executemany(
                "insert into raw.exported_parts (table_name, part, sha256, bytes, row_count, digest) values (?, ?, ?, ?, ?, ?)",
                kept,
            )
        db.commit()
