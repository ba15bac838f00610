"""Reading order files as text: nothing is interpreted yet, nothing is lost."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from minhu.errors import PermanentError, UsageError
from minhu.order_files.mapping import OrderMap


def read_files(order_map: OrderMap, files: Sequence[Path]) -> pd.DataFrame:
    """Every row of the files, as text, with ``_file`` (name) and ``_row`` (line of data, from 1).

    Missing markers become None; surrounding blanks go. All columns are kept until repeated rows have been judged.

    Raises:
        UsageError: no file, or one that does not exist.
        PermanentError: a file in another encoding, of another form, or without a column that the map names.
    """
    if not files:
        raise UsageError("load orders", "no file was given", "name the files after the options")
    return pd.concat([_read_file(order_map, path) for path in files], ignore_index=True)


def _read_file(order_map: OrderMap, path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(f"load orders from {path}", "there is no such file", "check the path")
    try:
        frame = pd.read_csv(
            path, encoding=order_map.file.encoding, sep=order_map.file.delimiter, dtype=str, keep_default_na=False
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise PermanentError(
            f"read {path.name}",
            f"expected {order_map.file.encoding}, found other bytes at position {error.start}",
            "correct `file.encoding` of the map, or have the file sent again",
        ) from None
    except pd.errors.ParserError as error:
        raise PermanentError(
            f"read {path.name}", f"it is not a table: {error}", "correct `file.delimiter` of the map"
        ) from None
    for column in order_map.used_columns():
        if column not in frame.columns:
            near = difflib.get_close_matches(column, map(str, frame.columns), n=1)
            raise PermanentError(
                f"read {path.name}",
                f"expected a column {column}, found {'only ' + near[0] + ' near it' if near else 'none like it'}",
                "correct the map, or have the file sent again",
            )
    cleaned = frame.apply(lambda column: column.str.strip())
    cleaned = cleaned.where(~cleaned.isin(order_map.file.missing), None)
    return cleaned.assign(_file=path.name, _row=range(1, len(cleaned) + 1))
