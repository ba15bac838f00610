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


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


def console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120)


def print_rows(rows: pa.Table, output: Format, wrapped: Mapping[str, int] | None = None) -> None:
    """Print rows; in a table the columns ``wrapped`` share the width that the others leave, and go on in the next line."""
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

        shares = wrapped or {}
        shown = Table(expand=bool(shares))
        for name in rows.column_names:
            # Chinese has no spaces to break at, so what is too long is folded
            shown.add_column(name, overflow="fold" if name in shares else "ellipsis", ratio=shares.get(name))
        for row in rows.to_pylist():
            shown.add_row(*("" if value is None else str(value) for value in row.values()))
        console().print(shown)
        typer.echo(f"{rows.num_rows:,} rows")
