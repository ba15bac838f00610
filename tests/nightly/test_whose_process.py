"""A process is ours by number, start, user, command and folder; nothing else is ever signalled, whatever a pid file says."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from minhu.errors import PermanentError
from minhu.standalone import embedded_server, postgres, postgres_process
from tests.cli.processes import minhu

SLEEP = "import time; time.sleep(600)"


@contextmanager
def sleeper(*arguments: str, cwd: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SLEEP, *arguments], cwd=cwd)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory whose server ran once."""
    home = tmp_path_factory.mktemp("home")
    postgres.start(home / "postgres")
    postgres.stop(home / "postgres")
    return home


@pytest.fixture
def folder(stopped: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder of its own, copied with owner and modes."""
    subprocess.run(["cp", "-a", str(stopped / "postgres"), str(tmp_path / "postgres")], check=True)
    yield tmp_path / "postgres"
    postgres.stop(tmp_path / "postgres")


def pid_file(folder: Path, number: object, started: object, of: Path | None = None) -> None:
    lines = [number, of or folder, started, 5432, folder, "", "  5432001         3", "ready   "]
    (folder / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n", encoding="utf-8")


def test_a_foreign_process_under_the_number_of_a_dead_server_is_never_signalled(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As after a power loss: by every command that starts or stops the server."""
    for begins in (postgres.stop, postgres.start, postgres.start_for_night, postgres.stop_after_night):
        postgres.stop(folder)
        with sleeper() as foreign:
            pid_file(folder, foreign.pid, int(psutil.Process(foreign.pid).create_time()))
            assert not postgres.is_running(folder)
            caplog.clear()
            begins(folder)
            assert foreign.poll() is None, "it lives"
            if begins is not postgres.stop_after_night:  # which has nothing to stop here
                assert f"it names process {foreign.pid}" in caplog.text and "no process was touched" in caplog.text


def test_one_that_calls_itself_postgres_is_none_of_ours(folder: Path, tmp_path: Path) -> None:
    """The same number, start, user and command, but it works elsewhere: another server of this user."""
    program = tmp_path / "postgres_of_another"
    shutil.copy("/bin/sleep", program)
    foreign = subprocess.Popen([str(program), "600"], cwd=tmp_path)
    try:
        pid_file(folder, foreign.pid, int(psutil.Process(foreign.pid).create_time()))
        assert not postgres.is_running(folder)
        assert not postgres.stop(folder)
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_an_empty_or_cut_pid_file_is_removed_with_a_sentence(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    for content in (
        b"\n",
        b"4711",
        b"no number\n/x\n1\n",
        b"99999999999999999999\n/x\n1\n",
        b"-1\n/x\n1\n",
        b"\0\xff",
        b"",
    ):
        (folder / "postmaster.pid").write_bytes(content)
        caplog.clear()
        assert not postgres.is_running(folder)
        assert not postgres.stop(folder)
        assert "is removed" in caplog.text and caplog.records[0].levelno == logging.WARNING, content
        assert not (folder / "postmaster.pid").exists()
    (folder / "postmaster.pid").touch()
    assert postgres.start(folder) and postgres.is_running(folder)


@pytest.mark.parametrize(
    "make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path), lambda path: path.symlink_to("gone")]
)
def test_what_is_no_file_in_place_of_a_pid_file_is_a_sentence(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "postmaster.pid")
    for command in (postgres_process.find_server, postgres_process.clear_dead_pid_file):
        with pytest.raises(PermanentError, match=r"expected a file, found something else .* - move it away"):
            command(tmp_path)


def test_commands_end_well_with_a_dead_pid_file(stopped: Path, tmp_path: Path) -> None:
    subprocess.run(["cp", "-a", str(stopped), str(tmp_path / "home")], check=True)
    home = tmp_path / "home"
    with sleeper() as foreign:
        pid_file(home / "postgres", foreign.pid, int(psutil.Process(foreign.pid).create_time()))
        ended = minhu(home, "db", "stop")
        assert (ended.code, ended.out.strip()) == (0, "it was not running")
        assert "is removed" in ended.err and foreign.poll() is None


def test_a_copied_state_directory_leaves_the_originals_server_alone(folder: Path, tmp_path: Path) -> None:
    postgres.start(folder)
    with psycopg.connect(postgres.superuser_uri(folder), autocommit=True) as connection:
        connection.execute("create table which (name text)")
        connection.execute("checkpoint")
    copy = tmp_path / "copy" / "postgres"
    copy.parent.mkdir()
    for name in ("postgres", "postgres.socket"):
        subprocess.run(["cp", "-a", str(folder.with_name(name)), str(copy.with_name(name))], check=True)
    original = postgres_process.find_server(folder)
    assert original is not None and not postgres.is_running(copy)
    try:
        assert postgres.stop(copy) is False
        assert original.is_running()
        assert postgres.start(copy), "it has a server of its own"
        assert postgres.superuser_uri(copy) != postgres.superuser_uri(folder)
        with psycopg.connect(postgres.superuser_uri(copy), autocommit=True) as connection:
            connection.execute("drop table which")
    finally:
        postgres.stop(copy)
    assert original.is_running()
    with psycopg.connect(postgres.superuser_uri(folder)) as connection:
        assert connection.execute("select count(*) from which").fetchall() == [(0,)]


def test_a_state_directory_that_was_moved_keeps_its_server(folder: Path, tmp_path: Path) -> None:
    postgres.start(folder)
    moved = tmp_path / "moved" / "postgres"
    moved.parent.mkdir()
    folder.rename(moved)
    assert postgres.is_running(moved) and not postgres.is_running(folder)
    assert postgres.stop(moved)
    moved.rename(folder)


def test_the_pid_file_of_a_living_server_is_not_removed_because_its_start_does_not_fit(folder: Path) -> None:
    """The clock was set: number, user, command and folder say that it lives, so nothing is touched."""
    postgres.start(folder)
    server = postgres_process.find_server(folder)
    assert server is not None
    said = (folder / "postmaster.pid").read_bytes()
    lines = said.split(b"\n")
    lines[2] = b"1"
    (folder / "postmaster.pid").write_bytes(b"\n".join(lines))
    try:
        with pytest.raises(PermanentError, match=f"process {server.pid} is a PostgreSQL that works on this folder"):
            postgres.stop(folder)
        assert server.is_running()
    finally:
        (folder / "postmaster.pid").write_bytes(said)


def test_a_data_folder_of_another_user_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_else = folder.stat().st_uid + 1
    monkeypatch.setattr(embedded_server.os, "geteuid", lambda: somebody_else)
    with pytest.raises(PermanentError, match=f"the folder belongs to user number .*, this is number {somebody_else}"):
        embedded_server.account_of(folder)
