"""Comparisons several tests share."""

from __future__ import annotations

from collections import Counter
from typing import Any

from psycopg import sql

from minhu.release import published_contract
from minhu.release.release_folder import Release
from minhu.release.releases import current

from .conftest import Home


def files_equal_postgres(home: Home) -> int:
    """Every release that PostgreSQL keeps reads there exactly as from its folder; how many were compared."""
    kept = home.rows("select release_no, release_id from published.releases where not is_purged order by release_no")
    for number, release_id in kept:
        release = current(home.settings, release_id)
        for name in release.table_names:
            assert _from_postgres(home, name, number) == _from_files(release, name), (release_id, name)
    return len(kept)


def shown(home: Home) -> str:
    """The release the pointer names."""
    return str(home.rows("select release_id from published.releases where is_current")[0][0])


def versions(home: Home) -> list[tuple[Any, ...]]:
    """Row versions of the KPI table: unit, month, from, to."""
    return home.rows(
        "select unit_code, part, from_release, to_release from published_store.kpi_results_versions "
        "order by unit_code, part, from_release"
    )


def as_before(home: Home) -> None:
    """Leave the database as it was when a published table had no contract and all its versions lay in one table."""
    for name in published_contract.load(home.settings.dbt_dir).tables:
        lying_apart, aside = f"{name}_versions", f"{name}_aside"
        home.execute(f"create table published_store.{aside} as select * from published_store.{lying_apart}")
        for view in (f"{name}_history", name):
            (text,) = home.rows("select pg_get_viewdef(%s::regclass)", f"published.{view}")
            home.execute(f"create or replace view published.{view} as {text[0].replace(lying_apart, aside)}")
        home.execute(f"drop table published_store.{lying_apart}")
        home.execute(f"alter table published_store.{aside} rename to {lying_apart}")
        home.execute(f"comment on view published.{name} is null")
    home.execute("alter table published_store.versioned_tables drop column contract_sha256")
    home.execute("update published_store.installed set schema_sha256 = 'of an earlier version'")
    for column in ("kpi_id", "unit_code"):
        home.execute(f"comment on column published.kpi_results.{column} is null")


def _from_files(release: Release, name: str) -> Counter[tuple[Any, ...]]:
    data = release.table(name)
    naive = release.as_of.replace(tzinfo=None)
    return Counter(
        (release.release_id, row.pop("as_of", naive), *(row[column] for column in sorted(row)))
        for row in data.to_pylist()
    )


def _from_postgres(home: Home, name: str, number: int) -> Counter[tuple[Any, ...]]:
    columns = home.rows(
        "select column_name::text from information_schema.columns where table_schema = 'published' and table_name = %s "
        "and column_name not in ('release_id', 'as_of') order by column_name collate \"C\"",
        name,
    )
    wanted = ["release_id", "as_of", *(str(row[0]) for row in columns)]
    query = sql.SQL("select {} from {}({})").format(
        sql.SQL(", ").join(map(sql.Identifier, wanted)), sql.Identifier("published", f"{name}_at"), number
    )
    return Counter(home.rows(query.as_string()))
