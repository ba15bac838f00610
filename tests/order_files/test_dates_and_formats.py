"""Times that are only dates, dates beside times of day, and formats that read one text in two ways."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from minhu.errors import PermanentError, UsageError
from tests.order_files.conftest import Plain, found, order, plain_map

HEADER = "id,created,due,closed,status,unit\n"
BOTH = {'["%Y-%m-%d %H:%M"]': '["%Y-%m-%d %H:%M", "%Y-%m-%d"]'}


def _moment(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_a_deadline_that_is_only_a_date_ends_with_its_day(plain: Plain) -> None:
    loaded = plain({"o.csv": HEADER + "1,2024-01-02 10:00,2024-01-05,2024-01-05 15:00,C,A\n"}, BOTH)
    assert order(loaded, "1")["due_at"] == _moment("2024-01-05 23:59:59")
    assert [f.rows_failed for f in found(loaded, "L1-ORD-045", "due_at")] == [1]


def test_the_map_may_say_that_it_begins_with_its_day(plain: Plain) -> None:
    changes = {**BOTH, "[file]": '[file]\ndeadline_dates = "start_of_day"'}
    loaded = plain({"o.csv": HEADER + "1,2024-01-02 10:00,2024-01-05,2024-01-05 15:00,C,A\n"}, changes)
    assert order(loaded, "1")["due_at"] == _moment("2024-01-05")


def test_a_deadline_written_at_midnight_is_a_time_unless_the_map_calls_it_a_date(plain: Plain) -> None:
    rows = "".join(f"{n},2024-01-02 10:00,2024-01-05 00:00,2024-01-05 15:00,C,A\n" for n in range(20))
    as_times = plain({"o.csv": HEADER + rows})
    assert order(as_times, "1")["due_at"] == _moment("2024-01-05")
    assert [(f.rows_failed, f.severity) for f in found(as_times, "L1-ORD-048", "due_at")] == [(20, "warn")]
    as_dates = plain({"o.csv": HEADER + rows}, {"[file]": '[file]\ndates = ["due_at"]'})
    assert order(as_dates, "1")["due_at"] == _moment("2024-01-05 23:59:59")
    assert not found(as_dates, "L1-ORD-048")


@pytest.mark.parametrize(
    ("created", "due", "closed", "is_on_time"),
    [
        ("2024-01-05 17:00", "2024-01-09", "2024-01-05", True),
        ("2024-01-05", "2024-01-05", "2024-01-05", True),
        ("2024-01-05 08:00", "2024-01-08 12:00", "2024-01-08", True),
        ("2024-01-05 08:00", "2024-01-08 12:00", "2024-01-09", False),
        ("2024-01-05 08:00", "2024-01-08", "2024-01-09", False),
    ],
)
def test_a_closing_that_is_only_a_date_is_compared_by_days_and_never_instant(
    plain: Plain, created: str, due: str, closed: str, is_on_time: bool
) -> None:
    loaded = plain({"o.csv": f"{HEADER}1,{created},{due},{closed},C,A\n"}, BOTH)
    row = order(loaded, "1")
    assert (row["closed_at"] <= row["due_at"]) is is_on_time  # type: ignore[operator]
    assert row["closed_at"] - row["created_at"] > pd.Timedelta(minutes=10)  # type: ignore[operator]
    assert not found(loaded, "L1-ORD-007") and not found(loaded, "L1-ORD-040")
    assert [f.severity for f in found(loaded, "L1-ORD-051")] == ["warn"]


def test_a_map_whose_closings_are_dates_must_say_that_durations_are_absent(tmp_path: Path) -> None:
    only_dates = {'["%Y-%m-%d %H:%M"]': '["%Y-%m-%d"]'}
    with pytest.raises(UsageError, match="expected a reason for durations"):
        plain_map(tmp_path / "m.toml", only_dates)
    plain_map(tmp_path / "m.toml", {**only_dates, "[absent]": '[absent]\ndurations = "only dates"'})
    with pytest.raises(UsageError, match="expected a reason for durations"):
        plain_map(tmp_path / "m.toml", {"[file]": '[file]\ndates = ["closed_at"]'})


def test_where_a_flag_defines_what_is_on_time_absent_durations_are_absent_everywhere(plain: Plain) -> None:
    changes = {
        '["%Y-%m-%d %H:%M"]': '["%Y-%m-%d"]',
        'due_at = "due"\n': "",
        "[absent]": '[on_time]\nrole = "definition"\ntrue_when = { late = "N" }\nfalse_when = { late = "Y" }\n'
        '[absent]\ndurations = "only dates"',
    }
    rows = "id,created,closed,status,late,unit\n1,2024-01-05,2024-01-05,C,N,A\n2,2024-01-05,2024-01-09,C,Y,A\n"
    loaded = plain({"o.csv": rows}, changes)
    orders = loaded.tables["work_orders"]
    assert orders["status"].tolist() == ["closed", "closed"]
    assert orders["closed_at"].isna().all(), "a date is no closing time that anything could be counted from"
    assert loaded.tables["order_claims"]["claimed_on_time"].tolist() == [True, False]
    assert loaded.business_date == "2024-01-09"


def test_a_date_and_a_time_in_two_columns_are_one_moment(plain: Plain) -> None:
    changes = {**BOTH, 'closed_at = "closed"': 'closed_at = ["closed", "hour"]'}
    rows = "id,created,due,closed,hour,status,unit\n1,2024-01-02 10:00,2024-01-05,2024-01-04,15:30,C,A\n"
    loaded = plain(
        {"o.csv": rows + "2,2024-01-02 10:00,2024-01-05,2024-01-04,,C,A\n3,2024-01-02 10:00,,,15:00,O,A\n"}, changes
    )
    assert order(loaded, "1")["closed_at"] == _moment("2024-01-04 15:30")
    assert order(loaded, "2")["closed_at"] == _moment("2024-01-04 23:59:59")
    assert order(loaded, "3")["closed_at"] is None


def test_formats_that_read_a_text_in_two_ways_are_refused_with_column_and_count(plain: Plain) -> None:
    rows = "".join(f"{n},{n % 12 + 1:02d}/03/2024 10:00,,,O,A\n" for n in range(100))
    two = {'["%Y-%m-%d %H:%M"]': '["%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"]'}
    with pytest.raises(PermanentError) as caught:
        plain({"o.csv": HEADER + rows}, two)
    assert "columns.created_at" in str(caught.value)
    assert "found 91 that '%m/%d/%Y %H:%M' and '%d/%m/%Y %H:%M' read differently" in str(caught.value)
    assert "time_formats.created_at" in caught.value.next_step
    own = {**two, "[unit]": '[time_formats]\ncreated_at = ["%d/%m/%Y %H:%M"]\n[unit]'}
    loaded = plain({"o.csv": HEADER + rows}, own)
    assert order(loaded, "4")["created_at"] == _moment("2024-03-05 10:00")


@pytest.mark.parametrize(
    ("formats", "text"),
    [
        (["%y-%m-%d", "%d-%m-%y"], "24-03-05"),
        (["%Y%m%d", "%Y%d%m"], "20240305"),
        (["%d.%m.%Y %I:%M %p", "%m.%d.%Y %I:%M %p"], "05.03.2024 10:00 AM"),
    ],
)
def test_other_formats_that_read_one_text_in_two_ways(plain: Plain, formats: list[str], text: str) -> None:
    quoted = ", ".join(f'"{form}"' for form in formats)
    with pytest.raises(PermanentError, match="read differently"):
        plain(
            {"o.csv": f"{HEADER}1,{text},,,O,A\n"},
            {'["%Y-%m-%d %H:%M"]': f"[{quoted}]", "[absent]": '[absent]\ndurations = "x"'},
        )


def test_formats_that_never_meet_one_text_are_no_finding(plain: Plain) -> None:
    two = {'["%Y-%m-%d %H:%M"]': '["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]'}
    rows = "1,13/03/2024 10:00,03/14/2024 10:00,,O,A\n2,05/05/2024 10:00,,,O,A\n"
    loaded = plain({"o.csv": HEADER + rows}, two)
    assert order(loaded, "1")["due_at"] == _moment("2024-03-14 10:00")


@pytest.mark.parametrize(
    "form",
    [
        "%s",
        "%Q",
        "%Y-%m-%d %Z",
        "%c",
        "%H:%M",
        "%m/%d",
        "%Y-%m",
        "%Y-%m-%d %I:%M",
        "%Y-%",
        "%x %X",
        "%G-%V-%u",
        "%-d.%m.%Y",
        "%Y-%m-%d %H:%M %H:%M",
        "%d/%m/%Y %d",
    ],
)
def test_a_format_that_does_not_say_a_day_is_refused_with_the_map(tmp_path: Path, form: str) -> None:
    for key, change in (
        ("file.time_formats.1", {'["%Y-%m-%d %H:%M"]': f'["%Y-%m-%d %H:%M", "{form}"]'}),
        ("time_formats.created_at.0", {"[unit]": f'[time_formats]\ncreated_at = ["{form}"]\n[unit]'}),
    ):
        with pytest.raises(UsageError) as caught:
            plain_map(tmp_path / "m.toml", change)
        assert key in str(caught.value) and repr(form) in str(caught.value)


@pytest.mark.parametrize(
    "form", ["%Y年%m月%d日", "%d %b %Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%S.%f%z", "%j/%Y 100%%", "%A %d %B %Y"]
)
def test_a_format_that_says_a_day_is_read(tmp_path: Path, form: str) -> None:
    read = plain_map(tmp_path / "m.toml", {'["%Y-%m-%d %H:%M"]': f'["%Y-%m-%d %H:%M", "{form}"]'})
    assert list(read.file.time_formats) == ["%Y-%m-%d %H:%M", form]


def test_a_column_of_times_without_any_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"time_formats\.created_at: expected formats there or in file\.time_formats"):
        plain_map(tmp_path / "m.toml", {'time_formats = ["%Y-%m-%d %H:%M"]': ""})
