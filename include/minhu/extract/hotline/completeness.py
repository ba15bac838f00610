"""What no window of change times brings: rows that are gone, that never came, or that changed under an old change time.

Every night the source's own counts are held against what landed (:mod:`minhu.extract.known`). Only where they differ are
the keys themselves read and compared, which costs what the table is long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from minhu.business_dates import Window
from minhu.extract import columns, known, missing, normal
from minhu.extract.hotline.snapshot import Rows
from minhu.extract.hotline.tables import SCHEMA
from minhu.findings import MAX_SAMPLES, Finding
from minhu.landing.table_contract import TableContract
from minhu.texts import LOST

#: Columns that say in which state a row is; a change of them without a change time stays unseen by every window.
STATES = {"work_orders": ("status", "closed_at")}
AHEAD, GONE, NEVER, UNSEEN = "L1-HOT-025", "L1-HOT-026", "L1-HOT-027", "L1-HOT-028"


@dataclass(frozen=True)
class Table:
    """A table of the source beside what is known of it.

    Attributes:
        contract: with a change time.
        offset: whether its change times carry an offset.
        window: that is read tonight.
        zone: of the city.
        landed: tonight's rows.
        before: what landed in the nights before.
        missing_percent: share of rows above which a delivery is refused.
    """

    contract: TableContract
    offset: bool
    window: Window
    zone: ZoneInfo
    landed: pa.Table
    before: missing.Before
    missing_percent: int

    @property
    def key(self) -> str:
        return self.contract.key[0]

    @property
    def version(self) -> str:
        return str(self.contract.version)

    @property
    def states(self) -> tuple[str, ...]:
        return STATES.get(self.contract.name, ())


@dataclass
class Outcome:
    """What was found, and the figures that the manifest keeps."""

    findings: list[Finding] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)


def check(home: Path, connection: Rows, table: Table, table_rows: int) -> Outcome:
    """Hold a table of the source against what landed of it.

    Args:
        home: state directory of the city.
        connection: the snapshot that tonight's rows were read from.
        table: with what is known.
        table_rows: rows of the source's table.
    """
    outcome = Outcome()
    ahead, keys = _ahead(connection, table)
    _note(outcome, table, AHEAD, ahead, table_rows, keys, lambda n: (
        f"{n} rows have a change time more than a day ahead of the source's own clock: they land when it has come, or never"
    ))  # fmt: skip
    if table.window.start is None or not table.before.files:
        return outcome
    beyond = _keys(connection, table, _beyond(table), ())["key"]
    with known.opened(home, table.contract, table.before.files, table.landed[table.key], table.states) as landed:
        landed.leave_out(beyond)
        if not _counts_differ(connection, landed, table, table_rows, beyond):
            return outcome
        landed.db.register("source", _keys(connection, table, sql.SQL("true"), table.states))
        gone, gone_keys = _missing(landed, "select key from everything anti join source using (key)")
        never, never_keys = _missing(
            landed, "select key from source anti join everything using (key) where is_due and key is not null"
        )
        unseen, unseen_keys = _missing(
            landed,
            "select key from source join others using (key) where source.is_old and source.state is distinct from others.state",
        )
    if gone:
        outcome.totals[missing.GONE_TOTAL] = gone
    _note(outcome, table, GONE, gone, table_rows + gone, gone_keys, lambda n: (
        f"{n} rows that landed are in the source no more: what counted stays counted, what was open stays open"
    ), known_before=table.before.gone)  # fmt: skip
    _note(outcome, table, NEVER, never, table_rows, never_keys, lambda n: (
        f"{n} rows came to the source under a change time that was read before, so no night brings them"
    ))  # fmt: skip
    _note(outcome, table, UNSEEN, unseen, table_rows, unseen_keys, lambda n: (
        f"{n} rows have another {' or '.join(table.states)} than landed under an old {table.version}, so no night brings it"
    ))  # fmt: skip
    return outcome


def _note(
    outcome: Outcome, table: Table, rule_id: str, failed: int, seen: int, keys: list[str], says: Callable[[int], str],
    known_before: int = 0,
) -> None:  # fmt: skip
    outcome.findings += missing.finding(
        rule_id, table.contract, failed, seen, keys, says, table.missing_percent, known_before
    )


def _moment(table: Table, moment: Any) -> Any:
    return moment if table.offset else moment.astimezone(table.zone).replace(tzinfo=None)


def _beyond(table: Table) -> sql.Composable:
    return sql.SQL("{} >= {}").format(sql.Identifier(table.version), sql.Literal(_moment(table, table.window.end)))


def _ahead(connection: Rows, table: Table) -> tuple[int, list[str]]:
    """How many rows lie beyond the window and a day beyond the source's clock, and some keys."""
    clock = sql.SQL("now()" if table.offset else "localtimestamp")
    condition = sql.SQL("{} and {} > {} + interval '1 day'").format(
        _beyond(table), sql.Identifier(table.version), clock
    )
    count = connection.execute(
        sql.SQL("select count(*) as rows from {} where {}").format(_place(table), condition)
    ).fetchone()
    rows = int((count or {})["rows"])
    if not rows:
        return 0, []
    first = sql.SQL("select {}::text as key from {} where {} order by 1 limit {}").format(
        sql.Identifier(table.key), _place(table), condition, sql.Literal(MAX_SAMPLES)
    )
    return rows, [normal.whole(normal.plain(row["key"])) for row in connection.execute(first) if row["key"]]


