"""What was published otherwise before: one night for each cause, each with cells that must and cells that must not be in the log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from minhu.analysis import restatements
from minhu.audit import replay
from minhu.errors import UsageError
from minhu.findings import Finding
from minhu.gate import decision
from minhu.landing.night import Night
from minhu.landing.zone import Landing
from minhu.pipeline import publication
from minhu.release.release_folder import Release
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import dbt_build, work_file
from tests.fixtures.databases import copied_database
from tests.fixtures.homes import build, build_and_publish, copy_of, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.orders import add_order
from tests.fixtures.returned import PARTIES, opinion, send

from .conftest import empty_database

pytestmark = pytest.mark.nights(9)

D15, D16, D17, D18, D19, D20 = (NIGHT - timedelta(days=back) for back in (5, 4, 3, 2, 1, 0))
AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (8, 9, 10))
AFTER_FIRST = "published_after_first"
Row = dict[str, Any]


def pictures(city: LandedCity, moved: bool = False) -> None:
    """Three districts with a street each; community dA001001 lies in a street of dB where it is ``moved``."""
    city.places({d: {f"{d}001": (f"{d}001001",)} for d in ("dA", "dB", "dC")})
    city.add(
        "hotline.places", place_code="k", name="k", level="community", parent_code="dB001" if moved else "dA001",
        valid_from=OCTOBER if moved else date(2020, 1, 1),
    )  # fmt: skip
    city.units("u1")


def order(city: LandedCity, key: str, district: str, month: int, seen: date, on_time: bool = True, **more: Any) -> None:
    day = f"2026-{month:02d}"
    add_order(
        city, key, district, created_at=f"{day}-05 09:00", due_at=f"{day}-10 18:00",
        closed_at=f"{day}-{'09' if on_time else '12'} 10:00", updated_at=f"{seen} 08:00", **more,
    )  # fmt: skip


def first_night(city: LandedCity) -> None:
    for month in (8, 9, 10):  # no cell of August is hidden, nor any beside it
        for district, count in (("dA", 40), ("dB", 40), ("dC", {8: 0, 9: 5, 10: 8}[month])):
            for number in range(count):
                order(city, f"{district}{month}-{number}", district, month, D15)
    for number in range(12):  # these know their community only
        city.add(
            "hotline.work_orders", order_id=f"k{number}", created_at="2026-10-05 09:00", due_at="2026-10-10 18:00",
            closed_at="2026-10-09 10:00", replied_at="2026-10-09 09:00", status="closed", closure_code="solved",
            community_code="k", updated_at=f"{D15} 08:00",
        )  # fmt: skip
    sent(city, date(2026, 10, 5), opinion("mended"), *(opinion(f"same{number}") for number in range(11)))


def sent(city: LandedCity, day: date, *rows: Any) -> None:
    """The return of September; its opinions were received then."""
    in_september = [
        (sheet, {**values, "street_code": "dA001", "received_on": date(2026, 9, 6)}) for sheet, values in rows
    ]
    send(city, PARTIES, day, *in_september, period="2026-09")


def late_and_corrected(city: LandedCity) -> None:
    """One late order of dA and one of dC in September, four of dC in October, one of dB in August not on time after all."""
    order(city, "late", "dA", 9, D16)
    order(city, "hidden", "dC", 9, D16)
    for number in range(4):
        order(city, f"more{number}", "dC", 10, D16)
    order(city, "dB8-0", "dB", 8, D16, on_time=False)
    order(city, "dB8-1", "dB", 8, D15)  # came again as it was


def sent_again(city: LandedCity) -> None:
    told = {**opinion("mended", date(2026, 9, 9))[1], "has_outcome": True}
    sent(city, date(2026, 11, 12), ("opinions", told), *(opinion(f"same{number}") for number in range(11)))


def publish(settings: Settings, uri: str, day: date, story: Any = None, moved: bool = False) -> Release:
    city = LandedCity()
    pictures(city, moved)
    if story:
        story(city)
    city.land(settings, day)
    return build_and_publish(settings, uri, day)


def other_project(folder: Path) -> Path:
    """The project with another version of H04, which counts otherwise."""
    shutil.copytree(
        PROJECT_ROOT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copy(PROJECT_ROOT / "requirements.txt", folder)
    seed = folder / "dbt_project" / "seeds" / "kpi_contract.csv"
    lines = seed.read_text(encoding="utf-8").splitlines()
    changed = [
        line.replace(",created_count,", ",created_count + 1,").replace(",1.1.0,", ",9.0.0,") if line.startswith("H04,") else line
        for line in lines
    ]  # fmt: skip
    assert sum(a != b for a, b in zip(lines, changed, strict=True)) == 1
    seed.write_text("\n".join(changed) + "\n", encoding="utf-8")
    return folder


@dataclass
class Story:
    settings: Settings
    uri: str
    nights: dict[date, Release]
    after_first: Settings

    def log(self, night: date, **where: Any) -> list[Row]:
        """Rows of a night's release about that night itself."""
        rows = self.nights[night].table("kpi_restatements").to_pylist()
        wanted = {"business_date": night, **where}
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def month(self, night: date, kpi_id: str, unit: str, first: date) -> Row:
        (row,) = self.log(
            night,
            kpi_id=kpi_id,
            variant="main",
            unit_code=unit,
            period_type="month",
            period_start=first,
            caliber="full",
        )
        return row


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Iterator[Story]:
    settings = settings_at(tmp_path_factory.mktemp("restated") / "home")
    uri = empty_database(server, "published_restated")
    nights = {D15: publish(settings, uri, D15, first_night)}
    after_first = copy_of(settings, tmp_path_factory.mktemp("after the first") / "home")
    copied_database(server, "published_restated", AFTER_FIRST)
    nights[D16] = publish(settings, uri, D16, late_and_corrected)
    nights[D17] = publish(settings, uri, D17, sent_again)
    city = LandedCity()
    pictures(city)
    city.land(settings, D18, accept=False)
    landing = Landing(settings.landing_dir)
    for source in ("hotline", "grid", "stations", "returns"):
        pending = landing.pending(source, D18)  # type: ignore[arg-type]
        assert pending is not None
        warning = Finding(
            "L1-HOT-099", "warn", "hotline", "hotline.work_orders", "planted", kpi_id="H04",
            period_from="2026-09-01", period_to="2026-09-30",
        )  # fmt: skip
        landing.accept(pending, [warning] if source == "hotline" else [])
    nights[D18] = build_and_publish(settings, uri, D18)
    nights[D19] = publish(settings, uri, D19, moved=True)
    other = replace(settings, project_root=other_project(tmp_path_factory.mktemp("other")))
    nights[D20] = publish(other, uri, D20, moved=True)
    yield Story(settings, uri, nights, after_first)


