"""The state directory is its owner's, a group may read what is meant for it, and loose secrets are refused."""

from __future__ import annotations

import errno
import grp
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from minhu import settings as settings_module
from minhu import state_directory
from minhu.errors import PermanentError
from minhu.extract import privacy
from minhu.ledger import signing
from minhu.settings import CityProfile
from minhu.standalone import airflow_log_in
from tests.cli.processes import minhu

#: A group that this user may give files to: one of its own.
GROUP = grp.getgrgid(os.getegid()).gr_name


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def own_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_state_directory_is_closed_and_so_is_one_of_before(tmp_path: Path) -> None:
    (tmp_path / "var" / "landing").mkdir(parents=True)
    (tmp_path / "var").chmod(0o755)
    state_directory.prepare((tmp_path / "var",))
    assert mode(tmp_path / "var") == 0o700
    (tmp_path / "var" / "work.duckdb").write_bytes(b"")
    (tmp_path / "var" / "warehouse").mkdir()
    assert (mode(tmp_path / "var" / "work.duckdb"), mode(tmp_path / "var" / "warehouse")) == (0o600, 0o700)


def test_every_folder_of_a_state_directory_is_closed_and_none_above(tmp_path: Path) -> None:
    (tmp_path / "srv").mkdir(mode=0o755)
    (tmp_path / "srv").chmod(0o755)
    home = settings_module.load("pingshan", {"MINHU_HOME": str(tmp_path / "srv" / "var")})
    state_directory.prepare(home.state_folders)
    assert [mode(path) for path in home.state_folders] == [0o700] * 3
    assert mode(tmp_path / "srv") == 0o755
    elsewhere = replace(home, home=tmp_path / "srv" / "cities" / "x", city=CityProfile())
    assert elsewhere.state_folders == (tmp_path / "srv" / "cities" / "x",)


def test_a_folder_of_other_things_is_not_closed(tmp_path: Path) -> None:
    """As with `MINHU_HOME=/tmp`, or a person's own folder: what is made in it is closed all the same."""
    (tmp_path / "letters").mkdir()
    tmp_path.chmod(0o755)
    state_directory.prepare((tmp_path,), GROUP)
    assert mode(tmp_path) == 0o755
    (tmp_path / "landing").mkdir()
    assert mode(tmp_path / "landing") == 0o700
    (tmp_path / "letters").rmdir()
    tmp_path.chmod(0o1777)
    state_directory.prepare((tmp_path,))
    assert mode(tmp_path) == 0o1777


def test_a_group_of_readers_gets_releases_and_nothing_else(tmp_path: Path) -> None:
    state_directory.prepare((tmp_path,))
    for name in ("releases/r1/kpi_results/2026-11.parquet", "releases/.building-r2/x", "ledger.jsonl", "public_keys/k.pem",
                 "warehouse/work.duckdb", "secrets/signing_key.pem", "landing/a", "airflow/airflow.db"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    state_directory.prepare((tmp_path,), GROUP)
    found = {str(path.relative_to(tmp_path)): mode(path) & 0o077 for path in tmp_path.rglob("*") if mode(path) & 0o077}
    assert mode(tmp_path) == 0o710
    assert found == {
        "releases": 0o050, "releases/r1": 0o050, "releases/r1/kpi_results": 0o050,
        "releases/r1/kpi_results/2026-11.parquet": 0o040, "ledger.jsonl": 0o040, "public_keys": 0o050,
        "public_keys/k.pem": 0o040,
    }  # fmt: skip


@pytest.mark.parametrize("loose", [0o604, 0o640, 0o660, 0o666, 0o622])
def test_a_secret_that_others_can_read_is_refused_with_its_mode_and_the_command(tmp_path: Path, loose: int) -> None:
    home = settings_module.load(environ={"MINHU_HOME": str(tmp_path)})
    signing.load_signer(home)
    privacy.load_pseudonyms(home)
    airflow_log_in.make_passwords(home)
    for path, use in (
        (home.secrets_dir / "signing_key.pem", lambda: signing.load_signer(home)),
        (home.secrets_dir / "pseudonym.key", lambda: privacy.load_pseudonyms(home)),
        (airflow_log_in.passwords_path(home), lambda: airflow_log_in.password_of(home)),
    ):
        path.chmod(loose)
        with pytest.raises(PermanentError, match=rf"found mode {loose:04o} - .*`chmod 600 {path}`"):
            use()
        path.chmod(0o600)
        use()
    home.secrets_dir.chmod(0o777)
    with pytest.raises(PermanentError, match=rf"found mode 0777 - .*`chmod 700 {home.secrets_dir}`"):
        signing.load_signer(home)


def test_a_secret_of_root_may_be_its_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As /etc/minhu/key.pem, 0640 root:minhu; otherwise no service could use it."""
    path = tmp_path / "key.pem"
    path.write_bytes(b"x")
    path.chmod(0o640)
    owner = path.stat().st_uid
    monkeypatch.setattr(state_directory.os, "geteuid", lambda: owner + 1)
    state_directory.refuse_loose_secret(path, "read")
    path.chmod(0o644)
    with pytest.raises(PermanentError, match="found mode 0644"):
        state_directory.refuse_loose_secret(path, "read")


def test_what_the_operating_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    refused = OSError(errno.EROFS, "Read-only file system", str(tmp_path / "no" / "such" / "file"))
    said = str(state_directory.cannot_write(refused, tmp_path))
    assert f"use {tmp_path / 'no' / 'such' / 'file'}: the operating system refuses it (Read-only file system)" in said
    assert f"{tmp_path} has mode" in said and "MINHU_HOME" in said


@pytest.mark.parametrize("command", ["nightly --date 2026-11-20", "keys make", "status"])
def test_a_state_directory_that_cannot_be_used_is_a_sentence(command: str) -> None:
    """/sys takes no folder, not even root's."""
    ended = minhu(Path("/sys/minhu"), *command.split())
    assert "Traceback" not in ended.said
    if command != "status":  # which has nothing to write
        assert ended.code == 1 and "minhu: use /sys/minhu: the operating system refuses it" in ended.err, ended.said
