"""A build that is killed is never continued: the next one starts again from landing by itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from minhu.landing.night import Night
from minhu.warehouse import dbt_build, work_file
from tests.cli.processes import environment
from tests.fixtures.homes import query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order
from tests.fixtures.waiting import PATIENCE

KILLED = """
    import os, signal, sys
    from pathlib import Path
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from minhu.warehouse import dbt_build
    from tests.fixtures.homes import build, settings_at
    from tests.fixtures.landed import NIGHT
    dbt_build.BUILD = sys.argv[2:]
    DuckDBConnectionManager.close_all_connections = lambda: os.kill(os.getpid(), signal.SIGKILL)
    build(settings_at(Path(sys.argv[1])), NIGHT)
"""


#: As far as the orders of a unit, and the list of periods that a build hands on: what a kill leaves does not depend on more.
PART = [
    "build",
    "--exclude-resource-type",
    "test",
    "unit_test",
    "--select",
    "+fct_work_orders",
    "+kpi_periods_to_count",
]


def test_a_build_killed_after_its_models_and_before_its_end_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = LandedCity()
    city.places({"dA": {"dA001": ("dA001001",)}})
    city.units("u1")
    for number in range(3):
        add_order(city, f"o{number}", "dA", due_at="2026-11-10 18:00")
    settings = settings_at(tmp_path)
    city.land(settings)
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), *PART]
    ended = subprocess.run(command, env=environment(tmp_path), timeout=PATIENCE, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert work_file.built_date(settings) is None, "a half-built file is nobody's"
    report = dbt_build.load_landing(Night(settings, NIGHT))
    assert report.why_rebuilt == "the last build was cut off"
    monkeypatch.setattr(dbt_build, "BUILD", PART)
    dbt_build.build_marts(Night(settings, NIGHT))
    assert work_file.built_date(settings) == NIGHT
    assert query(settings, "select count(*) from core.fct_work_orders") == [(3,)]
