"""Text files as nearly all are written: no quotation marks, and as many cells in each row as in the header, or none.

Cells of such a text are what stands between its commas, so Arrow reads the same as Python does, in columns. Every other text
is left to :func:`minhu.extract.spreadsheets.grids.text_grid`.
"""

from __future__ import annotations

import csv

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

_BLOCK_BYTES = 8 << 20
#: Stands at the beginning of what Windows writes; Arrow would take one within the text for that.
_ORDER_MARK = "\ufeff"


def first_rows(text: str, count: int) -> list[list[str]] | None:
    """Cells of the first rows, None if the text has to be read row by row."""
    if '"' in text or text.count("\r") != text.count("\r\n"):
        return None
    lines = text.split("\n", count)
    has_rest = len(lines) > count
    rows = [line.removesuffix("\r") for line in lines[:count] if line or has_rest]
    return [row.split(",") if row else [] for row in rows]


def columns_after(text: str, row: int, width: int) -> list[pa.StringArray] | None:
    """The columns of the rows after a row of a text that :func:`first_rows` took; None if they have other widths.

    Args:
        text: decoded.
        row: number from 0 of the header, which is one of the first rows.
        width: of the header.
    """
    body = text.split("\n", row + 1)[row + 1 :]
    if not body or not body[0] or width < 2 or body[0].startswith(_ORDER_MARK):
        return None
    names = [str(number) for number in range(width)]
    try:
        table = pa_csv.read_csv(
            pa.py_buffer(body[0].encode()),
            pa_csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES, use_threads=False),
            pa_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeEncodeError):
        return None  # rows of several widths, or a row longer than a block
    columns = [column.combine_chunks() for column in table.columns]
    longest = max((pc.max(pc.binary_length(column)).as_py() or 0 for column in columns), default=0)
    return columns if longest <= csv.field_size_limit() else None
