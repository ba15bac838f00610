"""How the tables of a release and of its replay differ: which rows, which columns, and ten keys to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from minhu import atomic
from minhu.release.published_contract import key_of
from minhu.release.release_folder import Release, ReleaseFile
from minhu.release.store import Store

MOST_KEYS = 10
_LONGEST_KEY = 200


@dataclass(frozen=True)
class TableDifference:
    """One table that came out otherwise.

    Attributes:
        table: its name.
        only_published: rows that only the release has; of a table without a key, also those that changed.
        only_replayed: rows that only the replay has.
        changed: rows of both with another value.
        columns: that differ, in order.
        keys: up to ten rows by key (by all they say where the table has none), with what differs of those that changed.
        note: what else there is to say, "" for nothing.
    """

    table: str
    only_published: int = 0
    only_replayed: int = 0
    changed: int = 0
    columns: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    note: str = ""

    def lines(self) -> list[str]:
        """The difference for a person, first line and details."""
        counts = (
            f"{self.table}: {self.only_published:,} rows only in the release, {self.only_replayed:,} only in the replay, "
            f"{self.changed:,} changed"
        )
        columns = f"; columns {', '.join(self.columns)}" if self.columns else ""
        return [counts + columns + (f"; {self.note}" if self.note else ""), *(f"    {key}" for key in self.keys)]


def compare_files(release: Release, replayed: Sequence[ReleaseFile], store: Store) -> list[TableDifference]:
    """Tables of which a file has another hash or row count, stands on one side only, or is not what was published any more.

    In order of name. A replay that comes to the published hashes says nothing about the files that readers are given.
    """
    ours, theirs = {file.name: file for file in replayed}, {file.name: file for file in release.files}
    damaged = {name for name, file in theirs.items() if not _is_sound(release.path / name, file)}
    differing: dict[str, list[str]] = {}
    for name in sorted({*ours, *theirs}):
        if name in damaged or ours.get(name) != theirs.get(name):
            differing.setdefault((ours.get(name) or theirs[name]).table, []).append(name)
    found = []
    for table, names in differing.items():
        if told := [name for name in names if name in damaged]:
            note = f"{', '.join(told)} of the release itself was changed or lost: run `minhu verify`"
            found.append(TableDifference(table, note=note))
            continue
        there = [release.path / name for name in names if name in theirs]
        here = [store.path(ours[name].sha256) for name in names if name in ours]
        found.append(compare_rows(table, there, here))
    return found


def compare_rows(table: str, published: Sequence[Path], replayed: Sequence[Path]) -> TableDifference:
    """Compare the rows of Parquet files of one table, by its key where it has one."""
    if not published or not replayed:
        rows = sum(_row_count(path) for path in (*published, *replayed))
        return TableDifference(table, rows if published else 0, 0 if published else rows)
    with duckdb.connect() as db:
        db.execute("set TimeZone = 'UTC'")
        kinds: list[dict[str, str]] = []
        for name, paths in (("published", published), ("replayed", replayed)):
            relation = db.read_parquet([str(path) for path in paths], hive_partitioning=False, union_by_name=True)
            relation.create_view(name)
            kinds.append(dict(zip(relation.columns, map(str, relation.types), strict=True)))
        there, here = kinds
        unlike = [
            f"{name} (only in the {'replay' if name in here else 'release'})"
            if (name in there) != (name in here)
            else f"{name} ({there[name]} in the release, {here[name]} in the replay)"
            for name in [*there, *(name for name in here if name not in there)]
            if there.get(name) != here.get(name)
        ]
        alike = [name for name in there if there[name] == here.get(name)]
        key = [name for name in key_of(table) if name in alike]
        if key:
            found = _by_key(db, table, key, [name for name in alike if name not in key])
        else:
            found = _by_row(db, table, alike)
    if not unlike and found == TableDifference(table):
        return TableDifference(table, note="the same rows in other bytes: another version of the Parquet library")
    return TableDifference(
        table, found.only_published, found.only_replayed, found.changed, (*found.columns, *unlike), found.keys
    )


def _by_key(db: duckdb.DuckDBPyConnection, table: str, key: list[str], values: list[str]) -> TableDifference:
    match = " and ".join(f"p.{_quoted(name)} = r.{_quoted(name)}" for name in key)
    names = [f"coalesce(p.{_quoted(name)}, r.{_quoted(name)}) as {_quoted(name)}" for name in key]
    flags = [
        f"p.here and r.here and p.{_quoted(name)} is distinct from r.{_quoted(name)} as d{number}"
        for number, name in enumerate(values)
    ]
    pairs = [f"p.{_quoted(name)} as p{number}, r.{_quoted(name)} as r{number}" for number, name in enumerate(values)]
    any_flag = " or ".join(f"d{number}" for number in range(len(values))) or "false"
    db.execute(
        "create table pairs as select *, "  # noqa: S608  columns of our own tables, quoted
        f"case when p_here is null then 'added' when r_here is null then 'lost' when {any_flag} then 'changed' end as kind "
        f"from (select {', '.join([*names, 'p.here as p_here', 'r.here as r_here', *flags, *pairs])} "
        f"from (select *, true as here from published) as p full join (select *, true as here from replayed) as r on {match}) "
        f"where p_here is null or r_here is null or {any_flag}"
    )
    counts = dict(db.execute("select kind, count(*) from pairs group by kind").fetchall())
    columns = [
        name
        for number, name in enumerate(values)
        if db.execute(f"select 1 from pairs where d{number} limit 1").fetchall()  # noqa: S608  a number
    ]
    order = ", ".join(_quoted(name) for name in key)
    shown = db.execute(
        # those of both sides first: they say most
        f"select * from pairs order by case kind when 'changed' then 0 else 1 end, {order} limit {MOST_KEYS}"  # noqa: S608
    )
    head = [column[0] for column in shown.description or []]
    keys = [_told_by_key(dict(zip(head, row, strict=True)), key, values) for row in shown.fetchall()]
    return TableDifference(
        table, counts.get("lost", 0), counts.get("added", 0), counts.get("changed", 0), tuple(columns), tuple(keys)
    )


def _told_by_key(row: dict[str, Any], key: list[str], values: list[str]) -> str:
    name = " ".join(f"{column}={row[column]}" for column in key)
    if row["kind"] != "changed":
        return f"{name}: only in the {'release' if row['kind'] == 'lost' else 'replay'}"
    what = [
        f"{column} {row[f'p{number}']} in the release, {row[f'r{number}']} in the replay"
        for number, column in enumerate(values)
        if row[f"d{number}"]
    ]
    return f"{name}: {'; '.join(what)}"


def _by_row(db: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> TableDifference:
    listed = ", ".join(_quoted(name) for name in columns)
    for name, one, other in (("lost", "published", "replayed"), ("added", "replayed", "published")):
        db.execute(
            f"create table {name} as select {listed} from {one} except all select {listed} from {other}"  # noqa: S608
        )
    lost, added = (db.execute(f"select count(*) from {name}").fetchall()[0][0] for name in ("lost", "added"))  # noqa: S608
    # a column differs if the rows of both sides do not hold the same values in it
    differing = [name for name in columns if _holds_other_values(db, _quoted(name))]
    keys = [
        f"only in the {where}: {_told(row, columns)}"
        for name, where in (("lost", "release"), ("added", "replay"))
        for row in db.execute(f"select * from {name} order by all limit {MOST_KEYS // 2}").fetchall()  # noqa: S608
    ]
    return TableDifference(table, lost, added, 0, tuple(differing), tuple(keys))


def _holds_other_values(db: duckdb.DuckDBPyConnection, column: str) -> bool:
    counted = [f"select {column}, count(*) from {name} group by all" for name in ("lost", "added")]  # noqa: S608
    return any(
        db.execute(f"select 1 from ({one} except {other}) limit 1").fetchall()  # noqa: S608
        for one, other in (counted, counted[::-1])
    )


def _told(row: tuple[Any, ...], columns: list[str]) -> str:
    text = " ".join(f"{name}={value}" for name, value in zip(columns, row, strict=True) if value not in (None, ""))
    return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]} …"


def _is_sound(path: Path, file: ReleaseFile) -> bool:
    return path.is_file() and atomic.sha256_of(path) == file.sha256


def _row_count(path: Path) -> int:
    return int(duckdb.read_parquet(str(path), hive_partitioning=False).aggregate("count(*)").fetchall()[0][0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
