"""Repeated rows: what is the same, what contradicts, and which row counts."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from minhu.order_files.mapping import OrderMap
from minhu.order_files.reading import FILE, ROW
from minhu.order_files.rules import Notes

_WINNER = {
    "newest": "the row with the newest time counts, the last one read where they are equally new",
    "first": "the first row read counts",
    "last": "the last row read counts",
}


def without_repetitions(
    order_map: OrderMap, rows: pd.DataFrame, ids: pd.Series, known_at: pd.Series, notes: Notes
) -> pd.DataFrame:
    """One row per order id, in the order read.

    Args:
        order_map: its ``duplicates`` say which row counts.
        rows: as read, all columns.
        ids: order id of each row.
        known_at: the last known time of each row.
        notes: gets the findings.
    """
    content = [name for name in rows.columns if name not in (FILE, ROW)]
    keyed = rows.assign(_id=ids)
    again = keyed.duplicated(["_id", *content])
    notes.rows("L1-ORD-001", again, column="order_id")
    keyed = keyed[~again]
    same_where_read = keyed.duplicated(["_id", *order_map.used_columns()])
    notes.rows("L1-ORD-024", same_where_read, column="order_id")
    keyed = keyed[~same_where_read]
    loses = ~keyed.index.isin(_winners(order_map, keyed, known_at))
    rule = _WINNER[order_map.duplicates.same_id]
    notes.rows("L1-ORD-002", pd.Series(loses, index=keyed.index), f"one id with different content: {rule}", "order_id")
    keyed = keyed[~loses]
    identifying = {*order_map.columns.order_id, *order_map.duplicates.other_ids}
    twins = keyed.duplicated([name for name in content if name not in identifying])
    groups = keyed.duplicated([name for name in content if name not in identifying], keep=False)
    keeps = order_map.duplicates.identical_but_id == "keep_both"
    fate = "both are counted, nobody can know" if keeps else "the first counts"
    message = f"identical to an earlier row but for the id ({int(groups.sum())} rows in all): {fate}"
    notes.rows("L1-ORD-003", twins, message, "order_id")
    kept = keyed if keeps else keyed[~twins]
    return kept.drop(columns="_id")


def _winners(order_map: OrderMap, keyed: pd.DataFrame, known_at: pd.Series) -> pd.Index:
    """Index of the row that counts for each id."""
    if order_map.duplicates.same_id == "newest":
        position = pd.Series(range(len(keyed)), index=keyed.index)
        order = pd.DataFrame({"at": known_at.loc[keyed.index], "position": position})
        keyed = keyed.loc[order.sort_values(["at", "position"], na_position="first").index]
    keep: Literal["first", "last"] = "first" if order_map.duplicates.same_id == "first" else "last"
    return keyed.index[~keyed.duplicated("_id", keep=keep)]
