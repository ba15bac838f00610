"""The dbt project as dbt has read it, kept for the runs to come.

dbt keeps it too, but reads everything again as soon as a variable has another value, and ours have others every night. No
variable decides which models there are or what they read: each only goes into SQL, which every run renders anew. (A test
compares what dbt makes of two nights.) So what was read holds for as long as the files do, for every city and state
directory: it is kept beside the project, and in the state directory only where the project may not be written to.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from minhu import atomic
from minhu.settings import Settings
from minhu.warehouse.work_file import code_hash

#: File beside manifest.json with the key of the project that it describes.
DESCRIBED = "manifest.key"
#: What this process knows, by key: backfills run night after night.
_known: dict[str, bytes] = {}


def key(settings: Settings) -> str:
    """Hash of all that the reading follows from; of the folder too, for seeds are found by the one that was read."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((settings.dbt_dir / "models").rglob("*.md"))]
    versions = [version("dbt-core"), settings.engine, version(f"dbt-{settings.engine}")]
    follows_from = [*versions, str(settings.dbt_dir.resolve()), code_hash(settings), *texts]
    return hashlib.sha256("\n".join(follows_from).encode()).hexdigest()


def recall(settings: Settings, of: str) -> Any:
    """The project as dbt's ``Manifest``, a new one each time, for a run changes it; None if it has yet to be read."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    if of not in _known:
        for path in _paths(settings, of):
            with suppress(OSError):  # not there, or another process that saw newer files has just taken it away
                _known[of] = path.read_bytes()
                break
        else:
            return None
    project = Manifest.from_msgpack(_known[of], decoder=extended_mashumuro_decoder)
    project.build_parent_and_child_maps()
    project.build_flat_graph()
    return project


def keep(settings: Settings, of: str, target: Path) -> None:
    """Keep what a run has just read and left in its folder ``target``, unless a file was changed meanwhile.

    What was kept of other files goes.
    """
    written = target / "partial_parse.msgpack"
    if not written.exists() or key(settings) != of:
        return
    _known[of] = written.read_bytes()
    for path in _paths(settings, of):
        with suppress(OSError):  # a project installed for all is read only
            atomic.write_bytes(path, _known[of])
            for old in path.parent.glob("*.msgpack"):
                if old != path:
                    old.unlink(missing_ok=True)
            return


def is_described(target: Path, of: str) -> bool:
    """Whether the ``manifest.json`` of folder ``target`` is that of the project with key ``of``."""
    marker = target / DESCRIBED
    return marker.exists() and marker.read_text(encoding="utf-8") == of


def describe(target: Path, of: str) -> None:
    """Note that a run has left the ``manifest.json`` of the project with key ``of``."""
    if not is_described(target, of):
        atomic.write_bytes(target / DESCRIBED, of.encode())


def _paths(settings: Settings, of: str) -> list[Path]:
    """Where it may stand, the better place first."""
    folders = (settings.dbt_dir / "target" / "parsed", settings.home / "dbt" / "parsed")
    return [folder / f"{of}.msgpack" for folder in folders]
