"""Which code makes a release."""

from __future__ import annotations

import subprocess
from pathlib import Path

from minhu import atomic
from minhu.release.release_folder import ReleaseIdentity
from minhu.settings import Settings
from minhu.warehouse import work_file


def identity(settings: Settings) -> ReleaseIdentity:
    """Which code makes the release: commit (with a mark if the tree was changed), lock file and dbt project."""
    lock = settings.project_root / "requirements.txt"
    return ReleaseIdentity(
        git_commit=_git_commit(settings.project_root),
        lock_sha256=atomic.sha256_of(lock) if lock.exists() else "",
        dbt_manifest_sha256=work_file.code_hash(settings),
    )


def _git_commit(root: Path) -> str:
    """Commit of the checkout; "" outside one. Nothing else of git is needed, so no library."""
    try:
        found = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
