"""The whole way without an orchestrator: what the pipeline makes of forty days of city is what is known to be true.

Two nights, so that the values rest on increments, late events and call-backs that came days after the order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from minhu import settings
from minhu.extract.registry import Endpoint
from minhu.landing.night import Night
from minhu.pipeline import stages
from minhu.simulator.grid.grid_server import GridServer
from minhu.simulator.simulate import simulate
from minhu.simulator.truth.truth import write_truth
from minhu.standalone import postgres
from minhu.warehouse import dbt_build

pytestmark = pytest.mark.nights(3)

EARLIER, LAST = date(2026, 11, 17), date(2026, 11, 20)
DAYS, SCALE, SEED = 40, 0.03, 7
CELL = "kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber"
#: KPI and variant with what the simulator knows of them; H10 follows from three of them and has a test of its own.
KNOWN = {
    ("H01", "inbound"), ("H01", "outbound"), ("H04", "main"), ("H05", "main"), ("H06", "main"), ("H07", "main"),
    ("H08", "main"), ("H09", "main"), ("H11", "main"), ("G04", "raw"), ("G04", "clustered_verified"), ("G05", "main"),
    ("G06", "main"), ("G06", "deferred"), ("S02", "main"), ("S05", "main"), ("S05", "cases_per_device_day"),
    ("S06", "main"), ("S06", "coverage"), ("H02", "main"), ("H02", "rolling_24h_minimum"), ("H03", "main"),
    ("H06", "calendar_paused"), ("H06", "calendar_unpaused"), ("H12", "main"), ("H13", "main"), ("H13", "mean_hops"),
    ("G01", "main"), ("G02", "main"), ("G03", "main"), ("G07", "main"), ("G08", "main"), ("S01", "main"),
    ("S03", "main"), ("S04", "main"), ("T01", "main"), ("T02", "main"), ("T03", "main"), ("T04", "main"), ("X01", "main"),
}  # fmt: skip
#: What departments return: a few dozen things a month, so only equality can be asked, not many telling cells.
RETURNED = {
    ("R01", "main"), ("R02", "main"), ("R03", "main"), ("R04", "main"), ("B01", "main"), ("B02", "main"), ("B03", "main"),
    ("B04", "main"), ("B04", "at_most"), ("E01", "main"), ("E03", "main"), ("E03", "identical_scores"), ("L01", "main"),
    ("L02", "main"), ("V01", "main"), ("V01", "organisation"), ("V01", "service"), ("V01", "self_government"),
    ("V01", "governance"), ("V01", "support"), ("V02", "main"), ("P01", "school"), ("P01", "compound"), ("P01", "alley"),
    ("P01", "road"), ("P01", "cable"), ("P02", "main"), ("P03", "main"), ("P04", "operations"), ("P04", "activity_month"),
    ("P04", "upgrade_award"), ("W01", "main"), ("W02", "main"), ("W03", "main"), ("W03", "turnover"), ("Q03", "main"),
}  # fmt: skip
DOMAINS = ("education", "medical", "transport", "housing", "employment", "environment")
#: Values of their own. The truth has them by another method (numpy's least squares, Kaplan-Meier in whole fractions).
ESTIMATED = {
    ("E02", "main"), ("L03", "main"), ("W02", "grade_entropy"), ("X02", "main"), *(("Q01", domain) for domain in DOMAINS),
    *(("Q02", f"{domain}_{kind}") for domain in DOMAINS for kind in ("pp", "relative")),
}  # fmt: skip
#: Hotspots have quarters only, and no district: streets and communities instead.
HOTSPOTS = ("X03", "main")
#: What a value may be apart by: its last published digit; L03 is published to a ten-thousandth of a day (9 s).
APART, APART_DAYS = 1e-6, 5e-5
#: Not known to the simulator: what a city says of itself (a simulated one says nothing). H10 follows from three others.
UNKNOWN = "variant = 'claimed' or kpi_id = 'H10'"
#: Cells that the truth has: city and district, and where a KPI has other units, those.
COMPARED = "(unit_type in ('city', 'district') or kpi_id in ('E02', 'X03'))"
COUNTED_NIGHTLY = "left(kpi_id, 1) in ('H', 'G', 'S', 'T') or kpi_id = 'X01'"
#: Known for the city only: calls have no place, dispatching has no district, the list of items is one.
CITY_ONLY = {"H01", "H02", "H03", "H13", "S01"}
#: What the platform hands out for one day only; nights that were never asked have no figure.
DAILY = "kpi_id in ('G01', 'G03')"
#: What stands at the end of a period; the truth knows it for the periods of the last night.
STOCK = "kpi_id in ('G01', 'G02', 'S01', 'S03')"

FAULTS = {
    "order_closed_before_created": "L2-HOT-004",
    "order_created_in_future": "L2-HOT-003",
    "order_unknown_status": "L2-HOT-006",
    "order_year_3020": "L2-HOT-002",
    "order_unknown_community": "L2-HOT-009",
    "event_closed_before_reported": "L2-GRD-004",
    "case_finished_before_accepted": "L2-STA-004",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The work file after both nights, with the truth as table ``truth`` beside it."""
    home = tmp_path_factory.mktemp("truth")
    _run(home, EARLIER, DAYS - (LAST - EARLIER).days)
    _run(home, LAST, None)
    with duckdb.connect() as db:
        db.execute(f"attach '{home / 'warehouse' / 'work.duckdb'}' as work (read_only)")
        db.execute("create table truth as select * from read_parquet(?)", [str(home / "truth" / "kpi_truth.parquet")])
        db.execute("create table dirt (fault varchar, record_key varchar)")
        dirt = json.loads((home / "truth" / "dirt.json").read_text(encoding="utf-8"))
        db.executemany("insert into dirt values (?, ?)", [(fault, key) for fault in dirt for key in dirt[fault]])
        yield db


