"""The gate, cell by cell: every verdict has a cell here that must get it, and a neighbour that must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from minhu import business_dates
from minhu.business_dates import Window
from minhu.findings import Finding
from minhu.gate import decision, kpi_checks
from minhu.landing.night import Night
from minhu.landing.zone import Attempt, Landing
from minhu.release import releases
from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.warehouse import work_file
from tests.fixtures import floors
from tests.fixtures.homes import build_and_judge, copy_of, query, settings_at
from tests.fixtures.landed import NIGHT, LandedCity
from tests.fixtures.languages import latin_words
from tests.fixtures.orders import add_order

pytestmark = pytest.mark.nights(6)

NEXT = NIGHT + timedelta(days=1)


@pytest.fixture
def home(city_of_floors: Settings, tmp_path: Path) -> Settings:
    """A copy of the built city, for one test to change."""
    return copy_of(city_of_floors, tmp_path / "home")


@pytest.fixture(scope="module")
def judged(city_of_floors: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The city with the verdicts of its first night, for tests that only read."""
    settings = copy_of(city_of_floors, tmp_path_factory.mktemp("judged") / "home")
    decision.decide_verdicts(Night(settings, NIGHT))
    return settings


def judge_after(earlier: Path, settings: Settings, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts of a night before which the cells in the folder ``earlier`` were released."""
    found = Release("earlier", NIGHT, business_dates.end_of(NIGHT, settings.zone), earlier, {}, "")
    monkeypatch.setattr(releases, "latest_before", lambda *_: found)
    build_and_judge(settings, day)


def verdict(
    settings: Settings, unit_code: str, kpi_id: str = "H06", columns: str = "verdict, rule_id"
) -> tuple[Any, ...]:
    found = query(
        settings,
        f"select {columns} from publish.kpi_results where kpi_id = ? and unit_code = ? and variant in ('main', 'raw') "
        "and period_type = 'month' and caliber = 'full' and period_start = date '2026-11-01'",
        kpi_id, unit_code,
    )  # fmt: skip
    assert len(found) == 1, found
    return found[0]


def test_floors_decide_suppressed_band_only_published_and_not_rated(judged: Settings) -> None:
    assert verdict(judged, "d05") == ("SUPPRESSED", "L4-KPI-003")
    assert verdict(judged, "d12") == ("SUPPRESSED", "L4-KPI-009"), "city - d12 - d20 - d40 would tell d05"
    assert verdict(judged, "d20") == ("BAND_ONLY", "L4-KPI-004")
    assert verdict(judged, "d40") == ("PUBLISHED", "")
    assert verdict(judged, "d00") == ("NOT_RATED", "L4-KPI-002")
    assert verdict(judged, "d05", columns="numerator, value, ci_low, denominator") == (None, None, None, 5)
    assert verdict(judged, "d20", columns="numerator, denominator, value") == (20, 20, 1.0)
    assert verdict(judged, "610100", "G04") == ("NOT_RATED", "L4-KPI-002")


def test_case_12_a_district_below_the_floor_is_never_ranked(judged: Settings) -> None:
    assert verdict(judged, "d20", columns="value, rank_best, rank_worst") == (1.0, None, None)
    assert verdict(judged, "d40", columns="rank_best, rank_worst") == (1, 1)
    assert query(
        judged, "select count(*) from publish.kpi_results where verdict <> 'PUBLISHED' and rank_best is not null"
    ) == [(0,)]


def test_a_blocking_finding_withholds_exactly_the_cells_it_touches(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Finding(
        "L4-GXK-004", "block", "minhu", "kpi_values", "planted", kpi_id="H06", unit_type="district", unit_code="d40",
        period_from="2026-11-01", period_to="2026-11-30",
    )  # fmt: skip
    monkeypatch.setattr(kpi_checks, "check_values", lambda *_: [planted])
    decision.decide_verdicts(Night(home, NIGHT))
    assert verdict(home, "d40") == ("WITHHELD", "L4-GXK-004")
    assert verdict(home, "d40", columns="numerator, denominator, value, ci_low") == (None, None, None, None)
    assert verdict(home, "d40", "H04")[0] == "PUBLISHED"
    assert verdict(home, "d20")[0] == "BAND_ONLY"


def test_a_warning_is_a_note(home: Settings) -> None:
    landing = Landing(home.landing_dir)
    arrival = landing.arrival("hotline", NIGHT)
    assert arrival is not None and arrival.window_end is not None
    warning = Finding("L1-HOT-099", "warn", "hotline", "hotline.work_orders", "planted warning")
    landing.accept(Attempt("hotline", NIGHT, 1, Window(None, arrival.window_end)), [warning])
    decision.decide_verdicts(Night(home, NIGHT))
    assert verdict(home, "d40") == ("PUBLISHED_WITH_NOTE", "L1-HOT-099")
    assert verdict(home, "d20")[0] == "BAND_ONLY"


def test_a_blocked_source_keeps_yesterdays_cells_marked_stale(
    judged: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copy_of(judged, tmp_path / "home")
    with work_file.connect(home) as db:
        cells = db.execute("select * from publish.kpi_results").to_arrow_table()
    folder = home.home / "earlier"
    (folder / "kpi_results").mkdir(parents=True)
    pq.write_table(cells, folder / "kpi_results" / "2026-11.parquet")
    LandedCity().land(home, NEXT, sources=("grid", "stations"))
    blocked = Finding("L0-HOT-001", "block", "hotline", "hotline", "the hotline did not answer")
    refused = Finding("L1-HOT-001", "block", "hotline", "hotline.places", "seen in the refused delivery")
    Landing(home.landing_dir).block("hotline", NEXT, "the hotline did not answer", [blocked, refused])
    judge_after(folder, home, NEXT, monkeypatch)
    assert verdict(home, "d40", columns="verdict, rule_id, is_stale, value") == (
        "PUBLISHED_WITH_NOTE",
        "L4-KPI-005",
        True,
        1.0,
    )
    # a fresh cell leaves its as_of to the release; the fixture's earlier file says its own
    assert verdict(home, "610100", "G04", "as_of")[0] is None
    assert verdict(home, "d20")[0] == "BAND_ONLY"
    assert verdict(home, "610100", "G04", "verdict, is_stale") == ("NOT_RATED", False)
    assert query(home, "select count(*) from publish.quality_findings where rule_id = 'L0-HOT-001'") == [(1,)]


def test_a_source_blocked_on_the_first_night_withholds_and_says_why(tmp_path: Path) -> None:
    settings = settings_at(tmp_path)
    lacks = {"callbacks": "nobody is called back", "tiers": "没有办理等级 / there are no tiers"}
    settings = replace(settings, city=replace(settings.city, absent_inputs=lacks))
    LandedCity().land(settings, NIGHT, sources=("grid", "stations"))
    landing = Landing(settings.landing_dir)
    arrival = landing.arrival("grid", NIGHT)
    assert arrival is not None and arrival.window_end is not None
    odd = Finding("L1-GRD-021", "warn", "grid", "grid.events", "unknown fields", rows_seen=9, rows_failed=2)
    landing.accept(Attempt("grid", NIGHT, 1, Window(None, arrival.window_end)), [odd])
    blocked = Finding("L0-HOT-001", "block", "hotline", "hotline", "wrong password")
    Landing(settings.landing_dir).block("hotline", NIGHT, "wrong password", [blocked])
    build_and_judge(settings, NIGHT)
    found = query(
        settings,
        "select distinct verdict, rule_id, reason from publish.kpi_results where kpi_id = 'H06' and variant = 'main'",
    )
    assert found == [("WITHHELD", "L4-KPI-006", "来源未到且无历史值：未通过“12345热线已交付”（L0-HOT-001）")]
    absent = query(settings, "select distinct kpi_id, reason from publish.kpi_results where rule_id = 'L4-KPI-001'")
    assert {("H08", "本市没有该数据来源"), ("T04", "本市没有该数据来源：没有办理等级")} <= set(absent)
    messages = "select rule_id, message, detail from publish.quality_findings where severity in ('block', 'warn')"
    assert set(query(settings, messages)) >= {
        ("L0-HOT-001", "未通过“12345热线已交付”", "wrong password"),
        ("L1-GRD-021", "未通过“没有契约之外的字段”：检视 9 项，不合 2 项", "unknown fields"),
    }
    reasons = query(settings, "select distinct reason from publish.kpi_results")
    assert {reason: latin_words(reason) for (reason,) in reasons if latin_words(reason)} == {}


def test_quarantined_records_withhold_the_units_and_months_where_they_are_many(home: Settings) -> None:
    city = LandedCity()
    for number in range(10):
        add_order(
            city, f"bad-{number}", "d40", created_at="2026-11-05 09:00", due_at="2026-11-10 18:00",
            closed_at="2026-11-04 10:00",
        )  # fmt: skip
        # a deadline that has not come: missing among the orders created, not among those due
        add_order(
            city,
            f"later-{number}",
            "d20",
            created_at="2026-11-05 09:00",
            due_at="2026-11-29 18:00",
            replied_at="2026-11-04 10:00",
        )
    floors.pictures(city)
    city.land(home, NEXT)
    build_and_judge(home, NEXT)
    assert [verdict(home, "d40", kpi_id) for kpi_id in ("H04", "H06")] == [("WITHHELD", "L2-HOT-004")] * 2
    assert [verdict(home, "d20", kpi_id)[0] for kpi_id in ("H04", "H06")] == ["WITHHELD", "BAND_ONLY"]
    assert query(home, "select count(*) from publish.quarantined_rows where rule_id = 'L2-HOT-004'") == [(20,)]


def test_the_suite_of_the_kpi_frame_finds_an_impossible_share(home: Settings) -> None:
    with work_file.connect(home) as db:
        assert kpi_checks.check_values(db) == []
        db.execute(
            "update kpis.kpi_rates set numerator = denominator + 1, value = 1.5 "
            "where kpi_id = 'H06' and variant = 'main' and unit_code = 'd20' and period_type = 'month' and caliber = 'full'"
        )
        found = kpi_checks.check_values(db)
    assert {finding.rule_id for finding in found} == {"L4-GXK-004", "L4-GXK-005", "L4-GXK-007"}
    assert {(f.kpi_id, f.unit_code, f.period_from) for f in found} == {("H06", "d20", "2026-11-01")}
    assert pa.Table.from_pylist([f.as_dict() for f in found]).num_rows == 3


def test_an_unusual_volume_and_a_thin_callback_are_notes_on_exactly_their_cells(home: Settings) -> None:
    city = LandedCity()
    floors.pictures(city)
    # ten orders a day, forty on the night itself; two of those closed, 190 here and 77 before, are called back
    for day in range(1, 21):
        for number in range(40 if day == 20 else 10):
            order = f"o{day:02d}-{number:02d}"
            closed = f"2026-11-{day:02d} 12:00" if day < 20 else None
            add_order(city, order, "d00", created_at=f"2026-11-{day:02d} 09:00", closed_at=closed)
            if day == 1 and number < 2:
                city.add("hotline.callbacks", callback_id=order, order_id=order, called_at="2026-11-03 09:00")
    city.land(home)
    build_and_judge(home, NIGHT)
    found = query(
        home,
        "select rule_id, severity, kpi_id, unit_type from publish.quality_findings where rule_id like 'L3-%' order by all",
    )
    assert ("L3-VOL-001", "warn", "", "") in found
    assert ("L3-COV-001", "warn", "H08", "city") in found and not any(kpi_id == "H11" for _, _, kpi_id, _ in found)
    days = query(
        home,
        "select period_start, verdict, rule_id from publish.kpi_results where kpi_id = 'H04' and unit_type = 'city' "
        "and period_type = 'day' and caliber = 'full' and period_start >= date '2026-11-19' order by 1",
    )
    assert [(verdict, rule) for _, verdict, rule in days] == [("PUBLISHED", ""), ("PUBLISHED_WITH_NOTE", "L3-VOL-001")]
