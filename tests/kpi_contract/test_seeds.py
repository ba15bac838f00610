"""The seeds of the KPIs are what their files say, to the byte; the files of this checkout miss nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from minhu.gate.kpi_contract import check, form, seeds
from minhu.gate.kpi_contract.project import read_project, seed_path, seed_text
from minhu.settings import PROJECT_ROOT
from tests.kpi_contract.conftest import a_kpi

WRITTEN = ("kpi_contract", "kpi_contract_versions", "kpi_grains", "kpi_inputs", "kpi_components")
USUAL = [("city", "month"), ("city", "year"), ("street", "month")]


def test_nothing_is_missing_and_the_seeds_are_what_the_files_say() -> None:
    kpis, found = check.check(PROJECT_ROOT)
    assert found == [], "\n".join(["", *found])
    assert len({kpi.kpi_id for kpi in kpis}) == 60 and len(kpis) == 102
    rendered = seeds.render(kpis, read_project(PROJECT_ROOT))
    assert tuple(rendered) == WRITTEN
    assert all(rendered[seed] == seed_text(PROJECT_ROOT, seed) for seed in WRITTEN)


def test_every_recorded_hash_of_a_newest_version_is_that_of_its_definition(project: Path) -> None:
    kpis, _ = form.read_folder(project / "kpis")
    path = seed_path(project, "kpi_contract_versions")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    newest = {(kpi.kpi_id, kpi.variant, kpi.contract_version) for kpi in kpis}
    older = [row for row in rows if tuple(list(row.values())[:3]) not in newest]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(older)
    assert len(older) < len(rows)
    assert check.write(project) == (["seeds/kpi_contract_versions.csv"], [])
    assert path.read_bytes() == seed_path(PROJECT_ROOT, "kpi_contract_versions").read_bytes()


def test_writing_twice_changes_nothing(project: Path, edit: Callable[..., None]) -> None:
    edit("H04", name_zh="工单总量")
    assert check.write(project) == (["seeds/kpi_contract.csv"], [])
    assert "工单总量" in seed_text(project, "kpi_contract")
    assert check.write(project) == ([], [])


def test_where_something_is_wrong_nothing_is_written(project: Path, edit: Callable[..., None]) -> None:
    edit("H04", name_zh="工单总量", levels=["city", "village"])
    changed, found = check.write(project)
    assert changed == [] and len(found) == 2
    assert "工单总量" not in seed_text(project, "kpi_contract")


def test_a_definition_may_change_under_a_version_that_was_not_published(
    project: Path, edit: Callable[..., None]
) -> None:
    before = seed_text(project, "kpi_contract_versions")
    edit("H02", settle_days=1)
    changed, found = check.write(project)
    assert changed == [] and len(found) == 2 and "no longer that of version 1.0.0" in found[0]
    assert check.write(project, ["H02"]) == (["seeds/kpi_contract.csv", "seeds/kpi_contract_versions.csv"], [])
    lines = zip(before.splitlines(), seed_text(project, "kpi_contract_versions").splitlines(), strict=True)
    assert [old[:4] for old, new in lines if old != new] == ["H02,", "H02,"], "only the hashes of that KPI"


def test_a_new_version_keeps_the_hash_of_the_one_before(project: Path, edit: Callable[..., None]) -> None:
    changelog = project / "CHANGELOG.md"
    changelog.write_text(changelog.read_text(encoding="utf-8") + "\n| H02 | 1.1.0 | yes | … | … |\n", encoding="utf-8")
    first = {"version": "1.0.0", "valid_from": "2026-11-24"}
    second = {"version": "1.1.0", "valid_from": "2026-12-01", "is_break": True, "meaning_zh": "此", "meaning_en": "Now"}
    before = read_project(project).recorded
    edit("H02", settle_days=1, history=[first, second])
    assert check.write(project) == (["seeds/kpi_contract.csv", "seeds/kpi_contract_versions.csv"], [])
    after = read_project(project).recorded
    assert {key: value for key, value in after.items() if key in before} == before
    assert after["H02", "main", "1.1.0"] != before["H02", "main", "1.0.0"]


def test_grains_are_the_pairs_that_exist_and_those_that_are_added() -> None:
    kpi = a_kpi(levels=["city", "street"], periods=["month", "year", "street/day"])
    assert seeds.grains(kpi, USUAL) == [("city", "month"), ("city", "year"), ("street", "month"), ("street", "day")]
    assert seeds.grains(a_kpi(levels=["street"], periods=["year"]), USUAL) == []
