"""All that a run has written, as text: values of Parquet files and parts of workbooks, which compress, and bytes of others."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow.parquet as pq


def everything_in(folder: Path) -> str:
    """Every value and every name in every file below ``folder``."""
    texts: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            texts.append(repr(pq.read_table(path, partitioning=None).to_pylist()))
        if path.suffix == ".xlsx" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as book:
                texts += [book.read(part).decode("utf-8", errors="replace") for part in book.namelist()]
        texts += [path.name, path.read_bytes().decode("utf-8", errors="replace")]
    assert len(texts) > 10, "there is nothing to look through"
    return "\n".join(texts)
