"""Publishing a night: the work file is brought to it, judged, released, and the reports on the release written."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from hashlib import sha256

from minhu.gate.decision import decide_verdicts
from minhu.gate.identity import identity
from minhu.landing import contracts
from minhu.landing.zone import Landing
from minhu.release import publisher
from minhu.release.release_folder import Release, is_settled
from minhu.reports import dossier, provenance
from minhu.settings import Settings
from minhu.warehouse import dbt_build, raw_tables, work_file


def publish_night(
    settings: Settings, published_uri: str, business_date: date, progress: Callable[[str], None] = lambda _: None
) -> Release:
    """Judge and publish a night; the work file is brought to that night first if another was built, or more landed, since."""
    if work_file.built_date(settings) != business_date or _is_behind(settings, business_date):
        dbt_build.load_landing(settings, business_date)
        dbt_build.build_marts(settings, business_date)
        dbt_build.check_marts(settings, business_date)
    decide_verdicts(settings, business_date)
    published = publish_release(settings, published_uri, business_date, progress)
    dossier.write_after_release(settings, published, progress)
    provenance.write_after_release(settings, published, progress)
    return published


def publish_release(
    settings: Settings, published_uri: str, business_date: date, progress: Callable[[str], None] = lambda _: None
) -> Release:
    """Publish what was decided: release folder, ledger, PostgreSQL. Safe to repeat after a kill at any point."""
    published = publisher.publish(
        settings, published_uri, business_date, identity(settings), landing_manifests(settings, business_date), progress
    )
    remember_parts(settings, published)
    return published


def landing_manifests(settings: Settings, business_date: date) -> list[dict[str, object]]:
    """The evidence behind a release: every landed manifest up to the business date, by path and hash."""
    landing = Landing(settings.landing_dir)
    found: list[dict[str, object]] = []
    for source in contracts.SOURCES:
        for arrival in landing.arrivals(source, business_date):
            for number in range(1, (arrival.attempt or 0) + 1):  # a build reads the earlier attempts of a date as well
                for contract in contracts.tables_of(source):
                    path = landing.folder(contract, arrival.business_date, number) / "manifest.json"
                    content = path.read_bytes()
                    found.append(
                        {
                            "path": str(path.relative_to(settings.home)),
                            "sha256": sha256(content).hexdigest(),
                            "rows": int(json.loads(content)["row_count"]),
                        }
                    )
    return sorted(found, key=lambda entry: str(entry["path"]))


def _is_behind(settings: Settings, business_date: date) -> bool:
    with work_file.connect(settings) as db:
        return raw_tables.is_behind(db, Landing(settings.landing_dir), business_date)


def remember_parts(settings: Settings, published: Release) -> None:
    """Keep which files of settled months the release has, for the next export to take over."""
    kept = [
        (file.table, file.part, True, file.sha256, file.bytes, file.rows)
        for file in published.files
        if file.part and is_settled(file.part, published.business_date)
    ]
    with work_file.connect(settings) as db:
        work_file.prepare(db)
        db.begin()
        db.execute("delete from raw.exported_parts")
        db.execute("delete from raw.exported_as")
        db.execute("insert into raw.exported_as values (?)", [published.release_id])
        if kept:
            db.executemany("insert into raw.exported_parts values (?, ?, ?, ?, ?, ?)", kept)
        db.commit()
