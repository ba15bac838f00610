"""Where benchmarks keep their cities."""

from __future__ import annotations

import os
from pathlib import Path

from minhu import settings as settings_module
from minhu.settings import Settings


def settings_at(home: Path) -> Settings:
    """Of a city's state directory."""
    return settings_module.load(environ={**os.environ, "MINHU_HOME": str(home.resolve())})
