"""A KPI whose counts exist is added as CONTRIBUTING says, by one file, and readers see its cells with their verdicts."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minhu.cli.app import app
from minhu.gate import decision
from minhu.landing.night import Night
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import dbt_build
from tests.fixtures.homes import build, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order

pytestmark = pytest.mark.nights(3)

pytestmark = pytest.mark.nights(1)
FILE = """\
kpi_id: H14
kpi_name: overdue_open_rate
name_zh: 超期未结率
name_en: Overdue open rate
standard: own definition

# placeholder until the city names its offices
owner_zh: 市12345热线办

source: hotline
requires: work_orders

count_model: orders
numerator: overdue_open_count
denominator: due_count
unit: share
interval_method: wilson
direction: down

levels: [city, district]
periods: [month, year]
settle_days: 0

# placeholders, a local choice
suppress_below: 10
band_below: 30

inputs: [hotline.work_orders, hotline.places, hotline.units, fct_work_orders, fct_orders_by_day, agg_orders_by_period]
anchors: [hotline.work_orders/due]

description: "Orders whose deadline lies in the period and has passed; numerator: still open."
description_zh: 分母：期限在期内且已届满的工单；分子：仍未办结的。

history:
  - version: 1.0.0
    valid_from: 2026-11-20
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with one more file, and the seeds written anew."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(
        PROJECT_ROOT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copytree(PROJECT_ROOT / "kpis", folder / "kpis")
    for name in ("CHANGELOG.md", "requirements.txt"):
        shutil.copy(PROJECT_ROOT / name, folder)
    (folder / "kpis" / "H14.yml").write_text(FILE, encoding="utf-8")
    written = CliRunner().invoke(app, ["kpi", "write", "--project", str(folder)])
    assert written.exit_code == 0, written.output
    return folder


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A night of that project: districts of 60, 40 and 5 orders due, a tenth of them still open."""
    city = LandedCity()
    city.places({d: {f"{d}001": (f"{d}001001",)} for d in ("d60", "d40", "d05")})
    city.units("u1")
    for district, due, still_open in (("d60", 60, 6), ("d40", 40, 4), ("d05", 5, 0)):
        for number in range(due):
            closed = {} if number < still_open else {"closed_at": "2026-11-09 10:00"}
            add_order(city, f"{district}-{number}", district, due_at="2026-11-10 18:00", **closed)
    settings = replace(settings_at(tmp_path_factory.mktemp("home")), project_root=project)
    city.land(settings)
    build(settings, NIGHT)
    dbt_build.check_marts(Night(settings, NIGHT))
    decision.decide_verdicts(Night(settings, NIGHT))
    return settings


def test_its_cells_are_published_with_verdicts(built: Settings) -> None:
    found = query(
        built,
        "select unit_code, numerator, denominator, value, verdict, contract_version from publish.kpi_results "
        "where kpi_id = 'H14' and variant = 'main' and period_type = 'month' and caliber = 'full' "
        "and period_start = date '2026-11-01' order by unit_code",
    )
    assert found == [
        ("610100", 10, 105, 0.0952381, "PUBLISHED", "1.0.0"),
        ("d05", None, 5, None, "SUPPRESSED", "1.0.0"),
        ("d40", None, 40, None, "SUPPRESSED", "1.0.0"),
        ("d60", 6, 60, 0.1, "PUBLISHED", "1.0.0"),
    ]


def test_it_is_at_all_its_grains_and_no_others(built: Settings) -> None:
    found = query(built, "select distinct unit_type, period_type from publish.kpi_results where kpi_id = 'H14'")
    assert set(found) == {(level, period) for level in ("city", "district") for period in ("month", "year")}


def test_it_is_described_and_traced_to_what_it_rests_on(built: Settings) -> None:
    assert query(built, "select name_zh, owner_zh from publish.kpi_contract where kpi_id = 'H14'") == [
        ("超期未结率", "市12345热线办")
    ]
    assert query(built, "select contract_version from publish.kpi_contract_versions where kpi_id = 'H14'") == [
        ("1.0.0",)
    ]
    columns = {
        name for (name,) in query(built, "select input from seeds.kpi_inputs where kpi_id = 'H14' and kind = 'column'")
    }
    assert {"hotline.work_orders.due_at", "hotline.work_orders.closed_at"} <= columns


def test_all_other_kpis_are_there_too(built: Settings) -> None:
    contract = query(built, "select count(distinct kpi_id) from publish.kpi_contract")
    assert contract == [(61,)]
    missing = query(
        built,
        "select kpi_id, variant from seeds.kpi_contract where not is_optional and (kpi_id, variant) not in "
        "(select (kpi_id, variant) from publish.kpi_results)",
    )
    assert missing == []
