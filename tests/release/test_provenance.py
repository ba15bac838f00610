"""PROV-JSON and OpenLineage events of a release: their form, their references, the same bytes each time."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest

from minhu import provenance
from minhu.errors import UsageError

from .conftest import D19, D20, IDENTITY, Home
from .test_commands import run

#: Relations of the PROV-JSON submission and what their two ends must be.
RELATIONS = {
    "wasGeneratedBy": (("prov:entity", "entity"), ("prov:activity", "activity")),
    "used": (("prov:activity", "activity"), ("prov:entity", "entity")),
    "wasAssociatedWith": (("prov:activity", "activity"), ("prov:agent", "agent")),
    "wasAttributedTo": (("prov:entity", "entity"), ("prov:agent", "agent")),
    "hadMember": (("prov:collection", "entity"), ("prov:entity", "entity")),
}


def test_prov_names_only_what_it_describes_and_holds_every_hash(home: Home) -> None:
    night = home.night(D20)
    document = provenance.prov_document(night)
    assert set(document) == {"prefix", "entity", "activity", "agent", *RELATIONS}
    for kind in ("entity", "activity", "agent"):
        for name in document[kind]:
            assert name.split(":")[0] in document["prefix"], name
    for relation, ends in RELATIONS.items():
        for identifier, record in document[relation].items():
            assert identifier.startswith("_:")
            for role, kind in ends:
                ids = record[role] if isinstance(record[role], list) else [record[role]]
                assert ids and set(ids) <= set(document[kind]), (relation, record)
    hashes = {record.get("minhu:sha256") for record in document["entity"].values()}
    assert {file.sha256 for file in night.files} | {"3" * 64} <= hashes
    text = json.dumps(document)
    for told in (night.manifest_sha256, IDENTITY.git_commit, IDENTITY.lock_sha256, night.manifest["signing_key_id"]):
        assert told in text


def _facets(event: dict[str, Any]) -> list[dict[str, Any]]:
    holders = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
    found = [facet for holder in holders for facet in holder.get("facets", {}).values()]
    return found + [facet for dataset in event["outputs"] for facet in dataset.get("outputFacets", {}).values()]


def test_openlineage_events_have_the_form_of_the_spec_and_follow_one_another(home: Home) -> None:
    night = home.night(D20)
    events = provenance.openlineage_events(night)
    assert [(event["job"]["name"], event["eventType"]) for event in events] == [
        (job, kind) for job in ("hotline_extract", "assessment_build", "kpi_publish") for kind in ("START", "COMPLETE")
    ]
    for event in events:
        assert {"eventTime", "producer", "schemaURL", "run", "job"} <= set(event)
        assert event["eventTime"] == night.as_of.isoformat()
        assert uuid.UUID(event["run"]["runId"]).version == 5
        for dataset in (*event["inputs"], *event["outputs"]):
            assert dataset["namespace"] == "minhu://xian" and dataset["name"]
        for facet in _facets(event):
            assert re.fullmatch("urn:.+", facet["_producer"]) and facet["_schemaURL"].startswith(
                "https://openlineage.io/"
            )
    extract, build, publish = events[1::2]
    assert extract["outputs"] == build["inputs"] and build["outputs"] == publish["inputs"]
    counted = {d["name"]: d["outputFacets"]["outputStatistics"]["rowCount"] for d in publish["outputs"]}
    assert counted["releases/kpi_results"] == sum(f.rows for f in night.files if f.table == "kpi_results")


def test_the_command_writes_the_same_bytes_each_time(home: Home) -> None:
    first = home.night(D19)
    home.night(D20)
    written = run(home, "provenance", first.release_id)
    folder = home.settings.home / "provenance" / first.release_id
    assert written.out.split() == [str(folder / "prov.json"), str(folder / "openlineage.ndjson")], written.said
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert [json.loads(line)["eventType"] for line in before["openlineage.ndjson"].splitlines()][:2] == [
        "START", "COMPLETE",
    ]  # fmt: skip
    one = run(home, "provenance", first.release_id, "--format", "prov", "--output", str(folder / "again"))
    assert one.out.split() == [str(folder / "again" / "prov.json")]
    assert (folder / "again" / "prov.json").read_bytes() == before["prov.json"]


def test_provenance_that_fails_is_noted_and_the_release_stands(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    night = home.night(D20)
    note = home.settings.home / "failures" / "2026-11-20" / "kpi_publish.provenance.txt"

    def fail(*_: object) -> None:
        raise ValueError("a row of somebody")

    with monkeypatch.context() as broken:
        broken.setattr(provenance, "prov_document", fail)
        provenance.write_after_release(home.settings, night)
    assert "ValueError - the release stands; run `minhu provenance`" in note.read_text()
    provenance.write_after_release(home.settings, night, home.said.append)
    assert not note.exists() and "provenance in" in home.said[-1]


def test_provenance_of_a_release_nobody_knows_is_refused(home: Home) -> None:
    home.night(D20)
    with pytest.raises(UsageError, match="the ledger has no such release"):
        provenance.write(home.settings, "2026-11-20-0000000000")
