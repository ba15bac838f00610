"""How much of the machine the warehouse may take: what DuckDB finds there, or in the control group, with a share for the rest.

A build of a full-size night needs less than :data:`ENOUGH_BYTES`; what does not fit spills to ``work.duckdb.tmp`` beside the
work file, on the same disk and as private, of which DuckDB takes at most nine tenths of what is free.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import duckdb

#: More does not make a night faster (docs/performance.md).
ENOUGH_BYTES = 4_000_000_000
#: Of what DuckDB would take, which is four fifths of the machine: Python, Arrow and PostgreSQL work beside it.
_SHARE = 0.6
#: dbt runs as many models side by side; Python itself runs one.
_MOST_MODELS = 4
_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@dataclass(frozen=True)
class Share:
    """What the warehouse may take.

    Attributes:
        memory_bytes: of DuckDB.
        models: that dbt runs side by side; DuckDB itself uses every processor.
    """

    memory_bytes: int
    models: int

    @property
    def memory_limit(self) -> str:
        """As DuckDB takes it."""
        return f"{self.memory_bytes}B"


@cache
def share() -> Share:
    """Of the machine or container that this process runs on."""
    with duckdb.connect() as db:
        row = db.execute("select current_setting('memory_limit'), current_setting('threads')").fetchone()
    assert row is not None
    return Share(min(ENOUGH_BYTES, int(_SHARE * _bytes(str(row[0])))), min(_MOST_MODELS, max(2, int(row[1]))))


def _bytes(shown: str) -> int:
    found = re.fullmatch(r"([0-9.]+) (\w+)", shown)
    assert found is not None, f"DuckDB shows its memory limit in another form: {shown!r}"
    return int(float(found[1]) * _UNITS[found[2]])
