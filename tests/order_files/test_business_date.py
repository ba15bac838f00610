"""The business date of files, and what may not move it: stale flags, slips of the pen."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.order_files.conftest import Load, Plain, found, order

HEADER = "id,created,due,closed,status,unit,flag\n"
FLAG = {
    "[absent]": '[on_time]\nrole = "beside"\ntrue_when = { flag = "ONTIME" }\nfalse_when = { flag = "OVERDUE" }\n[absent]'
}
SOUND = "n{n},2026-08-{d:02d} 10:00,2026-08-20 10:00,2026-08-{d:02d} 15:00,C,A,ONTIME\n"
STALE_OPEN = "s{n},2026-08-02 10:00,2027-11-{d:02d} 10:00,,O,A,OVERDUE\n"


def _rows(text: str, count: int) -> str:
    return "".join(text.format(n=n, d=n % 28 + 1) for n in range(count))


def test_a_flag_of_an_order_closed_in_time_decides_nothing(plain: Plain) -> None:
    stale = "far,2026-08-02 10:00,2027-11-01 10:00,2026-08-03 10:00,C,A,OVERDUE\n"
    loaded = plain({"orders.csv": HEADER + _rows(SOUND, 4) + stale}, FLAG)
    assert loaded.business_date == "2026-08-04"
    assert [f.sample_keys for f in found(loaded, "L1-ORD-044")] == ["far"]
    assert not found(loaded, "L1-ORD-042")


@pytest.mark.parametrize(
    ("sound", "stale", "day"),
    [(600, 3, "2026-08-28"), (600, 5, "2026-08-28"), (600, 6, "2027-11-01"), (50, 1, "2026-08-28")],
)
def test_a_date_after_every_event_needs_more_than_a_handful_of_flags(
    plain: Plain, sound: int, stale: int, day: str
) -> None:
    loaded = plain({"orders.csv": HEADER + _rows(SOUND, sound) + _rows(STALE_OPEN, stale)}, FLAG)
    assert loaded.business_date == day
    believed = found(loaded, "L1-ORD-042")
    assert [f.rows_failed for f in believed] == ([] if day == "2026-08-28" else [stale])


def test_the_day_is_the_last_that_enough_flags_speak_for(plain: Plain) -> None:
    near = _rows("m{n},2026-08-02 10:00,2026-09-01 10:00,,O,A,OVERDUE\n", 8)
    loaded = plain({"orders.csv": HEADER + _rows(SOUND, 600) + near + _rows(STALE_OPEN, 2)}, FLAG)
    assert loaded.business_date == "2026-09-01"
    (finding,) = found(loaded, "L1-ORD-042")
    assert finding.severity == "warn"
    assert "after the last event on 2026-08-28" in finding.message


def test_flags_that_say_the_contrary_outweigh_one(plain: Plain) -> None:
    contrary = "t,2026-08-02 10:00,2026-12-01 10:00,,O,A,ONTIME\n"
    loaded = plain({"orders.csv": HEADER + _rows(SOUND, 9) + _rows(STALE_OPEN, 1) + contrary}, FLAG)
    assert loaded.business_date == "2026-08-09"


def test_the_order_that_decided_is_named(load: Load) -> None:
    open_and_late = {"Status": "Open", "Closed": "", "InTime": "0", "Due": "2022-05-20 09:00:00"}
    (finding,) = found(load([{}, {}, open_and_late]), "L1-ORD-042")
    assert (finding.sample_keys, finding.severity) == ("2022-3", "warn")
    assert "2022-05-20" in finding.message and "file.known_until" in finding.message


@pytest.mark.parametrize("year", ["2025", "2024", "2106", "2009"])
def test_one_creation_typed_in_another_year_is_a_finding_and_moves_nothing(plain: Plain, year: str) -> None:
    rows = _rows("n{n},2016-03-{d:02d} 10:00,2016-04-20 10:00,2016-03-{d:02d} 15:00,C,A,\n", 28)
    slip = f"slip,{year}-03-05 10:00,2016-04-20 10:00,2016-03-06 10:00,C,A,\n"
    loaded = plain({"orders.csv": HEADER + rows + slip})
    assert loaded.business_date == "2016-03-28"
    rule = "L1-ORD-025" if year == "2106" else "L1-ORD-043"
    assert [(f.sample_keys, f.severity) for f in found(loaded, rule, "created_at")] == [("slip", "warn")]


@pytest.mark.parametrize("column", ["closed_at", "due_at"])
def test_one_closing_or_deadline_far_from_all_others_is_a_finding_too(plain: Plain, column: str) -> None:
    rows = _rows("n{n},2016-03-{d:02d} 10:00,2016-04-20 10:00,2016-03-{d:02d} 15:00,C,A,\n", 28)
    due, closed = ("2016-04-20", "2024-03-06") if column == "closed_at" else ("2024-04-20", "2016-03-06")
    loaded = plain({"orders.csv": HEADER + rows + f"slip,2016-03-05 10:00,{due} 10:00,{closed} 10:00,C,A,\n"})
    assert loaded.business_date == "2016-03-28"
    assert [f.sample_keys for f in found(loaded, "L1-ORD-043", column)] == ["slip"]
    landed = order(loaded, "slip")
    assert landed[column] == pd.Timestamp(f"{due if column == 'due_at' else closed} 10:00"), "it lands as it stands"
    assert landed["updated_at"] == pd.Timestamp("2016-03-05 10:00" if column == "closed_at" else "2016-03-06 10:00")


def test_a_file_of_several_years_has_no_outlier(plain: Plain) -> None:
    rows = "".join(
        f"n{n},{2014 + n // 12}-{n % 12 + 1:02d}-05 10:00,,{2014 + n // 12}-{n % 12 + 1:02d}-09 10:00,C,A,\n"
        for n in range(60)
    )
    tail = "late,2018-11-05 10:00,,2019-10-09 10:00,C,A,\n"
    loaded = plain({"orders.csv": HEADER + rows + tail})
    assert loaded.business_date == "2019-10-09"
    assert not found(loaded, "L1-ORD-043")


def test_a_warning_stands_on_the_days_of_the_orders_it_is_about(plain: Plain) -> None:
    """Not on the business date, where a file of history has no order that is concerned."""
    old = "".join(f"a{n},2021-05-0{n} 10:00,,2021-05-0{n} 09:00,C,A,\n" for n in (2, 4))
    sound = "".join(f"b{n},2024-0{n}-01 10:00,,2024-0{n}-02 10:00,C,A,\n" for n in range(1, 7))
    loaded = plain({"o.csv": HEADER + old + sound})
    (early,) = found(loaded, "L1-ORD-007")
    assert (early.severity, early.rows_failed) == ("warn", 2)
    assert (early.period_from, early.period_to, loaded.business_date) == ("2021-05-02", "2021-05-04", "2024-06-02")


def test_the_map_may_say_until_when_the_files_know(plain: Plain) -> None:
    rows = _rows("n{n},2016-03-{d:02d} 10:00,2016-04-20 10:00,2016-03-{d:02d} 15:00,C,A,\n", 28)
    slip = "late,2016-03-05 10:00,2016-04-20 10:00,2018-03-06 10:00,C,A,\n"
    loaded = plain({"orders.csv": HEADER + rows + slip}, {"[file]": "[file]\nknown_until = 2018-12-31"})
    assert loaded.business_date == "2018-12-31"
    assert not found(loaded, "L1-ORD-043")
