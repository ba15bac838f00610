"""The last day that order files know of, which neither a slip of the pen nor a stale flag moves."""

from __future__ import annotations

import pandas as pd

from minhu.order_files.map_parts import TIMES
from minhu.order_files.mapping import OrderMap
from minhu.order_files.rules import Notes

#: Times of what has happened; a deadline may lie ahead.
PAST_TIMES = ("created_at", "replied_at", "closed_at", "status_at")
EARLIEST = pd.Timestamp("2000-01-01")
#: A time further than this after the middle creation time is a slip of the pen, not knowledge.
FAR_AHEAD = pd.Timedelta(days=3653)
#: So many orders may be wrong together; where a file is small, one in ten may have a slip, one in a hundred a stale flag.
HANDFUL = 5
_ONE_IN_TEN = 10
_ONE_IN_HUNDRED = 100
#: A year without anything, and four times longer than any gap among the rest, divides what is far from all others.
_LONGEST_GAP = pd.Timedelta(days=365)
_TIMES_LONGER = 4
_FEWEST = 3


def impossible(order_map: OrderMap, parsed: pd.DataFrame) -> pd.DataFrame:
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


def far_off(order_map: OrderMap, parsed: pd.DataFrame, wrong: pd.DataFrame) -> pd.DataFrame:
    """For each possible time, whether a long time without anything divides it, with a handful at most, from all others.

    Judged are times of creation on both sides, then what has happened and the deadlines on the later side. Where the map
    says until when the files know, only deadlines and early creations are judged.

    Args:
        order_map: of the city.
        parsed: times of the rows.
        wrong: from ``impossible``.
    """
    possible = parsed.mask(wrong)
    far = pd.DataFrame(False, index=parsed.index, columns=list(TIMES))
    created = possible["created_at"]
    far["created_at"] |= created < -_end_of_most(-(created - EARLIEST)) + EARLIEST
    if order_map.file.known_until is None:
        far["created_at"] |= created > EARLIEST + _end_of_most(created - EARLIEST)
        happened = possible[list(PAST_TIMES)].mask(far[list(PAST_TIMES)])
        end = EARLIEST + _end_of_most(happened.max(axis=1) - EARLIEST)
        for name in PAST_TIMES:
            far[name] |= possible[name] > end
    far["due_at"] = possible["due_at"] > EARLIEST + _end_of_most(possible["due_at"] - EARLIEST)
    return far


def _end_of_most(spans: pd.Series) -> pd.Timedelta:
    """The last of the times (as spans from a fixed one) before those that are far from all others."""
    known = spans.dropna().sort_values(ignore_index=True)
    if known.empty:
        return pd.Timedelta(0)
    gaps = known.diff()
    for few in range(min(HANDFUL, max(1, len(known) // _ONE_IN_TEN)), 0, -1):
        rest = len(known) - few
        if rest < _FEWEST:
            continue
        longest = max(gaps.iloc[1:rest].max(), pd.Timedelta(0))
        if gaps.iloc[rest] > max(_LONGEST_GAP, _TIMES_LONGER * longest):
            return pd.Timedelta(known.iloc[rest - 1])
    return pd.Timedelta(known.iloc[-1])


def last_known(parsed: pd.DataFrame, wrong: pd.DataFrame) -> pd.Series:
    """The last plausible time at which something is known to have happened to each order; missing if there is none."""
    plausible = parsed[list(PAST_TIMES)].mask(wrong[list(PAST_TIMES)])
    return plausible.max(axis=1)


def last_day(
    order_map: OrderMap, parsed: pd.DataFrame, wrong: pd.DataFrame, claimed: pd.Series, is_open: pd.Series, notes: Notes
) -> pd.Timestamp:
    """The last local day the files know of: the business date to run by default.

    The map's ``known_until``, or the day of the last plausible time of creation, reply, status or closing. Deadlines that
    the city's own flag calls missed, though the order is still open, speak for a later day: whoever wrote the flags knew
    that they had passed. More than a handful must (in a file of a few hundred orders one in a hundred, and at least one),
    and more than the flags that call open orders on time whose deadline would have passed by then.

    Args:
        order_map: of the city.
        parsed: times of the orders.
        wrong: from ``impossible`` and ``far_off``.
        claimed: what the city's own flag says of each order, missing where nothing.
        is_open: whether the order has not been closed; a flag of one that was says nothing of the day it was written.
        notes: gets the findings.
    """
    if order_map.file.known_until is not None:
        return pd.Timestamp(order_map.file.known_until)
    latest = last_known(parsed, wrong).max()
    end = pd.Timestamp(parsed["created_at"].max() if pd.isna(latest) else latest).normalize()
    ahead = parsed["due_at"].mask(wrong["due_at"]).where(is_open).dt.normalize()
    ahead = ahead[ahead > end].sort_values(ascending=False, kind="stable")
    missed, in_time = ahead[claimed.loc[ahead.index].eq(False)], ahead[claimed.loc[ahead.index].eq(True)]
    few = min(HANDFUL, len(parsed) // _ONE_IN_HUNDRED - 1)
    decided = end
    for day in missed.unique():
        if (missed >= day).sum() > max(few, (in_time <= day).sum()):
            decided = pd.Timestamp(day)
            break
    if decided > end:
        deciding = pd.Series(parsed.index.isin(missed.index[missed >= decided]), index=parsed.index)
        message = (
            f"{decided.date()} is the business date, after the last event on {end.date()}: decided by flags that call "
            "deadlines of open orders missed; set file.known_until if they are stale"
        )
        notes.rows("L1-ORD-042", deciding, message, "due_at")
    late = claimed.eq(False) & (parsed["due_at"].dt.normalize() > decided)
    notes.rows("L1-ORD-044", late, column="due_at")
    return decided
