"""What landed of a table with change times: the newest row of each key, kept so that no night reads all of landing again.

It follows from landing: a file that is missing, damaged, of other deliveries or of an older form is made again from all of
them. Each night adds what landed since, so its cost is that of a lookup in the archive, not of reading it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from minhu.landing import packs
from minhu.landing.table_contract import TableContract

#: Below the state directory; may be removed at any time.
FOLDER = "known"
#: What lies before it stands for a time that no calendar has, in every source by another one.
NO_MOMENT = datetime(1900, 1, 1)  # noqa: DTZ001
#: Of each such table while a night is held against it; more spills beside the file.
_MEMORY = "1GB"
#: Deliveries that are added together have at most so many rows, or are one.
_BATCH_ROWS = 1_000_000
#: Of a relation. Changes are counted by quarters of an hour, of which days of every time zone are made.
_COUNTED = (
    "select state, time_bucket(interval '15 minutes', version) as bucket, count(*) as rows, coalesce(sum(epoch_us(version)) "  # noqa: S608
    f"filter (where version > timestamp '{NO_MOMENT}'), 0) as moments from {{}} group by all"
)
_TABLES = """
create table made_as (form varchar);
create table covered (delivery varchar, bytes bigint, changed_ns bigint);
create table latest (key varchar, version timestamp, state varchar, delivery varchar);
create table counts (state varchar, bucket timestamp, rows bigint, moments hugeint);
"""


class Known:
    """Rows that landed before a night, beside what the night brings.

    Attributes:
        db: with ``latest`` (key, version, state) of everything before, ``everything`` (key) with tonight's, and ``others``:
            those of ``latest`` that were not left out. Times are UTC without an offset.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, tonight: pa.Array) -> None:
        self.db = db
        db.execute("create temp table brought (key varchar)")
        db.register("landing_tonight", pa.table({"key": tonight}))
        db.execute("create temp table tonight as select distinct key from landing_tonight where key is not null")
        db.execute("create temp view others as select * from latest anti join brought using (key)")
        db.execute("create temp view everything as select key from latest union select key from tonight")
        self._are_counted = False
        self.leave_out(tonight)

    def leave_out(self, keys: pa.Array) -> None:
        """Look no more at rows that a window brings, tonight's or a later one."""
        self.db.register("left_out", pa.table({"key": keys}))
        self.db.execute(
            "insert into brought select distinct key from left_out anti join brought using (key) where key is not null"
        )
        self._are_counted = False

    def rows(self) -> int:
        """How many keys landed, with tonight's."""
        return self.number(
            "select (select count(*) from latest) + (select count(*) from tonight anti join latest using (key))"
        )

    def count_others(self) -> str:
        """Name of a relation with the number of ``others`` by state and quarter of an hour of their change: state, bucket, rows,
        and the microseconds of their change times added up, moments."""
        if not self._are_counted:
            self.db.execute(
                "create or replace temp table others_counted as select state, bucket, sum(counted.rows) as rows, "  # noqa: S608
                "sum(counted.moments) as moments from (from counts union all by name "
                f"select state, bucket, -rows as rows, -moments as moments from ({_COUNTED.format('latest semi join brought using (key)')})"
                ") as counted group by all having sum(counted.rows) <> 0"
            )
            self._are_counted = True
        return "others_counted"

    def number(self, query: str, parameters: Sequence[object] = ()) -> int:
        """The one whole number of a query; 0 where it has none."""
        row = self.db.execute(query, list(parameters)).fetchone()
        return int(row[0] or 0) if row else 0


@contextmanager
def opened(
    home: Path, contract: TableContract, files: Sequence[Path], tonight: pa.Array, states: Sequence[str] = ()
) -> Iterator[Known]:
    """What landed of a table in the nights before, brought to the newest of them.

    Args:
        home: state directory of the city.
        contract: of a table with a change time.
        files: that landed before the night, in the order of their deliveries.
        tonight: keys that the night brings, as they land.
        states: columns that say in which state a row is.
    """
    wanted = {_delivery(file): file for file in files}
    with _kept(home / FOLDER / f"{contract.full_name}.duckdb", contract, wanted, states) as db:
        yield Known(db, tonight)


