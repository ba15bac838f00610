"""Which code makes a release."""

from __future__ import annotations

import subprocess
from pathlib import Path

from minhu import atomic
from minhu.release.release_folder import CHANGES, ReleaseIdentity
from minhu.settings import Settings
from minhu.warehouse import work_file

#: Folders whose files decide what a night does: a file there that git does not know is a change as well.
CODE_FOLDERS = ("dags", "dbt_project", "expectations", "include", "kpis")


def identity(settings: Settings) -> ReleaseIdentity:
    """Which code makes the release: commit (with a mark if the tree was changed), lock file and dbt project."""
    lock = settings.project_root / "requirements.txt"
    return ReleaseIdentity(
        git_commit=git_commit(settings.project_root),
        lock_sha256=atomic.sha256_of(lock) if lock.exists() else "",
        dbt_manifest_sha256=work_file.code_hash(settings),
    )


def git_commit(root: Path) -> str:
    """Commit of the checkout, with :data:`CHANGES` behind it where its files are others than the commit's.

    Changed is a tree in which a file that git knows is another, or in which :data:`CODE_FOLDERS` have one it does not know
    and was not told to ignore. Where git cannot tell, the tree counts as changed: nobody can vouch for it.

    Returns:
        "" outside a checkout and where there is no git.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return ""
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    unknown = _git(root, "ls-files", "--others", "--exclude-standard", "--", *CODE_FOLDERS)
    return commit if changed == unknown == "" else f"{commit}{CHANGES}"


def _git(root: Path, *arguments: str) -> str | None:
    """What git says, None where it fails. Nothing else of git is needed, so no library."""
    try:
        found = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
