"""``minhu`` as people run it: a process of its own, with a home of its own and nothing of the caller's settings."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from minhu.settings import PROJECT_ROOT
from tests.fixtures.waiting import PATIENCE, until


@dataclass(frozen=True)
class Ended:
    """A command that has come to its end."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def said(self) -> str:
        return self.out + self.err


def environment(home: Path, **more: str) -> dict[str, str]:
    """The caller's environment without what would lead elsewhere than ``home``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MINHU_", "AIRFLOW", "DBT_"))}
    paths = os.pathsep.join([str(PROJECT_ROOT / "include"), str(PROJECT_ROOT)])
    return {**kept, "MINHU_HOME": str(home), "PYTHONPATH": paths, "COLUMNS": "120", **more}


def command(*arguments: str) -> list[str]:
    script = Path(sys.executable).with_name("minhu")
    assert script.exists(), f"{script} is missing: install the project (`make setup`)"
    return [str(script), *arguments]


def minhu(home: Path, *arguments: str, **more: str) -> Ended:
    """Run a command to its end."""
    started = time.monotonic()
    done = subprocess.run(
        command(*arguments),
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


@dataclass
class Running:
    """A command at work, in a process group of its own; its lines can be waited for."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, text: str) -> None:
        """Return once a line with ``text`` was printed."""

        def said() -> bool:
            ended = self.process.poll() is not None  # asked first: its last line may come with its end
            found = any(text in line for line in self.lines)
            assert found or not ended, f"ended before it said {text!r}:\n{''.join(self.lines)}"
            return found

        until(said, f"a line with {text!r}", lambda: "".join(self.lines))

    def kill(self, with_children: bool = True) -> None:
        """SIGKILL to its process group and, if asked for, to all it has started in groups of their own."""
        children = psutil.Process(self.process.pid).children(recursive=True) if with_children else []
        os.killpg(self.process.pid, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.wait(timeout=PATIENCE)
        psutil.wait_procs(children, timeout=PATIENCE)

    def end(self) -> Ended:
        """Wait for its end; the seconds are not measured."""
        code = self.process.wait(timeout=PATIENCE)
        self._reader.join(timeout=PATIENCE)
        return Ended(code, "".join(self.lines), "", 0.0)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)


def start(home: Path, *arguments: str, **more: str) -> Running:
    """Begin a command and do not wait for it."""
    process = subprocess.Popen(
        command(*arguments), env=environment(home, **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    return Running(process)


def processes_of(home: Path) -> list[str]:
    """Command lines of all processes that belong to a home: by what they name, or by where they are."""
    found: list[str] = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            files = [opened.path for opened in process.open_files()] if "airflow" in line else []
            # root's PostgreSQL works in its data folder and does not name it
            places = [process.cwd()] if "postgres" in line else []
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home) in text for text in (line, *files, *places)):
            found.append(line)
    return sorted(found)
