"""Repeated rows: what is the same, what contradicts, and which row counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from minhu.order_files.mapping import OrderMap
from minhu.order_files.reading import FILE, ROW
from minhu.order_files.rules import RULES, Notes
from minhu.order_files.times import Times

_WINNER = {
    "newest": "the newest state counts: the newest time, or the row that opens the order again; of equals the last one read",
    "first": "the first row read counts",
    "last": "the last row read counts",
}


def without_repetitions(
    order_map: OrderMap, rows: pd.DataFrame, ids: pd.Series, times: Times, known_at: pd.Series, notes: Notes
) -> pd.DataFrame:
    """One row per order id, or per part of an order, in the order read.

    Args:
        order_map: its ``duplicates`` say which row counts, its ``parts`` which rows are parts.
        rows: as read, all columns.
        ids: order id of each row.
        times: of each row.
        known_at: the last known time of each row.
        notes: gets the findings.
    """
    content = [name for name in rows.columns if name not in (FILE, ROW)]
    parts = list(order_map.parts.id) if order_map.parts else []
    keyed = rows.assign(_id=ids)
    again = _again(order_map, keyed, content, times)
    notes.rows("L1-ORD-001", again, f"{RULES['L1-ORD-001'][1]}{_overlap(keyed, again, content)}", "order_id")
    keyed = keyed[~again]
    same_where_read = _again(order_map, keyed, order_map.used_columns(), times)
    notes.rows("L1-ORD-024", same_where_read, column="order_id")
    keyed = keyed[~same_where_read]
    loses = _loses(order_map, keyed, ["_id", *parts], times, known_at)
    rule = _WINNER[order_map.duplicates.same_id]
    notes.rows("L1-ORD-002", loses, f"one id with different content: {rule}", "order_id")
    keyed = keyed[~loses]
    if not parts:  # of orders in parts, single rows are alike without being twins
        keyed = _without_twins(order_map, keyed, content, notes)
    return keyed.drop(columns="_id")


def _again(order_map: OrderMap, keyed: pd.DataFrame, columns: Sequence[str], times: Times) -> pd.Series:
    """Rows that repeat another one of their id in these columns; most ids stand once and need no comparison.

    Of several in one file that one is left whose place counts: an order that is opened again often has the very row it had
    before it was closed.
    """
    several = keyed[keyed["_id"].duplicated(keep=False)]
    in_time = _position(keyed, times).loc[several.index].sort_values().index
    same_id = order_map.duplicates.same_id
    ordered = several.loc[in_time] if same_id == "newest" else several
    keep: Literal["first", "last"] = "first" if same_id == "first" else "last"
    in_file = ordered.duplicated(["_id", FILE, *columns], keep=keep).reindex(several.index)
    across = several[~in_file].duplicated(["_id", *columns]).reindex(several.index, fill_value=False)
    return (in_file | across).reindex(keyed.index, fill_value=False)


def _overlap(keyed: pd.DataFrame, again: pd.Series, content: Sequence[str]) -> str:
    """Which files repeat rows of earlier ones."""
    key = ["_id", *content]
    several = keyed[keyed["_id"].isin(keyed.loc[again, "_id"])]
    first = several.groupby(key, dropna=False, sort=False)[FILE].transform("first")
    repeated = several.loc[again.loc[several.index] & (first != several[FILE]), FILE].value_counts()
    sizes = dict(keyed[FILE].value_counts())
    files = [f"{name} ({count:,} of {sizes[name]:,} rows)" for name, count in sorted(dict(repeated).items())]
    return f"; rows of earlier files stand again in {', '.join(files)}" if files else ""


def _without_twins(order_map: OrderMap, keyed: pd.DataFrame, content: Sequence[str], notes: Notes) -> pd.DataFrame:
    identifying = {*order_map.columns.order_id, *order_map.duplicates.other_ids}
    others = [name for name in content if name not in identifying]
    created = [name for name in order_map.columns.created_at if name in others]
    may_be = keyed[keyed.duplicated(created, keep=False)] if created else keyed  # few, so few are compared as a whole
    groups = may_be[may_be.duplicated(others, keep=False)]
    twins = groups.duplicated(others).reindex(keyed.index, fill_value=False)
    keeps = order_map.duplicates.identical_but_id == "keep_both"
    fate = "both are counted, nobody can know" if keeps else "the first counts"
    message = f"identical to an earlier row but for the id ({len(groups)} rows in all): {fate}"
    notes.rows("L1-ORD-003", twins, message, "order_id")
    return keyed if keeps else keyed[~twins]


def _loses(order_map: OrderMap, keyed: pd.DataFrame, key: list[str], times: Times, known_at: pd.Series) -> pd.Series:
    """Rows of an id (or part) of which another row counts."""
    several = keyed[keyed.duplicated(key, keep=False)]
    keep: Literal["first", "last"] = "first" if order_map.duplicates.same_id == "first" else "last"
    if order_map.duplicates.same_id == "newest" and len(several):
        position = _position(keyed, times).loc[several.index]
        at = known_at.loc[several.index].mask(_is_reopened(several, key, times, known_at, position), pd.Timestamp.max)
        order = pd.DataFrame({"at": at, "position": position})
        several = several.loc[order.sort_values(["at", "position"], na_position="first").index]
    return several.duplicated(key, keep=keep).reindex(keyed.index, fill_value=False)


def _position(keyed: pd.DataFrame, times: Times) -> pd.Series:
    """Where each row stands, counted in the direction of time: a file that begins with its newest orders runs backwards."""
    steps = times.values["created_at"].loc[keyed.index].groupby(keyed[FILE]).diff()
    falls, rises = (
        mask.groupby(keyed[FILE]).transform("sum") for mask in (steps < pd.Timedelta(0), steps > pd.Timedelta(0))
    )
    position = pd.Series(range(len(keyed)), index=keyed.index)
    return position.where(falls <= 2 * rises, -position)


def _is_reopened(
    rows: pd.DataFrame, key: list[str], times: Times, known_at: pd.Series, position: pd.Series
) -> pd.Series:
    """Rows without a closing that stand, in the same file, behind all rows of their order that have one.

    Where a row says when its state changed, that tells which is the newest, and its place says nothing.
    """
    has_closing = times.values["closed_at"].loc[rows.index].notna()
    is_undated = times.values["status_at"].loc[rows.index].isna()
    of_order, in_file = ([rows[name] for name in names] for names in (key, [*key, FILE]))
    last_closed = position.where(has_closing).groupby(in_file, dropna=False).transform("max")
    newest = known_at.loc[rows.index].groupby(of_order, dropna=False).transform("max")
    newest_here = known_at.loc[rows.index].groupby(in_file, dropna=False).transform("max")
    return ~has_closing & is_undated & (position > last_closed) & (newest == newest_here)
