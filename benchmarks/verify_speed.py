"""What `verify` costs beside `sha256sum` over the same files: it should read as fast as the disk gives."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from minhu.audit.verification import verify_home
from minhu.settings import Settings

TARGET = 1.5
TIMES = 7


def measure(settings: Settings) -> dict[str, Any]:
    """Ratio of the best of :data:`TIMES` verifications (in this process, warm) to the best of as many `sha256sum`, in turn.

    `sha256sum` reads each file once that releases share by hard link, as `verify` does.

    The home must hold a release.
    """
    by_inode = {path.stat().st_ino: str(path) for path in sorted(settings.releases_dir.rglob("*")) if path.is_file()}
    paths = sorted(by_inode.values())
    verified, summed = [], []
    for _ in range(TIMES):
        started = time.perf_counter()
        problems = verify_home(settings.home).problems
        verified.append(time.perf_counter() - started)
        if problems:
            raise RuntimeError(f"the benchmark's own home is not sound: {problems[0]}")
        started = time.perf_counter()
        subprocess.run(["sha256sum", *paths], stdout=subprocess.DEVNULL, check=True)
        summed.append(time.perf_counter() - started)
    ratio = min(verified) / min(summed)
    size = sum(settings.home.joinpath(path).stat().st_size for path in paths)
    return {
        "name": "verify / sha256sum over the same files", "value": round(ratio, 2), "unit": "ratio",
        "target": TARGET, "met": ratio <= TARGET,
        "detail": {
            "verify": round(min(verified), 4), "sha256sum": round(min(summed), 4), "files": len(paths),
            "mb": round(size / 1e6, 1),
        },
    }  # fmt: skip
