"""Ids of orders, and those that a spreadsheet has rounded so that many orders have one."""

from __future__ import annotations

import pandas as pd

from minhu.errors import PermanentError
from minhu.order_files.delimited import REPLACEMENT
from minhu.order_files.mapping import OrderMap
from minhu.order_files.reading import FILE

_ROUNDED = r"\d(?:[.,]\d+)?[eE]\+\d+"
#: A spreadsheet keeps so many digits of a number and puts zeros behind them.
_KEPT_DIGITS = 15
_ENOUGH_LONG_IDS = 10


def order_ids(order_map: OrderMap, rows: pd.DataFrame) -> pd.Series:
    """The id of every row, its parts joined; missing where a part is.

    Raises:
        PermanentError: in a file most ids are rounded.
    """
    parts = rows[list(order_map.columns.order_id)].astype(object)
    joined = parts.iloc[:, 0]
    for name in parts.columns[1:]:
        joined = joined + "-" + parts[name]
    ids = joined.where((parts.notna() & (parts != REPLACEMENT)).all(axis=1), None)
    for file, part in ids.astype("str").dropna().groupby(rows[FILE]):
        lost = int(rounded(part).sum())
        if 2 * lost > len(part) or _ends_in_zeros(part):
            raise PermanentError(
                f"read columns.order_id of {order_map.city.code} in {file}",
                f"expected ids in full, found {max(lost, 1):,} of {len(part):,} that a spreadsheet has rounded, "
                "which makes one order of several",
                "export the file anew, with the column of ids as text",
            )
    return ids


def rounded(ids: pd.Series) -> pd.Series:
    """Where an id, or a part of it, is written like ``1.01E+11``."""
    return ids.astype("str").str.contains(rf"(?:^|-){_ROUNDED}(?:-|$)", na=False).astype(bool)


def _ends_in_zeros(ids: pd.Series) -> bool:
    long = ids[ids.str.fullmatch(rf"\d{{{_KEPT_DIGITS + 1},}}").astype(bool)]
    return len(long) >= _ENOUGH_LONG_IDS and bool(long.str[_KEPT_DIGITS:].str.fullmatch("0+").all())
