"""A night of a city that nobody has told of, or whose sources are others than those that are set."""

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


@pytest.mark.parametrize(
    ("kind", "variable"),
    [
        ("simulated", "MINHU_GRID_URL"), ("loaded", "MINHU_STATIONS_DIR"), ("simulated", "MINHU_RETURNS_DIR"),
        ("loaded", "MINHU_HOTLINE_URI"),
    ],
)  # fmt: skip
def test_addresses_that_this_city_would_pass_over_are_refused(tmp_path: Path, kind: str, variable: str) -> None:
    (tmp_path / "city.json").write_text(f'{{"kind": "{kind}"}}', encoding="utf-8")
    values = {"MINHU_GRID_URL": "https://grid.example", "MINHU_HOTLINE_URI": "host=hotline.example"}
    addresses = {"MINHU_HOTLINE_URI": values["MINHU_HOTLINE_URI"], variable: values.get(variable, str(tmp_path))}
    night = settings.load(environ={"MINHU_HOME": str(tmp_path), **addresses})
    found = sorted(addresses) if kind == "loaded" else [variable]
    with pytest.raises(UsageError, match=f"says that this city is {kind}; found ") as caught:
        run_night(night, date(2026, 11, 20), Simulation(), print)
    assert sorted(caught.value.happened.rpartition("found ")[2].split(", ")) == found
    assert [path.name for path in tmp_path.iterdir()] == ["city.json"]
