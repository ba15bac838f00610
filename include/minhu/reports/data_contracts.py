"""Published tables as files of the Open Data Contract Standard (ODCS v3.1, bitol.io), for catalogues and BI tools.

They say what the contract says, in the words that other tools read: types, keys, words, references, readers, limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from minhu.release.published_contract import VIEW_COLUMNS, Column, Contract, Table
from minhu.release.published_tables import postgres_type

API_VERSION = "v3.1.0"
#: Raised with a change that breaks readers, as the changelog says it.
VERSION = "1.0.0"
_LOGICAL_TYPES = {
    "text": "string", "boolean": "boolean", "date": "date", "timestamp without time zone": "timestamp",
    "double precision": "number", "integer": "integer", "bigint": "integer",
}  # fmt: skip
_USAGE = (
    "Read the views of the schema `published` (the current release) or the files of a release. A cell whose verdict is "
    "SUPPRESSED, WITHHELD or NOT_RATED has no value; do not rank cells that are not PUBLISHED."
)
_LIMITATIONS = (
    "Rates must not be summed or averaged: sum numerators and denominators of one KPI, variant, caliber and kind of period. "
    "Figures that could give a person away are hidden. Times are UTC."
)


def documents(contract: Contract) -> dict[str, str]:
    """File name to YAML, one a table."""
    return {f"{name}.odcs.yaml": _text(contract, table) for name, table in contract.tables.items()}


def _text(contract: Contract, table: Table) -> str:
    readers = contract.readers_of(table.name)
    content: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"minhu.published.{table.name}",
        "version": VERSION,
        "status": "active",
        "name": table.name,
        "domain": "city services",
        "dataProduct": "minhu",
        "description": {"purpose": table.text.en, "usage": _USAGE, "limitations": _LIMITATIONS},
        "schema": [_schema(table)],
        "slaProperties": [{"property": "frequency", "value": 1, "unit": "d", "description": "One release a night."}],
        "customProperties": [
            {"property": "description_zh", "value": table.text.zh},
            {"property": "readers", "value": [f"{reader.label} ({reader.owner})" for reader in readers]},
        ],
    }
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120))


def _schema(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "name": table.name,
        "physicalName": f"published.{table.name}",
        "physicalType": "view",
        "description": table.text.en,
        "dataGranularityDescription": f"One row per {', '.join(table.primary_key)}" if table.primary_key else "One row",
        "properties": [_property(table, column) for column in table.columns],
    }
    references = [
        {
            "type": "foreignKey",
            "from": [f"{table.name}.{column}" for column in reference.columns],
            "to": [f"{reference.to}.{column}" for column in reference.to_columns],
        }
        for reference in table.references
        if reference.where is None  # the standard has no words for a reference of some rows
    ]
    if references:
        schema["relationships"] = references
    schema["quality"] = list(_quality(table))
    return schema


def _property(table: Table, column: Column) -> dict[str, Any]:
    physical = postgres_type(column.arrow_type)
    made: dict[str, Any] = {
        "name": column.name,
        "logicalType": _LOGICAL_TYPES.get(physical, "number"),
        "physicalType": physical,
        "required": not column.is_nullable,
        "description": column.text.en,
        "customProperties": [{"property": "description_zh", "value": column.text.zh}],
    }
    if column.name in table.primary_key:
        made |= {"primaryKey": True, "primaryKeyPosition": table.primary_key.index(column.name) + 1}
    if column.codes and not column.codes.is_open and not column.has_several_words:
        made["quality"] = [
            {
                "type": "library",
                "metric": "invalidValues",
                "arguments": {"validValues": ["", *column.codes.words]},
                "mustBe": 0,
                "unit": "rows",
            }
        ]
    return made


def _quality(table: Table) -> Iterator[dict[str, Any]]:
    if table.primary_key:
        yield {
            "type": "library",
            "metric": "duplicateValues",
            "arguments": {"properties": list(table.primary_key)},
            "mustBe": 0,
            "unit": "rows",
        }
    yield {
        "type": "text",
        "description": f"Every view also has {', '.join(VIEW_COLUMNS)}; one release is seen at a time.",
    }
