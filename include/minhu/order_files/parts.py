"""Orders of several parts: the order is closed when all of its parts are."""

from __future__ import annotations

import pandas as pd

from minhu.order_files.rules import Notes


def one_row_per_order(orders: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """The orders of rows that are parts, in the order read, under the index of their first part.

    An order is created with its first part, due with its last, replied to with the first reply, and closed with its last
    part; while one is open or suspended it is not closed. Everything else is what its first part says.

    Args:
        orders: one row per part: order_id, the times, status and the rest.
        notes: gets the finding.
    """
    group = orders.groupby("order_id", sort=False)
    notes.rows("L1-ORD-049", orders["order_id"].duplicated(), column="order_id")
    first = orders[~orders["order_id"].duplicated()]
    is_closed = orders["status"].eq("closed").groupby(orders["order_id"], sort=False).transform("all")
    unclosed = orders["status"].where(orders["status"].ne("closed")).groupby(orders["order_id"]).transform("first")
    merged = {
        "created_at": group["created_at"].transform("min"),
        "due_at": group["due_at"].transform("max"),
        "replied_at": group["replied_at"].transform("min"),
        "closed_at": group["closed_at"].transform("max").where(is_closed),
        "status": orders["status"].where(is_closed, unclosed),
        "updated_at": group["updated_at"].transform("max"),
    }
    return first.assign(**{name: values.loc[first.index] for name, values in merged.items()})
