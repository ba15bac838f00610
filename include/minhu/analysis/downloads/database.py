"""A release as one read-only DuckDB file: its tables and the star for BI, for who has no PostgreSQL at hand."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from minhu.analysis import star_views
from minhu.analysis.query import offered_release
from minhu.release import releases
from minhu.settings import Settings

#: Nobody writes into a release, not by mistake either.
_READ_ONLY = 0o444


def write_database(settings: Settings, release_id: str, path: Path) -> int:
    """Write a release's database to ``path``, in one rename, and say how many cells it has.

    The file has the schema ``published`` as PostgreSQL has it: every table with ``release_id`` and ``as_of`` in front, and
    the views of the star with their comments. A file that stands there is replaced.
    """
    release = releases.current(settings, release_id)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        with offered_release(settings, release_id) as engine:
            engine.execute(f"attach '{str(temporary).replace(chr(39), chr(39) * 2)}' as written")
            engine.execute("create schema written.published")
            for name in release.table_names:
                engine.execute(f"create table written.published.{name} as from published.{name}")
            row = engine.execute("select count(*) from written.published.kpi_results").fetchone()
            engine.execute("detach written")
        with duckdb.connect(str(temporary)) as database:
            star_views.comment(database, star_views.make(database, settings, release))
        temporary.chmod(_READ_ONLY)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return int(row[0]) if row else 0
