"""Who may read the state directory: its owner, and a group of readers where one is named, what is meant for it.

``docs/security.md`` says who is trusted with what. No mode outside the state directory is ever changed.
"""

from __future__ import annotations

import grp
import os
import stat
from contextlib import suppress
from pathlib import Path

from minhu.errors import PermanentError

#: Of every process that writes state: what it makes is its owner's alone.
PRIVATE_UMASK = 0o077
#: What readers may be given: published figures, and what is needed to verify them.
FOR_READERS = ("releases", "reports", "site", "public_keys", "ledger.jsonl", "city.json", "postgres.socket")
#: By one of these a folder that was there before is known as a state directory.
_OURS = ("cities", "city.json", "landing", "ledger.jsonl", "night.lock", "postgres", "releases", "secrets", "warehouse")
_SEARCH = 0o010
_GROUP_READS_FOLDER, _GROUP_READS_FILE = 0o050, 0o040


def prepare(folders: tuple[Path, ...], readers_group: str | None = None) -> None:
    """Make the folders of a state directory, closed to everybody else; a group of readers may pass through them.

    Args:
        folders: outermost first; the last is the home of the city.
        readers_group: of the operating system.
    """
    os.umask(PRIVATE_UMASK)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_ours(folder) or not _is_state(folder):
            continue
        if readers_group is None:
            _set(folder, 0o700)
        else:
            _give_to(folder, readers_group, 0o700 | _SEARCH)
    if readers_group is not None:
        share(folders[-1], readers_group)


def share(home: Path, readers_group: str) -> None:
    """Let a group read what is meant for readers; nobody else gets anything."""
    for name in FOR_READERS:
        if (home / name).exists():
            _share(home / name, readers_group)


def refuse_loose_secret(path: Path, tried: str) -> None:
    """Refuse a secret that others can read, or whose folder others can write.

    As libpq does: a secret of another owner (root) may be readable by its group, or it could be used by nobody.

    Raises:
        PermanentError: the message has the mode and the command that mends it.
    """
    found, folder = path.stat(), path.resolve().parent
    allowed = 0o700 if found.st_uid == os.geteuid() else 0o740
    if _mode(path) & ~allowed & 0o777:
        raise PermanentError(
            tried,
            f"expected that only its owner may read {path}, found mode {_mode(path):04o}",
            f"close it (`chmod {allowed & 0o640:o} {path}`), and make another if somebody else may have read it",
        )
    if _mode(folder) & 0o022 and not folder.stat().st_mode & stat.S_ISVTX:
        raise PermanentError(
            tried,
            f"expected that only its owner may write {folder}, found mode {_mode(folder):04o}",
            f"close it (`chmod 700 {folder}`), and look whether {path.name} is still yours",
        )


def cannot_write(error: OSError, home: Path) -> PermanentError:
    """A sentence for an operating system that refuses to write (or read) state."""
    place = Path(str(error.filename)) if error.filename else home
    near = next((folder for folder in (place, *place.parents) if folder.exists()), home)
    return PermanentError(
        f"use {place}",
        f"the operating system refuses it ({error.strerror}); {near} has mode {_mode(near):04o} and belongs to user number "
        f"{near.stat().st_uid}, this is number {os.geteuid()}",
        "run it as the owner of the state directory, or set MINHU_HOME to a folder that can be written",
    )


def _is_state(folder: Path) -> bool:
    """Whether a folder holds nothing but state, so that it may be closed: `MINHU_HOME=/tmp` must not close /tmp."""
    if folder.stat().st_mode & stat.S_ISVTX:
        return False
    return any((folder / name).exists() for name in _OURS) or not any(folder.iterdir())


def _share(path: Path, group: str) -> None:
    """Give a group a path and all below, the folder last; a release, which never changes, is walked through once."""
    if path.is_symlink() or path.name.startswith("."):
        return
    if path.is_dir():
        is_release = path.parent.name == "releases"
        if (
            is_release
            and path.stat().st_gid == grp.getgrnam(group).gr_gid
            and _mode(path) & 0o070 == _GROUP_READS_FOLDER
        ):
            return
        for below in sorted(path.iterdir()):
            with suppress(FileNotFoundError):  # what another task takes away meanwhile
                _share(below, group)
    _give_to(path, group, _mode(path) | (_GROUP_READS_FOLDER if path.is_dir() else _GROUP_READS_FILE))


def _give_to(path: Path, group: str, mode: int) -> None:
    number = grp.getgrnam(group).gr_gid
    if not _is_ours(path):
        return
    if path.stat().st_gid != number:
        try:
            os.chown(path, -1, number)
        except PermissionError:
            raise PermanentError(
                f"let the group {group} read {path}",
                f"this user (number {os.geteuid()}) is not in that group, and only its members may give files to it",
                f"add it (`usermod -aG {group} …`, then log in again), or correct MINHU_READERS_GROUP",
            ) from None
    _set(path, mode)


def _set(path: Path, mode: int) -> None:
    if _mode(path) != mode:
        path.chmod(mode)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _is_ours(path: Path) -> bool:
    return os.geteuid() in (0, path.stat().st_uid)