@pytest.fixture
def after_first(story: Story, server: Path, tmp_path: Path) -> tuple[Settings, str]:
    """A copy of the home and of its database as they were after the first night, for another second one."""
    return copy_of(story.after_first, tmp_path / "home"), copied_database(server, AFTER_FIRST, "published_otherwise")


def test_the_first_release_restates_nothing_and_says_since_when_is_known(story: Story) -> None:
    assert story.nights[D15].table("kpi_restatements").num_rows == 0
    since = story.nights[D20].table("kpi_published_since").to_pylist()
    assert {row["published_since"] for row in since} == {D15}


def test_a_late_order_is_named_with_its_unit_and_counted(story: Story) -> None:
    row = story.month(D16, "H04", "dA", SEPTEMBER)
    assert (row["causes"], row["late_rows"], row["corrected_rows"], row["rows_counted_in"]) == (
        "late_rows",
        1,
        0,
        "unit",
    )
    assert (row["numerator_before"], row["numerator_now"], row["value_difference"]) == (40, 41, 1.0)
    assert (row["difference"], row["verdict_before"], row["verdict_now"]) == ("changed", "PUBLISHED", "PUBLISHED")
    assert row["release_before"] == story.nights[D15].release_id
    city = story.month(D16, "H04", "610100", SEPTEMBER)
    assert (city["late_rows"], city["numerator_now"] - city["numerator_before"]) == (2, 2)


def test_a_corrected_order_is_named_and_one_that_came_again_is_not(story: Story) -> None:
    row = story.month(D16, "H06", "dB", AUGUST)
    assert (row["causes"], row["late_rows"], row["corrected_rows"]) == ("corrected_rows", 0, 1)
    assert (row["numerator_before"], row["numerator_now"], row["denominator_before"]) == (40, 39, 40)
    assert story.log(D16, kpi_id="H06", unit_code="dA", period_type="month", period_start=AUGUST) == []


def test_a_hidden_cell_leaks_nothing(story: Story) -> None:
    # five are six now: hidden on both sides, so no row, or one that tells of the rule alone
    for row in story.log(D16, kpi_id="H06", variant="main", unit_code="dC", period_start=SEPTEMBER):
        assert row["causes"] == "verdict_only" and row["rule_id_before"] != row["rule_id_now"]
    row = story.month(D16, "H06", "dC", OCTOBER)
    assert (row["verdict_before"], row["verdict_now"]) == ("SUPPRESSED", "BAND_ONLY")
    hidden = (
        "numerator_before",
        "denominator_before",
        "value_before",
        "value_difference",
        "late_rows",
        "corrected_rows",
    )
    assert [row[name] for name in hidden] == [None] * len(hidden)
    assert (row["denominator_now"], row["causes"]) == (12, "late_rows")
    for night in story.nights.values():
        for row in night.table("kpi_restatements").to_pylist():
            for side in ("before", "now"):
                if row[f"verdict_{side}"] in ("SUPPRESSED", "WITHHELD"):
                    assert row[f"numerator_{side}"] is row[f"denominator_{side}"] is row[f"value_{side}"] is None


