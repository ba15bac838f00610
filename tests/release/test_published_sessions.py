"""The published database: what its sessions must not depend on, what it cannot hold, and what status tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minhu.analysis.status import read_status
from minhu.database import sessions
from minhu.errors import PermanentError
from minhu.extract import registry
from minhu.landing.zone import Landing
from minhu.release import published
from minhu.standalone import postgres

from .checks import files_equal_postgres
from .conftest import CELLS, D18, D19, D20, Home


@pytest.fixture
def odd_home(home: Home) -> Iterator[Home]:
    yield home
    database = home.uri.split("/")[3].split("?")[0]
    with psycopg.connect(home.uri, autocommit=True, client_encoding="UTF8") as connection:
        for setting in ("client_encoding", "datestyle", "timezone", "extra_float_digits", "lock_timeout"):
            connection.execute(f'alter database "{database}" reset {setting}')


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("client_encoding", "LATIN1"), ("client_encoding", "GBK"), ("client_encoding", "EUC_CN"), ("client_encoding", "SQL_ASCII"),
        ("datestyle", "German, DMY"), ("timezone", "America/New_York"), ("extra_float_digits", "-15"),
        ("lock_timeout", "1"), ("default_transaction_isolation", "serializable"),
    ],
)  # fmt: skip
def test_what_is_published_is_the_same_whatever_a_session_is_given(
    odd_home: Home, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    database = odd_home.uri.split("/")[3].split("?")[0]
    with psycopg.connect(odd_home.uri, autocommit=True) as connection:
        connection.execute(f"alter database \"{database}\" set {setting} = '{value}'")
    if setting == "client_encoding":
        monkeypatch.setenv("PGCLIENTENCODING", value)
    odd_home.night(D19)
    odd_home.night(D20, CELLS[:3])
    monkeypatch.delenv("PGCLIENTENCODING", raising=False)
    with psycopg.connect(odd_home.uri, autocommit=True, client_encoding="UTF8") as connection:
        connection.execute(f'alter database "{database}" reset {setting}')
    assert files_equal_postgres(odd_home) == 2
    with psycopg.connect(odd_home.uri, client_encoding="UTF8") as connection:
        text = str(
            connection.execute("select string_agg(cast(k as text), ' ') from published.kpi_results as k").fetchall()
        )
    assert not any("\u00c0" <= character <= "\u00ff" for character in text), "no mojibake"


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "EUC_CN"])
def test_a_database_that_cannot_hold_chinese_is_named_before_anything_is_written(
    home: Home, postgres_folder: Path, encoding: str
) -> None:
    with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
        connection.execute("drop database if exists narrow with (force)")
        connection.execute(
            f"create database narrow encoding '{encoding}' locale_provider libc locale 'C' template template0"
        )
    narrow = replace(home, uri=postgres.superuser_uri(postgres_folder, "narrow"))
    with pytest.raises(PermanentError, match=f"expected a database in UTF8, found {encoding}"):
        narrow.night(D20)
    with psycopg.connect(narrow.uri) as connection:
        assert connection.execute("select 1 from pg_namespace where nspname like 'published%'").fetchall() == []


def test_a_nul_that_landed_before_there_was_a_gate_keeps_no_night_from_being_published(home: Home) -> None:
    home.night(D19)
    home.build(D20)
    home.change("update publish.quality_findings set message = 'e1' || chr(0) || 'x'")
    release = home.publish(D20)
    assert home.rows("select distinct message from published.quality_findings") == [("e1\ufffdx",)]
    assert files_equal_postgres(home) == 2
    assert {row["message"] for row in release.table("quality_findings").to_pylist()} == {"e1\ufffdx"}
    assert read_status(home.settings, home.uri).published == "running"


def test_a_release_written_with_nul_is_published_all_the_same(tmp_path: Path) -> None:
    table = pa.table({"a": ["x\0", "\0", "y", None], "n": [1, 2, 3, 4], "b": pa.array([None] * 4, pa.string())})
    assert sessions.publishable(table)["a"].to_pylist() == ["x\ufffd", "\ufffd", "y", None]
    pq.write_table(table, tmp_path / "part.parquet")
    read = pq.read_table(tmp_path / "part.parquet")
    assert sessions.publishable(read).schema == read.schema


def test_status_tells_of_a_release_that_the_database_does_not_show(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first = home.night(D19)

    def refuse(*_: Any) -> None:
        raise psycopg.errors.CharacterNotInRepertoire('invalid byte sequence for encoding "UTF8": 0x00 "张建国"')

    monkeypatch.setattr(published, "_load", refuse)
    with pytest.raises(PermanentError, match="a text that is none of its own encoding") as caught:
        home.night(D20)
    assert "张建国" not in str(caught.value)
    status = read_status(home.settings, home.uri)
    assert status.release_id == first.release_id
    assert "it does not show 2026-11-20-" in status.published and "failures/2026-11-20/" in status.published
    monkeypatch.undo()
    home.night(D20)
    assert read_status(home.settings, home.uri).published == "running"


def test_status_names_dates_that_landed_and_were_not_published(home: Home) -> None:
    home.night(D18)
    home.night(D20)
    landing = Landing(home.settings.landing_dir)
    for day in (D18, D19, D20):
        for name in registry.names():
            landing.mark_absent(name, day, "none")
    assert read_status(home.settings, home.uri).not_published == ["2026-11-19"]