@contextmanager
def _kept(
    path: Path, contract: TableContract, wanted: dict[str, Path], states: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, brought to the deliveries wanted; another one for once where it knows later ones or another process has it."""
    form = _selected(contract, states)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = _brought(path, contract, form, wanted)
    with TemporaryDirectory(dir=path.parent, prefix=".once-") if db is None else nullcontext() as scratch:
        if db is None:
            db = duckdb.connect(str(Path(str(scratch)) / path.name), config={"memory_limit": _MEMORY})
            _bring(db, form, wanted)
        try:
            yield db
        finally:
            db.close()


def _brought(
    path: Path, contract: TableContract, form: str, wanted: dict[str, Path]
) -> duckdb.DuckDBPyConnection | None:
    """The file itself, made again where it is damaged; None where it is to be left as it is."""
    for _ in range(2):
        try:
            db = duckdb.connect(str(path), config={"memory_limit": _MEMORY})
        except duckdb.Error as error:
            if "set lock" in str(error):  # another night of this city holds it, which is a rare thing
                return None
            _remove(path)
            continue
        try:
            if _bring(db, form, wanted):
                return db
            is_later = _stands(db, path, contract, form)
            db.close()
            if is_later:
                return None
        except duckdb.Error:
            db.close()
        _remove(path)
    return None


def _remove(path: Path) -> None:
    for leftover in (path, path.with_name(f"{path.name}.wal")):
        leftover.unlink(missing_ok=True)


def _delivery(file: Path) -> str:
    """``dt=<date>/attempt=<number>``: deliveries in their order as texts."""
    return f"{file.parent.parent.name}/{file.parent.name}"


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _is_as_read(file: Path, stamp: tuple[int, int]) -> bool:
    """Whether a file is the one that was read: what is packed was held against its manifest, and is not written any more."""
    return (file.exists() and _stamp(file) == stamp) or packs.is_packed(file.parent)


def _stands(db: duckdb.DuckDBPyConnection, path: Path, contract: TableContract, form: str) -> bool:
    """Whether what the file knows is in landing as it was read: then it is only ahead of the night."""
    if db.execute("from made_as").fetchall() != [(form,)]:
        return False
    landed = path.parents[1] / "landing" / contract.source / contract.name
    covered = db.execute("select delivery, bytes, changed_ns from covered").fetchall()
    files = [(landed / delivery / "part.parquet", (size, changed)) for delivery, size, changed in covered]
    return all(_is_as_read(file, stamp) for file, stamp in files)


def _selected(contract: TableContract, states: Sequence[str]) -> str:
    """What is kept of a landed file."""
    state = " || '/' || ".join(
        f"cast(cast({name} is null as int) as varchar)" if name.endswith("_at") else f"coalesce({name}, '')"
        for name in states
    )
    return (
        f"select {contract.key[0]} as key, cast({contract.version} as timestamp) as version, {state or repr('')} as state, "  # noqa: S608
        "regexp_extract(filename, 'dt=[^/]+/attempt=[0-9]+') as delivery "
        f"from read_parquet(?, filename = true, hive_partitioning = false) where {contract.key[0]} is not null"
    )


def _newest(rows: str) -> str:
    """Of each key the row with the highest version, of several the one that came last; null is the oldest."""
    order = "(coalesce(version, timestamp '0001-01-01'), delivery)"
    return (
        f"select key, max(version) as version, arg_max(state, {order}) as state, arg_max(delivery, {order}) as delivery "  # noqa: S608
        f"from ({rows}) as every_version group by key"
    )


def _bring(db: duckdb.DuckDBPyConnection, form: str, wanted: dict[str, Path]) -> bool:
    """Add the deliveries that are not covered yet; False, and nothing done, where others are covered than are wanted."""
    db.execute("set TimeZone = 'UTC'")
    db.begin()
    if not db.execute("from information_schema.tables where table_name = 'made_as'").fetchall():
        db.execute(_TABLES)
        db.execute("insert into made_as values (?)", [form])
    covered = {row[0]: row[1:] for row in db.execute("from covered").fetchall()}
    is_ours = db.execute("from made_as").fetchall() == [(form,)]
    if not is_ours or any(
        delivery not in wanted or not _is_as_read(wanted[delivery], stamp) for delivery, stamp in covered.items()
    ):
        db.rollback()
        return False
    db.commit()
    for files in _batches({delivery: file for delivery, file in wanted.items() if delivery not in covered}):
        _add(db, form, files)
    return True


def _batches(new: dict[str, Path]) -> Iterator[dict[str, Path]]:
    """Deliveries by so many rows as fit into memory together: the newest of each key is picked there. Of an archive that is read for
    the first time those are many batches, each kept before the next."""
    batch: dict[str, Path] = {}
    rows = 0
    for delivery, file in new.items():
        readable = packs.lay_out(file.parent) / file.name
        more = pq.read_metadata(readable).num_rows
        if batch and rows + more > _BATCH_ROWS:
            yield batch
            batch, rows = {}, 0
        batch[delivery], rows = readable, rows + more
    if batch:
        yield batch


def _add(db: duckdb.DuckDBPyConnection, form: str, files: dict[str, Path]) -> None:
    """Add some deliveries, all of them or none."""
    db.begin()
    db.execute(f"create temp table incoming as {_newest(form)}", [list(map(str, files.values()))])
    db.execute("create temp table held as select * from latest semi join incoming using (key)")
    db.execute("create temp table newest as " + _newest("from held union all from incoming"))
    db.execute("delete from latest where key in (select key from held)")
    db.execute("insert into latest from newest")
    for sign, relation in (("-", "held"), ("+", "newest")):
        db.execute(
            f"insert into counts select state, bucket, {sign}rows, {sign}moments from ({_COUNTED.format(relation)})"  # noqa: S608
        )
    db.execute(
        "create or replace table counts as select state, bucket, cast(sum(every.rows) as bigint) as rows, "
        "sum(every.moments) as moments from counts as every group by all having sum(every.rows) <> 0 order by all"
    )
    db.executemany(
        "insert into covered values (?, ?, ?)", [(delivery, *_stamp(file)) for delivery, file in files.items()]
    )
    for relation in ("incoming", "held", "newest"):
        db.execute(f"drop table {relation}")
    db.commit()