def _run(home: Path, day: date, days: int | None) -> None:
    environ = {"MINHU_HOME": str(home)}
    night = settings.load(environ=environ)
    postgres.start(night.postgres_dir)
    try:
        uri = postgres.uri(night.postgres_dir, "source")
        city = simulate(night.home, uri, day, days, SCALE, SEED)
        assert not city.is_another_city
        if day == LAST:
            write_truth(night.truth_dir, city.city, day)
        night = settings.load(environ=environ)
        with GridServer(night.home) as server:
            endpoints = {
                "hotline": Endpoint(uri),
                "grid": Endpoint(server.url, server.token),
                "stations": Endpoint(str(city.stations_dir)),
                "returns": Endpoint(str(city.returns_dir)),
            }
            for source, endpoint in endpoints.items():
                stages.land_source(Night(night, day), source, endpoint)
                arrival = stages.validate_arrival(Night(night, day), source, endpoint)
                assert arrival.status == "accepted", arrival.reason
                assert sum(arrival.row_counts.values()) > 0 or source == "returns", source
    finally:
        postgres.stop(night.postgres_dir)
    dbt_build.load_landing(Night(night, day))
    dbt_build.build_marts(Night(night, day))


def rows(db: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return db.execute(query).fetchall()


def test_truth_knows_every_kpi(built: duckdb.DuckDBPyConnection) -> None:
    assert set(
        rows(built, "select distinct kpi_id, variant from truth where variant <> 'mean_daily'")
    ) == KNOWN | RETURNED | ESTIMATED | {HOTSPOTS}
    few = rows(
        built,
        "select kpi_id, variant, caliber, max(coalesce(denominator, numerator)) as most from truth"
        f" where {COUNTED_NIGHTLY} group by all"
        " having most < 100 order by all",
    )
    assert few == [], "every KPI must rest on enough records to tell a wrong definition from the right one"


def test_no_kpi_is_missing_at_city_level(built: duckdb.DuckDBPyConnection) -> None:
    missing = rows(
        built,
        f"""select {CELL} from truth
            anti join work.kpis.kpi_values as made using ({CELL})
            where unit_type = 'city' and not {DAILY}
            and (kpi_id, variant, period_type) in (select (kpi_id, variant, period_type) from work.kpis.kpi_values)
            order by all limit 10""",
    )
    assert missing == []
    made = set(rows(built, "select distinct kpi_id, variant from work.kpis.kpi_values where unit_type = 'city'"))
    wanted = (KNOWN | ESTIMATED | {HOTSPOTS, ("H10", "main")}) - {("E02", "main")}
    assert made >= wanted, f"not at city level: {sorted(wanted - made)}"


@pytest.mark.parametrize(("kpi_id", "variant"), sorted(KNOWN))
def test_kpi_equals_known_truth_in_every_city_and_district_cell(
    built: duckdb.DuckDBPyConnection, kpi_id: str, variant: str
) -> None:
    compared = built.execute(
        f"""select unit_type, caliber, count(*) as cells,
                count(*) filter (where truth.numerator <> 0) as telling,
                list((unit_code, period_type, period_start, truth.numerator, made.numerator,
                      truth.denominator, made.denominator))
                    filter (where abs(truth.numerator - made.numerator) > 1e-6
                            or coalesce(truth.denominator, -1) <> coalesce(made.denominator, -1)) as wrong
            from truth join work.kpis.kpi_values as made using ({CELL})
            where kpi_id = ? and variant = ?
            group by unit_type, caliber order by all""",
        [kpi_id, variant],
    ).fetchall()
    expected = {"city"} if kpi_id in CITY_ONLY else {"city", "district"}
    assert {(unit, caliber) for unit, caliber, *_ in compared} == {
        (unit, caliber) for unit in expected for caliber in ("full", "assessed")
    }
    for unit_type, caliber, cells, telling, wrong in compared:
        assert wrong is None, f"{unit_type}, {caliber}: {wrong[:5]} (truth beside made)"
        assert cells >= 4
        assert telling >= 4, f"{unit_type}, {caliber}: only {telling} of {cells} cells say anything"


@pytest.mark.parametrize(("kpi_id", "variant"), sorted(RETURNED))
def test_returned_kpi_equals_known_truth_in_every_city_and_district_cell(
    built: duckdb.DuckDBPyConnection, kpi_id: str, variant: str
) -> None:
    compared = rows(
        built,
        f"""select {CELL}, truth.numerator, made.numerator, truth.denominator, made.denominator
            from truth join work.kpis.kpi_values as made using ({CELL})
            where kpi_id = '{kpi_id}' and variant = '{variant}' order by all""",
    )
    assert any(row[2] == "city" for row in compared), "no city cell to compare"
    assert any(row[7] for row in compared) or variant == "identical_scores", "only zeros say nothing"
    wrong = [
        row for row in compared if abs(row[7] - float(row[8])) > 1e-4 or abs((row[9] or 0) - float(row[10] or 0)) > 1e-4
    ]
    assert wrong == [], "cell, then numerator of the truth and made, denominator of the truth and made"


@pytest.mark.parametrize(("kpi_id", "variant"), sorted(ESTIMATED))
def test_estimate_equals_known_truth_in_every_cell(built: duckdb.DuckDBPyConnection, kpi_id: str, variant: str) -> None:
    """Counts exactly, values to the last published digit; a median that was not reached is reached by neither."""
    compared = rows(
        built,
        f"""select {CELL}, truth.numerator, made.numerator, truth.denominator, made.denominator, truth.value, made.value
            from truth full join (
                select * from work.kpis.kpi_values where unit_type in ('city', 'district') or kpi_id = 'E02'
            ) as made using ({CELL})
            where kpi_id = '{kpi_id}' and variant = '{variant}' order by all""",
    )
    levels = {"E02": {"unit"}, "Q02": {"city"}}.get(kpi_id, {"city", "district"})
    assert {(row[2], row[6]) for row in compared} == {(u, c) for u in levels for c in ("full", "assessed")}
    assert any(row[11] for row in compared), "only zeros say nothing"
    apart = APART_DAYS if kpi_id == "L03" else APART
    wrong = [row for row in compared if not (row[7] == row[8] and row[9] == row[10] and _near(row[11], row[12], apart))]
    assert wrong == [], "cell, then numerator, denominator and value, each of the truth and made"


def _near(expected: object, made: object, apart: float) -> bool:
    if not isinstance(expected, float) or not isinstance(made, float):
        return expected is None and made is None
    return abs(expected - made) <= apart


def test_hotspots_equal_known_truth_in_city_streets_and_communities(built: duckdb.DuckDBPyConnection) -> None:
    compared = rows(
        built,
        f"""select {CELL}, truth.numerator, made.numerator, truth.denominator, made.denominator
            from truth full join work.kpis.kpi_values as made using ({CELL})
            where kpi_id = '{HOTSPOTS[0]}' order by all""",
    )
    assert {row[2] for row in compared} == {"city", "street", "community"}
    assert sum(bool(row[7]) for row in compared) >= 10, "some hotspots must have come back"
    assert [row for row in compared if (row[7], row[9]) != (row[8], row[10])] == []


def test_nothing_is_counted_that_the_truth_does_not_know(built: duckdb.DuckDBPyConnection) -> None:
    """What has no cell in the truth had nothing to count."""
    invented = rows(
        built,
        f"""select {CELL}, made.numerator, made.denominator from work.kpis.kpi_values as made
            anti join truth using ({CELL})
            where {COMPARED} and not ({UNKNOWN})
            and (made.numerator <> 0 or made.denominator <> 0 or made.value <> 0)
            and not ({STOCK} and made.period_end < date '{LAST}')
            order by all limit 10""",
    )
    assert invented == []


def test_person_days_of_a_period_are_those_of_its_days(built: duckdb.DuckDBPyConnection) -> None:
    """G03 over longer periods: no more than what the days that were handed out add up to."""
    compared = rows(
        built,
        """with daily as (
                select unit_type, unit_code, caliber, period_start as day, numerator, denominator
                from work.kpis.kpi_values where kpi_id = 'G03' and variant = 'main'
            )
            select made.unit_type, count(*), bool_and(made.numerator = summed.numerator),
                bool_and(made.denominator = summed.denominator)
            from work.kpis.kpi_values as made, lateral (
                select sum(numerator) as numerator, sum(denominator) as denominator from daily
                where daily.unit_type = made.unit_type and daily.unit_code = made.unit_code
                and daily.caliber = made.caliber and daily.day between made.period_start and made.period_end
            ) as summed
            where kpi_id = 'G03' and variant = 'mean_daily' and made.denominator > 0 group by all order by all""",
    )
    assert [unit for unit, *_ in compared] == ["city", "district", "street"]
    for unit_type, cells, same_numerator, same_denominator in compared:
        assert cells >= 4, unit_type  # type: ignore[operator]
        assert same_numerator, unit_type
        assert same_denominator, unit_type


def test_three_rate_score_is_ten_fifty_forty_of_the_true_rates(built: duckdb.DuckDBPyConnection) -> None:
    """Case 3's weights on whole months: 10 x contacted + 50 x resolved + 40 x satisfied."""
    compared = rows(
        built,
        """with rates as (
                select kpi_id, unit_type, unit_code, period_type, period_start, caliber, numerator / denominator as rate
                from truth where kpi_id in ('H07', 'H08', 'H09')
            ), expected as (
                select unit_type, unit_code, period_type, period_start, caliber,
                    sum(rate * case kpi_id when 'H07' then 10 when 'H08' then 50 else 40 end) as score
                from rates group by all having count(*) = 3
            )
            select unit_type, count(*), max(abs(made.value - expected.score))
            from work.kpis.kpi_values as made
            join expected using (unit_type, unit_code, period_type, period_start, caliber)
            where made.kpi_id = 'H10' group by unit_type order by unit_type""",
    )
    assert [unit for unit, *_ in compared] == ["city", "district"]
    for unit_type, cells, apart in compared:
        assert cells >= 4, unit_type  # type: ignore[operator]
        assert apart < 1e-6, unit_type  # type: ignore[operator]


def test_quarantine_holds_exactly_the_broken_records_each_by_its_rule(built: duckdb.DuckDBPyConnection) -> None:
    assert {fault for (fault,) in rows(built, "select distinct fault from dirt")} == set(FAULTS)
    held = set(
        rows(
            built,
            """select rule_id, order_id from work.core.quarantine_work_orders
            union all select rule_id, call_id from work.core.quarantine_calls
            union all select rule_id, event_id from work.core.quarantine_grid_events
            union all select rule_id, case_id from work.core.quarantine_cases""",
        )
    )
    expected = {(FAULTS[str(fault)], key) for fault, key in rows(built, "select fault, record_key from dirt")}
    assert held == expected
    assert min(sum(rule == wanted for rule, _ in held) for wanted in FAULTS.values()) >= 10
