"""An extract killed at any point leaves nothing that counts, and the next run needs no hand work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path

import pytest

from minhu.extract.hotline import extract as hotline
from minhu.extract.privacy import Pseudonyms
from minhu.landing.zone import Landing
from minhu.settings import Settings
from tests.fixtures.hotline_source import add_order, landed_ids
from tests.fixtures.waiting import PATIENCE

D20 = date(2026, 11, 20)
KILLED = """
    import os, signal, sys
    from datetime import date
    from minhu import atomic, settings
    from minhu.extract.hotline import extract as hotline
    from minhu.extract.privacy import Pseudonyms
    from minhu.landing import zone
    owner, name, count = {"atomic": atomic, "hotline": hotline, "pq": zone.pq}[sys.argv[2]], sys.argv[3], int(sys.argv[4])
    original, calls = getattr(owner, name), [0]
    def kill_at(*arguments, **named):
        calls[0] += 1
        if calls[0] == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **named)
    setattr(owner, name, kill_at)
    home = settings.load()
    hotline.land(home, zone.Landing(home.landing_dir), date(2026, 11, 20), sys.argv[1], Pseudonyms(b"k" * 32))
"""


@pytest.mark.parametrize(
    "point",
    [("hotline", "_read", 3), ("pq", "write_table", 2), ("atomic", "sync_file", 5), ("atomic", "write_json", 9)],
    ids=lambda point: f"{point[1]}-{point[2]}",
)
def test_a_killed_extract_leaves_nothing_that_counts_and_the_next_one_recovers(
    home: Settings, hotline_uri: str, point: tuple[str, str, int]
) -> None:
    add_order(hotline_uri, "o1", "2026-11-20 08:00")
    module, name, count = point
    command = [sys.executable, "-c", textwrap.dedent(KILLED), hotline_uri, module, name, str(count)]
    environment = {**os.environ, "MINHU_HOME": str(home.home)}
    ended = subprocess.run(command, env=environment, timeout=PATIENCE, check=False)
    assert ended.returncode == -signal.SIGKILL, "the kill must have hit"
    landing = Landing(home.landing_dir)
    assert landing.arrival("hotline", D20) is None and landing.pending("hotline", D20) is None
    attempt = hotline.land(home, landing, D20, hotline_uri, Pseudonyms(b"k" * 32))
    assert attempt.number == 1 and landed_ids(home, attempt) == ["o1"]
    assert landing.accept(attempt).row_counts["work_orders"] == 1
    left_over = [
        path for path in Path(home.landing_dir).rglob(".*") if "building" in path.name or "pending" in path.name
    ]
    assert left_over == []
