"""A fifth source, added as CONTRIBUTING says: its folder, contract, suite, DAG, models and KPI; nothing else is touched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from minhu.settings import PROJECT_ROOT
from tests.fixtures.waiting import PATIENCE

ADDED = PROJECT_ROOT / "tests" / "fixtures" / "parks"
COPIED = (
    "include",
    "dags",
    "dbt_project",
    "expectations",
    "kpis",
    "tests",
    "CHANGELOG.md",
    "requirements.txt",
    "pyproject.toml",
)
#: What the project's own commands write; everything else of the copy stays as it was.
WRITTEN = {
    "kpis/counts.json", "dbt_project/macros/count_models.sql", "dbt_project/seeds/kpi_contract.csv",
    "dbt_project/seeds/kpi_contract_versions.csv", "dbt_project/seeds/kpi_grains.csv", "dbt_project/seeds/kpi_inputs.csv",
}  # fmt: skip
NIGHT = """
    import json, sys
    from datetime import timedelta
    from pathlib import Path

    from minhu.extract import registry
    from minhu.extract.registry import Endpoint
    from minhu.gate import decision
    from minhu.landing.zone import Landing
    from minhu.landing.night import Night
    from minhu.pipeline import stages
    from minhu.settings import load
    from minhu.warehouse import dbt_build
    from tests.fixtures.homes import build, query, settings_at
    from tests.fixtures.landed import NIGHT, LandedCity

    settings, drop = settings_at(Path(sys.argv[1])), Path(sys.argv[2])
    city = LandedCity()
    city.places({"d1": {"d1001": ("d1001001",)}, "d2": {"d2001": ("d2001001",)}})
    city.units("u1")
    city.land(settings, sources=("hotline", "grid", "stations", "returns"))
    endpoint = registry.configured(load(environ={"MINHU_HOME": sys.argv[1], "MINHU_SOURCES": f"parks={drop}"}))["parks"]
    stages.land_source(Night(settings, NIGHT), "parks", endpoint)
    arrival = stages.validate_arrival(Night(settings, NIGHT), "parks", endpoint)
    stages.announce_arrival(Night(settings, NIGHT), "parks")
    build(settings, NIGHT)
    dbt_build.check_marts(Night(settings, NIGHT))
    decision.decide_verdicts(Night(settings, NIGHT))
    cells = query(
        settings,
        "select unit_code, numerator, denominator, verdict from publish.kpi_results where kpi_id = 'G09' "
        "and period_type = 'month' and caliber = 'full' order by unit_code",
    )
    findings = query(settings, "select rule_id, message from publish.quality_findings where source = 'parks'")
    print(json.dumps({
        "sources": registry.names(), "status": arrival.status, "rows": dict(arrival.row_counts), "findings": findings,
        "cells": [[code, int(good), int(of), verdict] for code, good, of, verdict in cells],
    }))
"""
DAGS = """
    import tempfile
    from datetime import date

    from airflow.dag_processing.dagbag import DagBag

    from minhu import settings
    from minhu.extract import registry
    from minhu.landing.night import Night
    from minhu.pipeline import rounds

    found = DagBag("dags")
    assert not found.import_errors, found.import_errors
    with tempfile.TemporaryDirectory() as home:
        night = Night(settings.load(environ={"MINHU_HOME": home}), date(2026, 11, 20))
        others = [name for name in registry.names() if name != "parks"]
        asked = [rounds.completes(night, name, "run") for name in [*others, "parks"]]
    print(asked, sorted(found.dags))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the files of the new source laid over it."""
    folder = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("target", "logs", "__pycache__")
    for name in COPIED:
        source = PROJECT_ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copyfile(source, folder / name)
    before = hashes(folder)
    overlaid = {path.relative_to(ADDED).as_posix() for path in ADDED.rglob("*") if path.is_file()} - {"README.md"}
    assert not overlaid & before.keys(), "the new source must not replace a file of the project"
    shutil.copytree(ADDED, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("README.md", "__pycache__"))
    (folder / "kpis" / "G09.yml").rename(folder / "G09.yml")  # its counts have to be known first
    run(folder, "-m", "tests.dbt.column_lineage")
    (folder / "G09.yml").rename(folder / "kpis" / "G09.yml")
    run(folder, "-c", "from minhu.cli.app import main; main()", "kpi", "write")
    changed = {name for name, digest in hashes(folder).items() if before.get(name) != digest} - overlaid
    assert changed == WRITTEN
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", "target", "logs"} & set(path.parts)
    }


def run(project: Path, *arguments: str) -> str:
    """A program on the copy instead of the checkout; returns what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, capture_output=True, text=True, timeout=PATIENCE, check=False,
        env={**os.environ, "PYTHONPATH": f"{project / 'include'}{os.pathsep}{project}", "AIRFLOW_HOME": str(project / "airflow"),
             "MINHU_HOME": str(project / "var")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    return done.stdout


def test_a_fifth_source_lands_and_its_kpi_is_published(project: Path, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    (drop / "2026-11-20").mkdir(parents=True)
    lines = ["inspection_id,district_code,inspected_at,is_passed"]
    lines += [f"p{n},d1,2026-11-20 09:{n:02},{'no' if n < 4 else 'yes'}" for n in range(40)]
    lines += [f"q{n},d2,2026-11-19 10:00,yes" for n in range(12)]
    (drop / "2026-11-20" / "inspections.csv").write_text("\n".join(lines), encoding="utf-8")
    said = json.loads(run(project, "-c", textwrap.dedent(NIGHT), str(tmp_path / "home"), str(drop)).splitlines()[-1])
    assert said["sources"] == ["hotline", "grid", "stations", "returns", "parks"]
    assert (said["status"], said["rows"]) == ("accepted", {"inspections": 52})
    assert said["cells"] == [["610100", 48, 52, "PUBLISHED"], ["d1", 36, 40, "PUBLISHED"], ["d2", 12, 12, "BAND_ONLY"]]
    assert said["findings"] == []


def test_the_build_waits_for_the_new_source_and_its_dag_is_there(project: Path) -> None:
    said = run(project, "-c", textwrap.dedent(DAGS)).splitlines()[-1]
    assert said.startswith("[False, False, False, False, True]") and "'parks_extract'" in said
