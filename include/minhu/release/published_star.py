"""The star's views in PostgreSQL, made anew with the release that changes them, in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import psycopg
from psycopg import sql

from minhu.release.published_contract import Contract
from minhu.release.published_description import VIEWS, Connection, comment_on
from minhu.release.published_tables import READER, act_as_owner, versioned_tables
from minhu.release.release_folder import Progress
from minhu.release.star.schema import views
from minhu.release.star.views import View
from minhu.release.star.wide import MAIN_KPIS, Kpi


def ensure(connection: Connection, contract: Contract, progress: Progress) -> None:
    """Make the views those of the contract and of the current release's KPIs; does nothing where they are.

    Args:
        connection: inside the publishing transaction, the pointer moved: whoever reads sees the views and the release change
            at once.
        contract: of what is published.
        progress: told where views changed.
    """
    wanted = _wanted(connection, contract)
    digest = sha256(repr(wanted).encode()).hexdigest()
    row = connection.execute("select star_sha256 from published_store.installed").fetchone()
    if row and row[0] == digest:
        return
    act_as_owner(connection)
    try:
        with connection.transaction():
            _make(connection, wanted)
    except psycopg.errors.DependentObjectsStillExist as error:
        progress(f"the views for BI stay as they are, for others were made of them: {error.diag.message_detail}")
        return
    connection.execute("update published_store.installed set star_sha256 = %s", (digest,))
    progress(f"{len(wanted)} views for BI are those of the contract")


def _wanted(connection: Connection, contract: Contract) -> list[View]:
    tables = versioned_tables(connection)
    kpis: list[Kpi] = []
    if "kpi_contract" in tables:
        kpis = [Kpi(*map(str, row)) for row in connection.execute(MAIN_KPIS)]
    return views(contract, tables, kpis)


def _make(connection: Connection, wanted: Sequence[View]) -> None:
    names = {view.name for view in wanted} | _made_before(connection)
    if names:
        every = sql.SQL(", ").join(sql.Identifier(VIEWS, name) for name in sorted(names))
        connection.execute(sql.SQL("drop view if exists {}").format(every))
    has_reader = connection.execute("select 1 from pg_roles where rolname = %s", (READER,)).fetchone()
    for view in wanted:
        name = sql.Identifier(VIEWS, view.name)
        connection.execute(f"create view {VIEWS}.{view.name} as {view.select}".encode())
        comments = [comment_on("view", name, view.text)]
        comments += [
            comment_on("column", sql.SQL("{}.{}").format(name, sql.Identifier(column.name)), column.text)
            for column in view.columns
        ]
        connection.execute(sql.SQL("; ").join(comments))
        if has_reader:
            connection.execute(sql.SQL("grant select on {} to {}").format(name, sql.Identifier(READER)))
    connection.execute("update published_store.installed set star_views = %s", (sorted(view.name for view in wanted),))


def _made_before(connection: Connection) -> set[str]:
    row = connection.execute("select star_views from published_store.installed").fetchone()
    return set(row[0]) if row and isinstance(row[0], list) else set()
