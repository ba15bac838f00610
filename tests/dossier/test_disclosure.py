"""What a published night tells of its small cells beside the rates: composed figures, companions and limits of signals,
attacked as a reader could."""

from __future__ import annotations

import re

import duckdb
import pandas as pd
import pytest

from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.warehouse import work_file
from tests.fixtures.attacker import solved

pytestmark = pytest.mark.nights(2)

FAMILY = ["kpi_id", "variant", "caliber", "period_type", "period_start"]
#: Cells with their true figures, and by which rule the release hides them; '' where it shows them.
TABLES = {
    "composed figures": """
        select cells.*, results.rule_id, results.verdict in ('SUPPRESSED', 'WITHHELD') as is_hidden
        from kpis.kpi_cells_to_protect as cells
        inner join publish.kpi_results as results using (
            kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber
        )
        where cells.kpi_id in ('X02', 'L03', 'Q01')
    """,
    "companions": """
        select cells.*, companions.rule_id, not companions.is_shown as is_hidden
        from kpis.kpi_companions_to_protect as cells
        inner join publish.integrity_companions as companions
            on cells.kpi_id = companions.companion and cells.unit_type = companions.unit_type
            and cells.unit_code = companions.unit_code and cells.period_start = companions.month_start
    """,
}


def families(db: duckdb.DuckDBPyConnection, query: str) -> list[pd.DataFrame]:
    cells = db.execute(query).df()
    found = []
    for _, family in cells.groupby(FAMILY):
        is_total = ~family["parent_code"].isin(family["unit_code"])
        found.append(family.assign(parent_code=family["parent_code"].mask(is_total)))
    return found


@pytest.mark.parametrize("table", TABLES)
def test_no_small_cell_beside_the_rates_is_solved_unmarked(
    home_of_a_night: Settings, night: Release, table: str
) -> None:
    assert night.business_date == work_file.built_date(home_of_a_night)
    with work_file.connect(home_of_a_night) as db:
        attacked = families(db, TABLES[table])
    small = told = naive = 0
    for cells in attacked:
        secret = set(cells.loc[cells["is_hidden"], "unit_code"])
        of_size = set(cells.loc[cells["is_small"], "unit_code"])
        assert of_size <= secret
        marked = set(cells.loc[cells["rule_id"] == "L4-KPI-010", "unit_code"])
        found = {code for _, code in solved([(cells, secret)])}
        assert found <= marked, cells.iloc[0][FAMILY].to_dict()
        small, told = small + len(of_size), told + len(found)
        naive += len(solved([(cells, of_size)]))
    assert small > 30, f"{small} small cells are no attack"
    # of composed figures this small city has hardly one that is not small
    assert naive > told or table == "composed figures", f"{naive} are solved if only they are hidden, {told} now"


def test_limits_of_signals_follow_from_shown_figures_alone(home_of_a_night: Settings, night: Release) -> None:
    """Three years of the night's own cells, every seventh hidden: whoever reads them can make every row of the signals."""
    months = f"""
        select * replace (
            cast(date_trunc('month', period_start) - to_months(cast(back as integer)) as date) as period_start,
            cast(last_day(period_start - to_months(cast(back as integer))) as date) as period_end,
            case when hash(unit_code, kpi_id, back) % 7 = 0 then 'SUPPRESSED' else 'PUBLISHED' end as verdict,
            false as is_provisional,
            case when hash(unit_code, kpi_id, back) % 7 > 0 then round(value * (1 - 0.01 * (hash(kpi_id, back) % 9)), 8) end
                as value
        )
        from built.publish.kpi_results cross join range(36) as earlier (back)
        where variant = 'main' and period_type = 'month' and value is not null and period_end <= date '{night.business_date}'
        qualify row_number() over (
            partition by kpi_id, unit_type, unit_code, caliber, back order by period_start desc
        ) = 1
    """  # fmt: skip
    compiled = home_of_a_night.home / "dbt" / "target" / "compiled" / "minhu" / "models" / "publish" / "kpi_signals.sql"
    statement = compiled.read_text(encoding="utf-8")
    with duckdb.connect() as db:
        db.execute(f"attach '{home_of_a_night.warehouse_path}' as built (read_only)")
        db.execute(f"attach ':memory:' as {home_of_a_night.warehouse_path.stem}")
        db.execute(f"use {home_of_a_night.warehouse_path.stem}")
        for schema, table in re.findall(r'"\w+"\."(\w+)"\."(\w+)"', statement):
            source = months if table == "kpi_results" else f"from built.{schema}.{table}"
            db.execute(f"create schema if not exists {schema}; create or replace table {schema}.{table} as {source}")
        found = db.execute(f"select * from ({statement}) order by all").df()
        shown = db.execute("from publish.kpi_results where verdict = 'PUBLISHED' order by period_start").df()
    series = ["kpi_id", "unit_type", "unit_code", "caliber"]
    known = {key: rows.set_index("period_start") for key, rows in shown.groupby(series)}
    assert len(found) > 1000, f"{len(found)} rows are no attack"
    for key, rows in found.groupby(series):
        first = known[key].iloc[:24]["value"]
        moves = first.diff().abs()[first.index.to_series().diff().dt.days <= 31]
        assert set(rows["period_start"]) == set(known[key].index), "a row for each month that is shown, and no other"
        assert rows["mean_value"].iloc[0] == pytest.approx(first.mean(), abs=1e-7)
        widest = rows["upper_limit"].iloc[0] - rows["mean_value"].iloc[0]
        assert widest <= 2.66 * moves.mean() + 1e-7
        assert rows["baseline_months"].iloc[0] == len(first)
