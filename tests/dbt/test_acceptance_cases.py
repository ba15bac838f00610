"""Cases from real documents (design: acceptance-cases), each a district, street or unit of one city built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file
from tests.fixtures.homes import build, copy_of, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order

pytestmark = pytest.mark.nights(2)

Ask = Callable[..., list[tuple[Any, ...]]]

LIANYUNGANG, ZONE, DISTRICT, DENOMINATORS = "320700", "211199", "211103", "610199"
WILSON = {"610105": (5, 6), "610145": (45, 50), "610155": (452, 500)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    city = LandedCity()
    districts = [LIANYUNGANG, ZONE, DISTRICT, DENOMINATORS, *WILSON]
    city.places({d: {f"{d}001": (f"{d}001001",)} for d in districts})
    city.units("u1", "u6", "u0")
    for district, due, closed, on_time in [
        (LIANYUNGANG, 24_932, 23_974, 22_345),
        (ZONE, 22, 22, 22),
        (DISTRICT, 6_530, 6_500, 6_400),
        # of 100 due: 60 closed in time, 20 late, 20 still open and overdue; 10 more are not yet due, 5 of them closed
        (DENOMINATORS, 100, 80, 60),
    ]:
        for number in range(due):
            closed_at = None if number >= closed else "2026-11-09 10:00" if number < on_time else "2026-11-11 10:00"
            add_order(city, f"{district}-{number:05d}", district, due_at="2026-11-10 18:00", closed_at=closed_at)
    for number in range(10):
        closed_at = "2026-11-19 09:00" if number < 5 else None
        add_order(city, f"later-{number}", DENOMINATORS, due_at="2026-11-25 18:00", closed_at=closed_at)
    for district, (resolved, asked) in WILSON.items():
        for number in range(asked):
            order = f"w{district}-{number:03d}"
            add_order(city, order, district, closed_at="2026-11-05 10:00")
            city.add(
                "hotline.callbacks",
                callback_id=f"c{order}",
                order_id=order,
                called_at="2026-11-06 10:00",
                resolved=number < resolved,
            )
    for number in range(6):  # case 3: 6 valid call-backs, 6 contacted, 5 resolved, 5 satisfied
        order = f"six-{number}"
        add_order(city, order, ZONE, unit_code="u6", closed_at="2026-11-05 10:00")
        city.add(
            "hotline.callbacks", callback_id=f"c{order}", order_id=order, called_at="2026-11-06 10:00",
            resolved=number < 5, satisfaction="satisfied" if number < 5 else "dissatisfied",
        )  # fmt: skip
    add_order(city, "never-asked", ZONE, unit_code="u0", closed_at="2026-11-05 10:00")
    # case 9: a duplicate merged into its parent and exported as closed; its caller was called back and is unhappy
    add_order(city, "parent", "610145", unit_code="u0", closed_at="2026-11-05 10:00")
    add_order(
        city, "duplicate", "610145", unit_code="u0", closed_at="2026-11-05 09:00", due_at="2026-11-10 18:00",
        parent_order_id="parent", closure_code="duplicate",
    )  # fmt: skip
    city.add(
        "hotline.callbacks", callback_id="cdup", order_id="duplicate", called_at="2026-11-06 10:00", resolved=False,
        satisfaction="dissatisfied",
    )  # fmt: skip
    # case 14: closed before created; year 3020; midnight is a time like any other
    add_order(city, "backwards", ZONE, closed_at="2026-10-30 10:00")
    add_order(city, "year-3020", ZONE, due_at="3020-11-10 18:00")
    add_order(city, "midnight", ZONE, created_at="2026-11-02 00:00")
    city.add("stations.points", station_code="s1", name="站", kind="model_point", community_code=f"{ZONE}001001")
    for number in range(400):  # minutes of a large city: their squares do not fit into a decimal(18, 4)
        city.add(
            "stations.terminals", terminal_code=f"t{number}", station_code="s1", service_date=NIGHT,
            available_minutes=540 if number < 40 else 600,
        )  # fmt: skip
    settings = settings_at(tmp_path_factory.mktemp("cases"))
    city.land(settings)
    build(settings, NIGHT)
    return settings


def cell(ask: Ask, kpi_id: str, unit_code: str, columns: str, caliber: str = "full") -> tuple[Any, ...]:
    found = ask(
        f"select {columns} from kpis.kpi_values where kpi_id = ? and variant = 'main' and unit_code = ? and caliber = ? "
        "and period_type = 'month' and period_start = date '2026-11-01'",
        kpi_id, unit_code, caliber,
    )  # fmt: skip
    assert len(found) == 1, f"expected one cell of {kpi_id} for {unit_code}, found {found}"
    return found[0]


def test_case_01_both_lianyungang_rates_divide_by_due(ask: Ask) -> None:
    due, on_time, late = ask(
        "select due_count, on_time_count, late_count from assessment.agg_orders_by_period where unit_code = ? "
        "and period_type = 'month' and caliber = 'full' and period_start = date '2026-11-01'", LIANYUNGANG,
    )[0]  # fmt: skip
    assert (due, on_time, on_time + late) == (24_932, 22_345, 23_974)
    assert round(100 * (on_time + late) / due, 2) == 96.16
    numerator, denominator, value = cell(ask, "H06", LIANYUNGANG, "numerator, denominator, value")
    assert (numerator, denominator, round(100 * value, 2)) == (22_345, 24_932, 89.62)


def test_case_03_three_rates_of_six_callbacks_and_none_without(ask: Ask) -> None:
    value, n = cell(ask, "H10", "u6", "value, denominator")
    assert (value, n) == (pytest.approx(85.0), 6)
    assert ask("select value from kpis.kpi_values where kpi_id = 'H08' and unit_code = 'u6' and period_type = 'month'")
    # u0 was asked once, for its merged duplicate, in both calibers; a unit nobody asked has a null, never a 0
    assert cell(ask, "H10", "u0", "denominator")[0] == 1
    zero = ask("select value from kpis.kpi_values where kpi_id = 'H10' and denominator = 0 and period_type = 'month'")
    assert zero and all(value is None for (value,) in zero)


def test_case_06_a_zone_of_22_has_the_interval_85_to_100(ask: Ask) -> None:
    low, high, n = cell(ask, "H06", ZONE, "ci_low, ci_high, denominator")
    assert (round(100 * low, 1), round(100 * high, 1), n) == (85.1, 100.0, 22)


def test_case_07_the_contract_names_the_published_denominator(ask: Ask) -> None:
    due, on_time, late, overdue, closed = ask(
        "select due_count, on_time_count, late_count, overdue_open_count, closed_count "
        "from assessment.agg_orders_by_period where unit_code = ? and period_type = 'month' and caliber = 'full' "
        "and period_start = date '2026-11-01'", DENOMINATORS,
    )[0]  # fmt: skip
    by_closed, by_due, by_closed_of_due = on_time / closed, on_time / due, on_time / (on_time + late)
    assert (closed, due, overdue) == (85, 100, 20)
    assert len({round(by_closed, 4), round(by_due, 4), round(by_closed_of_due, 4)}) == 3
    assert cell(ask, "H06", DENOMINATORS, "value")[0] == pytest.approx(by_due)


def test_case_09_a_merged_duplicate_is_never_resolved_but_its_caller_counts(ask: Ask) -> None:
    asked, resolved, satisfied = ask(
        "select callback_count, resolved_count, satisfied_count from assessment.agg_orders_by_period "
        "where unit_code = 'u0' and period_type = 'month' and caliber = 'full' and period_start = date '2026-11-01'"
    )[0]
    assert (asked, resolved, satisfied) == (1, 0, 0)
    assert cell(ask, "H06", "u0", "denominator")[0] == 0
    merged = ask("select is_merged from core.fct_work_orders where order_id = 'duplicate'")
    assert merged == [(True,)]


@pytest.mark.parametrize(
    ("district", "low", "high"), [("610105", 43.7, 97.0), ("610145", 78.6, 95.7), ("610155", 87.5, 92.7)]
)
def test_case_11_wilson_intervals(ask: Ask, district: str, low: float, high: float) -> None:
    resolved, asked = WILSON[district]
    found = ask(
        "select numerator, denominator, ci_low, ci_high from kpis.kpi_values where kpi_id = 'H08' and unit_code = ? "
        "and period_type = 'month' and caliber = 'full'", district + "001",
    )  # fmt: skip
    numerator, denominator, ci_low, ci_high = found[0]
    if district == "610145":  # case 9 lives in the same street: one more caller, not resolved
        assert (numerator, denominator) == (resolved, asked + 1)
    else:
        assert (numerator, denominator) == (resolved, asked)
        assert (100 * ci_low, 100 * ci_high) == (pytest.approx(low, abs=0.1), pytest.approx(high, abs=0.1))


def test_case_14_impossible_times_are_quarantined_with_a_rule_and_still_counted_as_landed(ask: Ask) -> None:
    assert ask("select order_id, rule_id from core.quarantine_work_orders order by 1") == [
        ("backwards", "L2-HOT-004"),
        ("year-3020", "L2-HOT-002"),
    ]
    assert (
        ask("select created_date from core.fct_work_orders where order_id = 'midnight'")[0][0].isoformat()
        == "2026-11-02"
    )
    landed, counted = ask(
        "select (select count(*) from raw.hotline__work_orders), (select count(*) from core.fct_work_orders)"
    )[0]
    assert landed == counted + 2


def test_the_interval_of_uptime_takes_a_device_day_as_its_unit(ask: Ask) -> None:
    numerator, denominator, value, low, high, n = cell(
        ask, "S05", "s1", "numerator, denominator, value, ci_low, ci_high, sample_size"
    )
    assert (numerator, denominator, value, n) == (237_600, 240_000, 0.99, 400)
    assert (round(100 * low, 1), round(100 * high, 1)) == (97.5, 99.6)  # Wilson for 396 of 400


def test_every_identity_holds_and_a_broken_one_is_found(built: Settings, tmp_path: Path) -> None:
    assert dbt_build.check_marts(Night(built, NIGHT)) == []
    broken = copy_of(built, tmp_path / "home")
    with work_file.connect(broken) as db:
        db.execute("update assessment.agg_orders_by_period set late_count = late_count + 1 where unit_type = 'city'")
        db.execute("delete from core.quarantine_work_orders")
    found = {finding.rule_id: finding for finding in dbt_build.check_marts(Night(broken, NIGHT))}
    assert found["L3-IDN-005"].rows_failed > 0
    assert found["L3-IDN-005"].table_name == "agg_orders_by_period"
    assert found["L3-IDN-001"].rows_failed == 2
