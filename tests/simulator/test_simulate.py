"""One call makes the city of a home, and carries it on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from minhu.errors import UsageError
from minhu.settings import load
from minhu.simulator import read_city, same_city, simulate
from tests.simulator.conftest import LAST


def files_of(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in sorted(home.rglob("*")) if p.is_file()}


def test_a_night_extends_the_city_and_an_earlier_date_replays_it(hotline: str, tmp_path: Path) -> None:
    said: list[str] = []
    made = simulate(tmp_path, hotline, LAST, 7, 0.02, 7, said.append)
    assert len(said) == 5 and not made.is_another_city
    assert made.hotline_rows > 5000 and made.grid_events > 2000 and made.station_folders == 7
    before = files_of(tmp_path)
    simulate(tmp_path, hotline, LAST, 7, 0.02, 7)
    assert files_of(tmp_path) == before
    following = simulate(tmp_path, hotline, LAST + timedelta(days=1), None, 0.02, 7)
    assert following.station_folders == 1 and following.city == made.city
    assert files_of(tmp_path) != before
    simulate(tmp_path, hotline, LAST, None, 0.02, 7)
    assert files_of(tmp_path) == before


def test_the_home_remembers_its_city(hotline: str, tmp_path: Path) -> None:
    simulate(tmp_path, hotline, LAST, 3, 0.01, 5)
    profile = json.loads((tmp_path / "city.json").read_text())
    assert profile["kind"] == "simulated" and profile["name"] == "西安市"
    assert profile["simulation"] == {"seed": 5, "scale": 0.01, "start": "2026-11-18", "shown": "2026-11-20"}
    assert load(environ={"MINHU_HOME": str(tmp_path)}).city.simulation["seed"] == 5


@pytest.mark.parametrize(
    ("day", "days", "scale", "seed", "same"),
    [
        (LAST, 3, 0.01, 5, True),
        (LAST, None, 0.01, 5, True),
        (LAST, 2, 0.01, 5, True),
        (LAST + timedelta(days=4), 7, 0.01, 5, True),
        (LAST - timedelta(days=1), None, 0.01, 5, True),
        (LAST, 4, 0.01, 5, False),
        (LAST - timedelta(days=3), None, 0.01, 5, False),
        (LAST, 3, 0.02, 5, False),
        (LAST, 3, 0.01, 6, False),
    ],
)
def test_what_makes_another_city(
    tmp_path: Path, day: date, days: int | None, scale: float, seed: int, same: bool
) -> None:
    assert same_city(tmp_path, day, days, scale, seed)
    known = {"kind": "simulated", "simulation": {"seed": 5, "scale": 0.01, "start": "2026-11-18"}}
    (tmp_path / "city.json").write_text(json.dumps(known))
    assert same_city(tmp_path, day, days, scale, seed) is same


def test_another_city_is_reported_and_nothing_written_until_asked(hotline: str, tmp_path: Path) -> None:
    simulate(tmp_path, hotline, LAST, 2, 0.01, 5)
    before = files_of(tmp_path)
    refused = simulate(tmp_path, hotline, LAST, 2, 0.01, 6)
    assert refused.is_another_city and refused.city.seed == 5 and refused.hotline_rows == 0
    assert files_of(tmp_path) == before
    replaced = simulate(tmp_path, hotline, LAST, 2, 0.01, 6, replace_city=True)
    assert not replaced.is_another_city and replaced.station_folders == 2
    known = read_city(tmp_path)
    assert known is not None and known.seed == 6


@pytest.mark.parametrize(
    ("days", "scale", "seed"), [(0, 0.02, 1), (99999, 0.02, 1), (7, 0.0, 1), (7, 50.0, 1), (7, 0.02, -1)]
)
def test_senseless_wishes_are_refused(tmp_path: Path, days: int, scale: float, seed: int) -> None:
    with pytest.raises(UsageError, match="expected"):
        simulate(tmp_path, "", LAST, days, scale, seed)
    assert not list(tmp_path.iterdir())


def test_a_city_that_is_not_simulated_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "city.json").write_text(json.dumps({"kind": "loaded", "name": "坪山"}), encoding="utf-8")
    with pytest.raises(UsageError, match="坪山, which is loaded"):
        simulate(tmp_path, "", LAST, 7, 0.02, 1)
