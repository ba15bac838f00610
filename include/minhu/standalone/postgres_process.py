"""Whose process a PostgreSQL server is: the one thing that may be signalled, and what may be done with its pid file.

A number in ``postmaster.pid`` proves nothing: after a power loss or in a restarted container another program has it. A
process is ours if the number, the moment it started, its user, its command and the folder it works in all say so. The
folder is asked of the operating system, not of the file: a state directory that was copied has the original's file.
"""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from minhu.errors import PermanentError

PID_FILE = "postmaster.pid"
#: A server writes its start in whole seconds a moment after the operating system has noted it.
_SAME_START_SECONDS = 10.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True)
class PidFile:
    """What a server wrote of itself; None where a line is missing or makes no sense.

    Attributes:
        number: of its process.
        folder: its data folder, as it was called then.
        started: epoch seconds.
        sockets: folder of its socket.
        port: of its loopback address; None where it listens on its socket alone.
        is_ready: it takes connections.
    """

    number: int | None
    folder: str | None
    started: int | None
    sockets: str | None
    port: int | None
    is_ready: bool

    def __str__(self) -> str:
        if self.number is None:
            return "it names no process (empty or cut off)"
        return f"it names process {self.number}" + (f" of {self.folder}" if self.folder else "")


def read_pid_file(folder: Path) -> PidFile | None:
    """The pid file of a data folder; None if there is none.

    Raises:
        PermanentError: something else has its name: a folder, a pipe, a link that leads nowhere.
    """
    path = folder / PID_FILE
    if os.path.lexists(path) and not path.is_file():
        raise PermanentError(
            f"read {path}", "expected a file, found something else of that name",
            "move it away: a server that starts writes its own",
        )  # fmt: skip
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    lines = [line.strip() for line in text.splitlines()] + [""] * 8
    return PidFile(
        number=_number(lines[0]),
        folder=lines[1] or None,
        started=_number(lines[2]),
        sockets=lines[4] or None,
        port=_number(lines[3]) if lines[5] else None,
        is_ready=lines[7] == "ready",
    )


def find_server(folder: Path) -> psutil.Process | None:
    """The process of the server that runs on a data folder; None if there is none, whatever its pid file says."""
    said = read_pid_file(folder)
    if said is None or said.number is None or said.started is None:
        return None
    try:
        process = psutil.Process(said.number)
        same_start = abs(process.create_time() - said.started) <= _SAME_START_SECONDS
        return process if same_start and _works_on(process, folder) else None
    except psutil.Error:
        return None


def clear_dead_pid_file(folder: Path) -> str | None:
    """Remove a pid file that speaks of no server on this folder; what was done, as a sentence.

    Raises:
        PermanentError: a process of PostgreSQL works on the folder all the same; nothing was removed or signalled.
    """
    said = read_pid_file(folder)
    if said is None or find_server(folder):
        return None
    left = [process for process in psutil.process_iter() if _works_on(process, folder)]
    if left:
        raise PermanentError(
            f"clear up after a PostgreSQL on {folder}",
            f"{PID_FILE}: {said}, but process {left[0].pid} is a PostgreSQL that works on this folder",
            f"wait until it has ended by itself, or end it (`kill {left[0].pid}`), then try again",
        )
    (folder / PID_FILE).unlink(missing_ok=True)
    return f"{folder / PID_FILE} was left by a server that is gone and is removed: {said}; no process was touched"


def stop(process: psutil.Process, folder: Path) -> None:
    """Ask a server to end and roll back what runs; it is taken down at once if it does not in a minute.

    Raises:
        PermanentError: it does not end.
    """
    for number in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate shutdown
        try:
            process.send_signal(number)  # psutil compares the start again, so a number used anew is never hit
            process.wait(_STOP_SECONDS)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
        else:
            return
    raise PermanentError(
        f"stop the PostgreSQL on {folder}", f"process {process.pid} does not end", f"read {folder / 'log'}"
    )


def _works_on(process: psutil.Process, folder: Path) -> bool:
    """Whether a process is a PostgreSQL of the folder's owner that works in that folder."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE or process.uids().real != folder.stat().st_uid:
            return False
        command = process.cmdline()
        is_postgres = bool(command) and Path(command[0].split(":")[0]).name.startswith("postgres")
        return is_postgres and _working_folder(process) == folder.resolve()
    except (psutil.Error, OSError):
        return False


def _working_folder(process: psutil.Process) -> Path | None:
    """Where a process works. In a container root may not look at another user's process, but that user may."""
    try:
        return Path(process.cwd())
    except psutil.AccessDenied:
        if os.geteuid() != 0:
            return None
    owner = process.uids().real
    asked = subprocess.run(
        ["readlink", f"/proc/{process.pid}/cwd"], user=owner, extra_groups=[], capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    return Path(asked.stdout.rstrip("\n")) if asked.returncode == 0 else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) <= 12 else None
