"""Published accounts beside a release, and what schemes make of rates."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from minhu.analysis import claims, schemes
from minhu.cli.app import app
from minhu.errors import UsageError
from minhu.landing.night import Night
from minhu.pipeline import publication
from minhu.settings import PROJECT_ROOT, Settings
from tests.fixtures.homes import build_and_judge, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order
from tests.release.conftest import empty_database

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"

pytestmark = pytest.mark.nights(1)

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "claims.csv"


#: One district solves what it is asked and pleases half of its callers; the other the other way round.
RESOLVING, PLEASING = "610102", "610103"
#: Too few callers to be ranked.
FEW = "610111"


def asked(city: LandedCity, order: str, district: str, day: str, resolved: bool, satisfied: bool) -> None:
    add_order(city, order, district, created_at="2026-10-01 09:00", closed_at="2026-10-10 10:00")
    city.add(
        "hotline.callbacks", callback_id=f"c{order}", order_id=order, called_at=f"{day} 10:00", resolved=resolved,
        satisfaction="satisfied" if satisfied else "dissatisfied",
    )  # fmt: skip


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Settings:
    settings = settings_at(tmp_path_factory.mktemp("claims"))
    city = LandedCity()
    city.places({district: {f"{district}001": (f"{district}001001",)} for district in (RESOLVING, PLEASING, FEW)})
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
    for number in range(15):
        asked(city, f"{FEW}-{number}", FEW, "2026-11-06", True, True)
    for number in range(40):  # two days before the assessment month begins
        asked(city, f"early-{number}", PLEASING, "2026-10-17", resolved=False, satisfied=False)
    city.land(settings)
    build_and_judge(settings, NIGHT)
    publication.publish_release(Night(settings, NIGHT), empty_database(server, "published_claims"))
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


def test_counts_of_the_brief_stand_beside_the_counts_of_the_release(night: Settings) -> None:
    """The release has one street in each of three districts, none of them Lianhu, and no returns."""
    rows = {row["claim_id"]: row for row in claims.reconcile(night).to_pylist()}
    streets = rows["brief.org_streets"]
    assert (streets["measured_as"], streets["measured_value"], streets["status"]) == ("places", 3, "not_reproducible")
    assert rows["brief.lianhu_streets"]["unit_code"] == "610104"
    assert rows["brief.lianhu_streets"]["measured_value"] is None
    assert rows["brief.studio_count"]["measured_as"] == "denominator"


def test_a_claim_is_set_beside_something_that_is_published() -> None:
    def seed(name: str) -> list[dict[str, str]]:
        with SEED.with_name(name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    contract = {(row["kpi_id"], row["variant"]): row for row in seed("kpi_contract.csv")}
    for row in seed("claims.csv"):
        assert row["measured_as"] in claims.MEASURED_AS, row["claim_id"]
        if row["measured_as"] == "places":
            assert (row["kpi_id"], row["period_start"]) == ("", "") and row["variant"] in ("street", "community")
        elif row["kpi_id"]:
            kpi = contract[row["kpi_id"], row["variant"]]
            assert "city" in kpi["levels"].split() and row["period_type"] in kpi["periods"].split(), row["claim_id"]
            assert row["measured_as"] != "denominator" or kpi["denominator"], row["claim_id"]


def a_file(path: Path, *rows: dict[str, str | float], without: tuple[str, ...] = ()) -> Path:
    header = [name for name in SEED.read_text(encoding="utf-8").splitlines()[0].split(",") if name not in without]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({"claim_row": 1, "bound": "=", "is_definition_known": "true"} | row)
    return path


COVERAGE: dict[str, str | float] = {"kpi_id": "H11", "variant": "main", "period_type": "month"}


def test_a_file_without_the_newer_columns_means_values_of_the_city(night: Settings, tmp_path: Path) -> None:
    # October closed 135 orders that may be asked, 40 of them of the early callers; every one was called back
    old = a_file(tmp_path / "old.csv", COVERAGE | {"claim_id": "c", "value": 1}, without=("measured_as", "unit_code"))
    [row] = claims.reconcile(night, old).to_pylist()
    assert (row["measured_as"], row["unit_code"], row["measured_value"]) == ("value", None, 1.0)
    assert row["status"] == "reproduced"
    counts = a_file(
        tmp_path / "counts.csv",
        COVERAGE | {"claim_id": "all", "value": 135, "measured_as": "denominator"},
        COVERAGE | {"claim_id": "one", "value": 40, "measured_as": "numerator", "unit_code": RESOLVING},
        COVERAGE | {"claim_id": "two", "value": 40, "measured_as": "numerator", "unit_code": PLEASING},
        COVERAGE | {"claim_id": "then", "value": 40, "measured_as": "numerator", "period_start": "2020-10-01"},
        {"claim_id": "street", "value": 1, "measured_as": "places", "variant": "street", "unit_code": PLEASING},
    )
    found = {
        row["claim_id"]: (row["measured_value"], row["status"]) for row in claims.reconcile(night, counts).to_pylist()
    }
    assert found == {
        "all": (135, "reproduced"), "one": (40, "reproduced"), "two": (80, "not_reproducible"),
        "then": (None, "not_reproducible"), "street": (1, "reproduced"),
    }  # fmt: skip


def test_what_a_claim_counts_is_a_known_word(night: Settings, tmp_path: Path) -> None:
    strange = a_file(tmp_path / "strange.csv", {"claim_id": "c", "value": 1, "measured_as": "share"})
    with pytest.raises(UsageError, match="measured_as is share, expected one of value, numerator, denominator, places"):
        claims.reconcile(night, strange)


def test_a_screen_shows_whole_notes_and_how_many_met_which_fate(
    night: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINHU_HOME", str(night.home))
    shown = CliRunner().invoke(app, ["claims"])
    assert shown.exit_code == 0, shown.output
    assert "…" not in shown.output
    assert max(len(line) for line in shown.output.splitlines()) <= 120
    rows = claims.reconcile(night)
    last = shown.output.splitlines()[-1]
    assert last == claims.summary(rows) and last.startswith(f"合计 {rows.num_rows} 条：可重现 ")
    assert sum(int(part.split()[-1]) for part in last.split("：")[1].split("，")) == rows.num_rows


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


def test_two_schemes_rank_as_published_and_say_which_rule_moved_whom(night: Settings) -> None:
    """By hand: 10 + 50 + 20 = 80 and 10 + 25 + 40 = 75 under one; 30 + 35 + 17.5 and 30 + 17.5 + 35, a tie, under the other.

    Bounds of 40 callers overlap, so neither is surely first.
    """
    rows = schemes.compare(night, "three_rate_10_50_40", "three_rate_30_35_35", "2026-11").to_pylist()
    assert [(r["unit_code"], r["score_a"], r["ranks_a"], r["score_b"], r["ranks_b"], r["moved"]) for r in rows] == [
        (RESOLVING, 80, "1-2", 82.5, "1-2", "not surely"), (PLEASING, 75, "1-2", 82.5, "1-2", "not surely"),
        (FEW, 100, None, 100, None, None),
    ]  # fmt: skip
    published = query(
        night,
        "select unit_code, concat(rank_best, '-', rank_worst) from publish.scheme_scores where scheme = 'three_rate_10_50_40' "
        "and period_type = 'month' and period_start = '2026-11-01' and unit_type = 'district' and caliber = 'assessed' "
        "and rank_best is not null order by unit_code",
    )
    assert published == [(RESOLVING, "1-2"), (PLEASING, "1-2")], "the ranks are those of the published table"
    # resolution: -15, -7.5 and -15 points, so -2.5, +5 and -2.5 beside their mean
    assert [(r["moved_by"], r["moved_points"]) for r in rows] == [("H08", -2.5), ("H08", 5.0), ("H08", -2.5)]
    assert {row["caliber"] for row in rows} == {"assessed"}
    assert (
        rows[2]["not_ranked"] == "three_rate_10_50_40: BAND_ONLY L4-KPI-004; three_rate_30_35_35: BAND_ONLY L4-KPI-004"
    )
    full = schemes.compare(night, "three_rate_10_50_40", "three_rate_30_35_35", "2026-11", caliber="full").to_pylist()
    assert {row["caliber"] for row in full} == {"full"}
    with pytest.raises(UsageError, match="expected one of full, assessed"):
        schemes.compare(night, "three_rate_10_50_40", "three_rate_30_35_35", "2026-11", caliber="rated")


def test_moving_the_month_shows_whose_score_hangs_on_it(night: Settings) -> None:
    """Forty unhappy callers stand two days before the month; windows that begin by then hold 80 of one district's callers."""
    rows = schemes.sensitivity(night, "three_rate_10_50_40", "2026-10").to_pylist()
    assert [(r["unit_code"], r["score"], r["rank"], r["rank_best"], r["rank_worst"], r["score_span"]) for r in rows] == [
        (FEW, 100, 1, 1, 1, 0), (RESOLVING, 80, 2, 2, 2, 0), (PLEASING, 75, 3, 3, 3, 32.5),
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


def test_levels_of_schemes_are_the_words_of_their_lists() -> None:
    with (PROJECT_ROOT / "dbt_project/seeds/schemes.csv").open(encoding="utf-8", newline="") as file:
        listed = {(row["applies_to"], level) for row in csv.DictReader(file) for level in row["applies_to"].split()}
    with (PROJECT_ROOT / "dbt_project/seeds/scheme_levels.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["applies_to"], row["unit_type"]) for row in csv.DictReader(file)]
    assert len(rows) == len(set(rows))
    assert set(rows) == listed
