"""A city of order files: each load replaces the one before, so every night reads all of it and tells what is gone.

Change times of order files say when an order changed, never when a file or its map was corrected. So a row is landed as no
older than what landed of it before, and the later landing counts; and what landed and is not loaded any more lands once
more, as gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from minhu.extract.hotline.completeness import GONE
from minhu.extract.missing import FEWEST_TO_BLOCK
from minhu.findings import Finding, Severity, sample
from minhu.landing import contracts
from minhu.landing.contracts.hotline import GONE as GONE_WORD
from minhu.landing.table_contract import TableContract
from minhu.landing.zone import Landing

#: Tables that the loader fills and that change in time, with the column that says a row is gone.
_STATES = {"work_orders": "status", "order_claims": "role"}
_MAP = "load_map"
_LAST = """
create table last as
select {key} as key, max({version}) as changed_at
from read_parquet($landed, hive_partitioning = false) group by all
"""
_LOADED = """
select {columns} from (
    select loaded.* replace (greatest(loaded.{version}, last.changed_at) as {version})
    from loaded left join last on loaded.{key} = last.key
    where loaded.{version} < $end or loaded.{version} is null
)
"""
#: What landed as there before the night, or in an earlier attempt at it, and is not loaded: as it landed last.
_GONE = """
with landed as (
    select *, filename in $today as is_today, {state} is distinct from $word as is_there,
        row_number() over (partition by {key}, filename in $today order by {version} desc, filename desc) as recency
    from read_parquet($landed, filename = true, hive_partitioning = false)
),
missing as (
    select {key} as key from landed
    where {key} not in (select {key} from loaded where {key} is not null) and is_there and (is_today or recency = 1)
)
select {columns} from (
    select landed.* replace ($word as {state}, last.changed_at as {version})
    from landed join last on landed.{key} = last.key
    where landed.{key} in (select key from missing) and is_there
    qualify row_number() over (partition by landed.{key} order by landed.{version} desc, filename desc) = 1
)
order by {key}
"""


@dataclass(frozen=True)
class Landed:
    """What landed of a city of files before: the nights before, and earlier attempts at the night itself."""

    landing: Landing
    before: Sequence[tuple[date, int]]
    today: Sequence[tuple[date, int]]

    @classmethod
    def until(cls, landing: Landing, day: date) -> Landed:
        """All that was accepted, by business date and attempt."""

        def attempts(until: date) -> list[tuple[date, int]]:
            accepted = landing.arrivals("hotline", until)
            return [(a.business_date, number) for a in accepted for number in range(1, (a.attempt or 0) + 1)]

        before = attempts(day - timedelta(days=1))
        return cls(landing, before, attempts(day)[len(before) :])

    def parts(self, contract: TableContract, attempts: Sequence[tuple[date, int]]) -> list[str]:
        there = [attempt for attempt in attempts if self.landing.has(contract, *attempt)]
        return [str(self.landing.laid_out(contract, *attempt) / "part.parquet") for attempt in there]

    def has_map_alone(self, digest: str) -> bool:
        """Whether all of it that bears on the night was read by one map."""
        contract = contracts.table("hotline", _MAP)
        relevant = [Path(part) for part in self.parts(contract, [*self.before[-1:], *self.today])]
        maps = [duckdb.read_parquet(str(part)).fetchall() for part in relevant]
        return bool(maps) and all(rows == [(digest,)] for rows in maps)


def land_whole(
    contract: TableContract, rows: pa.Table, end: datetime, landed: Landed, map_sha256: str, missing_percent: int
) -> tuple[pa.Table, list[Finding]]:
    """Rows of a table as they land, with those that are gone.

    Args:
        contract: of the table.
        rows: all that is loaded, in landing's form.
        end: of the night, aware; what changed later is not landed, and not gone.
        landed: what landed before.
        map_sha256: of the map that the files were read by.
        missing_percent: share of rows gone above which the delivery is refused, unless the map is another.
    """
    state = _STATES.get(contract.name)
    files = {name: landed.parts(contract, attempts) for name, attempts in vars(landed).items() if name != "landing"}
    everything = [*files["before"], *files["today"]]
    if state is None or contract.version is None:
        return rows, []
    names = {
        "key": contract.key[0], "version": contract.version, "state": state, "columns": ", ".join(contract.schema.names),
    }  # fmt: skip
    with duckdb.connect() as db:
        db.register("loaded", rows)
        db.execute("create table last (key varchar, changed_at timestamp)" if not everything else _LAST.format_map(names),
                   {"landed": everything} if everything else None)  # fmt: skip
        now = db.execute(_LOADED.format_map(names), {"end": end.astimezone(UTC).replace(tzinfo=None)}).to_arrow_table()
        if not everything:
            return now.cast(contract.schema), []
        told = {"landed": everything, "today": files["today"], "word": GONE_WORD}
        gone = db.execute(_GONE.format_map(names), told).to_arrow_table()
    landing = pa.concat_tables([now.cast(contract.schema), gone.cast(contract.schema)])
    return landing, _finding(contract, rows, gone, landed.has_map_alone(map_sha256), missing_percent)


def _finding(
    contract: TableContract, rows: pa.Table, gone: pa.Table, is_same_map: bool, missing_percent: int
) -> list[Finding]:
    if not gone.num_rows:
        return []
    seen = rows.num_rows + gone.num_rows
    is_too_many = is_same_map and gone.num_rows >= FEWEST_TO_BLOCK and gone.num_rows * 100 > missing_percent * seen
    severity: Severity = "block" if is_too_many else "warn"
    message = f"{gone.num_rows} rows that landed are not in the newest load of files: they count no more"
    if is_too_many:
        message += (
            "; load all files of the city in one command, or take them out on purpose (MINHU_MISSING_PERCENT=100)"
        )
    keys = [str(key) for key in gone[contract.key[0]].to_pylist()]
    return [
        Finding(
            GONE, severity, "hotline", contract.full_name, message, column_name=str(contract.version), rows_seen=seen,
            rows_failed=gone.num_rows, sample_keys=sample(keys),
        )
    ]  # fmt: skip
