"""Roles of the embedded server: releases are published without a superuser, and a reader reads `published` alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from minhu.release.published import LOCK_KEY
from minhu.standalone import postgres
from tests.release.conftest import D20, D21, Cell, Home, offered_project, settings_at

#: What a reader has no business with, and what PostgreSQL says.
FORBIDDEN = (
    "select * from published_store.releases",
    "update published_store.kpi_results_versions set numerator = 1",
    "delete from published_store.current_release",
    "create table published.mine (x int)",
    "create table mine (x int)",
    "create temporary table mine (x int)",
    "create schema mine",
    "select pg_read_file('/etc/passwd')",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/x'",
    "set role minhu_owner",
    "set role minhu_publisher",
    "set role postgres",
    "set session authorization postgres",
    "alter system set fsync = off",
    f"select pg_advisory_lock({LOCK_KEY})",
    "select lo_create(0)",
    "create role mine",
    "drop view published.kpi_results",
    "grant minhu_owner to minhu_reader",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = tmp_path_factory.mktemp("roles") / "postgres"
    postgres.start(found)
    yield found
    postgres.stop(found)


@pytest.fixture(scope="module")
def published(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A release that the publisher loaded."""
    root = tmp_path_factory.mktemp("published_by_roles")
    settings = settings_at(root / "home")
    object.__setattr__(settings, "project_root", offered_project(root / "project"))
    home = Home(settings, postgres.uri(folder, "publisher"))
    home.night(D20)
    return home


def test_a_release_is_published_without_a_superuser_and_is_the_owners(folder: Path, published: Home) -> None:
    published.night(D21, (Cell("U1", 4, 7),))
    owners = published.rows(
        "select distinct pg_get_userbyid(relowner) from pg_class where relnamespace::regnamespace::text like 'published%'"
    )
    assert owners == [("minhu_owner",)]
    roles = published.rows(
        "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname like 'minhu_%' order by 1"
    )
    assert roles == [
        (f"minhu_{name}", False, False, False, False) for name in ("owner", "publisher", "reader", "source")
    ]


def test_a_reader_reads_published_with_its_functions(folder: Path, published: Home) -> None:
    with psycopg.connect(postgres.uri(folder, "reader")) as connection:
        assert connection.execute("select count(*) > 0 from published.kpi_results").fetchall() == [(True,)]
        assert connection.execute("select count(*) > 0 from published.kpi_results_history").fetchall() == [(True,)]
        assert connection.execute("select count(*) > 0 from published.kpi_results_at(1)").fetchall() == [(True,)]
        assert connection.execute("select count(*) > 0 from published.releases").fetchall() == [(True,)]
        assert connection.execute("select count(*) from published.release_banner").fetchall() == [(1,)]
        assert connection.execute("select count(*) > 0 from published.fct_kpi_results_all").fetchall() == [(True,)]


def test_a_reader_reads_nothing_outside_published(folder: Path, published: Home) -> None:
    with psycopg.connect(postgres.uri(folder, "reader")) as connection:
        readable = connection.execute(
            "select distinct space.nspname from pg_class as relation "
            "join pg_namespace as space on space.oid = relation.relnamespace "
            "where has_schema_privilege(space.oid, 'usage') and has_table_privilege(relation.oid, 'select') "
            "and relation.relkind in ('r', 'v', 'm', 'p', 'f')"
        ).fetchall()
    assert {name for (name,) in readable} == {"published", "pg_catalog", "information_schema"}


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_reader_can_do_nothing_else(folder: Path, published: Home, statement: str) -> None:
    with psycopg.connect(postgres.uri(folder, "reader"), autocommit=True) as connection:
        connection.execute(
            "set default_transaction_read_only = off"
        )  # its default stops mistakes, rights stop the rest
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


@pytest.mark.parametrize("database", ["hotline", "postgres", "template1"])
def test_a_reader_comes_into_no_other_database(folder: Path, published: Home, database: str) -> None:
    uri = postgres.uri(folder, "reader").replace("/minhu?", f"/{database}?")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(uri)


def test_a_publisher_does_not_read_the_source(folder: Path, published: Home) -> None:
    uri = postgres.uri(folder, "publisher").replace("/minhu?", "/hotline?")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(uri)


def test_what_the_superuser_of_an_earlier_version_published_goes_to_the_owner(
    folder: Path, published: Home, tmp_path: Path
) -> None:
    """A state directory of before there were roles: after the next start the publisher goes on with it."""
    with psycopg.connect(postgres.superuser_uri(folder, "minhu"), autocommit=True) as connection:
        tables = connection.execute(
            "select format('alter table %s owner to postgres; revoke all on %1$s from minhu_publisher', oid::regclass) "
            "from pg_class where relnamespace::regnamespace::text like 'published%' and relkind in ('r', 'v')"
        ).fetchall()
        for (statement,) in tables:
            connection.execute(str(statement).encode())
        connection.execute("alter schema published owner to postgres; alter schema published_store owner to postgres")
        connection.execute("alter role minhu_publisher superuser")
    postgres.start(folder)
    later = published.night(D21, (Cell("U1", 5, 7), Cell("U2", 1, 3)))
    assert published.rows("select distinct release_id from published.kpi_results") == [(later.release_id,)]
    assert published.rows("select rolsuper from pg_roles where rolname = 'minhu_publisher'") == [(False,)]
