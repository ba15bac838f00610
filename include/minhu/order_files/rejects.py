"""Rows that cannot be orders: where they stand, why, and of which days, places and units they would have been."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from minhu.order_files.business_date import impossible
from minhu.order_files.mapping import OrderMap
from minhu.order_files.naming import make_places, make_units
from minhu.order_files.reading import FILE, ROW, Reading
from minhu.order_files.rules import Notes
from minhu.order_files.times import Times

_KNOWN_TIMES = ["created_at", "due_at", "closed_at"]
_KNOWN_CODES = ["community_code", "street_code", "unit_code"]
COLUMNS = ["file_name", "row_number", "rule_id", "reason", *_KNOWN_TIMES, *_KNOWN_CODES]


def list_rejects(
    order_map: OrderMap, every_row: pd.DataFrame, reasons: pd.Series, times: Times, reading: Reading,
    tables: dict[str, pd.DataFrame],
) -> pd.DataFrame:  # fmt: skip
    """Rows of ``hotline.load_rejects``, in the order of files and rows.

    Args:
        order_map: of the city.
        every_row: as read.
        reasons: why a row is rejected, by its index.
        times: of these rows.
        reading: its torn rows, of which nothing else is known.
        tables: ``places`` and ``units``; codes that are not in them are left out.
    """
    if reasons.empty and not reading.torn:
        return pd.DataFrame(columns=COLUMNS)
    rows = every_row.loc[reasons.index]
    named = rows[[FILE, ROW]].rename(columns={FILE: "file_name", ROW: "row_number"})
    known = times.values[_KNOWN_TIMES].mask(impossible(order_map, times.values)[_KNOWN_TIMES])
    unheard = Notes(
        pd.Series(None, index=rows.index, dtype=object)
    )  # what is odd in rows that are no orders is not told
    places = make_places(order_map, rows, unheard)
    codes = {
        "community_code": _listed(places.community_code, tables["places"]["place_code"]),
        "street_code": _listed(places.street_code, tables["places"]["place_code"]),
        "unit_code": _listed(make_units(order_map, rows, unheard)[1], tables["units"]["unit_code"]),
    }
    table = named.assign(rule_id="L1-ORD-005", reason=reasons, **{name: known[name] for name in _KNOWN_TIMES}, **codes)
    torn = pd.DataFrame(reading.torn, columns=COLUMNS).astype(table.dtypes)
    order = {name: place for place, name in enumerate(reading.files)}
    whole = pd.concat([part for part in (table, torn) if len(part)] or [table], ignore_index=True)
    place = whole["file_name"].map(order)
    return whole.assign(_place=place).sort_values(["_place", "row_number"], ignore_index=True)[COLUMNS]


def _listed(codes: pd.Series, known: pd.Series) -> pd.Series:
    return codes.where(codes.isin(set(known)), None)


def count_by_file(reading: Reading, is_left_out: pd.Series, rejected: pd.Series) -> pd.DataFrame:
    """Rows of ``hotline.load_files``: of every file how many rows were read, left out by the map, and rejected.

    Args:
        reading: every row and every torn one.
        is_left_out: of every row.
        rejected: the reason of each row that was rejected, by its index.
    """
    files = reading.rows[FILE]
    torn = Counter(str(row["file_name"]) for row in reading.torn)
    lost = files.loc[rejected.index].value_counts()
    left, read = files[is_left_out].value_counts(), files.value_counts()
    return pd.DataFrame(
        [
            (name, int(read.get(name, 0)) + torn[name], int(left.get(name, 0)), int(lost.get(name, 0)) + torn[name])
            for name in reading.files
        ],
        columns=["file_name", "rows_read", "rows_left_out", "rows_rejected"],
    )
