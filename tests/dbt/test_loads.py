"""What was loaded is known to the work file: the next night reads what is new, and a release lists what was loaded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from minhu.errors import PermanentError
from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, raw_tables, work_file
from tests.fixtures import homes
from tests.fixtures.landed import NIGHT, LandedCity
from tests.release.manifests import landed_manifests


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return homes.loaded(tmp_path / "home")


def _listed(home: Settings) -> list[dict[str, object]]:
    with work_file.connect(home) as db:
        return raw_tables.manifest_records(db, Night(home, NIGHT).inventory, home.home)


def test_a_release_lists_every_manifest_that_was_loaded(home: Settings) -> None:
    assert _listed(home) == landed_manifests(home, NIGHT)


def test_a_delivery_that_is_gone_stops_the_release_and_is_named(home: Settings) -> None:
    lost = home.home / str(_listed(home)[3]["path"])
    lost.unlink()
    with pytest.raises(PermanentError, match=str(lost.relative_to(home.home))):
        _listed(home)


def test_what_was_changed_after_it_was_loaded_is_listed_as_it_was(home: Settings) -> None:
    before = _listed(home)
    changed = home.home / str(before[3]["path"])
    changed.write_bytes(changed.read_bytes() + b" ")
    assert _listed(home) == before != landed_manifests(home, NIGHT)


def test_manifests_of_earlier_nights_are_not_read_again(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    next_night = NIGHT + timedelta(days=1)
    city = LandedCity()
    city.places({"d1": {"d1001": ("d1001001",)}})
    city.land(home, next_night)
    read: list[Path] = []
    of_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        read.append(path)
        return of_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    assert not dbt_build.load_landing(Night(home, next_night)).is_rebuilt
    manifests = [path for path in read if path.name == "manifest.json"]
    assert manifests and all(f"dt={next_night}" in str(path) for path in manifests)
