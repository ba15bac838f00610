"""Wall and processor seconds of a piece of work, a database server's own share included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def timed(postgres_dir: Path, spent: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    """Note under ``name`` what the body takes, of this process and of the server in ``postgres_dir``."""
    wall, processor = time.perf_counter(), _seconds(postgres_dir)
    yield
    spent[name] = {
        "processor_s": round(_seconds(postgres_dir) - processor, 2), "wall_s": round(time.perf_counter() - wall, 2),
    }  # fmt: skip


def _seconds(postgres_dir: Path) -> float:
    own = psutil.Process().cpu_times()
    total = float(own.user + own.system)
    for pid_file in postgres_dir.glob("**/postmaster.pid"):
        server = psutil.Process(int(pid_file.read_text(encoding="utf-8").split()[0]))
        for process in [server, *server.children(recursive=True)]:
            try:
                spent = process.cpu_times()
            except psutil.NoSuchProcess:  # it has just ended; what it spent is its server's
                continue
            total += spent.user + spent.system
            total += spent.children_user + spent.children_system if process == server else 0
    return total
