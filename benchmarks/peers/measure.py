"""A process with all that it starts: processor, wall, peak memory, also of what outlives it (JVMs, servers).

    python -m benchmarks.peers.measure LOG TIMEOUT COMMAND …

watches one run from a process of its own: what is orphaned becomes its child, so that its processor time is added up too.
"""

from __future__ import annotations

import ctypes
import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.memory import peak

_SET_CHILD_SUBREAPER = 36
_LOOKS_PER_SECOND = 5


@dataclass(frozen=True)
class Spent:
    """What a run took.

    Attributes:
        cpu_s: user and system seconds of all processes.
        wall_s: from start to end.
        peak_mib: most memory of all processes at one time; pages they share are counted once.
        exit_code: of the process itself; None if it took too long and was ended.
    """

    cpu_s: float
    wall_s: float
    peak_mib: float
    exit_code: int | None


def run(command: Sequence[str], environ: Mapping[str, str], log: Path, timeout_s: float) -> Spent:
    """Run it to its end, its output in ``log``; what it leaves running is ended.

    Args:
        command: program and arguments.
        environ: of the process; with this project on its PYTHONPATH.
        log: is written anew.
        timeout_s: after which it is ended.
    """
    watched = [sys.executable, "-m", "benchmarks.peers.measure", str(log), str(timeout_s), *command]
    said = subprocess.run(watched, env=dict(environ), stdout=subprocess.PIPE, check=True).stdout
    return Spent(**json.loads(said))


def _watch(command: Sequence[str], log: Path, timeout_s: float) -> Spent:
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.perf_counter()
    exit_code = None
    with log.open("w") as output, peak(_of_descendants, 1 / _LOOKS_PER_SECOND) as memory:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        with suppress(subprocess.TimeoutExpired):
            exit_code = process.wait(timeout_s)
        wall = time.perf_counter() - started
        _end_descendants()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(round(used.ru_utime + used.ru_stime, 2), round(wall, 2), round(memory.bytes / 2**20, 1), exit_code)


def _end_descendants() -> None:
    left = psutil.Process().children(recursive=True)
    for process in left:
        process.terminate()
    for process in psutil.wait_procs(left, timeout=10)[1]:
        process.kill()
        process.wait()


def _of_descendants() -> int:
    return sum(_proportional(child) for child in psutil.Process().children(recursive=True))


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it has just ended
        return 0


if __name__ == "__main__":
    print(json.dumps(asdict(_watch(sys.argv[3:], Path(sys.argv[1]), float(sys.argv[2])))))  # noqa: T201
