"""Which rows of PostgreSQL were written since they were last held against a release by content.

PostgreSQL keeps with every row version the transaction that wrote it (``xmin``, a system column no statement can set). A later
writer has a higher number than all that stand there, so whatever is added, removed or altered in a part changes the number of
its rows or the sum of their writers. A part that was equal and has the same fingerprint, of the same file, is equal still.

What goes past SQL is not seen by this: files of the server edited on disk, or two thousand million transactions between
two nights. ``minhu verify --published`` reads every row. A restored or rebuilt database has other tables, and is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql

from minhu import atomic
from minhu.release.published_description import VIEWS, Connection, versions_of
from minhu.release.release_folder import Release, ReleaseFile

#: Another way to take fingerprints makes those kept before worthless.
_FORM = 1


@dataclass(frozen=True)
class Fingerprint:
    """Of the rows of one part that readers are shown.

    Attributes:
        rows: their number.
        writers: the sum of the numbers of the transactions that wrote them.
    """

    rows: int
    writers: int


@dataclass(frozen=True)
class Shown:
    """What readers are shown of one table.

    Attributes:
        way: what a reader's select passes through: the view's text, the table behind it, whether rows may be hidden from them.
        parts: fingerprints by part.
    """

    way: str
    parts: Mapping[str, Fingerprint]


def shown(connection: Connection, name: str) -> Shown:
    """Fingerprints of the rows that the pointer's release shows of a table; whoever asks must be able to read ``published_store``."""
    row = connection.execute(
        "select pg_get_viewdef(to_regclass(%s)), to_regclass(%s)::oid, string_agg(concat_ws(' ', oid, relkind, relrowsecurity, "
        "relforcerowsecurity, relhasrules), ',' order by oid) from pg_class where oid in (to_regclass(%s), "
        "to_regclass('published_store.releases'), to_regclass('published_store.current_release'))",
        (f"{VIEWS}.{name}", f"{VIEWS}.{name}", versions_of(name).as_string(connection)),
    ).fetchone()
    rows = connection.execute(
        sql.SQL(
            "select cell.part, count(*), sum(cast(cast(cell.xmin as text) as bigint)) from {} as cell "
            "join published_store.releases as known on cell.from_release <= known.release_no "
            "and (cell.to_release is null or cell.to_release > known.release_no) "
            "join published_store.current_release as pointer on pointer.release_no = known.release_no group by cell.part"
        ).format(versions_of(name))
    ).fetchall()
    return Shown(repr(row), {str(part): Fingerprint(int(str(count)), int(str(sum_))) for part, count, sum_ in rows})


class Compared:
    """What was found equal, table by table: kept in a file, which may be lost at the price of one whole comparison."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables: dict[str, Any] = {}
        kept = atomic.read_json(path)
        if isinstance(kept, dict) and kept.get("form") == _FORM:
            self._tables = dict(kept["tables"])

    def to_compare(self, name: str, files: Iterable[ReleaseFile], now: Shown) -> set[str] | None:
        """Parts whose rows have to be read; None for all of the table.

        Only parts with another file than they were compared with may have other rows. Where rows of any other part were
        written, somebody else did it, and where to is not known before all are read.
        """
        before = self._tables.get(name)
        if before is None or before["way"] != now.way or self._is_foreign(before["parts"], files, now):
            return None
        return {file.part for file in files if file.rows and _known(before["parts"], file) is None}

    def remember(self, name: str, files: Iterable[ReleaseFile], now: Shown) -> None:
        """Keep that a table is equal. One whose rows say another part than their file's is read whole every night."""
        parts = {
            file.part: [file.sha256, now.parts[file.part].rows, now.parts[file.part].writers]
            for file in files
            if file.part in now.parts
        }
        self._tables[name] = {"way": now.way, "parts": parts}

    def forget(self, name: str) -> None:
        """A table that differs is read whole until it does not."""
        self._tables.pop(name, None)

    def keep(self, release: Release) -> None:
        """Write the file, without tables that the release does not have."""
        tables = {name: kept for name, kept in self._tables.items() if name in release.table_names}
        atomic.write_json(self._path, {"form": _FORM, "tables": tables})

    @staticmethod
    def _is_foreign(before: Mapping[str, Any], files: Iterable[ReleaseFile], now: Shown) -> bool:
        expected = {file.part: file for file in files if file.rows}
        if set(now.parts) != set(expected):
            return True
        for part, file in expected.items():
            known, found = _known(before, file), now.parts[part]
            if found.rows != file.rows or (known is not None and known != found):
                return True
        return False


def _known(before: Mapping[str, Any], file: ReleaseFile) -> Fingerprint | None:
    """The fingerprint with which a file was found equal."""
    digest, rows, writers = before.get(file.part, (None, 0, 0))
    return Fingerprint(rows, writers) if digest == file.sha256 else None
