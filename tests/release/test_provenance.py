"""PROV-JSON and OpenLineage events of a release: their form, their references, the same bytes each time."""

from __future__ import annotations

import importlib
import json
import pkgutil
import uuid
from collections import Counter
from typing import Any

import pytest
from openlineage.client import generated
from openlineage.client.generated import base
from openlineage.client.serde import Serde
from prov.model import ProvDocument

from minhu.errors import UsageError
from minhu.reports import provenance

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


def test_prov_is_read_by_the_library_of_prov(home: Home) -> None:
    document = provenance.prov_document(home.night(D20))
    read = ProvDocument.deserialize(content=json.dumps(document), format="json")
    told = Counter(record.get_type().localpart for record in read.records)
    members = sum(len(record["prov:entity"]) for record in document["hadMember"].values())
    assert told == {
        "Entity": len(document["entity"]), "Activity": len(document["activity"]), "Agent": len(document["agent"]),
        "Generation": len(document["wasGeneratedBy"]), "Usage": len(document["used"]), "Membership": members,
        "Association": len(document["wasAssociatedWith"]), "Attribution": len(document["wasAttributedTo"]),
    }  # fmt: skip


def _facet_classes() -> dict[str, type[base.BaseFacet]]:
    """Every facet OpenLineage's own client knows, by the address of its schema."""
    for module in pkgutil.iter_modules(generated.__path__):
        importlib.import_module(f"{generated.__name__}.{module.name}")
    found, waiting = {}, [base.BaseFacet]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found |= {kind._get_schema(): kind for kind in kinds}
        waiting += kinds
    return found


def _without_the_empty(value: Any) -> Any:
    """The client leaves out what is empty."""
    if isinstance(value, dict):
        return {name: _without_the_empty(held) for name, held in value.items() if held not in ({}, None)}
    return [_without_the_empty(held) for held in value] if isinstance(value, list) else value


def test_openlineage_events_are_those_its_own_client_would_write(home: Home) -> None:
    classes = _facet_classes()

    def facets(told: dict[str, Any]) -> dict[str, Any]:
        return {
            name: classes[facet["_schemaURL"]](
                producer=facet["_producer"], **{key: value for key, value in facet.items() if key[0] != "_"}
            )
            for name, facet in told.items()
        }

    events = provenance.openlineage_events(home.night(D20))
    assert len(events) == 6, "a beginning and an end of extract, build and publication"
    for line in events:
        event = json.loads(json.dumps(line))
        own = event["run"]["facets"].pop("minhu_release")  # of this product: the spec asks for two fields of it
        assert classes[own["_schemaURL"]] is base.RunFacet and own["_producer"] == event["producer"]
        written = base.RunEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            eventType=base.EventType(event["eventType"]),
            run=base.Run(event["run"]["runId"], facets(event["run"]["facets"])),
            job=base.Job(event["job"]["namespace"], event["job"]["name"], facets(event["job"]["facets"])),
            inputs=[
                base.InputDataset(dataset["namespace"], dataset["name"], facets=facets(dataset["facets"]))
                for dataset in event["inputs"]
            ],
            outputs=[
                base.OutputDataset(
                    dataset["namespace"], dataset["name"], facets=facets(dataset["facets"]),
                    outputFacets=facets(dataset.get("outputFacets", {})),
                )
                for dataset in event["outputs"]
            ],
        )  # fmt: skip
        assert _without_the_empty(Serde.to_dict(written)) == _without_the_empty(event)


def test_openlineage_events_follow_one_another(home: Home) -> None:
    night = home.night(D20)
    events = provenance.openlineage_events(night)
    assert [(event["job"]["name"], event["eventType"]) for event in events] == [
        (job, kind) for job in ("hotline_extract", "assessment_build", "kpi_publish") for kind in ("START", "COMPLETE")
    ]
    for event in events:
        assert event["eventTime"] == night.as_of.isoformat()
        assert uuid.UUID(event["run"]["runId"]).version == 5
        for dataset in (*event["inputs"], *event["outputs"]):
            assert dataset["namespace"] == "minhu://xian" and dataset["name"]
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