def test_only_finished_periods_are_in_the_log(story: Story) -> None:
    for day, night in story.nights.items():
        cells = night.table("kpi_restatements").to_pylist()
        assert all(row["period_end"] <= row["business_date"] for row in cells), day


def test_a_return_sent_again_is_named_with_its_sheet(story: Story) -> None:
    rows = story.log(D17)
    assert rows and {row["kpi_id"] for row in rows} == {"R04"}
    assert {(row["causes"], row["restated_return"]) for row in rows} == {
        ("restated_return", "returns.opinions 2026-09")
    }


def test_a_verdict_that_changes_alone_names_its_rule(story: Story) -> None:
    rows = story.log(D18)
    assert rows and {(row["kpi_id"], row["causes"], row["late_rows"]) for row in rows} == {
        ("H04", "verdict_only", None)
    }
    row = story.month(D18, "H04", "dA", SEPTEMBER)
    assert (row["rule_id_before"], row["rule_id_now"], row["value_difference"]) == ("", "L1-HOT-099", 0.0)


def test_a_change_of_borders_is_named_with_the_place(story: Story) -> None:
    rows = [row for row in story.log(D19) if row["causes"] != "verdict_only"]  # what is hidden beside small cells moved
    assert rows and {row["causes"] for row in rows} == {"border_change"}
    assert {row["border_change"] for row in rows} == {"k"}
    assert {row["unit_code"] for row in rows} == {"dA", "dA001", "dB", "dB001"}
    gained = story.month(D19, "H04", "dB", OCTOBER)
    assert gained["numerator_now"] - gained["numerator_before"] == 12


def test_another_version_and_other_code_are_both_named(story: Story) -> None:
    rows = story.log(D20)
    assert rows and {row["kpi_id"] for row in rows} == {"H04"}
    assert {row["causes"] for row in rows} == {"rule_version code"}
    assert {(row["contract_version_before"], row["contract_version_now"]) for row in rows} == {("1.1.0", "9.0.0")}


def test_the_log_only_grows(story: Story) -> None:
    kept: list[Row] = []
    for night in story.nights.values():
        rows = night.table("kpi_restatements").to_pylist()
        assert [row for row in rows if row["business_date"] < night.business_date] == kept
        kept = rows
    assert len(kept) > 50


def test_a_night_with_another_border_is_replayed_to_the_byte(story: Story) -> None:
    """A night with late and corrected rows is in test_replay.py."""
    found = replay.replay(story.settings, story.nights[D19].release_id)
    assert found.is_equal, "\n".join(found.lines())


def test_the_log_can_be_asked_without_a_server(story: Story) -> None:
    rows = restatements.read_log(story.settings, "H04", "dA", "2026-09").to_pylist()
    of_month = [row for row in rows if row["period_type"] == "month" and row["caliber"] == "full"]
    assert [(row["night"], row["value_before"], row["value_since"], row["causes"]) for row in of_month] == [
        (D16, 40, 41, "late_rows"), (D18, 41, 41, "verdict_only"), (D20, 41, of_month[-1]["value_now"], "rule_version code"),
    ]  # fmt: skip
    assert restatements.read_log(story.settings, night=D15).num_rows == 0
    with pytest.raises(UsageError, match="is no period"):
        restatements.read_log(story.settings, period="October")


