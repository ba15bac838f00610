"""Text files as nearly all are written: no quotation marks, and as many cells in each row as in the header, or none.

Cells of such a text are what stands between its commas, so Arrow reads the same as Python does, in columns. Every other text
is left to :func:`minhu.extract.spreadsheets.grids.text_grid`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

_BLOCK_BYTES = 8 << 20
#: Stands at the beginning of what Windows writes; Arrow would take one within the text for that.
_ORDER_MARK = "\ufeff".encode()


@dataclass(frozen=True)
class PlainText:
    """A text that can be read in columns, as bytes of UTF-8."""

    content: bytes

    @classmethod
    def of(cls, text: str) -> PlainText | None:
        """The text, None if it has to be read row by row."""
        try:
            content = text.encode()
        except UnicodeEncodeError:
            return None
        is_plain = b'"' not in content and content.count(b"\r") == content.count(b"\r\n")
        return cls(content) if is_plain else None

    def first_rows(self, count: int) -> list[list[str]]:
        """Cells of the first rows."""
        lines = self.content.split(b"\n", count)
        if len(lines) <= count and not lines[-1]:
            lines.pop()
        rows = [line.removesuffix(b"\r").decode() for line in lines[:count]]
        return [row.split(",") if row else [] for row in rows]

    def columns_after(self, row: int, width: int) -> list[pa.StringArray] | None:
        """The columns of the rows after one of the first rows; None if there are none, or of other widths.

        Args:
            row: number from 0 of the header.
            width: of the header.
        """
        start = 0
        for _ in range(row + 1):
            start = self.content.find(b"\n", start) + 1
            if not start:
                return None
        body = memoryview(self.content)[start:]
        if not body or width < 2 or self.content.startswith(_ORDER_MARK, start) or start > csv.field_size_limit():
            return None
        names = [str(number) for number in range(width)]
        try:
            table = pa_csv.read_csv(
                pa.py_buffer(body),
                pa_csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES, use_threads=False),
                pa_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
                pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), null_values=[], strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:
            return None  # rows of several widths, or a row longer than a block
        columns = [column.combine_chunks() for column in table.columns]
        longest = max((pc.max(pc.binary_length(column)).as_py() or 0 for column in columns), default=0)
        return columns if longest <= csv.field_size_limit() else None
