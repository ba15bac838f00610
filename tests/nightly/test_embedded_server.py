"""How the embedded server is started where things stand in its way: root without an account, programs out of reach."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from minhu.errors import PermanentError
from minhu.standalone import embedded_server
from minhu.standalone.embedded_server import Account
from tests.fixtures import second_user

ME = Account("me", os.geteuid(), os.getegid(), is_other=False)


def test_programs_that_the_account_cannot_reach_are_copied_once_to_where_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a checkout below /root."""
    second_user.require()
    nobody = Account("nobody", 65534, 65534, is_other=True)
    (tmp_path / "programs").mkdir()
    second_user.let_pass(tmp_path / "programs" / "x")
    monkeypatch.setattr(embedded_server, "_PROGRAMS_FOR_ROOT", tmp_path / "programs")
    monkeypatch.setattr(embedded_server, "_can_run", lambda *_: False)
    before = os.umask(0o077)
    try:
        programs = embedded_server._programs(nobody)
    finally:
        os.umask(before)
    for name in ("initdb", "pg_ctl", "postgres"):
        said = subprocess.run([programs / name, "--version"], user=65534, capture_output=True, text=True, check=True)
        assert "PostgreSQL" in said.stdout
    assert embedded_server._programs(nobody) == programs
    assert len(list((tmp_path / "programs").iterdir())) == 1
    loose = [
        path for path in (tmp_path / "programs").rglob("*") if path.lstat().st_mode & 0o022 and not path.is_symlink()
    ]
    assert loose == [], "nobody else can put another program there"


def test_root_without_an_account_for_the_server_is_told_how_to_make_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise KeyError

    def refused(*_: object, **__: object) -> None:
        raise FileNotFoundError("useradd")

    monkeypatch.setattr(embedded_server.pwd, "getpwnam", missing)
    monkeypatch.setattr(embedded_server.subprocess, "run", refused)
    with pytest.raises(
        PermanentError, match=r"PostgreSQL does not run as root.* - make it \(`useradd --system .*pgserver`\)"
    ):
        embedded_server._account_for_root()


def test_a_user_number_without_a_name_is_a_sentence() -> None:
    with pytest.raises(PermanentError, match="user number 4000000 has no name on this machine"):
        embedded_server._entry_of(4_000_000)


def test_a_socket_that_fits_nowhere_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_server, "_fits", lambda _: False)
    with pytest.raises(PermanentError, match="set MINHU_HOME to a folder with a shorter path"):
        embedded_server.socket_folder(tmp_path, ME, None, None)


def test_a_link_in_the_place_of_a_socket_folder_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody put it where the remembered folder was, while the machine was down."""
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(target)
    assert embedded_server._is_private(target, ME, None)
    assert not embedded_server._is_private(tmp_path / "link", ME, None)
    target.chmod(0o701)
    assert not embedded_server._is_private(target, ME, None)
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made = embedded_server.socket_folder(folder, ME, tmp_path / "link", None)
    assert made != tmp_path / "link" and stat.S_IMODE(made.stat().st_mode) == 0o700
    made.rmdir()


def test_what_a_person_set_for_other_servers_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATA", "/var/lib/postgresql")
    monkeypatch.setenv("PGPORT", "6543")
    assert not [name for name in embedded_server._environment() if name.startswith("PG")]
