"""The folder of a site: built beside its place and renamed, so that a reader sees a whole site or none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from minhu import atomic
from minhu.errors import PermanentError

CURRENT = "current.js"


def place(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Put a site in its place, unless one stands there: a site is never rewritten.

    Returns:
        Whether it is new.

    Raises:
        PermanentError: the folder cannot be written, or the disk is full; nothing is half-visible, and what was begun is
            removed here or by the next run.
    """
    if folder.exists():
        return False
    building = folder.with_name(f".building-{folder.name}")
    try:
        shutil.rmtree(building, ignore_errors=True)
        for name, content in sorted(files.items()):
            path = building / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        building.rename(folder)
        atomic.sync_folder(folder.parent)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise PermanentError(
            f"write the site {folder.name}",
            f"expected to write {len(files)} files below {folder.parent}, found: {error.strerror or type(error).__name__}",
            "make room, or let your user write there, and run `minhu site` again; no reader sees a half-written site",
        ) from error
    return True


def point(sites: Path, release_id: str) -> None:
    """Tell all sites which release is the current one: each page asks this file."""
    content = f"minhuCurrent({json.dumps(release_id)});\n".encode()
    try:
        atomic.write_bytes(sites / CURRENT, content)
    except OSError as error:
        raise PermanentError(
            f"write {sites / CURRENT}", f"expected to replace it, found: {error.strerror or type(error).__name__}",
            "make room, or let your user write there, and run `minhu site` again",
        ) from error  # fmt: skip


def differences(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """What is missing, more or other in a folder, in order of name."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    found = [f"missing: {name}" for name in files if name not in there]
    found += [f"not of this site: {name}" for name in there if name not in files]
    found += [f"differs: {name}" for name in files if name in there and (folder / name).read_bytes() != files[name]]
    return sorted(found)
