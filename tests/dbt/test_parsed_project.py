"""What dbt has read of the project serves later nights, which have other variables."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minhu.landing.night import Night
from minhu.settings import Settings
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
    assert not (tmp_path / "dbt" / "parsed").exists(), "only what a night has read is kept"
    later = manifest(tmp_path)
    for kind in ("nodes", "sources", "unit_tests", "macros"):
        one, other = (
            {name: [node.get(part) for part in PARTS] for name, node in found[kind].items()} for found in (first, later)
        )
        assert one and one == other


def test_what_was_read_is_kept_until_a_file_changes(
    read_project: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsed_project, "_known", {})
    home, other = settings_at(tmp_path / "a"), settings_at(tmp_path / "b")
    target, kept = home.home / "dbt" / "target", home.home / "dbt" / "parsed"
    shutil.copytree(read_project.home / "dbt" / "target", target)
    old = parsed_project.key(home)
    assert parsed_project.recall(home, old) is None
    parsed_project.keep(home, old, target)
    one, two = parsed_project.recall(home, old), parsed_project.recall(other, old)
    assert one is not two and one.nodes.keys() == two.nodes.keys() and len(one.nodes) > 200
    monkeypatch.setattr(parsed_project, "_known", {})  # another process
    assert parsed_project.recall(other, old) is None
    assert parsed_project.recall(home, old).nodes.keys() == one.nodes.keys()

    monkeypatch.setattr(parsed_project, "code_hash", lambda _: "of other files")
    new = parsed_project.key(home)
    assert new != old and parsed_project.recall(home, new) is None
    parsed_project.keep(home, old, target)  # the files were changed while dbt read them
    assert [path.stem for path in kept.iterdir()] == [old]
    parsed_project.keep(home, new, target)
    assert [path.stem for path in kept.iterdir()] == [new], "what was kept of the old files is gone"
