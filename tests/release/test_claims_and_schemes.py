"""Published accounts beside a release, and what schemes make of rates."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from minhu import claims, schemes
from minhu.errors import UsageError
from minhu.settings import PROJECT_ROOT, Settings
from tests.dbt.conftest import build, settings_at
from tests.dbt.test_acceptance_cases import add_order
from tests.fixtures.landed import NIGHT, LandedCity
from tests.release.conftest import empty_database

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "claims.csv"


#: One district solves what it is asked and pleases half of its callers; the other the other way round.
RESOLVING, PLEASING = "610102", "610103"


def asked(city: LandedCity, order: str, district: str, day: str, resolved: bool, satisfied: bool) -> None:
    add_order(city, order, district, created_at="2026-10-01 09:00", closed_at="2026-10-10 10:00")
    city.add(
        "hotline.callbacks", callback_id=f"c{order}", order_id=order, called_at=f"{day} 10:00", resolved=resolved,
        satisfaction="satisfied" if satisfied else "dissatisfied",
    )  # fmt: skip


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Settings:
    from minhu import gate, warehouse

    settings = settings_at(tmp_path_factory.mktemp("claims"))
    city = LandedCity()
    city.places({district: {f"{district}001": (f"{district}001001",)} for district in (RESOLVING, PLEASING)})
    city.units("u1")
    for district in (RESOLVING, PLEASING):
        for number in range(40):
            half = number < 20
            asked(
                city,
                f"{district}-{number}",
                district,
                "2026-11-06",
                half or district == RESOLVING,
                half or district == PLEASING,
            )
    for number in range(40):  # two days before the assessment month begins
        asked(city, f"early-{number}", PLEASING, "2026-10-17", resolved=False, satisfied=False)
    city.land(settings)
    build(settings, NIGHT)
    warehouse.check_marts(settings, NIGHT)
    gate.decide_verdicts(settings, NIGHT)
    gate.publish_release(settings, empty_database(server, "published_claims"), NIGHT)
    return settings


def fates(rows: pa.Table) -> dict[str, str]:
    return {row["claim_id"]: row["status"] for row in rows.to_pylist()}


def test_case_08_the_briefs_funds_count_once_and_mixed_calls_are_refused(night: Settings) -> None:
    found = fates(claims.reconcile(night))
    assert {name for name, fate in found.items() if fate == "duplicate"} == {
        "brief.fund_total.again", "brief.fund_activity_month.again", "brief.fund_award_total.again",
    }  # fmt: skip
    assert found["brief.fund_award_total"] == "reproduced"
    assert found["brief.calls_2020"] == found["brief.orders_per_call"] == "definition_missing"
    assert found["brief.grid_events_total"] == "contradicted"
    assert found["brief.reply_rate"] == "not_reproducible"


def test_all_nineteen_rows_of_the_brief_are_there(night: Settings) -> None:
    rows = claims.reconcile(night).to_pylist()
    assert {row["claim_row"] for row in rows} == set(range(1, 20))
    both = [row for row in rows if row["claim_id"].startswith("brief.local_handling_share")]
    assert [row["kpi_id"] for row in both] == ["S02", "S01"], "70% stands under both definitions"
    assert next(row["ratio"] for row in rows if row["claim_id"] == "brief.grid_events_total") == 95.0


def test_case_04_and_05_parts_that_miss_their_total(night: Settings, tmp_path: Path) -> None:
    """Lianyungang 2019-06 misses 1,636, Xi'an 2019-02 misses 55; both come from a file."""
    path = tmp_path / "next year.csv"
    header = SEED.read_text(encoding="utf-8").splitlines()[0].split(",")
    figures = [
        ("accepted", 63458, "new carried"), ("new", 55978, ""), ("carried", 5844, ""),
        ("forwarded", 29337, "a b c"), ("a", 11915, ""), ("b", 5576, ""), ("c", 11791, ""),
    ]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        for name, value, parts in figures:
            row = {"claim_id": name, "claim_row": 1, "bound": "=", "value": value, "is_definition_known": "true"}
            writer.writerow(row | {"sum_of": parts})
    rows = {row["claim_id"]: row for row in claims.reconcile(night, path).to_pylist()}
    assert (rows["accepted"]["status"], rows["accepted"]["difference"]) == ("contradicted", 1636)
    assert (rows["forwarded"]["status"], rows["forwarded"]["difference"]) == ("not_reproducible", 55)
    assert "部分可解释" in rows["forwarded"]["note_zh"]
    assert claims.readable(claims.reconcile(night, path)).num_rows == len(figures)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "claim_id\nx\n"])
