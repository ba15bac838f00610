"""Single cells in the shapes in which they come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from minhu.extract.spreadsheets import chinese_cells as cells


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026年11月3日", datetime(2026, 11, 3)),
        ("2026年11月3日 星期二 14:05", datetime(2026, 11, 3, 14, 5)),
        ("2026年11月3日8时30分", datetime(2026, 11, 3, 8, 30)),
        ("2026年11月3日 下午2:05:09", datetime(2026, 11, 3, 14, 5, 9)),
        ("2026/11/3 上午12:30", datetime(2026, 11, 3, 0, 30)),
        ("2026/11/3 2:30 PM", datetime(2026, 11, 3, 14, 30)),
        ("２０２６－１１－０３ ０８：３０", datetime(2026, 11, 3, 8, 30)),
        ("2026/11/3 8:05:09", datetime(2026, 11, 3, 8, 5, 9)),
        ("2026.11.3", datetime(2026, 11, 3)),
        ("2026-11-03T08:30:00.000", datetime(2026, 11, 3, 8, 30)),
        ("2026-11-03 24:00", datetime(2026, 11, 4)),
        ("20261103", datetime(2026, 11, 3)),
        (20261103.0, datetime(2026, 11, 3)),
        ("20261103083000", datetime(2026, 11, 3, 8, 30)),
        ("46329.3541666667", datetime(2026, 11, 3, 8, 30)),
        (46329, datetime(2026, 11, 3)),
        (datetime(2026, 11, 3, 8, 29, 59, 999_999), datetime(2026, 11, 3, 8, 30)),
        (date(2026, 11, 3), datetime(2026, 11, 3)),
        (20_000, datetime(1954, 10, 3)),
        (79_999, datetime(2119, 1, 10)),
        ("2026/11/3 上午11:30", datetime(2026, 11, 3, 11, 30)),
        ("2026/11/3 12:30 PM", datetime(2026, 11, 3, 12, 30)),
        ("", None),
        ("\u3000", None),
    ],
)
def test_dates_in_their_many_shapes(cell: object, moment: datetime | None) -> None:
    assert cells.as_moment(cell) == moment


@pytest.mark.parametrize(
    "cell",
    ["昨天", "2026-02-30", "2026-11-03 25:00", "2026-11-03 08:30:00+00:00", "26-11-3", "2026", 45, "99999999", True,
     "nan", time(8, 30), "2026-11-03 24:01", "2026-11-03 24:00:01", 19_999, 80_000, "2026-11-03 问王大妈13891234567"],
)  # fmt: skip
def test_what_is_no_date_is_not_guessed(cell: object) -> None:
    with pytest.raises(ValueError, match="^expected a date"):
        cells.as_moment(cell)


@pytest.mark.parametrize(
    ("reader", "cell", "value"),
    [
        (cells.as_text, "\ufeff 友谊站\t", "友谊站"),
        (cells.as_code, 610103001001.0, "610103001001"),
        (cells.as_code, '="00123"', "00123"),
        (cells.as_code, "'00123", "00123"),
        (cells.as_code, "Ａ０１", "A01"),
        (cells.as_code, 10**15 - 1, "999999999999999"),
        (cells.as_latin_code, " A-01 ", "A-01"),
        (cells.as_number_of_a_person, "61010319800101123X", "61010319800101123X"),
        (cells.as_integer, 10**15 - 1, 10**15 - 1),
        (cells.as_integer, 1.0 - 10**15, 1 - 10**15),
        (cells.as_float, "1e3", 1000.0),
        (cells.as_yes, "y", True),
        (cells.as_yes, "false", False),
        (cells.as_integer, "1,200", 1200),
        (cells.as_integer, "１，２００，３００", 1200300),
        (cells.as_integer, "-12", -12),
        (cells.as_float, "1,234.5", 1234.5),
        (cells.as_float, ".5", 0.5),
        (cells.as_integer, " １２ ", 12),
        (cells.as_integer, 12.0, 12),
        (cells.as_float, "108.95", 108.95),
        (cells.as_date, "2026-11-03 08:30", date(2026, 11, 3)),
        (cells.as_yes, "是", True),
        (cells.as_yes, 0.0, False),
        (cells.one_of({"市": "city"}), " 市 ", "city"),
    ],
)
def test_a_cell_gives_its_value_and_an_empty_one_nothing(
    reader: Callable[[Any], Any], cell: object, value: object
) -> None:
    assert reader(cell) == value and type(reader(cell)) is type(value)
    assert reader(None) is reader("  ") is None


#: What Python, or a reader that takes commas out, makes a number of, and what nobody wrote as one.
NO_NUMBERS = (
    "12,5", "3，5", "1.234,5", "1_0", "①", "²", "½", "1①", "12,34", "1,2345", ",123", "1,,234", "1,234,56", "٣", "0x10", "1 2", "--1",
    "0,123", "00,123", "012,345", "1'234", "12%", "1.234.567", "五", "1,23,456", "5,",
)  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "cell"),
    [
        (cells.as_code, "6.10103E+17"),
        (cells.as_code, 6.10103198001011e17),
        (cells.as_code, "6.10103e+17"),
        (cells.as_code, 10**15),
        (cells.as_code, -(10**15)),
        *((cells.as_code, text) for text in ("==A1", "+A1", "-A1", "@A1", "—", "a" * 65)),
        *((cells.as_code, value) for value in (date(2026, 1, 2), time(1, 2), timedelta(1), False)),
        (cells.as_latin_code, "号001"),
        (cells.as_latin_code, "a" * 41),
        (cells.as_number_of_a_person, "6.10103E+17"),
        (cells.as_number_of_a_person, "6,10103e17"),
        (cells.as_integer, 10**15),
        (cells.as_integer, "-1000000000000000"),
        (cells.as_integer, "12.5"),
        (cells.as_integer, "王大妈"),
        (cells.as_integer, 1e300),
        (cells.as_integer, True),
        (cells.as_float, "inf"),
        (cells.as_float, "NaN"),
        *((reader, cell) for reader in (cells.as_integer, cells.as_float) for cell in NO_NUMBERS),
        (cells.as_yes, "大概"),
        (cells.one_of({"市": "city"}), "省"),
    ],
)
def test_a_cell_of_another_kind_is_refused_without_being_repeated(reader: Callable[[Any], Any], cell: object) -> None:
    with pytest.raises(ValueError, match="^expected") as caught:
        reader(cell)
    assert str(cell) not in str(caught.value)


def test_a_cell_that_rows_share_stays_marked_and_others_do_not_become_so() -> None:
    assert cells.cleaned(" x ") == "x"
    assert cells.cleaned(cells.Merged(" x ")) == cells.Merged("x")
    assert cells.cleaned(cells.Merged(" ")) is None
    assert isinstance(cells.cleaned("#REF!"), cells.Damaged) and isinstance(cells.cleaned("\ufffd"), cells.Damaged)
    assert cells.as_text(cells.Merged("x")) == "x"
    assert cells.as_integer(cells.Merged(" ")) is None
    with pytest.raises(ValueError, match="several rows share"):
        cells.as_float(cells.Merged(1.0))


@pytest.mark.parametrize("cell", ["9999-12-31 24:00", datetime(9999, 12, 31, 23, 59, 59, 999_999)])
def test_what_lies_beyond_all_calendars_is_no_date(cell: object) -> None:
    for reader in (cells.as_moment, cells.as_date):
        with pytest.raises(cells.Unreadable, match="expected a date that exists"):
            reader(cell)
