"""Where a release came from, for other tools: PROV-JSON (W3C submission of 2013) and OpenLineage events (spec 2-0-2).

Made from the signed manifest alone, so the same release gives the same bytes. There is no clock in it: events happen at
the release's ``as_of``, run ids follow from the release id. What was landed is shown by table, each table a collection of
its landing manifests with their hashes.
"""

from __future__ import annotations

import json
import uuid
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from minhu import atomic
from minhu.business_dates import day_start
from minhu.release.release_folder import Progress, Release
from minhu.release.releases import current
from minhu.reports import after_release
from minhu.settings import Settings

PROV_FILE, OPENLINEAGE_FILE = "prov.json", "openlineage.ndjson"
PRODUCER = "urn:minhu"
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
FACETS = "https://openlineage.io/spec/facets"
BUILD, PUBLISH = "assessment_build", "kpi_publish"
Record = dict[str, Any]


def write(
    settings: Settings, release_id: str | None = None, folder: Path | None = None, only: str | None = None
) -> list[Path]:
    """Write the provenance of a release, the current one by default.

    Args:
        settings: of the city.
        release_id: which release.
        folder: ``<home>/provenance/<release_id>`` by default.
        only: ``prov`` or ``openlineage``; both by default.

    Raises:
        UsageError: nothing was published, or no such release.
        PermanentError: its manifest is not the one in the ledger.
    """
    release = current(settings, release_id)
    target = folder or settings.home / "provenance" / release.release_id
    written = []
    if only in (None, "prov"):
        written.append(target / PROV_FILE)
        atomic.write_bytes(written[-1], atomic.json_bytes(prov_document(release)))
    if only in (None, "openlineage"):
        written.append(target / OPENLINEAGE_FILE)
        lines = [json.dumps(event, ensure_ascii=False, sort_keys=True) for event in openlineage_events(release)]
        atomic.write_bytes(written[-1], ("\n".join(lines) + "\n").encode())
    return written


def write_after_release(settings: Settings, release: Release, progress: Progress = lambda _: None) -> None:
    """Write the provenance of a release that was just published; a failure is noted, and the release stands."""

    def written() -> str:
        return f"provenance in {write(settings, release.release_id)[0].parent}"

    after_release.attempt(settings, release, "provenance", written, progress)


def prov_document(release: Release) -> Record:
    """The release as a PROV-JSON document: entities, activities, agents and the relations between them."""
    manifest, name = release.manifest, f"city:releases/{release.release_id}"
    code, key, marts = "minhu:code", f"minhu:keys/{manifest['signing_key_id']}", f"city:marts/{release.release_id}"
    landed = _landed(release)
    entity: Record = {
        name: _typed(
            "prov:Collection", release_id=release.release_id, manifest_sha256=release.manifest_sha256,
            business_date=manifest["business_date"], as_of=manifest["as_of"], content_sha256=manifest["content_sha256"],
        ),
        marts: _typed("prov:Entity", dbt_manifest_sha256=manifest["dbt_manifest_sha256"]),
    }  # fmt: skip
    members = {name: [f"{name}/{file.name}" for file in release.files]}
    for file in release.files:
        entity[f"{name}/{file.name}"] = {
            "minhu:sha256": file.sha256, "minhu:bytes": file.bytes, "minhu:rows": file.rows,
        }  # fmt: skip
    for table, records in landed.items():
        entity[f"city:landing/{table}"] = _typed("prov:Collection", sha256=_version(records))
        members[f"city:landing/{table}"] = [f"city:{record['path']}" for record in records]
        for record in records:
            described = {"minhu:sha256": record["sha256"], "minhu:rows": record.get("rows")}
            entity[f"city:{record['path']}"] = {k: v for k, v in described.items() if v is not None}
    jobs = {table: f"city:runs/{release.release_id}/{_extract(table)}" for table in landed}
    build, publish = (f"city:runs/{release.release_id}/{job}" for job in (BUILD, PUBLISH))
    made = [(f"city:landing/{table}", job) for table, job in jobs.items()]
    made += [(marts, build), (name, publish), *((member, publish) for member in members[name])]
    read = [(build, f"city:landing/{table}") for table in landed] + [(publish, marts)]
    activities = sorted({*jobs.values(), build, publish})
    return {
        "prefix": {"minhu": "urn:minhu:", "city": f"urn:minhu:{manifest['city']}:"},
        "entity": entity,
        "activity": {activity: {"minhu:job": activity.rsplit("/", 1)[1]} for activity in activities},
        "agent": {
            code: _typed(
                "prov:SoftwareAgent",
                git_commit=manifest["git_commit"],
                lock_sha256=manifest["lock_sha256"],
                **({"engine": manifest["engine"]} if "engine" in manifest else {}),  # 0.3 did not tell it
            ),
            key: _typed("minhu:SigningKey", key_id=manifest["signing_key_id"]),
        },
        "wasGeneratedBy": _relations("g", made, "prov:entity", "prov:activity"),
        "used": _relations("u", read, "prov:activity", "prov:entity"),
        "wasAssociatedWith": _relations(
            "a", [*((activity, code) for activity in activities), (publish, key)], "prov:activity", "prov:agent"
        ),
        "wasAttributedTo": _relations("t", [(name, key)], "prov:entity", "prov:agent"),
        "hadMember": _relations("m", sorted(members.items()), "prov:collection", "prov:entity"),
    }


