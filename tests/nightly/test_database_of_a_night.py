"""Whose the embedded server is: a night's ends with it, a person's stays, a killed night's is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from minhu.standalone import postgres


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "pg"
    yield found
    postgres.stop(found)


def test_server_of_a_night_ends_with_it(folder: Path) -> None:
    postgres.start_for_night(folder)
    assert postgres.is_running(folder)
    postgres.stop_after_night(folder)
    assert not postgres.is_running(folder)
    left = sorted(path.name for path in folder.parent.iterdir())
    assert left == ["pg", "pg.lock", "pg.socket"]  # its data and where its socket will be; no mark of the night


def test_server_that_was_there_before_stays(folder: Path) -> None:
    postgres.start(folder)
    postgres.start_for_night(folder)
    postgres.stop_after_night(folder)
    assert postgres.is_running(folder)


def test_server_that_somebody_asked_for_during_the_night_stays(folder: Path) -> None:
    postgres.start_for_night(folder)
    postgres.stay(folder)
    postgres.stop_after_night(folder)
    assert postgres.is_running(folder)


def test_server_of_a_killed_night_is_ended_by_the_next(folder: Path) -> None:
    postgres.start_for_night(folder)
    postgres.start_for_night(folder)
    postgres.stop_after_night(folder)
    assert not postgres.is_running(folder)


def test_server_can_be_started_again_by_the_same_process(folder: Path) -> None:
    assert postgres.start(folder)
    assert postgres.stop(folder)
    assert postgres.start(folder)
    with psycopg.connect(postgres.uri(folder, "source")) as connection:
        assert connection.execute("select current_database()").fetchall() == [("hotline",)]


def test_data_folder_that_was_cut_off_while_being_made_is_made_again(folder: Path) -> None:
    folder.mkdir()
    (folder / "PG_VERSION").write_text("18\n", encoding="utf-8")
    assert postgres.start(folder)
    assert postgres.is_running(folder)


def test_data_that_a_server_ever_ran_on_is_never_removed(folder: Path) -> None:
    postgres.start(folder)
    with psycopg.connect(postgres.superuser_uri(folder), autocommit=True) as connection:
        connection.execute("create table kept (x integer)")
    postgres.stop(folder)
    postgres.start(folder)
    with psycopg.connect(postgres.superuser_uri(folder)) as connection:
        assert connection.execute("select count(*) from kept").fetchall() == [(0,)]
