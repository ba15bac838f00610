"""Station files over several nights: days that were missed, made good, or never came."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings
from tests.fixtures.landed import NIGHT
from tests.fixtures.station_folder import case, land, write_cases


def deliver(drop: Path, day: date, case_id: str) -> None:
    """The delivery of NIGHT with another date and one case of its own."""
    folder = drop / day.isoformat()
    shutil.copytree(drop / NIGHT.isoformat(), folder)
    for path in sorted(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("20261120", f"{day:%Y%m%d}")))
    changed = f"{day} 09:30:00"
    write_cases(folder, [case(办件编号=case_id, 更新时间=changed)], name=f"cases_610103_{day:%Y%m%d}.csv")


def case_ids(settings: Settings, attempt: Attempt) -> list[str]:
    table = Landing(settings.landing_dir).read_table("stations", "cases", attempt.business_date, attempt.number)
    return list(table["case_id"].to_pylist())


def test_missed_days_are_read_when_they_come_and_named_when_they_do_not(home: Settings, drop: Path) -> None:
    landing = Landing(home.landing_dir)
    landing.accept(land(home, drop))
    d21, d22, d25 = (NIGHT + timedelta(days=n) for n in (1, 2, 5))
    deliver(drop, d22, "B022")
    deliver(drop, d25, "B025")
    attempt = land(home, drop, d25)
    assert case_ids(home, attempt) == ["B001", "B022", "B025"]
    found = [(f.rule_id, f.table_name, f.period_from, f.period_to, f.rows_failed) for f in attempt.findings]
    assert found == [
        ("L1-STA-028", f"stations.{name}", "2026-11-21", "2026-11-24", 3) for name in ("cases", "terminals")
    ]
    assert attempt.findings[0].sample_keys == "2026-11-21 2026-11-23 2026-11-24"
    deliver(drop, d21, "B021")
    assert case_ids(home, land(home, drop, d25)) == ["B001", "B021", "B022", "B025"]


def test_nights_in_order_and_the_first_one_miss_nothing(home: Settings, drop: Path) -> None:
    landing = Landing(home.landing_dir)
    for number in range(3):
        day = NIGHT + timedelta(days=number)
        if number:
            deliver(drop, day, f"B{number}")
        attempt = land(home, drop, day)
        assert attempt.findings == ()
        landing.accept(attempt)


def test_a_day_that_was_refused_is_read_again_with_the_next_one(home: Settings, drop: Path) -> None:
    landing = Landing(home.landing_dir)
    landing.accept(land(home, drop))
    for number in range(1, 7):
        day = NIGHT + timedelta(days=number)
        deliver(drop, day, f"B{number}")
        if number < 6:
            landing.block("stations", day, "planted")
    attempt = land(home, drop, NIGHT + timedelta(days=6))
    assert case_ids(home, attempt) == ["B001", "B1", "B2", "B3", "B4", "B5", "B6"] and attempt.findings == ()


def test_days_older_than_the_overlap_are_left_alone(home: Settings, drop: Path) -> None:
    landing = Landing(home.landing_dir)
    old = NIGHT - timedelta(days=4)
    deliver(drop, old, "OLD")
    landing.accept(land(home, drop))
    (drop / old.isoformat() / f"cases_610103_{old:%Y%m%d}.csv").write_text("broken since")
    day = NIGHT + timedelta(days=1)
    deliver(drop, day, "B1")
    assert case_ids(home, land(home, drop, day)) == ["B001", "B1"]
