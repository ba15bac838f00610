"""Times of orders: read by the map's formats, judged against each other and against what a file can know."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from minhu.order_files.mapping import OrderMap
from minhu.order_files.rules import Notes

TIMES = ("created_at", "due_at", "replied_at", "closed_at", "status_at")
#: Times of what has happened; a deadline may lie ahead.
PAST_TIMES = ("created_at", "replied_at", "closed_at", "status_at")
#: From this share of values at midnight UTC on, a column holds dates that were exported as times.
DATE_ONLY_SHARE = 0.05
EARLIEST = pd.Timestamp("2000-01-01")
#: A time further than this after the middle creation time is a slip of the pen, not knowledge.
FAR_AHEAD = pd.Timedelta(days=3653)


def read_times(order_map: OrderMap, rows: pd.DataFrame) -> pd.DataFrame:
    """The five times of every row, local to the city, missing where a cell is empty or cannot be read."""
    zone = ZoneInfo(order_map.city.time_zone)
    parsed = pd.DataFrame(index=rows.index)
    for name in TIMES:
        column = getattr(order_map.columns, name)
        values = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
        for form in order_map.file.time_formats if column else ():
            values = values.fillna(_parsed(rows[column], form, zone))
        parsed[name] = values
    return parsed


def _parsed(texts: pd.Series, form: str, zone: ZoneInfo) -> pd.Series:
    if "%z" not in form:
        return pd.to_datetime(texts, format=form, errors="coerce").astype("datetime64[us]")
    universal = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    return universal.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[us]")


def implausible(order_map: OrderMap, parsed: pd.DataFrame) -> pd.DataFrame:
    """For each time, whether it cannot be: before 2000, more than ten years after the middle creation time, or (for
    what has happened) after the day the map says the files know of.
    """
    created = parsed["created_at"].dropna().sort_values()
    latest = created.iloc[len(created) // 2] + FAR_AHEAD if len(created) else pd.Timestamp.max
    wrong = pd.DataFrame({name: (parsed[name] < EARLIEST) | (parsed[name] > latest) for name in TIMES})
    if order_map.file.known_until is not None:
        end = pd.Timestamp(order_map.file.known_until) + pd.Timedelta(days=1)
        for name in PAST_TIMES:
            wrong[name] |= parsed[name] >= end
    return wrong


def last_known(parsed: pd.DataFrame, wrong: pd.DataFrame) -> pd.Series:
    """The last plausible time at which something is known to have happened to each order; missing if there is none."""
    plausible = parsed[list(PAST_TIMES)].mask(wrong[list(PAST_TIMES)])
    return plausible.max(axis=1)


def judge_times(
    order_map: OrderMap, rows: pd.DataFrame, parsed: pd.DataFrame, wrong: pd.DataFrame, notes: Notes
) -> None:
    """Findings about unread, impossible and contradictory times."""
    columns = order_map.columns
    for name in TIMES:
        column = getattr(columns, name)
        if column:
            notes.rows("L1-ORD-006", parsed[name].isna() & rows[column].notna(), column=name)
            notes.rows("L1-ORD-025", wrong[name], column=name)
    created, due, closed, status = (parsed[name] for name in ("created_at", "due_at", "closed_at", "status_at"))
    notes.rows("L1-ORD-007", closed < created, column="closed_at")
    notes.rows("L1-ORD-008", status < created, column="status_at")
    notes.rows("L1-ORD-009", due < created, column="due_at")
    notes.rows("L1-ORD-029", status < closed, column="status_at")
    notes.rows("L1-ORD-039", due == created, column="due_at")
    notes.rows("L1-ORD-040", closed == created, column="closed_at")
    if columns.due_at:
        notes.rows("L1-ORD-010", due.isna(), column="due_at")
    zone = ZoneInfo(order_map.city.time_zone)
    for name in TIMES:
        _judge_clock(name, parsed[name].mask(wrong[name]), zone, notes)


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


def last_day(order_map: OrderMap, parsed: pd.DataFrame, wrong: pd.DataFrame, missed: pd.Series) -> pd.Timestamp:
    """The last local day the files know of: the business date to run by default.

    The map's ``known_until``, or the day of the last plausible time of creation, reply, status or closing. A deadline
    that the city's own flag calls missed counts too: whoever wrote the flag knew that it had passed.

    Args:
        order_map: of the city.
        parsed: times of the orders.
        wrong: from ``implausible``.
        missed: whether the city's own flag says late.
    """
    if order_map.file.known_until is not None:
        return pd.Timestamp(order_map.file.known_until)
    passed = parsed["due_at"].mask(wrong["due_at"]).where(missed)
    latest = pd.concat([last_known(parsed, wrong), passed]).max()
    return pd.Timestamp(parsed["created_at"].max() if pd.isna(latest) else latest).normalize()
