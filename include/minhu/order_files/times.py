"""Times of orders: read by the map's formats, and judged against each other."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from minhu.errors import PermanentError
from minhu.order_files.map_parts import TIMES, TimeField
from minhu.order_files.mapping import OrderMap
from minhu.order_files.reading import FILE, Reading
from minhu.order_files.rules import Notes
from minhu.order_files.time_formats import OF_WORKBOOKS, has_clock

#: From this share of values at midnight UTC on, a column holds dates that were exported as times.
DATE_ONLY_SHARE = 0.05
#: With so many values, all of them at midnight, a column of deadlines, replies or closings holds dates.
_ENOUGH_MIDNIGHTS = 20
_END_OF_DAY = pd.Timedelta(hours=23, minutes=59, seconds=59)


@dataclass(frozen=True)
class Times:
    """The five times of every row.

    Attributes:
        values: local to the city, missing where a cell is empty or cannot be read.
        only_dates: where the file says the day and not the time of day. Such a deadline is the end of its day (unless the
            map says its start). Such a reply or closing is the end of its day too, or the deadline if that lies on the same
            day: days are compared, and nothing is closed in the moment of its creation.
    """

    values: pd.DataFrame
    only_dates: pd.DataFrame

    def of(self, index: pd.Index) -> Times:
        """The times of some of the rows."""
        return Times(self.values.loc[index], self.only_dates.loc[index])


def read_times(order_map: OrderMap, reading: Reading) -> Times:
    """Read every time.

    Raises:
        PermanentError: two formats of a column read a text of a file differently, so nobody can know which is meant.
    """
    rows = reading.rows
    values = pd.DataFrame(index=rows.index)
    only_dates = pd.DataFrame(False, index=rows.index, columns=list(TIMES))
    for name in TIMES:
        values[name] = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
        if getattr(order_map.columns, name):
            texts = text_of(order_map, rows, name)
            for forms, part in _by_formats(order_map, reading, name):
                read, dates = _read(order_map, name, texts[part], forms)
                values.loc[part, name], only_dates.loc[part, name] = read, dates
    if order_map.file.deadline_dates == "end_of_day":
        values["due_at"] = values["due_at"].mask(only_dates["due_at"], values["due_at"] + _END_OF_DAY)
    due = values["due_at"]
    for name in ("replied_at", "closed_at", "status_at"):
        end = values[name] + _END_OF_DAY
        is_due_then = (due.dt.normalize() == values[name]) & (due >= values["created_at"]) & (name != "status_at")
        values[name] = values[name].mask(only_dates[name], end.mask(is_due_then, due))
    return Times(values, only_dates)


def text_of(order_map: OrderMap, rows: pd.DataFrame, name: TimeField) -> pd.Series:
    """What the files say of a time; of a date and a time in two columns, both with a blank between them."""
    first, *more = getattr(order_map.columns, name)
    texts: pd.Series = rows[first]
    for column in more:
        texts = texts.where(rows[column].isna(), texts + " " + rows[column])
    return texts


def _by_formats(order_map: OrderMap, reading: Reading, name: TimeField) -> list[tuple[tuple[str, ...], pd.Series]]:
    """Formats, and for which rows they are."""
    files = reading.rows[FILE]
    by_forms: dict[tuple[str, ...], list[str]] = {}
    for file in reading.files:
        forms = order_map.formats_of(name, file)
        added = tuple(form for form in OF_WORKBOOKS if form not in forms) if file in reading.workbooks else ()
        by_forms.setdefault((*forms, *added), []).append(file)
    return [(forms, files.isin(names)) for forms, names in by_forms.items()]


def _read(
    order_map: OrderMap, name: TimeField, texts: pd.Series, forms: tuple[str, ...]
) -> tuple[pd.Series, pd.Series]:
    """Times, and whether each is only a date; every distinct text is read once."""
    zone = ZoneInfo(order_map.city.time_zone)
    place, known = pd.factorize(texts)
    distinct = pd.Series(known, dtype="str")
    read = pd.Series(pd.NaT, index=distinct.index, dtype="datetime64[us]")
    dates = pd.Series(False, index=distinct.index)
    by: dict[str, pd.Series] = {}
    for form in forms:
        by[form] = _parsed(distinct, form, zone)
        for earlier in list(by)[:-1]:
            differs = by[earlier].notna() & by[form].notna() & (by[earlier] != by[form])
            if differs.any():
                _refuse_two_readings(order_map, name, int(texts.isin(distinct[differs]).sum()), earlier, form)
        is_new = read.isna() & by[form].notna()
        read = read.fillna(by[form])
        dates |= is_new & (not has_clock(form))
    if name in order_map.file.dates:
        read, dates = read.dt.normalize(), read.notna()
    return read.reindex(place).set_axis(texts.index), dates.reindex(place, fill_value=False).set_axis(texts.index)


def _refuse_two_readings(order_map: OrderMap, name: TimeField, count: int, first: str, second: str) -> None:
    raise PermanentError(
        f"read columns.{name} of {order_map.city.code}",
        f"expected formats that read a time in one way, found {count:,} that {first!r} and {second!r} read differently",
        f"give the column its own formats in [time_formats] (or in other_files), with one of the two in time_formats.{name}",
    )


def _parsed(texts: pd.Series, form: str, zone: ZoneInfo) -> pd.Series:
    if "%z" not in form:
        return pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[us]")
    universal = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    return universal.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[us]")


def judge_times(
    order_map: OrderMap, rows: pd.DataFrame, times: Times, impossible: pd.DataFrame, far: pd.DataFrame, notes: Notes
) -> None:
    """Findings about unread, impossible, far-off and contradictory times."""
    columns, parsed = order_map.columns, times.values
    for name in TIMES:
        if getattr(columns, name):
            notes.rows("L1-ORD-006", parsed[name].isna() & text_of(order_map, rows, name).notna(), column=name)
            notes.rows("L1-ORD-025", impossible[name], column=name)
            notes.rows("L1-ORD-043", far[name], column=name)
            if name in ("due_at", "replied_at", "closed_at"):
                notes.rows("L1-ORD-045", times.only_dates[name], column=name)
                _judge_midnights(name, parsed[name], times.only_dates[name], notes)
    created, due, closed, status = (parsed[name] for name in ("created_at", "due_at", "closed_at", "status_at"))
    notes.rows("L1-ORD-007", closed < created, column="closed_at")
    notes.rows("L1-ORD-008", status < created, column="status_at")
    notes.rows("L1-ORD-009", due < created, column="due_at")
    notes.rows("L1-ORD-029", status < closed, column="status_at")
    notes.rows("L1-ORD-039", due == created, column="due_at")
    notes.rows("L1-ORD-040", closed == created, column="closed_at")
    if columns.due_at:
        notes.rows("L1-ORD-010", due.isna(), column="due_at")
    if "durations" not in order_map.absent:
        notes.rows("L1-ORD-051", times.only_dates["closed_at"], column="closed_at")
    zone = ZoneInfo(order_map.city.time_zone)
    for name in TIMES:
        _judge_clock(name, parsed[name].mask(impossible[name] | far[name] | times.only_dates[name]), zone, notes)


def _judge_midnights(name: str, values: pd.Series, only_dates: pd.Series, notes: Notes) -> None:
    known = values[~only_dates].dropna()
    if len(known) >= _ENOUGH_MIDNIGHTS and (known == known.dt.normalize()).all():
        failed = pd.Series(False, index=values.index)
        failed[known.index] = True
        notes.rows("L1-ORD-048", failed, column=name)


def _judge_clock(name: str, values: pd.Series, zone: ZoneInfo, notes: Notes) -> None:
    """Local times that a clock change skipped or doubled, and dates that a program turned into times."""
    known = values.dropna()
    if known.empty:
        return
    strict = known.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    odd = pd.Series(False, index=values.index)
    odd[strict.index[strict.isna()]] = True
    notes.rows("L1-ORD-026", odd, column=name)
    universal = strict.dt.tz_convert("UTC")
    at_midnight = (universal == universal.dt.normalize()) & (known != known.dt.normalize())
    if at_midnight.mean() >= DATE_ONLY_SHARE:
        failed = pd.Series(False, index=values.index)
        failed[at_midnight.index[at_midnight]] = True
        message = "exactly midnight UTC: a date that was exported as a time; the local day may be one too early"
        notes.rows("L1-ORD-015", failed, message, name)
