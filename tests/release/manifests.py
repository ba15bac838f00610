"""What a release on a landing has to list, read from the files themselves."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256

from minhu.landing.night import Night
from minhu.settings import Settings


def landed_manifests(settings: Settings, day: date) -> list[dict[str, object]]:
    """Every manifest that counts for a night, in order of path."""
    paths = [table.folder / "manifest.json" for table in Night(settings, day).inventory.tables]
    return [
        {
            "path": path.relative_to(settings.home).as_posix(),
            "sha256": sha256(path.read_bytes()).hexdigest(),
            "rows": json.loads(path.read_bytes())["row_count"],
        }
        for path in sorted(paths)
    ]
