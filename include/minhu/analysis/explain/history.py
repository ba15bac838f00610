"""What other releases said of a cell, and what the log of restatements says why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import duckdb

from minhu.analysis.explain.question import CellKey
from minhu.errors import PermanentError
from minhu.ledger.chain import Ledger, release_events
from minhu.release.export import KPI_RESTATEMENTS, KPI_RESULTS
from minhu.release.published_contract import PART_OF_CELL
from minhu.release.release_folder import Release
from minhu.release.releases import open_release
from minhu.settings import Settings

#: What makes a cell another one for its reader.
FIGURES = ("numerator", "denominator", "value", "verdict", "rule_id", "is_stale", "contract_version")


@dataclass(frozen=True)
class Version:
    """A cell as it stood in one release, or in several after each other.

    Attributes:
        release_id: the first release that said so.
        business_date: its night.
        last_release_id: the last one that did before the next change.
        releases: how many did.
        figures: :data:`FIGURES` of the cell; None where the release had no such cell.
        restatement: the row of the log for that night, where the period had been published otherwise before.
    """

    release_id: str
    business_date: date
    last_release_id: str
    releases: int
    figures: dict[str, Any] | None
    restatement: dict[str, Any] | None = None


@dataclass(frozen=True)
class History:
    """Versions of a cell, oldest first, and what could not be read."""

    versions: list[Version] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_history(settings: Settings, key: CellKey) -> History:
    """Every version of a cell in the releases of its period and after, in order of publication.

    A release folder that is damaged or lost is left out and named in ``notes``.
    """
    versions: list[Version] = []
    notes: list[str] = []
    known = release_events(Ledger(settings.ledger_path).events())
    said: dict[str, dict[str, Any] | None] = {}
    last: Release | None = None
    with duckdb.connect(":memory:") as engine:
        part = _part_of(engine, key)
        for event in sorted(known.values(), key=lambda event: event.number):
            if event.business_date < key.period_start:
                continue  # a cell has no figures before its first day
            try:
                release = open_release(settings, known, event.release_id)
                figures = _figures(engine, release, key, part, said)
            except (PermanentError, duckdb.Error) as error:
                notes.append(f"{event.release_id} was left out: {str(error).splitlines()[0]}")
                continue
            last = release
            if versions and versions[-1].figures == figures:
                versions[-1] = replace(
                    versions[-1], last_release_id=release.release_id, releases=versions[-1].releases + 1
                )
            elif versions or figures is not None:
                versions.append(Version(release.release_id, release.business_date, release.release_id, 1, figures))
        causes = _restatements(engine, last, key) if last else {}
    return History(
        [
            replace(version, restatement=causes.get(version.business_date)) if number else version
            for number, version in enumerate(versions)
        ],
        notes,
    )


def _part_of(engine: duckdb.DuckDBPyConnection, key: CellKey) -> str:
    """The part of the table that holds the cell, by the expression that cut it."""
    found = engine.execute(
        f"select {PART_OF_CELL} from (select ? as period_type, cast(? as date) as period_start)",  # noqa: S608  our own
        [key.period_type, key.period_start],
    ).fetchall()
    return str(found[0][0])


def _figures(
    engine: duckdb.DuckDBPyConnection, release: Release, key: CellKey, part: str, said: dict[str, dict[str, Any] | None]
) -> dict[str, Any] | None:
    """Figures of the cell in a release; ``said`` remembers them by file, for releases share files."""
    file = next((file for file in release.files if (file.table, file.part) == (KPI_RESULTS, part)), None)
    if file is None:
        return None
    if file.sha256 not in said:
        rows = _rows(engine, [str(release.path / file.name)], key)
        said[file.sha256] = {name: rows[0].get(name) for name in FIGURES} if rows else None
    return said[file.sha256]


def _restatements(engine: duckdb.DuckDBPyConnection, release: Release, key: CellKey) -> dict[date, dict[str, Any]]:
    """Rows of the log about the cell, by night."""
    files = [str(release.path / file.name) for file in release.files if file.table == KPI_RESTATEMENTS]
    return {row["business_date"]: row for row in _rows(engine, files, key)} if files else {}


def _rows(engine: duckdb.DuckDBPyConnection, files: list[str], key: CellKey) -> list[dict[str, Any]]:
    wanted = vars(key)
    condition = " and ".join(f"{name} = ${name}" for name in wanted)
    rows = engine.execute(
        f"select * from read_parquet($files, hive_partitioning = false, union_by_name = true) where {condition}",  # noqa: S608
        {"files": files, **wanted},
    )
    return [dict(row) for row in rows.to_arrow_table().to_pylist()]