def openlineage_events(release: Release) -> list[Record]:
    """A START and a COMPLETE event for each extract, the build and the publication."""
    manifest, landed = release.manifest, _landed(release)
    tables: dict[str, list[Record]] = {}
    for file in release.files:
        tables.setdefault(file.table, []).append(vars(file))
    source_of = {job: [t for t in landed if _extract(t) == job] for job in sorted({_extract(t) for t in landed})}
    landing = {table: _dataset(release, f"landing/{table}", _version(records)) for table, records in landed.items()}
    marts = [_dataset(release, f"warehouse/publish/{table}") for table in sorted(tables)]
    runs = [
        (job, [_dataset(release, f"sources/{table}") for table in of_job], [landing[table] for table in of_job])
        for job, of_job in source_of.items()
    ]
    runs.append((BUILD, list(landing.values()), marts))
    published = []
    for table, files in sorted(tables.items()):
        counted = {"rowCount": sum(f["rows"] for f in files), "size": sum(f["bytes"] for f in files)}
        statistics = _facet("OutputStatisticsOutputDatasetFacet", "1-0-2", **counted)
        dataset = _dataset(release, f"releases/{table}", _version(files))
        published.append({**dataset, "outputFacets": {"outputStatistics": statistics}})
    runs.append((PUBLISH, marts, published))
    zone = ZoneInfo(str(manifest.get("profile", {}).get("time_zone", "Asia/Shanghai")))  # 0.3 did not tell it
    start = day_start(release.business_date, zone).isoformat()
    told = ("release_id", "git_commit", "lock_sha256", "dbt_manifest_sha256", "content_sha256", "signing_key_id")
    run_facets = {
        "nominalTime": _facet("NominalTimeRunFacet", "1-0-1", nominalStartTime=start, nominalEndTime=manifest["as_of"]),
        "minhu_release": {
            "_producer": PRODUCER, "_schemaURL": f"{SPEC}#/$defs/RunFacet",
            "manifest_sha256": release.manifest_sha256, **{name: manifest[name] for name in told},
        },
    }  # fmt: skip
    job_type = _facet("JobTypeJobFacet", "2-0-4", processingType="BATCH", integration="MINHU", jobType="TASK")
    return [
        {
            "eventType": kind, "eventTime": manifest["as_of"], "producer": PRODUCER,
            "schemaURL": f"{SPEC}#/$defs/RunEvent",
            "run": {"runId": _run_id(release, job), "facets": run_facets},
            "job": {"namespace": _namespace(release), "name": job, "facets": {"jobType": job_type}},
            "inputs": inputs, "outputs": outputs,
        }
        for job, inputs, outputs in runs
        for kind in ("START", "COMPLETE")
    ]  # fmt: skip


def _landed(release: Release) -> dict[str, list[Record]]:
    """Landing manifests by ``<source>/<table>``, in order."""
    landed: dict[str, list[Record]] = {}
    for record in sorted(release.manifest["landing"], key=lambda entry: str(entry["path"])):
        landed.setdefault("/".join(str(record["path"]).split("/")[1:3]), []).append(record)
    return landed


def _extract(table: str) -> str:
    return f"{table.split('/')[0]}_extract"


def _version(records: list[Record]) -> str:
    """One hash for many files: that of their hashes."""
    return sha256("\n".join(sorted(str(record["sha256"]) for record in records)).encode()).hexdigest()


def _typed(kind: str, **values: Any) -> Record:
    described = {f"minhu:{name}": value for name, value in values.items()}
    return {"prov:type": {"$": kind, "type": "prov:QUALIFIED_NAME"}, **described}


def _relations(letter: str, pairs: list[tuple[Any, Any]], first: str, second: str) -> Record:
    return {f"_:{letter}{number}": {first: a, second: b} for number, (a, b) in enumerate(pairs, start=1)}


def _namespace(release: Release) -> str:
    return f"minhu://{release.manifest['city']}"


def _run_id(release: Release, job: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_namespace(release)}/{release.release_id}/{job}"))


def _dataset(release: Release, name: str, version: str | None = None) -> Record:
    facets = {"version": _facet("DatasetVersionDatasetFacet", "1-0-1", datasetVersion=version)} if version else {}
    return {"namespace": _namespace(release), "name": name, "facets": facets}


def _facet(name: str, version: str, **values: Any) -> Record:
    url = f"{FACETS}/{version}/{name}.json#/$defs/{name}"
    return {"_producer": PRODUCER, "_schemaURL": url, **values}
