"""Each thing that is missing or wrong in a KPI's file gets its sentence, which names the file and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minhu.gate.kpi_contract import check, form
from minhu.gate.kpi_contract.project import KPIS_FOLDER, Project, read_project, seed_path
from minhu.settings import PROJECT_ROOT

Here = tuple[list[form.Kpi], Project]


@pytest.fixture(scope="module")
def here() -> Here:
    """The KPIs of this checkout, and what they are held against."""
    kpis, found = form.read_folder(PROJECT_ROOT / KPIS_FOLDER)
    assert found == []
    return kpis, read_project(PROJECT_ROOT)


def sentences(project: Path) -> str:
    return "\n".join(check.check(project)[1])


@pytest.mark.parametrize(
    ("kpi_id", "keys", "said"),
    [
        # what is counted
        ("H04", {"count_model": "order"}, "count_model: expected one of addresses, answer_minimum, calls"),
        ("H04", {"count_model": "order"}, "found order - write orders"),
        ("H04", {"numerator": "creatd_count"}, "agg_orders_by_period has no count creatd_count - write created_count"),
        ("H05", {"denominator": "100 * nothing"}, "agg_orders_by_period has no count nothing - correct or remove it"),
        ("H05", {"numerator": None}, "numerator: expected an expression over the counts, found nothing - add it"),
        ("H05", {"denominator": None}, "denominator: a figure of unit share is divided by something, found nothing"),
        ("H10", {"numerator": "due_count"}, "count_model three_rate is composed in SQL - remove numerator"),
        ("H04", {"count_model": "estimates", "numerator": None}, "no row of kpi_estimates or kpi_three_rate_scores is of H04"),
        ("H04", {"count_model": "returns"}, "agg_returns_by_period has no rows of H04, so it would never be published"),
        # levels and periods
        ("H04", {"levels": ["city", "distric"]}, "levels: expected some of city, community, district"),
        ("H04", {"levels": ["city", "distric"]}, "found distric - write district"),
        ("T03", {"levels": ["city", "street"]}, "agg_tracked_orders_by_period counts for city, district, unit, not for street"),
        ("H04", {"periods": ["month", "fortnight"]}, "periods: expected some of assessment_month, day, half_year"),
        ("H04", {"periods": ["month", "city/decade"]}, "periods: city/decade adds a period to a level, found no such"),
        ("H04", {"levels": ["unit"], "periods": ["day"]}, "levels unit have none of the periods day (seed grain_periods), so"),
        ("G04", {"levels": ["city", "grid"], "periods": ["week"]}, "levels: grid has none of the periods week"),
        ("G08", {"levels": ["community"], "periods": ["half_year", "year"]}, "periods: half_year exists at none of the levels"),
        ("H05", {"band_below": 9}, "band_below: expected at least suppress_below, 10, found 9"),
        # where it comes from
        ("H04", {"source": "hot_line"}, "found hot_line - write hotline"),
        ("H04", {"requires": "order"}, "found order - write work_orders"),
        ("H04", {"inputs": ["hotline.work_orders", "agg_orders_by_period", "fct_orders"]}, "no figure is made of fct_orders"),
        ("H04", {"inputs": ["hotline.work_orders"]}, "agg_orders_by_period, where its counts stand, is missing - add it"),
        ("H04", {"inputs": ["agg_orders_by_period"], "anchors": []}, "no landed column of them is below its figure"),
        ("H04", {"anchors": ["hotline.work_orders/creation"]}, "knows no hotline.work_orders/creation - write hotline.work_orders/created"),
        ("H04", {"anchors": ["hotline.work_orders/created", "grid.events/due"]}, "grid.events/due is of a table that is not among"),
        ("H04", {"anchors": []}, "it counts hotline.work_orders by a day that is not named, so records set aside"),
        ("H10", {"components": ["H07"]}, "components: H07 is no KPI and variant - name it as in H07/main"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(here: Here, kpi_id: str, keys: dict[str, Any], said: str) -> None:
    kpis, project = here
    changed = [kpi.model_copy(update=keys) if kpi.kpi_id == kpi_id else kpi for kpi in kpis]
    found = check.problems(changed, project)
    assert any(said in sentence for sentence in found), found
    assert all(sentence.startswith(f"kpis/{kpi_id}.yml: ") for sentence in found), found


def test_a_kpi_without_cells_is_named(project: Path, edit: Callable[..., None]) -> None:
    """It would be computed and published nowhere, and no join would say so."""
    edit("H13", levels=["unit"], periods=["day"])
    [one, other] = [line for line in sentences(project).splitlines() if "never be published" in line]
    assert one.startswith("kpis/H13.yml: main: ") and other.startswith("kpis/H13.yml: mean_hops: ")


def test_a_file_that_is_gone_is_missed(project: Path) -> None:
    (project / "kpis" / "H04.yml").unlink()
    assert sentences(project).startswith("kpis/H04.yml: main: it was published, and no file describes it any more")


@pytest.mark.parametrize("seed", ["kpi_contract", "kpi_grains", "kpi_inputs", "kpi_components"])
def test_a_seed_that_was_edited_or_lost_is_said(project: Path, seed: str) -> None:
    path = seed_path(project, seed)
    path.write_text(path.read_text(encoding="utf-8").replace("H10", "H11"), encoding="utf-8")
    assert sentences(project) == (
        f"dbt_project/seeds/{seed}.csv: expected what follows from kpis/*.yml, found something else - run `minhu kpi write`; "
        "the seed is written, never edited"
    )
    path.unlink()
    assert f"dbt_project/seeds/{seed}.csv: expected" in sentences(project)


def test_all_that_is_wrong_is_said_at_once(project: Path, edit: Callable[..., None]) -> None:
    edit("H04", levels=["village"])
    edit("G01", unit="percent")
    edit("S01", numerator="local_count")
    found = sentences(project)
    assert all(f"kpis/{kpi_id}.yml" in found for kpi_id in ("H04", "G01", "S01"))


def test_a_count_model_that_no_macro_names_is_said_and_written(project: Path) -> None:
    counted = project / "dbt_project" / "models" / "assessment" / "parks"
    counted.mkdir()
    (counted / "agg_inspections_by_period.sql").write_text("select 1", encoding="utf-8")
    (counted / "int_inspections_days_to_count.sql").write_text("select 1", encoding="utf-8")
    _, [said] = check.check(project)
    assert said.startswith("dbt_project/macros/count_models.sql: expected the count models that there are")
    assert check.write(project) == (["macros/count_models.sql"], [])
    macro = (project / "dbt_project" / "macros" / "count_models.sql").read_text(encoding="utf-8")
    assert "'inspections': ref('agg_inspections_by_period')" in macro
    assert "'inspections': ref('int_inspections_days_to_count')" in macro
    assert check.check(project)[1] == []