def test_readers_ask_what_was_known_on_a_night(story: Story) -> None:
    asked = (
        "select numerator, verdict, numerator_now, verdict_now, changed_on, causes from published.kpi_known(%s) "
        "where kpi_id = 'H04' and unit_code = 'dA' and period_type = 'month' and period_start = %s and caliber = 'full'"
    )
    with psycopg.connect(story.uri) as connection:
        known = {day: connection.execute(asked, (day, SEPTEMBER)).fetchall() for day in (D15, D16, D17, D18, D20)}
        for day in (D16, D18):
            (number,) = connection.execute(
                "select release_no from published.releases where release_id = %s", (story.nights[day].release_id,)
            ).fetchone() or (0,)
            then = connection.execute(
                "select kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber, value, verdict, rule_id "
                "from published.kpi_results_at(%s) where (not is_provisional or (not is_covered and period_end < %s)) "
                "and verdict not in ('SUPPRESSED', 'WITHHELD') order by 1, 2, 3, 4, 5, 6, 7",
                (number, day - timedelta(days=30)),
            ).fetchall()
            rebuilt = connection.execute(
                "select kpi_id, variant, unit_type, unit_code, period_type, period_start, caliber, value, verdict, rule_id "
                "from published.kpi_known(%s) where verdict not in ('SUPPRESSED', 'WITHHELD') order by 1, 2, 3, 4, 5, 6, 7",
                (day,),
            ).fetchall()
            assert len(then) > 1000 and then == rebuilt, "the log gives back the release of that night"
        with pytest.raises(psycopg.errors.RaiseException, match="nothing is known"):
            connection.execute(asked, (D15 - timedelta(days=1), SEPTEMBER))
    assert known[D15][0][:2] == (40, "PUBLISHED")
    assert known[D15][0][4:] == (D16, "late_rows")
    assert known[D16][0][0] == known[D17][0][0] == 41 and known[D17][0][4] == D18
    assert known[D18][0][1] == "PUBLISHED_WITH_NOTE" and known[D20][0][4] is None


def test_a_night_published_again_adds_nothing(story: Story) -> None:
    again = build_and_publish(story.settings, story.uri, D17)
    assert not again.is_new and again.release_id == story.nights[D17].release_id


def test_what_nights_judged_and_did_not_publish_is_restated_by_the_release_that_comes(
    story: Story, after_first: tuple[Settings, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, uri = after_first
    asked: list[bool] = []
    decide = dbt_build.decide
    monkeypatch.setattr(
        dbt_build, "decide", lambda night, everything: (asked.append(everything), decide(night, everything))
    )
    city = LandedCity()
    pictures(city)
    late_and_corrected(city)
    city.land(settings, D16)
    build(settings, D16)
    for _ in range(2):  # the second has nothing to judge, and the machine goes down before it publishes
        decision.decide_verdicts(Night(settings, D16))
    city = LandedCity()
    pictures(city)
    city.land(settings, D17)
    later = build_and_publish(settings, uri, D17)
    assert asked == [False] * 3, "only what may have changed was judged"

    def restated(release: Release, day: date) -> set[tuple[Any, ...]]:
        columns = ("kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber", "value_now")
        rows = release.table("kpi_restatements").to_pylist()
        return {tuple(row[name] for name in columns) for row in rows if row["business_date"] == day}

    missing = restated(story.nights[D16], D16) - restated(later, D17)
    assert restated(story.nights[D16], D16) and not missing


def test_a_figure_that_moved_without_a_cause_is_unexplained(after_first: tuple[Settings, str]) -> None:
    settings, uri = after_first
    city = LandedCity()
    pictures(city)
    city.land(settings, D16)
    build(settings, D16)
    with work_file.connect(settings) as db:
        db.execute(
            "update kpis.kpi_rates set numerator = 39, value = 39 where kpi_id = 'H04' and unit_code = 'dA' "
            "and period_type = 'month' and period_start = ? and caliber = 'full'",
            [SEPTEMBER],
        )
        db.execute("insert into raw.periods_pending values ('orders', 'month', ?)", [SEPTEMBER])
    found = publication.publish_night(Night(settings, D16), uri)
    rows = found.table("kpi_restatements").to_pylist()
    assert [(row["unit_code"], row["causes"], row["value_now"]) for row in rows] == [("dA", "unexplained", 39.0)]
    page = (settings.home / "reports" / found.release_id / "changes.html").read_text(encoding="utf-8")
    assert "原因不明" in page and "unexplained" in page


def test_a_source_that_stayed_away_and_came_back_restates_nothing(after_first: tuple[Settings, str]) -> None:
    settings, uri = after_first
    finding = Finding("L0-HOT-001", "block", "hotline", "hotline", "it did not answer")
    Landing(settings.landing_dir).block("hotline", D16, "it did not answer", [finding])
    LandedCity().land(settings, D16, sources=("grid", "stations", "returns"))
    stale = build_and_publish(settings, uri, D16)
    assert any(row["is_stale"] for row in stale.table("kpi_results").to_pylist())
    city = LandedCity()
    pictures(city)
    order(city, "late", "dA", 9, D17)
    city.land(settings, D17)
    rows = build_and_publish(settings, uri, D17).table("kpi_restatements").to_pylist()
    rows = [row for row in rows if row["rule_id_before"] != "L4-KPI-006"]  # the day itself had no figure to keep
    assert rows and {(row["business_date"], row["causes"]) for row in rows} == {(D17, "late_rows")}
    assert {row["unit_code"] for row in rows} <= {"610100", "dA", "dA001", "u1"}