def test_a_file_of_something_else_is_refused(night: Settings, tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="read the claims"):
        claims.reconcile(night, path)
    with pytest.raises(UsageError, match="does not exist"):
        claims.reconcile(night, tmp_path / "none.csv")


def points(scheme: str, kpi: str, rate: float, unit: str = "district", direction: str = "up") -> float:
    with duckdb.connect() as db:
        found = db.execute(
            f"""select {schemes._points("rates.value")}
                from (select ?::double as value) as rates, (select ? as direction) as contract,
                    read_csv(?, nullstr = '') as schemes
                where scheme = ? and kpi_id = ? and list_contains(string_split(applies_to, ' '), ?)""",
            [rate, direction, str(SEED.with_name("schemes.csv")), scheme, kpi, unit],
        ).fetchall()
    assert len(found) == 1
    return float(found[0][0])


@pytest.mark.parametrize(
    ("kpi", "rate", "unit", "expected"),
    [
        ("H06", 0.8982, "district", 14.82), ("H06", 0.6667, "district", 0), ("H09", 0.875, "district", 19.75),
        ("H09", 0.7059, "street", 12.8), ("H09", 0.5, "street", 12.5),
    ],
)  # fmt: skip
def test_case_02_lianyungang_points(kpi: str, rate: float, unit: str, expected: float) -> None:
    assert points("slope_floor_25", kpi, rate, unit) == pytest.approx(expected, abs=0.01)


def test_case_10_a_week_without_a_bad_thing_is_not_scored_0() -> None:
    assert points("ratio_to_target", "H12", 0.0, direction="down") == pytest.approx(25)
    assert 0 < points("ratio_to_target", "H12", 0.5, direction="down") < 25


def test_two_schemes_rank_and_say_which_rule_moved_whom(night: Settings) -> None:
    """By hand: 10 + 50 + 20 = 80 and 10 + 25 + 40 = 75 under one; 30 + 35 + 17.5 and 30 + 17.5 + 35, a tie, under the other."""
    rows = schemes.compare(night, "three_rate_10_50_40", "three_rate_30_35_35", "2026-11").to_pylist()
    assert [(r["unit_code"], r["score_a"], r["rank_a"], r["score_b"], r["rank_b"], r["places_gained"]) for r in rows] == [
        (RESOLVING, 80, 1, 82.5, 1, 0), (PLEASING, 75, 2, 82.5, 1, 1),
    ]  # fmt: skip
    # resolution: -15 and -7.5 points, so -3.75 and +3.75 beside their mean
    assert [(r["moved_by"], r["moved_points"]) for r in rows] == [("H08", -3.75), ("H08", 3.75)]


def test_moving_the_month_shows_whose_score_hangs_on_it(night: Settings) -> None:
    """Forty unhappy callers stand two days before the month; windows that begin by then hold 80 of one district's callers."""
    rows = schemes.sensitivity(night, "three_rate_10_50_40", "2026-10").to_pylist()
    assert [(r["unit_code"], r["score"], r["rank"], r["rank_best"], r["rank_worst"], r["score_span"]) for r in rows] == [
        (RESOLVING, 80, 1, 1, 1, 0), (PLEASING, 75, 2, 2, 2, 32.5),
    ]  # fmt: skip
    with pytest.raises(UsageError, match="expected one of district"):
        schemes.sensitivity(night, "three_rate_10_50_40", "2026-10", "grid")


def test_comparing_says_what_is_wrong(night: Settings) -> None:
    with pytest.raises(UsageError, match="expected one of"):
        schemes.compare(night, "three_rate_10_50_40", "no_such", "2026-10")
    with pytest.raises(UsageError, match="expected YYYY-MM"):
        schemes.compare(night, "three_rate_10_50_40", "three_rate_30_35_35", "October")
    with pytest.raises(UsageError, match="has every component"):
        schemes.compare(night, "three_rate_10_50_40", "three_rate_30_35_35", "2026-09")
