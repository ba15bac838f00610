"""A night of a city that nobody has told of: most often a slip of the pen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from minhu import settings
from minhu.errors import UsageError
from minhu.standalone.nightly import Simulation, run_night


def test_unknown_city_is_refused_before_anything_is_made_for_it(tmp_path: Path) -> None:
    unknown = settings.load("pingshang", environ={"MINHU_HOME": str(tmp_path)})
    told: list[str] = []
    with pytest.raises(UsageError, match="no source of this city is known here") as caught:
        run_night(unknown, date(2026, 11, 20), Simulation(), told.append)
    assert "--map maps/pingshang.toml" in caught.value.next_step
    assert told == []
    assert list(tmp_path.iterdir()) == [], "no home, no lock and no database"
