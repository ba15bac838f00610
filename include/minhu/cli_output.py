"""How commands print: rows as a table, CSV or JSON."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


def console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120)


def print_rows(rows: pa.Table, output: Format) -> None:
    if output is Format.json:
        typer.echo(json.dumps(rows.to_pylist(), ensure_ascii=False, indent=2, default=str))
    elif output is Format.csv:
        import io

        import pyarrow.csv as pcsv

        buffer = io.BytesIO()
        pcsv.write_csv(rows, buffer)
        typer.echo(buffer.getvalue().decode(), nl=False)
    else:
        from rich.table import Table

        shown = Table(*rows.column_names)
        for row in rows.to_pylist():
            shown.add_row(*("" if value is None else str(value) for value in row.values()))
        console().print(shown)
        typer.echo(f"{rows.num_rows:,} rows")
