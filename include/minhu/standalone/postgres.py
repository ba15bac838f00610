"""The embedded PostgreSQL of a home: source ``hotline`` and the ``published`` schema, when no server is configured."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import filelock
import psycopg
from psycopg import sql

from minhu import atomic, state_directory
from minhu.errors import Busy, TransientError, UsageError
from minhu.release.published_tables import OWNER, PUBLISHER, READER
from minhu.settings import Settings
from minhu.standalone import embedded_server as server
from minhu.standalone import postgres_process as processes

DATABASES = ("hotline", "minhu")
#: What people may ask a connection string for, and the database it leads to.
ROLES = {
    "reader": (READER, "minhu"),
    "publisher": (PUBLISHER, "minhu"),
    "owner": (OWNER, "minhu"),
    "source": (server.SOURCE, "hotline"),
}
_LOCK_SECONDS = 330.0
_log = logging.getLogger(__name__)


def start(folder: Path, readers_group: str | None = None, loopback_port: int | None = None) -> bool:
    """Start the server whose data is in ``folder`` (made if missing); True if it was not running before.

    It outlives this process: ``stop`` ends it.

    Args:
        folder: with its data.
        readers_group: of the operating system, whose members may read.
        loopback_port: of 127.0.0.1, on which the reader may come with :func:`reader_password` too; a server that runs is
            started anew for it. None leaves one that runs as it is.

    Raises:
        PermanentError: it cannot be started, or what runs there is not clear.
        UsageError: the port is another program's.
        Busy: another process has been starting or stopping it for minutes.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(folder):
        running = processes.find_server(folder)
        was_running = running is not None
        if running and not server.is_closed(folder, readers_group):
            _log.warning("the PostgreSQL on %s was open to others: it is started anew", folder)
            processes.stop(running, folder)
            running = None
        said = processes.read_pid_file(folder)
        if running and loopback_port and (said is None or said.port != loopback_port):
            _require_free(loopback_port)
            processes.stop(running, folder)
            running = None
        if running is None:
            if loopback_port:
                _require_free(loopback_port)
            _begin(folder, readers_group, loopback_port)
        _give_roles(folder)
        if loopback_port:
            _give_password(folder)
    return not was_running


def stop(folder: Path) -> bool:
    """Stop the server; False if it was not running. Nothing but the server of this very folder is signalled."""
    if not folder.exists():
        return False
    with _exclusive(folder):
        running = processes.find_server(folder)
        if running is None:
            _clear_up(folder)
            return False
        processes.stop(running, folder)
        return True


def start_for_night(folder: Path, readers_group: str | None = None) -> None:
    """Start the server for the length of a night, unless it runs already.

    A mark beside the folder says so, written first: a night that is killed leaves a server that the next night takes
    over and ends.
    """
    if not is_running(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _night_mark(folder).touch()
    start(folder, readers_group)


def stop_after_night(folder: Path) -> None:
    """Stop the server if it was started for a night and nobody has asked for it to stay since."""
    if _night_mark(folder).exists():
        stop(folder)
        stay(folder)


def stay(folder: Path) -> None:
    """Somebody wants the server to run on: the end of a night shall not stop it."""
    _night_mark(folder).unlink(missing_ok=True)


def is_running(folder: Path) -> bool:
    """Whether a live server process of ours works on ``folder``; False where this user may not look."""
    try:
        return processes.find_server(folder) is not None
    except PermissionError:
        return False


def uri(folder: Path, role: str) -> str:
    """Connection string of a running embedded server, for one of :data:`ROLES`.

    Raises:
        UsageError: no such role.
        TransientError: it is not running.
    """
    if role not in ROLES:
        raise UsageError("connect to the embedded PostgreSQL", f"there is no role {role!r}", f"say {', '.join(ROLES)}")
    return _uri(_sockets_of_running(folder), *ROLES[role])


def superuser_uri(folder: Path, database: str = "postgres") -> str:
    """Connection string of the one who may do everything, for making databases and roles.

    Raises:
        TransientError: it is not running.
    """
    return _uri(_sockets_of_running(folder), server.SUPERUSER, database)


def future_uri(folder: Path) -> str:
    """The reader's connection string, as it will hold once the server is started again; the last start noted where."""
    return _uri(_noted_sockets(folder) or folder.resolve(), *ROLES["reader"])


def hotline_uri(settings: Settings) -> str:
    """The hotline's connection string: the configured one, or the embedded server's."""
    return settings.hotline_uri or uri(settings.postgres_dir, "source")


def published_uri(settings: Settings, role: str = "publisher") -> str:
    """Where releases are published: the configured server, or the embedded one in one of :data:`ROLES`."""
    return settings.published_uri or uri(settings.postgres_dir, role)


def reader_password(folder: Path) -> Path:
    """The file with the password that the reader needs on a loopback port; made with the first port."""
    return folder.parent / "secrets" / "reader.password"


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UsageError(
                f"open port {port} of 127.0.0.1 to readers",
                f"it cannot be had ({error.strerror})",
                "choose another port",
            ) from None


def _give_password(folder: Path) -> None:
    path = reader_password(folder)
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        atomic.write_bytes(path, secrets.token_urlsafe(24).encode())
        path.chmod(0o600)
    with psycopg.connect(superuser_uri(folder)) as connection:
        # the server is told the verifier: a password in a statement may end in its log
        made = connection.pgconn.encrypt_password(path.read_bytes(), READER.encode(), b"scram-sha-256")
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(READER), sql.Literal(made.decode()))
        )


