"""Which rows of PostgreSQL were written since they were last held against a release by content.

PostgreSQL keeps with every row version the transaction that wrote it (``xmin``, a system column no statement can set), and no
transaction writes after it has ended. So the rows of a part are those that were compared where as many stand there by each
of the same writers: whatever is altered or put in is of another one. A part that was equal and has the same fingerprint, of
the same file, is equal still, as long as the tables it lies in have the same columns.

That holds for what readers are shown only where they are shown it as the store makes its views. A table whose view has another text
(of a PostgreSQL that writes views otherwise, too), behind which stands no plain table of ours, or which hides rows from some, is
read whole every night.

What goes past SQL is not seen by this: files of the server edited on disk, or four thousand million transactions between
two nights. ``minhu verify`` reads every row. A restored or rebuilt database has other tables, and is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from psycopg import sql

from minhu import atomic
from minhu.release.published_description import STORE, VIEWS, Connection, versions_of
from minhu.release.release_folder import Release, ReleaseFile

#: Another way to take fingerprints makes those kept before worthless.
_FORM = 3
#: Below: what tables a reader's select passes through are, partitions of versions among them; and what of the catalogue decides
#: which of their values is shown: a partition's columns are found by name, and one added with a default has it in no row.
_PLAIN = """
with passed as (
    select * from pg_class
    where
        oid in (
            to_regclass(%(versions)s), to_regclass('published_store.releases'), to_regclass('published_store.current_release')
        )
        or oid in (select inhrelid from pg_inherits where inhparent = to_regclass(%(versions)s))
)
select
    string_agg(concat_ws(' ', relkind, relrowsecurity, relforcerowsecurity, relhasrules), ',' order by relkind, oid),
    string_agg(concat_ws(' ', oid, relname, pg_get_expr(relpartbound, oid), (
        select string_agg(
            concat_ws(' ', attnum, attname, atttypid, atttypmod, attisdropped, cast(attmissingval as text)), ',' order by attnum
        )
        from pg_attribute where attrelid = passed.oid and attnum > 0
    )), ';' order by oid)
from passed
"""
#: The partitioned table; its two partitions, the releases and the pointer.
_AS_WE_MAKE_THEM = ",".join(["p f f f", *["r f f f"] * 4])


@dataclass(frozen=True)
class Fingerprint:
    """Of the rows of one part that readers are shown.

    Attributes:
        rows: their number.
        writers: SHA-256 of the numbers of the transactions that wrote them, with how many rows each wrote.
    """

    rows: int
    writers: str


@dataclass(frozen=True)
class Shown:
    """What readers are shown of one table.

    Attributes:
        table: SHA-256 of what tables stand behind its view, with their columns; another one after a restore.
        parts: fingerprints by part.
    """

    table: str
    parts: Mapping[str, Fingerprint]


def shown(connection: Connection, name: str, columns: Sequence[str], release: Release) -> Shown | None:
    """Fingerprints of the rows that the pointer's release shows of a table; None where readers are shown it in another way than
    the store makes, or as of another moment than the release says.

    Args:
        connection: of somebody who can read ``published_store``.
        name: of the table.
        columns: that its view shows of it, in order.
        release: the current one.
    """
    versions = {"versions": versions_of(name).as_string(connection)}
    plain = connection.execute(_PLAIN, versions).fetchone()
    view = connection.execute(
        "select pg_get_viewdef(oid), reloptions from pg_class where oid = to_regclass(%s) and relkind = 'v'",
        (f"{VIEWS}.{name}",),
    ).fetchone()
    pointed = connection.execute(
        "select known.as_of from published_store.current_release as pointer "
        "join published_store.releases as known on known.release_no = pointer.release_no"
    ).fetchall()
    if (
        plain is None or plain[0] != _AS_WE_MAKE_THEM or view is None or view[1] is not None
        or _plain_text(str(view[0])) != _view_text(name, columns) or pointed != [(release.as_of.replace(tzinfo=None),)]
    ):  # fmt: skip
        return None
    rows = connection.execute(
        sql.SQL(
            "select cell.part, cast(cell.xmin as text), count(*) from {} as cell "
            "join published_store.releases as known on cell.from_release <= known.release_no "
            "and (cell.to_release is null or cell.to_release > known.release_no) "
            "join published_store.current_release as pointer on pointer.release_no = known.release_no "
            "group by cell.part, cast(cell.xmin as text) order by 1, 2"
        ).format(versions_of(name))
    ).fetchall()
    writers: dict[str, list[tuple[str, int]]] = {}
    for part, writer, count in rows:
        writers.setdefault(str(part), []).append((str(writer), int(str(count))))
    return Shown(
        sha256(str(plain[1]).encode()).hexdigest(),
        {
            part: Fingerprint(sum(count for _, count in wrote), sha256(repr(wrote).encode()).hexdigest())
            for part, wrote in writers.items()
        },
    )


def _view_text(name: str, columns: Sequence[str]) -> str:
    """What PostgreSQL says of the view that the store makes (``published_tables``), every bracket in its place."""
    own = "COALESCE(cell.as_of, known.as_of) AS as_of" if "as_of" in columns else "known.as_of"
    listed = ", ".join(["known.release_id", own, *(f"cell.{column}" for column in columns if column != "as_of")])
    return " ".join(
        (
            "SELECT", listed, f"FROM (({STORE}.current_release pointer JOIN {STORE}.releases known",
            f"ON ((known.release_no = pointer.release_no))) JOIN {STORE}.{name}_versions cell ON (((cell.from_release <=",
            "known.release_no) AND ((cell.to_release IS NULL) OR (cell.to_release > known.release_no)))));",
        )
    )  # fmt: skip


def _plain_text(text: str) -> str:
    return " ".join(text.replace('"', "").split())


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
        if before is None or before["table"] != now.table or self._is_foreign(before["parts"], files, now):
            return None
        return {file.part for file in files if file.rows and _known(before["parts"], file) is None}

    def remember(self, name: str, files: Iterable[ReleaseFile], now: Shown) -> None:
        """Keep that a table is equal. One whose rows say another part than their file's is read whole every night."""
        parts = {
            file.part: [file.sha256, now.parts[file.part].rows, now.parts[file.part].writers]
            for file in files
            if file.part in now.parts
        }
        self._tables[name] = {"table": now.table, "parts": parts}

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
    digest, rows, writers = before.get(file.part, (None, 0, ""))
    return Fingerprint(rows, writers) if digest == file.sha256 else None
