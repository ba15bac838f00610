"""The process of one run of one peer: ``python -m benchmarks.peers.process prepare|run|collect NAME FOLDER``."""

from __future__ import annotations

import importlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.night import Night


def main() -> None:
    """Call it and leave what it says in the peer's folder."""
    verb, name, folder = sys.argv[1:]
    peer = importlib.import_module(f"benchmarks.peers.{name}")
    night = Night.read(Path(folder))
    said = getattr(peer, verb)(night) if hasattr(peer, verb) else {}
    told = {"details": said or {}, "versions": {package: version(package) for package in peer.PACKAGES}}
    (night.folder_of(name) / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
