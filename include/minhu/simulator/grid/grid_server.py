"""The simulated grid platform as a child process on 127.0.0.1."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import httpx

from minhu.errors import PermanentError
from minhu.settings import PROJECT_ROOT
from minhu.simulator.grid.grid_state import read_token

_START_SECONDS = 120.0


class GridServer:
    """Starts the API over the state in ``home``, waits until it answers, and stops it at the end.

    Use as a context manager; ``url`` and ``token`` are set inside. It ends by itself when this process dies.

    Args:
        home: the city's home folder; ``simulate`` must have run there.
        port: 0 takes a free one.
        busy_every: every n-th request is answered 429; 0 never.
    """

    def __init__(self, home: Path, port: int = 0, busy_every: int = 25) -> None:
        self.home = home
        self.port = port
        self.busy_every = busy_every
        self.url = ""
        self.token = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> GridServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return once it answers.

        Raises:
            TransientError: the home has no simulated state.
            PermanentError: it does not come up; the message names its log.
        """
        self.token = read_token(self.home)
        log = self.home / "simulator" / "grid_server.log"
        with tempfile.TemporaryDirectory() as folder:
            url_file = Path(folder) / "url"
            command = [
                sys.executable, "-m", "minhu.simulator.grid.grid_api", "--home", str(self.home), "--port", str(self.port),
                "--url-file", str(url_file), "--busy-every", str(self.busy_every), "--parent", str(os.getpid()),
            ]  # fmt: skip
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_environment()
                )
            try:
                self.url = self._wait(url_file, log)
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """Stop the server; harmless if it is not running."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait(self, url_file: Path, log: Path) -> str:
        limit = time.monotonic() + _START_SECONDS
        while time.monotonic() < limit and self._process is not None and self._process.poll() is None:
            if url_file.exists():
                url = url_file.read_text(encoding="utf-8")
                try:
                    httpx.get(f"{url}/", timeout=5, trust_env=False)
                except httpx.TransportError:
                    pass
                else:
                    return url
            time.sleep(0.05)
        raise PermanentError(
            "start the simulated grid platform", f"it did not answer within {_START_SECONDS:.0f} s", f"read {log}"
        )


def _environment() -> dict[str, str]:
    """The child needs the package path and nothing secret: no environment variable of the caller is passed on."""
    return {"PYTHONPATH": str(PROJECT_ROOT / "include"), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}
