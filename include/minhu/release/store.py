"""Files named by their content (``store/<sha256>``), so that releases share what did not change."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from minhu import atomic
from minhu.errors import PermanentError


class Store:
    """The content-addressed files of one home."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        return self.root / digest

    def put(self, write: Callable[[Path], None]) -> tuple[str, int]:
        """Let ``write`` make a file and keep it under its hash, durable.

        Returns:
            The SHA-256 and the size in bytes.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        temporary = self.root / f".incoming.{os.getpid()}.tmp"
        write(temporary)
        digest, size = atomic.sha256_of(temporary), temporary.stat().st_size
        kept = self.path(digest)
        if kept.exists() and kept.stat().st_size == size and atomic.sha256_of(kept) == digest:
            temporary.unlink()
            return digest, size
        temporary.chmod(0o444)  # every release that shares the file would change with it
        atomic.sync_file(temporary)
        temporary.replace(kept)
        atomic.sync_folder(self.root)
        return digest, size

    def link(self, digest: str, target: Path) -> None:
        """Give a stored file a second name; where the file system cannot, copy it.

        Raises:
            PermanentError: the store does not hold it.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self.path(digest)
        try:
            os.link(source, target)
        except FileNotFoundError as error:
            raise PermanentError(
                f"link {target.name} into a release", f"the store has no file {digest}", "run that business date again"
            ) from error
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
                raise
            shutil.copyfile(source, target)
            atomic.sync_file(target)

    def sweep(self) -> None:
        """Remove what a killed writer left. The caller must hold the home's release lock."""
        for leftover in self.root.glob(".incoming.*.tmp"):
            leftover.unlink()
