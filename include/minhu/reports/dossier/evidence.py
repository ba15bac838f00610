"""What a dossier is made from: the release's own files, those of earlier releases, and the ledger. Nothing else.

Earlier releases are those the ledger knew before this one, so the dossier of a release is the same whenever it is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from minhu.ledger.chain import Event, Ledger, release_events
from minhu.release.release_folder import Release, ReleaseFile, is_settled
from minhu.release.releases import current, event_before, open_release
from minhu.settings import Settings

#: Nights that a line over time looks back.
HISTORY_NIGHTS = 400
CELL = ("kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber")
#: Of the catalogue of rules of each night: rows that rules with findings saw fail, rows looked at, and records set aside.
_OF_RULES_BY_NIGHT = """
select filename, rule_id, {column} as row_count
from read_parquet($paths, filename = true, union_by_name = true, hive_partitioning = false)
where {condition}
order by filename, rule_id
"""

Row = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """An earlier release, or this one, as a point on a line over time."""

    business_date: date
    release_id: str


@dataclass
class Evidence:
    """One release, open for questions. Its tables are in schema ``now``, those of the release before in ``before``.

    Attributes:
        release: the release.
        before: the release that this one was held against (``releases.latest_before``); None for a first.
        event: the ledger's line of the release.
        previous_event: the line of the release published before it.
        nights: releases up to this one in order of business date, the last of each date.
    """

    release: Release
    before: Release | None
    event: Event
    previous_event: Event | None
    nights: tuple[Night, ...]
    engine: duckdb.DuckDBPyConnection
    _columns: dict[str, set[str]] = field(default_factory=dict)
    _lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def has(self, table: str, *columns: str, schema: str = "now") -> bool:
        """Whether the release has a table, with these columns: older releases lack some."""
        release = self.release if schema == "now" else self.before
        if release is None or table not in release.table_names:
            return False
        name = f"{schema}.{table}"
        if name not in self._columns:
            self._columns[name] = {str(row["column_name"]) for row in self.rows(f"describe {name}")}
        return set(columns) <= self._columns[name]

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """The rows of a query; every one that is shown has an order."""
        cursor = self.engine.execute(statement, parameters or None)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def one(self, statement: str, **parameters: Any) -> Any:
        """The one value of a query."""
        return next(iter(self.rows(statement, **parameters)[0].values()))

    @property
    def city_name(self) -> str:
        if self.has("dim_places", "place_name", "place_level"):
            found = self.rows(
                "select place_name from now.dim_places where place_level = 'city' order by place_code limit 1"
            )
            if found:
                return str(found[0]["place_name"])
        return str(self.release.manifest["city"])

    def failed_by_night(self) -> dict[str, list[int]]:
        """Rows that failed, by rule that found something, one number per night of :attr:`nights`."""
        return self._by_night("rows_failed", "finding_count > 0")

    def seen_by_night(self) -> dict[str, list[int]]:
        """Rows that a rule looked at, by rule, one number per night whose release lists its rules."""
        return self._by_night("rows_seen", "true", only_there=True)

    def quarantined_by_night(self) -> dict[str, list[int]]:
        """Rows in quarantine, by rule, one number per night."""
        return self._by_night("rows_failed", "rule_id like 'L2-%' and rows_failed > 0")

    def changed_files(self, table: str) -> tuple[list[Path], list[Path]]:
        """Files of settled parts of a table that differ from those of the release before: now, and before."""
        if self.before is None:
            return [], []

        def settled(release: Release) -> dict[str, ReleaseFile]:
            day = self.release.business_date
            return {f.name: f for f in release.files if f.table == table and (not f.part or is_settled(f.part, day))}

        now, before = settled(self.release), settled(self.before)
        differing = sorted(n for n in {*now, *before} if now.get(n) != before.get(n))
        return (
            [self.release.path / name for name in differing if name in now],
            [self.before.path / name for name in differing if name in before],
        )

    def _by_night(self, column: str, condition: str, only_there: bool = False) -> dict[str, list[int]]:
        """A column of the catalogue of rules, night by night. The catalogue counts what each rule found once: four hundred
        nights of it are read in a moment, of findings themselves they would be millions of rows."""
        statement = _OF_RULES_BY_NIGHT.format(column=column, condition=condition)
        if statement in self._lines:
            return self._lines[statement]
        paths = [self.release.path.parent / night.release_id / "quality_rules.parquet" for night in self.nights]
        there = [str(path) for path in paths if path.is_file()]
        places = {name: i for i, name in enumerate(there if only_there else map(str, paths))}
        found = self._lines.setdefault(statement, {})
        for row in self.rows(statement, paths=there) if there else []:
            line = found.setdefault(str(row["rule_id"]), [0] * len(places))
            line[places[row["filename"]]] = int(row["row_count"] or 0)
        return found


@contextmanager
def open_evidence(settings: Settings, release_id: str | None = None) -> Iterator[Evidence]:
    """Open a release, the current one by default.

    Raises:
        UsageError: nothing was published, or no such release.
        PermanentError: its folder is damaged.
    """
    release = current(settings, release_id)
    known = release_events(Ledger(settings.ledger_path).events())
    event = known[release.release_id]
    earlier = [e for e in known.values() if e.number < event.number]
    nights = {e.business_date: e for e in earlier if e.business_date < release.business_date}
    before = event_before(settings, known, release.business_date, event.number)
    points = [Night(day, nights[day].release_id) for day in sorted(nights)][-(HISTORY_NIGHTS - 1) :]
    with duckdb.connect(":memory:") as engine:
        engine.execute("set timezone = 'UTC'")
        evidence = Evidence(
            release=release,
            before=open_release(settings, known, before.release_id) if before else None,
            event=event,
            previous_event=max(earlier, key=lambda e: e.number) if earlier else None,
            nights=(*points, Night(release.business_date, release.release_id)),
            engine=engine,
        )
        _offer(engine, "now", release)
        if evidence.before is not None:
            _offer(engine, "before", evidence.before)
        yield evidence


def files_as_table(paths: list[Path]) -> str:
    """SQL that reads files; a view takes no parameters, so the names are quoted."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"


def _offer(engine: duckdb.DuckDBPyConnection, schema: str, release: Release) -> None:
    engine.execute(f"create schema {schema}")
    for name in release.table_names:
        paths = [release.path / file.name for file in release.files if file.table == name]
        engine.execute(f"create view {schema}.{name} as select * from {files_as_table(paths)}")  # noqa: S608  own paths, quoted
