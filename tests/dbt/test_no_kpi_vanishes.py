"""A KPI that is counted and would not be published stops the night, and is named."""

from __future__ import annotations

import duckdb
import pytest

from minhu.errors import PermanentError
from minhu.gate.decision import require_every_kpi


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    """A work file in which every KPI is published: two that are promised, an optional one that has something to rate."""
    connection = duckdb.connect()
    connection.execute("""
        create schema seeds; create schema kpis; create schema publish;
        create table seeds.kpi_contract as
            select * from (values ('H01', 'main', false), ('H02', 'main', false), ('H06', 'claimed', true))
            as contract (kpi_id, variant, is_optional);
        create table kpis.kpi_values as
            select * from (values ('H01', 'main', 5, null), ('H06', 'claimed', 0, 3))
            as figures (kpi_id, variant, numerator, denominator);
        create table kpis.kpi_blocked (kpi_id varchar, variant varchar, reason varchar);
        create table publish.kpi_results as
            select * from (values ('H01', 'main'), ('H02', 'main'), ('H06', 'claimed')) as results (kpi_id, variant);
    """)
    return connection


@pytest.mark.parametrize("kpi_id", ["H01", "H02", "H06"])
def test_a_kpi_without_a_cell_stops_the_night_by_name(db: duckdb.DuckDBPyConnection, kpi_id: str) -> None:
    require_every_kpi(db)  # nothing is said while each has one
    db.execute("delete from publish.kpi_results where kpi_id = ?", [kpi_id])
    variant = "claimed" if kpi_id == "H06" else "main"
    with pytest.raises(PermanentError, match=f"found none of {kpi_id}/{variant} -"):
        require_every_kpi(db)


def test_figures_of_a_kpi_that_the_contract_does_not_have_are_missed(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("insert into kpis.kpi_values values ('Z99', 'main', 1, 2)")
    with pytest.raises(PermanentError, match="Z99/main"):
        require_every_kpi(db)


@pytest.mark.parametrize(
    "silence",
    ["update kpis.kpi_values set denominator = 0", "insert into kpis.kpi_blocked values ('H06', 'claimed', 'away')"],
)
def test_an_optional_kpi_may_be_silent_without_figures_or_source(db: duckdb.DuckDBPyConnection, silence: str) -> None:
    db.execute("delete from publish.kpi_results where kpi_id = 'H06'")
    with pytest.raises(PermanentError, match="H06/claimed"):
        require_every_kpi(db)
    db.execute(silence)
    require_every_kpi(db)
