"""How much disk each layer of a home takes, as the file system counts it."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

#: Releases are hard links into the store: together they take the space once.
_TOGETHER = {"store": "releases"}
_BLOCK = 512  # of st_blocks, whatever the file system's own block is (POSIX, sys/stat.h)


def by_layer(home: Path) -> dict[str, int]:
    """Bytes on disk of each folder of a home, the largest first; files that two folders share count once.

    What may not be read (the embedded server's data where that runs under another account) is left out.
    """
    seen: set[tuple[int, int]] = set()
    bytes_of: dict[str, int] = defaultdict(int)
    waiting = [(_TOGETHER.get(entry.name, entry.name), entry) for entry in _entries(home) if entry.is_dir()]
    while waiting:
        layer, entry = waiting.pop()
        if entry.is_dir(follow_symlinks=False):
            waiting += [(layer, below) for below in _entries(Path(entry.path))]
            continue
        found = entry.stat(follow_symlinks=False)
        if (found.st_dev, found.st_ino) not in seen:
            seen.add((found.st_dev, found.st_ino))
            bytes_of[layer] += found.st_blocks * _BLOCK
    return dict(sorted(bytes_of.items(), key=lambda layer: (-layer[1], layer[0])))


def shown(number: int) -> str:
    """Bytes as a person reads them: ``1.4 GB``."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} B"


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # not ours to read, or gone by now
        return []