def _begin(folder: Path, readers_group: str | None, loopback_port: int | None) -> None:
    if folder.exists() and not any((folder / name).exists() for name in ("log", "postmaster.opts")):
        shutil.rmtree(folder)  # it was being made when the process was killed: no server ever ran on it
    account = server.account_of(folder)
    server.make(folder, account)
    _clear_up(folder)
    sockets = server.socket_folder(folder, account, _noted_sockets(folder), readers_group)
    note = f"{sockets}\n{folder.resolve()}\n"
    if atomic.read_text(_socket_note(folder)) != note:
        atomic.write_bytes(_socket_note(folder), note.encode())
    if readers_group:
        state_directory.share(folder.parent, readers_group)
    server.start(folder, account, sockets, readers_group, loopback_port)


def _clear_up(folder: Path) -> None:
    if done := processes.clear_dead_pid_file(folder):
        _log.warning(done)


def _give_roles(folder: Path) -> None:
    """Databases and roles as this version has them."""
    with psycopg.connect(superuser_uri(folder), autocommit=True) as connection:
        for name in DATABASES:
            if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    for database, script in (("minhu", "embedded_roles.sql"), ("hotline", "embedded_source.sql")):
        with psycopg.connect(superuser_uri(folder, database)) as connection:
            connection.execute("set client_min_messages = error")
            connection.execute(resources.files("minhu.standalone").joinpath(script).read_bytes())


def _sockets_of_running(folder: Path) -> Path:
    try:
        is_there = processes.find_server(folder) is not None
    except PermissionError:  # a reader, who may use the socket and not look at the data
        is_there = _noted_sockets(folder) is not None
    said = processes.read_pid_file(folder) if is_there and os.access(folder, os.X_OK) else None
    if not is_there:
        raise TransientError(
            "connect to the embedded PostgreSQL", f"no server runs on {folder}", "start it with `minhu db start`"
        )
    if said and said.sockets and said.sockets != "/proc/self/cwd":
        return Path(said.sockets)
    return _noted_sockets(folder) or folder.resolve()


def _uri(sockets: Path, user: str, database: str) -> str:
    return f"postgresql://{user}@:{server.PORT}/{database}?host={quote(str(sockets), safe='/')}"


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops a server; the lock lies in the state directory and goes with the process."""
    holder = folder.with_name(f"{folder.name}.lock-holder")
    lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"), timeout=_LOCK_SECONDS)
    try:
        lock.acquire()
    except filelock.Timeout:
        who = atomic.read_text(holder) or "another process"
        raise Busy(
            f"start or stop the PostgreSQL on {folder}",
            f"{who} has been doing so for {_LOCK_SECONDS / 60:.0f} minutes",
            "look what that process waits for, then try again",
        ) from None
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _night_mark(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.for-a-night")


def _socket_note(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.socket")


def _noted_sockets(folder: Path) -> Path | None:
    """Where the last start put the socket; None in a state directory that was copied, whose note speaks of the original."""
    lines = (atomic.read_text(_socket_note(folder)) or "").splitlines()
    is_of_this_folder = len(lines) == 2 and lines[1] == str(folder.resolve())
    return Path(lines[0]) if is_of_this_folder and lines[0].startswith("/") else None
