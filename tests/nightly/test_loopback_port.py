"""Tools that know no sockets: a port of this machine for the reader, with a password, and for nobody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from minhu.errors import UsageError
from minhu.standalone import postgres

FORBIDDEN = (
    ("minhu_owner", "minhu"), ("minhu_publisher", "minhu"), ("postgres", "minhu"), ("minhu_source", "hotline"),
    ("minhu_reader", "hotline"), ("minhu_reader", "postgres"),
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    found = tmp_path_factory.mktemp("loopback") / "postgres"
    postgres.start(found)
    yield found
    postgres.stop(found)


@pytest.fixture(scope="module")
def port(folder: Path) -> int:
    """A server that ran on its socket alone has been asked for a port."""
    found = free_port()
    assert postgres.start(folder, loopback_port=found) is False
    return found


def by_port(port: int, user: str, password: str, database: str = "minhu") -> psycopg.Connection:
    return psycopg.connect(host="127.0.0.1", port=port, user=user, password=password, dbname=database)


def test_the_reader_comes_in_with_the_password_of_the_state_directory(folder: Path, port: int) -> None:
    path = postgres.reader_password(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    with by_port(port, "minhu_reader", path.read_text()) as connection:
        assert connection.execute("select current_user").fetchone() == ("minhu_reader",)
        with pytest.raises(psycopg.Error):
            connection.execute("create table mine (x int)")


def test_nobody_else_does_and_nobody_without_it(folder: Path, port: int) -> None:
    password = postgres.reader_password(folder).read_text()
    for user, database in FORBIDDEN:
        with pytest.raises(psycopg.OperationalError, match="no pg_hba.conf entry"):
            by_port(port, user, password, database)
    for wrong in ("", password[:-1], "minhu_reader"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            by_port(port, "minhu_reader", wrong)


def test_it_listens_on_this_machine_alone(folder: Path, port: int) -> None:
    with psycopg.connect(postgres.superuser_uri(folder)) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("show port").fetchone() == (str(port),)


@pytest.mark.parametrize("role", sorted(postgres.ROLES))
def test_the_socket_is_where_it_was(folder: Path, port: int, role: str) -> None:
    with psycopg.connect(postgres.uri(folder, role)) as connection:
        assert connection.execute("select current_user").fetchone() == (postgres.ROLES[role][0],)


def test_a_night_leaves_it_open_and_the_password_is_in_no_log(folder: Path, port: int) -> None:
    password = postgres.reader_password(folder).read_text()
    assert postgres.start(folder) is False
    assert postgres.start(folder, loopback_port=port) is False
    assert postgres.reader_password(folder).read_text() == password, "tools keep it"
    by_port(port, "minhu_reader", password).close()
    log = (folder / "log").read_text(encoding="utf-8")
    assert password not in log and "SCRAM-SHA-256$" not in log


def test_a_port_of_another_program_is_a_sentence_and_the_server_runs_on(folder: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"open port {taken} of 127.0.0.1 to readers: it cannot be had"):
            postgres.start(folder, loopback_port=taken)
    by_port(port, "minhu_reader", postgres.reader_password(folder).read_text()).close()


def test_another_port_and_then_none(folder: Path, port: int) -> None:
    """Last of this file: it closes the port."""
    password = postgres.reader_password(folder).read_text()
    other = free_port()
    postgres.start(folder, loopback_port=other)
    by_port(other, "minhu_reader", password).close()
    with pytest.raises(psycopg.OperationalError):
        by_port(port, "minhu_reader", password)
    postgres.stop(folder)
    postgres.start(folder)
    with pytest.raises(psycopg.OperationalError):
        by_port(other, "minhu_reader", password)
    with psycopg.connect(postgres.uri(folder, "reader")) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
