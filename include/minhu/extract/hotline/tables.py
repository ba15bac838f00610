"""The tables of the hotline as a city keeps them: what is read of each, and whether they are what the contract says."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from minhu.errors import SourceBlocked
from minhu.extract import columns
from minhu.extract.hotline.snapshot import Rows
from minhu.extract.privacy import Pseudonyms
from minhu.landing import contracts
from minhu.landing.table_contract import TableContract

SCHEMA = "hotline"
WITH_OFFSET = "timestamp with time zone"
#: PostgreSQL types that may stand behind each landed type; enumerations show as USER-DEFINED.
_ACCEPTED_TYPES: dict[str, set[str]] = {
    "string": {"text", "character varying", "character", "uuid", "bigint", "integer", "smallint", "USER-DEFINED"},
    "int64": {"integer", "bigint", "smallint", "numeric"},
    "bool": {"boolean"},
    "date32[day]": {"date"},
    "timestamp[us]": {"timestamp without time zone", WITH_OFFSET},
}


@dataclass(frozen=True)
class Reading:
    """How a landed table is read from its source table.

    Attributes:
        personal: source columns that are read, transformed in memory and dropped.
        derived: landed columns that come from personal ones (as text): landed name to a function of the batch.
        coded: columns that may hold a sentence where a code is meant; anything else than a code is dropped.
        is_optional: the table may be missing.
    """

    personal: tuple[str, ...] = ()
    derived: dict[str, Callable[[Pseudonyms, pa.RecordBatch], pa.Array]] = field(default_factory=dict)
    coded: tuple[str, ...] = ()
    is_optional: bool = False


READINGS: dict[str, Reading] = {
    "calls": Reading(
        personal=("caller_phone", "agent_id"),
        derived={
            "caller_key": lambda p, rows: columns.persons(p, "phone", rows["caller_phone"]),
            "agent_key": lambda p, rows: columns.persons(p, "staff", rows["agent_id"]),
        },
    ),
    "work_orders": Reading(
        personal=("caller_phone", "lon", "lat", "content"),
        derived={
            "caller_key": lambda p, rows: columns.persons(p, "phone", rows["caller_phone"]),
            "location_cell": lambda _, rows: columns.location_cells(rows["lon"], rows["lat"]),
            "content_length": lambda _, rows: columns.text_lengths(rows["content"]),
            "content_hash": lambda p, rows: columns.fingerprints(p, rows["content"]),
        },
    ),
    "order_events": Reading(coded=("from_value", "to_value")),
    "callbacks": Reading(
        personal=("interviewer_id",),
        derived={"interviewer_key": lambda p, rows: columns.persons(p, "staff", rows["interviewer_id"])},
        coded=("invalid_reason",),
    ),
    "order_claims": Reading(is_optional=True),
    "load_rejects": Reading(is_optional=True),
    "load_map": Reading(is_optional=True),
}


#: Relations of every kind that holds rows, materialized views among them, which the information schema leaves out; a domain
#: is what it is made of, however often that was named anew.
_CATALOGUE = """
with recursive made_of (oid, base) as (
    select oid, oid from pg_catalog.pg_type where typtype <> 'd'
    union all
    select named.oid, made_of.base from pg_catalog.pg_type as named join made_of on named.typbasetype = made_of.oid
    where named.typtype = 'd'
)
select
    relation.relname as table_name,
    attribute.attname as column_name,
    case
        when kind.typcategory = 'A' then 'ARRAY'
        when kind.typnamespace <> 'pg_catalog'::regnamespace then 'USER-DEFINED'
        else format_type(kind.oid, null)
    end as data_type
from pg_catalog.pg_class as relation
join pg_catalog.pg_attribute as attribute on attribute.attrelid = relation.oid
join made_of on made_of.oid = attribute.atttypid
join pg_catalog.pg_type as kind on kind.oid = made_of.base
where
    relation.relnamespace = to_regnamespace(%s)
    and relation.relkind in ('r', 'p', 'v', 'm', 'f')
    and attribute.attnum > 0
    and not attribute.attisdropped
    and (pg_has_role(relation.relowner, 'usage') or has_column_privilege(relation.oid, attribute.attnum, 'select'))
"""


def column_types(connection: Rows) -> dict[str, dict[str, str]]:
    """Type names by table and column, of all tables, views and materialized views the user may read."""
    types: dict[str, dict[str, str]] = {}
    for row in connection.execute(_CATALOGUE, [SCHEMA]):
        types.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
    return types


def check_schema(types: dict[str, dict[str, str]]) -> None:
    """Compare the source's tables with the contracts.

    Raises:
        SourceBlocked: with everything that differs, so that it is mended in one go.
    """
    if not types:
        raise SourceBlocked(
            "read the hotline",
            f"schema {SCHEMA} does not exist, holds no table, or the user may read none",
            "correct the database of the connection minhu_hotline, or grant usage on the schema and select on its tables",
        )
    problems = [
        problem
        for contract in contracts.tables_of("hotline")
        for problem in _schema_problems(contract, reading_of(contract), types)
    ]
    if problems:
        raise SourceBlocked(
            "read the hotline", "; ".join(problems), "mend the source's tables or views, or grant select on them"
        )


def _found_instead(name: str, there: Iterable[str]) -> str:
    """What stands where a name is missed: the same in other letters, which PostgreSQL keeps apart, or the nearest."""
    same = next((other for other in sorted(there) if other.lower() == name), None)
    if same is not None:
        return f'"{same}", which is written in capitals: rename it, or make a view with names in small letters'
    near = difflib.get_close_matches(name, there, n=1)
    return f"none; the nearest is {near[0]}" if near else "none like it"


def _schema_problems(contract: TableContract, reading: Reading, types: dict[str, dict[str, str]]) -> list[str]:
    found = types.get(contract.name)
    if found is None:
        missing = f"{contract.full_name}: the table does not exist or may not be read; found {_found_instead(contract.name, types)}"
        return [] if reading.is_optional else [missing]
    problems = []
    for name in source_columns(contract, reading):
        if name not in found:
            problems.append(f"{contract.full_name}: expected a column {name}, found {_found_instead(name, found)}")
        elif name in contract.schema.names:
            accepted = _ACCEPTED_TYPES[str(contract.schema.field(name).type)]
            if found[name] not in accepted:
                problems.append(
                    f"{contract.full_name}.{name}: expected {' or '.join(sorted(accepted))}, found {found[name]}"
                )
    return problems


def reading_of(contract: TableContract) -> Reading:
    return READINGS.get(contract.name, Reading())


def source_columns(contract: TableContract, reading: Reading) -> list[str]:
    plain = [name for name in contract.schema.names if name not in reading.derived]
    return [*plain, *reading.personal]
