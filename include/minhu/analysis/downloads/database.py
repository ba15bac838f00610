"""A release for BI without PostgreSQL: one read-only DuckDB file of its tables and the star, or the star as Parquet files."""

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
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return int(row[0]) if row else 0


def write_star(settings: Settings, release_id: str, folder: Path) -> int:
    """Write each view of the star as ``<view>.parquet`` below ``folder`` and say how many cells there are.

    Files of an earlier export are replaced one by one, each by a rename.
    """
    release = releases.current(settings, release_id)
    folder.mkdir(parents=True, exist_ok=True)
    with offered_release(settings, release_id) as engine:
        shown = engine.execute("select view_name from duckdb_views() where schema_name = 'published'").fetchall()
        for name in sorted({str(name) for (name,) in shown}.difference(release.table_names)):
            path = folder / f"{name}.parquet"
            temporary = folder / f".{path.name}.{os.getpid()}"
            engine.sql(f"from published.{name} order by all").write_parquet(str(temporary), compression="zstd")
            temporary.replace(path)
        row = engine.execute("select count(*) from published.kpi_results").fetchone()
    return int(row[0]) if row else 0
