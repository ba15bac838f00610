"""What dbt has read of the project serves later nights, which have other variables."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minhu.warehouse import dbt_build, parsed_project
from tests.fixtures.homes import settings_at
from tests.fixtures.landed import NIGHT

#: What decides which models are run and in which order; their SQL is rendered anew in each run.
PARTS = ("schema", "alias", "depends_on", "config", "description", "raw_code", "columns", "given", "expect")


def read(home: Path, night: date, **state: Any) -> dict[str, Any]:
    """The project as dbt reads it in a night."""
    dbt_build.run_dbt(settings_at(home), night, ["parse"], state)
    return dict(json.loads((home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8")))


def test_no_variable_decides_which_models_there_are_or_what_they_read(tmp_path: Path) -> None:
    first = read(
        tmp_path / "a", NIGHT, previous_business_date=date(1999, 12, 31), previous_load_no=0, city_code="610100"
    )
    later = read(
        tmp_path / "b", date(2027, 2, 1), previous_business_date=NIGHT, previous_load_no=99, city_code="320700"
    )
    for kind in ("nodes", "sources", "unit_tests", "macros"):
        one, other = (
            {name: [node.get(part) for part in PARTS] for name, node in found[kind].items()} for found in (first, later)
        )
        assert one and one == other


def test_what_was_read_is_kept_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_project, "_known", {})
    home, other = settings_at(tmp_path / "a"), settings_at(tmp_path / "b")
    target, kept = home.home / "dbt" / "target", home.home / "dbt" / "parsed"
    old = parsed_project.key(home)
    read(home.home, NIGHT, previous_business_date=NIGHT, previous_load_no=0, city_code="610100")
    assert parsed_project.recall(home, old) is None, "only what a night has read is kept"
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
