"""What dbt has read of the project serves later nights, which have other variables."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minhu.landing.night import Night
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import dbt_build, parsed_project
from tests.fixtures.homes import settings_at

pytestmark = pytest.mark.nights(1)

#: What decides which models are run and in which order; their SQL is rendered anew in each run.
PARTS = ("schema", "alias", "depends_on", "config", "description", "raw_code", "columns", "given", "expect")


def manifest(home: Path) -> dict[str, Any]:
    return dict(json.loads((home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8")))


def test_no_variable_decides_which_models_there_are_or_what_they_read(read_project: Settings, tmp_path: Path) -> None:
    first = manifest(read_project.home)
    state = {"previous_business_date": date(1999, 12, 31), "previous_load_no": 99, "city_code": "320700"}
    dbt_build.run_dbt(Night(settings_at(tmp_path), date(2027, 2, 1)), ["parse"], state)
    later = manifest(tmp_path)
    for kind in ("nodes", "sources", "unit_tests", "macros"):
        one, other = (
            {name: [node.get(part) for part in PARTS] for name, node in found[kind].items()} for found in (first, later)
        )
        assert one and one == other


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, of which nothing was read; that of the others stays as it is."""
    folder = tmp_path / "dbt_project"
    shutil.copytree(PROJECT_ROOT / "dbt_project", folder, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(Settings, "dbt_dir", folder)
    monkeypatch.setattr(parsed_project, "_known", {})
    return folder


def test_what_was_read_is_kept_until_a_file_changes(
    read_project: Settings, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, other = settings_at(tmp_path / "a"), settings_at(tmp_path / "b")
    target, kept = read_project.home / "dbt" / "target", project / "target" / "parsed"
    old = parsed_project.key(home)
    assert parsed_project.recall(home, old) is None
    parsed_project.keep(home, old, target)
    one, two = parsed_project.recall(home, old), parsed_project.recall(home, old)
    assert one is not two and one.nodes.keys() == two.nodes.keys() and len(one.nodes) > 200
    monkeypatch.setattr(parsed_project, "_known", {})  # another process, another city
    assert parsed_project.recall(other, old).nodes.keys() == one.nodes.keys()
    assert not home.home.exists() and not other.home.exists()

    (project / "models" / "publish" / "_columns.md").write_text("other words", encoding="utf-8")
    new = parsed_project.key(home)
    assert new != old and parsed_project.recall(home, new) is None
    parsed_project.keep(home, old, target)  # the files were changed while dbt read them
    assert [path.stem for path in kept.iterdir()] == [old]
    parsed_project.keep(home, new, target)
    assert [path.stem for path in kept.iterdir()] == [new], "what was kept of the old files is gone"


def test_a_project_that_may_not_be_written_to_keeps_it_in_the_state_directory(
    read_project: Settings, project: Path, tmp_path: Path
) -> None:
    home = settings_at(tmp_path / "a")
    (project / "target").write_text("in the way of a folder, also for root")
    key = parsed_project.key(home)
    parsed_project.keep(home, key, read_project.home / "dbt" / "target")
    assert [path.stem for path in (home.home / "dbt" / "parsed").iterdir()] == [key]
    assert parsed_project.recall(home, key) is not None
