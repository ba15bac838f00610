"""What another user of the machine gets of a state directory: nothing, or as a member of the readers' group `published`."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from minhu.standalone import embedded_server, postgres
from tests.cli.processes import minhu
from tests.fixtures import second_user

#: What `nobody` belongs to.
GROUP = "nogroup"
LONG = "a-folder-whose-name-is-too-long-for-the-path-of-a-socket" * 2


@pytest.fixture(autouse=True)
def somebody() -> None:
    second_user.require()


@pytest.fixture(scope="module", params=["short", LONG])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state directory whose server runs, made by the command; with a short and with a long path."""
    second_user.require()
    found = tmp_path_factory.mktemp("machine") / request.param / "home"
    found.parent.mkdir()
    second_user.let_pass(found)
    begun = minhu(found, "db", "start")
    assert begun.code == 0, begun.said
    yield found
    minhu(found, "db", "stop")
    second_user.forget_sockets(found / "postgres")


def socket_folder(home: Path) -> Path:
    """Where the server's socket is, as every user of the machine can read it."""
    return Path(str(conninfo_to_dict(minhu(home, "db", "uri").out.strip())["host"]))


def test_a_second_user_reaches_no_server_and_reads_no_file(home: Path) -> None:
    with psycopg.connect(postgres.superuser_uri(home / "postgres")) as connection:  # its owner does
        assert connection.execute("select 1").fetchall() == [(1,)]
    (home / "warehouse").mkdir()
    (home / "warehouse" / "work.duckdb").write_bytes(b"figures")
    (home / "warehouse" / "work.duckdb").chmod(0o644)  # as earlier versions made it
    host = socket_folder(home)
    for role in ("postgres", "minhu_owner", "minhu_publisher", "minhu_reader", "minhu_source", "nobody"):
        for database in ("minhu", "hotline", "postgres"):
            got = second_user.queries(f"postgresql://{role}@:5432/{database}?host={host}")
            assert "Permission denied" in got and got.startswith("refused"), (role, database, got)
    assert second_user.reads(home, host) == [], "not even the names of what is there"


def test_a_socket_that_is_reached_all_the_same_takes_nobodys_word(home: Path) -> None:
    """Were its folder opened by mistake: the server itself asks the operating system who comes."""
    host = socket_folder(home)
    passed = [host, *(folder for folder in (home, home / "postgres") if host.is_relative_to(folder))]
    modes = {path: path.stat().st_mode for path in (*passed, host / ".s.PGSQL.5432")}
    try:
        for path in modes:
            path.chmod(0o777)
        for role in ("postgres", "minhu_reader", "nobody"):
            assert "Peer authentication failed" in second_user.queries(f"postgresql://{role}@:5432/minhu?host={host}")
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_nobody_listens_on_an_address_of_the_network(home: Path) -> None:
    server = postgres.processes.find_server(home / "postgres")
    assert server is not None
    assert server.net_connections(kind="inet") == []


def test_no_mode_outside_the_state_directory_changes(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    above = {path: path.stat().st_mode for path in closed.parents}
    home = closed / "home"
    begun = minhu(home, "db", "start")
    try:
        assert begun.code == 0, begun.said
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert {path: path.stat().st_mode for path in closed.parents} == above
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    finally:
        minhu(home, "db", "stop")


def test_the_socket_of_a_long_path_lies_in_a_folder_nobody_can_take(tmp_path: Path) -> None:
    """Its name is random; where the remembered one is another's by now, or open, another is made."""
    folder = tmp_path / LONG / "home" / "postgres"
    postgres.start(folder)
    try:
        first = postgres._noted_sockets(folder)
        assert first is not None and stat.S_IMODE(first.stat().st_mode) == 0o700
        postgres.stop(folder)
        postgres.start(folder)
        assert postgres._noted_sockets(folder) == first
        postgres.stop(folder)
        spoil = (lambda path: path.chmod(0o777), lambda path: os.chown(path, 65534, 65534), shutil.rmtree)
        for spoilt in spoil:
            remembered = postgres._noted_sockets(folder)
            assert remembered is not None
            spoilt(remembered)
            postgres.start(folder)
            assert postgres._noted_sockets(folder) != remembered
            postgres.stop(folder)
            shutil.rmtree(remembered, ignore_errors=True)
    finally:
        postgres.stop(folder)
        second_user.forget_sockets(folder)


def test_readers_of_the_named_group_query_published_and_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "home"
    second_user.let_pass(home)
    try:
        begun = minhu(home, "db", "start", MINHU_READERS_GROUP=GROUP)
        assert begun.code == 0, begun.said
        uri = begun.out.split()[-1]
        assert second_user.queries(uri, "select current_user, current_database()") == "[('minhu_reader', 'minhu')]"
        for role in ("postgres", "minhu_owner", "minhu_publisher", "minhu_source"):
            assert "Peer authentication failed" in second_user.queries(uri.replace("minhu_reader", role))
        assert second_user.reads(home) == []
    finally:
        minhu(home, "db", "stop")
        second_user.forget_sockets(home / "postgres")


def test_a_server_that_an_earlier_version_started_open_is_started_anew(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    postgres.start(folder)
    postgres.stop(folder)
    account = embedded_server.account_of(folder)
    embedded_server._write_as(account, folder, "pg_hba.conf", "local all all trust\n")
    options = "-c listen_addresses= -c unix_socket_directories=/proc/self/cwd"
    arguments = ["start", "-w", "-l", "log", "-o", options, "-D", "/proc/self/cwd"]
    embedded_server._run("pg_ctl", arguments, folder, account)
    try:
        assert stat.S_IMODE((folder / ".s.PGSQL.5432").stat().st_mode) == 0o777
        assert postgres.start(folder) is False
        assert stat.S_IMODE((folder / ".s.PGSQL.5432").stat().st_mode) == 0o700
        assert "trust" not in (folder / "pg_hba.conf").read_text(encoding="utf-8").replace("written", "")
    finally:
        postgres.stop(folder)


def test_the_pages_of_airflow_and_its_secrets_are_not_a_second_users(tmp_path: Path) -> None:
    """The passwords are made for the owner; nobody else reads the file, and the log does not hold them."""
    from minhu import settings
    from minhu.standalone import airflow_log_in

    home = settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
    home.home.mkdir()
    home.home.chmod(0o755)  # as nobody closed it, whatever the umask: what the second user sees is seen here
    airflow_log_in.make_passwords(home)
    path = airflow_log_in.passwords_path(home)
    second_user.let_pass(path.parent)
    assert set(json.loads(path.read_text())) == {"minhu", "admin"}
    assert second_user.reads(home.home) == [str(home.secrets_dir)], "its name, for nobody closed this home; no file"
