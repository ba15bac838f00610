"""The release before, as the models of a night see it: its cells, its log of restatements, and what landed since.

Everything here follows from the files and the manifest of that release and from landing, so a replay of the night sees
the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from minhu.landing import contracts
from minhu.landing.zone import Landing
from minhu.release.export import KPI_PUBLISHED_SINCE
from minhu.release.published_contract import Contract, Table
from minhu.release.release_folder import Release, ReleaseIdentity
from minhu.warehouse import work_file

#: Tables of an earlier release that a later night needs; their columns and types are those of the contract.
CARRIED = (
    "kpi_results", "kpi_restatements", "integrity_companions", "standardised_on_time", "on_time_by_channel",
    KPI_PUBLISHED_SINCE, "kpi_breakdowns",
)  # fmt: skip
_ATTEMPT = re.compile(r"landing/([a-z]+)/([a-z_]+)/dt=(\d{4}-\d{2}-\d{2})/attempt=(\d+)/manifest\.json")
_Table = tuple[str, str]


def show(
    db: duckdb.DuckDBPyConnection,
    contract: Contract,
    landing: Landing,
    previous: Release | None,
    identity: ReleaseIdentity,
) -> None:
    """Make the views and tables of schema ``raw`` that say what was published before and what is new since.

    Args:
        db: the work file, brought to the night.
        contract: what is published.
        landing: where the night's attempts lie.
        previous: the release before; None for a first one.
        identity: the code of the night.
    """
    for table in CARRIED:
        _show_table(db, contract.tables[table], previous)
    if previous is not None and not _files(previous, KPI_PUBLISHED_SINCE):
        _show_grains(db, previous)
    known = _attempts_of(previous)
    told = [
        (f"{source}.{name}", day, number)
        for source, name, day, number in db.execute(
            "select distinct source, table_name, business_date, attempt from raw.loads order by all"
        ).fetchall()
        if number > known[source, name].get(day, 0)
    ]
    work_file.replace_rows(
        db,
        "raw.landed_since_release",
        pa.table(
            {
                "table_name": pa.array([row[0] for row in told], pa.string()),
                "business_date": pa.array([row[1] for row in told], pa.date32()),
                "attempt": pa.array([row[2] for row in told], pa.int32()),
            }
        ),
    )
    changed = _changed_pictures(db, landing, known) if previous else []
    work_file.replace_rows(db, "raw.changed_pictures", pa.table({"table_name": pa.array(changed, pa.string())}))
    db.execute(
        "create or replace table raw.previous_release (release_id varchar, business_date date, is_other_code boolean)"
    )
    if previous is not None:
        made_with = (previous.manifest.get("dbt_manifest_sha256"), previous.manifest.get("lock_sha256"))
        is_other = made_with != (identity.dbt_manifest_sha256, identity.lock_sha256)
        db.execute(
            "insert into raw.previous_release values (?, ?, ?)", [previous.release_id, previous.business_date, is_other]
        )


def _show_table(db: duckdb.DuckDBPyConnection, described: Table, previous: Release | None) -> None:
    """A table of the release before, as a view on its files: most nights need none or few of the rows.

    Files of settled months leave ``as_of`` to their release. It is filled in here: a cell that is carried tonight may stand
    for many nights without being judged again, and then the release before is another one.
    """
    table, kinds = described.name, {column.name: column.data_type for column in described.columns}
    parts = _files(previous, table) if previous else []
    db.execute(f"drop view if exists raw.previous_{table}")
    if previous is None or not parts:
        nothing = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in kinds.items())
        db.execute(f"create view raw.previous_{table} as select {nothing} where false")
        return
    known = set(pq.read_schema(parts[0]).names)  # a column that the table got since is empty
    columns = ", ".join(
        f"cast({name if name in known else 'null'} as {kind}) as {name}" for name, kind in kinds.items()
    )
    listed = ", ".join("'" + part.replace("'", "''") + "'" for part in parts)  # a view takes no parameters
    source = f"read_parquet([{listed}], hive_partitioning = false)"
    if "as_of" in kinds:
        own = previous.as_of.astimezone(UTC).replace(tzinfo=None)
        source = f"(select * replace (coalesce(as_of, timestamp '{own}') as as_of) from {source})"  # noqa: S608
    db.execute(f"create view raw.previous_{table} as select {columns} from {source}")  # noqa: S608  own paths, quoted


def _show_grains(db: duckdb.DuckDBPyConnection, previous: Release) -> None:
    """Of a release from before it told since when its KPIs are published: what it has cells of is known for its night."""
    db.execute(
        f"create or replace view raw.previous_{KPI_PUBLISHED_SINCE} as select distinct kpi_id, variant, unit_type, "  # noqa: S608
        f"period_type, date '{previous.business_date}' as published_since from raw.previous_kpi_results"
    )


def _files(release: Release, table: str) -> list[str]:
    found = [release.path / f"{table}.parquet", *(release.path / table).glob("*.parquet")]
    return sorted(str(path) for path in found if path.is_file())


def _attempts_of(release: Release | None) -> dict[_Table, dict[date, int]]:
    """The last attempt that a release read, by table and date; it read the earlier ones of the date as well."""
    found: dict[_Table, dict[date, int]] = defaultdict(dict)
    for entry in release.manifest.get("landing", []) if release else []:
        match = _ATTEMPT.fullmatch(str(entry["path"]))
        if match:
            source, table, day, number = match.groups()
            days = found[source, table]
            days[date.fromisoformat(day)] = max(int(number), days.get(date.fromisoformat(day), 0))
    return found


def _changed_pictures(
    db: duckdb.DuckDBPyConnection, landing: Landing, known: dict[_Table, dict[date, int]]
) -> list[str]:
    """Pictures that are another than in the release before. Of places and units kpi_restating_borders knows more."""
    changed: list[str] = []
    for contract in contracts.TABLES:
        if not contract.is_reference or "valid_from" in contract.schema.names:
            continue
        source, name = contract.source, contract.name
        now = db.execute(
            "select business_date, attempt from raw.loads where source = ? and table_name = ? order by all desc limit 1",
            [source, name],
        ).fetchall()
        then = sorted(known[source, name].items())[-1:]
        files = [landing.manifest(source, name, day, int(number))["files"] for day, number in [*now, *then]]
        is_unknown = contract.came_later and not then  # a release of before the table says nothing of it
        if not is_unknown and (len(now) != len(then) or (now and files[0] != files[1])):
            changed.append(contract.full_name)
    return sorted(changed)
