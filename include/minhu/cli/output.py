"""How commands print: rows as a table, CSV or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console


#: Cells that a column must have to be read whose text goes on in the next line.
_NARROWEST = 24


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


def console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120)


def print_rows(rows: pa.Table, output: Format, wrapped: Mapping[str, int] | None = None) -> None:
    """Print rows; what does not fit the terminal side by side is printed as records, a line a column, nothing cut.

    Args:
        rows: to print.
        output: how.
        wrapped: of a table, columns that share the width that the others leave, and go on in the next line.
    """
    if output is Format.json:
        typer.echo(json.dumps(rows.to_pylist(), ensure_ascii=False, indent=2, default=str))
    elif output is Format.csv:
        import io

        import pyarrow.csv as pcsv

        buffer = io.BytesIO()
        pcsv.write_csv(_as_no_formulas(rows), buffer)
        typer.echo(buffer.getvalue().decode(), nl=False)
    else:
        texts = [["" if value is None else str(value) for value in row.values()] for row in rows.to_pylist()]
        _print_table(rows.column_names, texts, wrapped or {})
        typer.echo(f"{rows.num_rows:,} rows")


def _print_table(names: list[str], texts: list[list[str]], shares: Mapping[str, int]) -> None:
    from rich.cells import cell_len
    from rich.table import Table

    screen = console()
    longest = [max(cell_len(text) for text in column) for column in zip(names, *texts, strict=True)]
    needed = [min(size, _NARROWEST) if name in shares else size for name, size in zip(names, longest, strict=True)]
    if sum(needed) + 3 * len(names) + 1 > screen.width:
        for number, row in enumerate(texts, start=1):
            typer.echo(f"─ {number} " + "─" * 20)
            for name, text in zip(names, row, strict=True):
                typer.echo(f"{name.ljust(max(map(len, names)))}  {text}".rstrip())
        return
    shown = Table(expand=bool(shares))
    for name in names:
        # Chinese has no spaces to break at, so what is too long is folded
        shown.add_column(name, overflow="fold" if name in shares else "ellipsis", ratio=shares.get(name))
    for row in texts:
        shown.add_row(*row)
    screen.print(shown)


def _as_no_formulas(rows: pa.Table) -> pa.Table:
    """Text that a spreadsheet would run gets an apostrophe in front, as people write it there; numbers stay numbers."""
    import pyarrow as pa

    from minhu.workbooks import as_no_formula

    columns = []
    for column in rows.columns:
        if pa.types.is_dictionary(column.type) or pa.types.is_large_string(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            texts = [None if text is None else as_no_formula(text, may_be_number=True) for text in column.to_pylist()]
            column = pa.array(texts, pa.string())
        columns.append(column)
    return pa.Table.from_arrays(columns, names=[as_no_formula(name) for name in rows.column_names])
