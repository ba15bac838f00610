"""A process with all that it starts: processor, wall, peak memory, also of what outlives it (JVMs, servers)."""

from __future__ import annotations

import ctypes
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_SET_CHILD_SUBREAPER = 36
_LOOKS_PER_SECOND = 5


@dataclass(frozen=True)
class Spent:
    """What a run took.

    Attributes:
        cpu_s: user and system seconds of all processes.
        wall_s: from start to end.
        peak_mib: most memory of all processes at one time; pages they share are counted once.
        exit_code: of the process itself.
    """

    cpu_s: float
    wall_s: float
    peak_mib: float
    exit_code: int


def run(command: Sequence[str], environ: Mapping[str, str], log: Path, timeout_s: float) -> Spent:
    """Run it to its end, its output in ``log``; what it leaves running is ended.

    Raises:
        subprocess.TimeoutExpired: it took longer than ``timeout_s``; it was ended.
    """
    # orphans become children of this process, so that their processor time is added up here as well
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, started = _of_children(), time.perf_counter()
    with log.open("w") as output, _peak() as memory:
        process = subprocess.Popen(command, env=dict(environ), stdout=output, stderr=subprocess.STDOUT)
        try:
            exit_code = process.wait(timeout_s)
            wall = time.perf_counter() - started
        finally:
            _end_descendants()
    return Spent(round(_of_children() - before, 2), round(wall, 2), round(memory["mib"], 1), exit_code)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _end_descendants() -> None:
    left = psutil.Process().children(recursive=True)
    for process in left:
        process.terminate()
    for process in psutil.wait_procs(left, timeout=10)[1]:
        process.kill()
        process.wait()


@contextmanager
def _peak() -> Iterator[dict[str, float]]:
    found = {"mib": 0.0}
    over = threading.Event()

    def look() -> None:
        me = psutil.Process()
        while not over.wait(1 / _LOOKS_PER_SECOND):
            found["mib"] = max(found["mib"], sum(_proportional(child) for child in me.children(recursive=True)) / 2**20)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def _proportional(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss)
    except psutil.Error:  # it has just ended
        return 0.0
