"""Published tables in the words of the Open Data Contract Standard: valid by its own schema, and what the contract says."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema
import pytest
import yaml

from minhu.release import published_contract
from minhu.reports import data_contracts, dictionary
from minhu.settings import PROJECT_ROOT

CONTRACT = published_contract.load()
DOCUMENTS = {name: yaml.safe_load(text) for name, text in data_contracts.documents(CONTRACT).items()}


@pytest.fixture(scope="module")
def standard() -> dict[str, Any]:
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_it_is_valid_by_the_standard(name: str, standard: dict[str, Any]) -> None:
    jsonschema.Draft201909Validator(standard).validate(DOCUMENTS[name])


def test_the_standard_would_refuse_a_type_that_it_does_not_know(standard: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(DOCUMENTS["kpi_results.odcs.yaml"]))
    broken["schema"][0]["properties"][0]["logicalType"] = "varchar"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(standard).validate(broken)


def test_there_is_a_file_of_every_table_and_no_other() -> None:
    stand = {path.name for path in (PROJECT_ROOT / dictionary.CONTRACTS).iterdir()}
    assert stand == set(DOCUMENTS) == {f"{name}.odcs.yaml" for name in CONTRACT.tables}


def test_columns_keys_and_words_are_those_of_the_contract() -> None:
    for name, table in CONTRACT.tables.items():
        properties = DOCUMENTS[f"{name}.odcs.yaml"]["schema"][0]["properties"]
        assert [each["name"] for each in properties] == table.column_names
        key = sorted((each["primaryKeyPosition"], each["name"]) for each in properties if each.get("primaryKey"))
        assert tuple(column for _, column in key) == table.primary_key
        assert [each["name"] for each in properties if not each["required"]] == [
            column.name for column in table.columns if column.is_nullable
        ]
    verdict = next(
        each for each in DOCUMENTS["kpi_results.odcs.yaml"]["schema"][0]["properties"] if each["name"] == "verdict"
    )
    assert set(verdict["quality"][0]["arguments"]["validValues"]) == {"", *CONTRACT.codes["verdict"].words}