def _place(table: Table) -> sql.Composable:
    return sql.SQL("{}.{}").format(sql.Identifier(SCHEMA), sql.Identifier(table.contract.name))


def _keys(connection: Rows, table: Table, condition: sql.Composable, states: Sequence[str]) -> pa.Table:
    """Keys as they land, whether each is due and whether its window is over, and its state."""
    version, start, end = sql.Identifier(table.version), table.window.start, table.window.end
    statement = sql.SQL(
        "copy (select {key}::text, ({version} < {end} or {version} is null)::int, coalesce({version} < {start}, false)::int{state} "
        "from {place} where {condition}) to stdout"
    ).format(
        key=sql.Identifier(table.key), version=version, end=sql.Literal(_moment(table, end)),
        start=sql.Literal(_moment(table, start)), place=_place(table), condition=condition,
        state=sql.SQL("".join(f", {part}" for part in _source_state(states))),
    )  # fmt: skip
    found: list[list[Any]] = [[], [], [], []]
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy.rows():
            key, is_due, is_old, *state = row
            values = (key, is_due == "1", is_old == "1", "/".join(normal.plain(part or "") for part in state))
            for column, value in zip(found, values, strict=True):
                column.append(value)
    keys = columns.texts_as_landed(table.contract, table.key, pa.array(found[0], pa.string()))
    made = pa.table(
        {
            "key": keys, "is_due": pa.array(found[1], pa.bool_()), "is_old": pa.array(found[2], pa.bool_()),
            "state": pa.array(found[3], pa.string()),
        }
    )  # fmt: skip
    return made.filter(pc.invert(pc.fill_null(pc.match_substring(keys, LOST), False)))  # such a row did not land


def _source_state(states: Sequence[str]) -> list[str]:
    return [
        f"({name} is null or not isfinite({name}))::int" if name.endswith("_at") else f"coalesce({name}::text, '')"
        for name in states
    ]


def _counts_differ(
    connection: Rows, landed: known.Known, table: Table, table_rows: int, beyond: pa.ChunkedArray
) -> bool:
    """Whether the source holds as many due rows as are known, and those that no window brings in the same states.

    A row deleted and another inserted leave every count as it was, so change times are added up as well: the sums agree
    only if both rows have the same one, to the microsecond.
    """
    landed.db.register("beyond", pa.table({"key": beyond}))
    known_beyond = landed.number("select count(*) from everything semi join beyond using (key)") if len(beyond) else 0
    if table_rows - len(beyond) + known_beyond != landed.rows():
        return True
    version = sql.Identifier(table.version)
    moment = version if table.offset else sql.SQL("{} at time zone {}").format(version, sql.Literal(table.zone.key))
    statement = sql.SQL(
        "select concat_ws('/', {}) as state, count(*) as rows, "
        "coalesce(sum((extract(epoch from {}) * 1000000)::bigint) filter (where {} > {}), 0) as moments "
        "from {} where {} < {} group by 1"
    ).format(
        sql.SQL(", ".join(_source_state(table.states)) or "''"), moment, version, sql.Literal(known.NO_MOMENT),
        _place(table), version, sql.Literal(_moment(table, table.window.start)),
    )  # fmt: skip
    there = {(row["state"], int(row["rows"]), int(row["moments"])) for row in connection.execute(statement)}
    counted = landed.db.execute(
        f"select state, sum(rows), sum(moments) from {landed.count_others()} group by 1"  # noqa: S608
    ).fetchall()
    return there != {(state, int(rows), int(moments)) for state, rows, moments in counted}


def _missing(landed: known.Known, query: str) -> tuple[int, list[str]]:
    found = landed.db.execute(f"select distinct key from ({query}) order by key").fetchall()  # noqa: S608
    return len(found), [str(key) for (key,) in found[:MAX_SAMPLES]]
