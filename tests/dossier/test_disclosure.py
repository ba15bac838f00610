"""What a published night tells of its small cells beside the rates: composed figures and companions, attacked as a reader could."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.warehouse import work_file
from tests.fixtures.attacker import solved

pytestmark = [pytest.mark.nights(2), pytest.mark.xdist_group("dossier")]

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
