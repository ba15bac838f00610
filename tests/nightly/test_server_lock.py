"""The lock under which a server is started and stopped: in the state directory, waited for within bounds, and somebody's."""

from __future__ import annotations

from pathlib import Path

import filelock
import pytest

from minhu.errors import Busy
from minhu.standalone import postgres


@pytest.mark.parametrize("named", [True, False])
def test_a_lock_that_is_held_is_waited_for_within_bounds_and_its_holder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    monkeypatch.setattr(postgres, "_LOCK_SECONDS", 0.0)
    folder = tmp_path / "pg"
    if named:
        (tmp_path / "pg.lock-holder").write_text("process 4711", encoding="utf-8")
    who = "process 4711" if named else "another process"
    with filelock.FileLock(tmp_path / "pg.lock"), pytest.raises(Busy, match=f"{who} has been doing so"):
        postgres.start(folder)
    assert not folder.exists(), "nothing is begun without the lock"


def test_starting_a_server_leaves_no_lock_where_others_could_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = tmp_path / "common"
    common.mkdir()
    monkeypatch.setenv("TMPDIR", str(common))
    monkeypatch.setattr("tempfile.tempdir", str(common))
    opened: list[str] = []
    acquire = filelock.FileLock.acquire

    def noted(lock: filelock.FileLock, *arguments: object, **more: object) -> object:
        opened.append(str(lock.lock_file))
        return acquire(lock, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(filelock.FileLock, "acquire", noted)
    folder = tmp_path / "home" / "pg"
    folder.parent.mkdir()
    postgres.start(folder)
    try:
        assert opened == [str(tmp_path / "home" / "pg.lock")]
        assert [path.name for path in common.rglob("*") if not path.is_dir() and not path.is_socket()] in (
            [],
            [".s.PGSQL.5432.lock"],
        ), "only the server's own, beside its socket in a folder of ours"
        assert all(path.stat().st_mode & 0o077 == 0 for path in common.iterdir())
    finally:
        postgres.stop(folder)
