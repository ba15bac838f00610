"""The star's views in DuckDB, over the tables of one release in schema ``published``."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from minhu.ledger.chain import Ledger, sign_off_events
from minhu.release import published_contract
from minhu.release.release_folder import Release
from minhu.release.star.schema import views
from minhu.release.star.views import View, literal
from minhu.release.star.wide import MAIN_KPIS, Kpi
from minhu.settings import Settings


def make(engine: duckdb.DuckDBPyConnection, settings: Settings, release: Release) -> list[View]:
    """Add the list of releases, which names this one alone, and the star's views.

    Args:
        engine: with the release's tables in schema ``published``.
        settings: of the home, whose ledger knows who signed the release off.
        release: that the tables are of.
    """
    _add_release(engine, settings, release)
    tables = release.table_names
    kpis: list[Kpi] = []
    with suppress(duckdb.CatalogException, duckdb.BinderException):  # it is not there, or without a column
        kpis = [Kpi(*map(str, row)) for row in engine.execute(MAIN_KPIS).fetchall()]
    made = []
    for view in views(published_contract.load(settings.dbt_dir), tables, kpis):
        # a release of an earlier contract may lack a column, and so the view; a test holds the newest to all
        with suppress(duckdb.BinderException):
            engine.execute(f"create view published.{view.name} as {view.select}")
            made.append(view)
    return made


def comment(engine: duckdb.DuckDBPyConnection, made: list[View]) -> None:
    """Say of every view and column what it is, Chinese first."""
    for view in made:
        said = literal(f"{view.text.zh}\n{view.text.en}")
        engine.execute(f"comment on view published.{view.name} is {said}")
        for column in view.columns:
            said = literal(f"{column.text.zh}\n{column.text.en}")
            engine.execute(f'comment on column published.{view.name}."{column.name}" is {said}')


def _add_release(engine: duckdb.DuckDBPyConnection, settings: Settings, release: Release) -> None:
    event = sign_off_events(Ledger(settings.ledger_path).events()).get(release.release_id)
    approved = event.sign_off if event else None
    engine.execute(
        "create table published.releases as select cast($1 as varchar) as release_id, cast($2 as varchar) as city, "
        "cast($3 as date) as business_date, cast($4 as timestamp) as as_of, cast($5 as varchar) as manifest_sha256, "
        "true as is_current, cast($6 as varchar) as signed_off_by, cast($7 as date) as signed_off_on",
        [
            release.release_id, release.manifest["city"], release.business_date, release.as_of.replace(tzinfo=None),
            release.manifest_sha256, approved.approver if approved else None,
            approved.approved_at.date() if approved else None,
        ],
    )  # fmt: skip
