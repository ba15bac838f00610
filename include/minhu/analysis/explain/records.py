"""The records behind a cell: found with the very statement that counted them, and compared with what was published."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from minhu.analysis.explain.counting import COUNTINGS, DAYS, NOT_LISTED, Counting
from minhu.analysis.explain.lineage import Graph
from minhu.analysis.explain.question import CellKey
from minhu.errors import TransientError, UsageError
from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.warehouse import work_file

#: The work file as it lies, and an empty database with the name its models were compiled for.
KEPT = "kept"
_RELATION = re.compile(r'"(?P<database>\w+)"\."(?P<schema>\w+)"\."(?P<name>\w+)"')
#: Below the first day of any city: days that stand for records.
_FIRST_NUMBER = date(1, 1, 1)


class CannotList(Exception):
    """Why records cannot be listed, as a sentence."""


@dataclass(frozen=True)
class Record:
    """A record that adds to the cell.

    Attributes:
        table: landed table it came in.
        key: its business key.
        day: the day by which it counts.
        numerator: what it adds to the numerator; None where the release does not show the cell's.
        denominator: what it adds to the denominator; None where the KPI has none.
    """

    table: str
    key: str
    day: date
    numerator: float | None
    denominator: float | None


@dataclass(frozen=True)
class Records:
    """What was found in the work file.

    Attributes:
        is_listed: records could be told apart.
        why_not: the reason if not, a sentence.
        is_of_release: the work file is of the night and the release that is explained.
        work_business_date: the night of the work file.
        records: in order of day, table and key.
        numerator: their sum; None where the release does not show the cell's.
        denominator: their sum; None where the KPI has none.
        is_complete: the sums are the published figures; None where nothing was published to compare with.
    """

    is_listed: bool
    why_not: str = ""
    is_of_release: bool = False
    work_business_date: date | None = None
    records: list[Record] = field(default_factory=list)
    numerator: float | None = None
    denominator: float | None = None
    is_complete: bool | None = None


class WorkFile:
    """A finished build, read and never written."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, business_date: date, release_id: str) -> None:
        self.engine = engine
        self.business_date = business_date
        self.release_id = release_id

    def is_of(self, release: Release) -> bool:
        """Whether the release was exported from this build."""
        return (self.business_date, self.release_id) == (release.business_date, release.release_id)

    def standing_findings(self) -> Any:
        """Findings of earlier nights that stand, as an Arrow table."""
        return self.engine.execute(
            f"select * from {KEPT}.raw.judged_findings where found_date < ?",  # noqa: S608  our own name
            [self.business_date],
        ).to_arrow_table()


@contextmanager
def open_work(settings: Settings) -> Iterator[WorkFile]:
    """The work file of a home, beside an empty database for statements of its models.

    Raises:
        UsageError: nothing was built yet, the last build was cut off, or the models ran on Spark.
        TransientError: a build holds it.
    """
    path = settings.warehouse_path
    tried = "read the landed rows from the work file"
    work_file.require_records(settings, tried)
    if not path.exists():
        raise UsageError(tried, f"expected {path.name}, found nothing there", "run a night on this home")
    with duckdb.connect(":memory:") as engine:
        engine.execute("set TimeZone = 'UTC'")
        engine.execute(f"attach ':memory:' as {_quoted(path.stem)}")
        try:
            engine.execute(f"attach '{_escaped(path)}' as {KEPT} (read_only)")
        except duckdb.Error as error:
            raise TransientError(
                tried, str(error).splitlines()[0], "wait until the night that holds it has ended"
            ) from error
        state = engine.execute(f"select business_date, status, built_load_no from {KEPT}.raw.build_state").fetchall()  # noqa: S608
        if not state or state[0][1] != "clean" or not state[0][2]:
            raise UsageError(tried, "the last build did not end", "run the night again")
        exported = engine.execute(f"select release_id from {KEPT}.raw.exported_as").fetchall()  # noqa: S608
        yield WorkFile(engine, state[0][0], str(exported[0][0]) if exported else "")


def find_records(
    work: WorkFile, graph: Graph, release: Release, cell: Mapping[str, Any], contract: Mapping[str, Any], key: CellKey
) -> Records:
    """The records behind a cell, and whether they add up to it.

    Args:
        work: an open work file.
        graph: models of its build.
        release: the release that is explained.
        cell: row of ``kpi_results``.
        contract: row of ``kpi_contract``.
        key: of the cell.
    """
    is_of_release = work.is_of(release)
    try:
        countings = _countings(cell, contract)
        found = [record for each in countings for record in _records_of(work, graph, each, cell, contract, key)]
    except CannotList as reason:
        return Records(False, str(reason), is_of_release, work.business_date)
    found.sort(key=lambda record: (record.day, record.table, record.key))
    has_denominator = bool(contract["denominator"])
    sums = {
        "numerator": None if cell["numerator"] is None else sum(record.numerator or 0 for record in found),
        "denominator": sum(record.denominator or 0 for record in found) if has_denominator else None,
    }
    compared = [
        abs(float(cell[name]) - total) < 0.00005  # published with four decimals
        for name, total in sums.items()
        if total is not None and cell[name] is not None
    ]
    return Records(
        True, "", is_of_release, work.business_date, found, **sums, is_complete=all(compared) if compared else None
    )


def reason_not_listed(count_model: str) -> str:
    """Why the records of a count model are not listed; "" where they are."""
    return (
        "" if count_model in COUNTINGS else NOT_LISTED.get(count_model, f"nobody described what {count_model} counts")
    )


def _countings(cell: Mapping[str, Any], contract: Mapping[str, Any]) -> tuple[Counting, ...]:
    model = str(contract["count_model"])
    if reason := reason_not_listed(model):
        raise CannotList(reason)
    if cell["is_stale"]:
        raise CannotList("the cell was carried over from an earlier release because its source delivered nothing")
    if cell["numerator"] is None and not contract["denominator"]:
        raise CannotList("the release does not show this count, and a list of its records would tell it")
    return COUNTINGS[model]


@dataclass(frozen=True)
class _Separation:
    """How the records of one cell are told apart.

    Attributes:
        counting: what is counted.
        carrier: column of the facts that holds the key, or a number for it where it is a date.
        is_numbered: the carrier is a date.
        of_unit: condition on the facts: records of the cell's unit.
        first: first day of the cell.
        last: last day of it that has been counted.
    """

    counting: Counting
    carrier: str
    is_numbered: bool
    of_unit: str
    first: date
    last: date

    @property
    def carried(self) -> str:
        """Column of the counts in which the carrier comes out."""
        return "day" if self.is_numbered else "unit_code"

    @property
    def carried_by(self) -> str:
        """Kind of unit that the records are in the counts."""
        own = (unit_type for unit_type, column in self.counting.levels.items() if column == self.carrier)
        return next(own, "city")

    @property
    def facts(self) -> str:
        """The facts, those of the unit with their key where another unit's code stood; ``record_day`` is the day that a
        number stands for. Facts of other units stay, for what counts may depend on what lies beside it."""
        key, kept = self.counting.key, f"{KEPT}.{{schema}}.{self.counting.fact}"
        if not self.is_numbered:
            return (
                f"select * replace (case when {self.of_unit} then {key} end as {self.carrier}), {key} as record_key, "  # noqa: S608
                f"cast(null as date) as record_day from {kept}"
            )
        number = f"cast(date '{_FIRST_NUMBER}' + cast(row_number() over (order by {key}) as integer) as date)"
        return (
            f"select * replace ({number} as {self.carrier}), {key} as record_key, {self.carrier} as record_day "  # noqa: S608
            f"from {kept} where {self.carrier} between date '{self.first}' and date '{self.last}'"
        )

    def days(self, facts: str) -> str:
        """The days to count: those of the cell, or the numbers that stand for records."""
        if self.is_numbered:
            return f"select '{self.counting.count_model}' as count_model, {self.carrier} as day from {facts}"  # noqa: S608
        return (
            f"select '{self.counting.count_model}' as count_model, cast(unnest(generate_series("
            f"date '{self.first}', date '{self.last}', interval 1 day)) as date) as day"
        )


def _records_of(
    work: WorkFile,
    graph: Graph,
    counting: Counting,
    cell: Mapping[str, Any],
    contract: Mapping[str, Any],
    key: CellKey,
) -> list[Record]:
    way = _separation(work, counting, cell, key)
    facts, counts = _quoted_relation(graph, counting.fact), _quoted_relation(graph, counting.counts)
    views = {
        counting.fact: way.facts.format(schema=facts.schema),
        DAYS: way.days(facts.written),
        counting.counts: _compiled(graph, counting.counts),
    }
    done: set[str] = set()
    for relation in (facts, counts):
        _make_view(work, graph, relation, views, done)
    # some counts differ by kind of period
    of_period = "period_type = $period_type" if "period_type" in _kinds(work, counting.counts) else "$period_type <> ''"
    rows = work.engine.execute(
        f"""
        with counted as (
            select {way.carried} as carried, day, {contract["numerator"]} as numerator,
                {contract["denominator"] or "null"} as denominator
            from {counts.written}
            where caliber = $caliber and unit_type = '{way.carried_by}' and {of_period}
        ),
        carriers as (select distinct {way.carrier} as carried, record_key, record_day from {facts.written})
        select carriers.record_key, coalesce(carriers.record_day, counted.day) as day,
            cast(sum(numerator) as double), cast(sum(denominator) as double)
        from counted inner join carriers using (carried)
        where numerator <> 0 or denominator <> 0
        group by all
        """,  # noqa: S608  names and expressions come from our own contract and models
        {"caliber": key.caliber, "period_type": key.period_type},
    ).fetchall()
    shown = cell["numerator"] is not None
    return [Record(counting.table, name, day, num if shown else None, den) for name, day, num, den in rows]


def _separation(work: WorkFile, counting: Counting, cell: Mapping[str, Any], key: CellKey) -> _Separation:
    own = counting.levels.get(key.unit_type)
    if own is None and key.unit_type != "city":
        raise CannotList(f"{counting.counts} does not tell one {key.unit_type} from another")
    carrier = next(column for column in counting.carriers if column != own)
    return _Separation(
        counting,
        carrier,
        is_numbered=_kinds(work, counting.fact).get(carrier) == "DATE",
        of_unit=f"{own} = '{_escaped(key.unit_code)}'" if own else "true",
        first=key.period_start,
        last=min(cell["period_end"], work.business_date),
    )


def _kinds(work: WorkFile, name: str) -> dict[str, str]:
    """Columns of a table or view of the work file, with their types."""
    found = work.engine.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? and table_name = ?", [KEPT, name]
    )
    return {str(column): str(kind) for column, kind in found.fetchall()}


@dataclass(frozen=True)
class _Relation:
    database: str
    schema: str
    name: str

    @property
    def written(self) -> str:
        return f'"{self.database}"."{self.schema}"."{self.name}"'


def _make_view(work: WorkFile, graph: Graph, relation: _Relation, made: dict[str, str], done: set[str]) -> None:
    """Make a view, after the views of everything its statement reads; tables of the work file are read as they lie."""
    if relation.name in done:
        return
    done.add(relation.name)
    kinds = work.engine.execute(
        "select table_type from information_schema.tables where table_catalog = ? and table_schema = ? and table_name = ?",
        [KEPT, relation.schema, relation.name],
    ).fetchall()
    if relation.name in made:
        statement = made[relation.name]
    elif kinds == [("BASE TABLE",)]:
        statement = f"select * from {KEPT}.{relation.schema}.{relation.name}"  # noqa: S608
    else:
        statement = _compiled(graph, relation.name)
    for match in _RELATION.finditer(statement):
        _make_view(work, graph, _Relation(**match.groupdict()), made, done)
    work.engine.execute(f'create schema if not exists "{relation.database}"."{relation.schema}"')
    try:
        work.engine.execute(f"create or replace view {relation.written} as {statement}")
    except duckdb.Error as error:
        raise CannotList(f"{relation.name} cannot be read as it was built ({str(error).splitlines()[0]})") from error


def _compiled(graph: Graph, name: str) -> str:
    """The statement of a model as the build ran it."""
    model = graph.models.get(name)
    if model is None or not model.compiled.exists():
        raise CannotList(f"the build left no statement of {name}; run the night again")
    return model.compiled.read_text(encoding="utf-8")


def _quoted_relation(graph: Graph, name: str) -> _Relation:
    model = graph.models.get(name)
    if model is None or model.relation is None:
        raise CannotList(f"the build has no model {name}; run the night again")
    found = _RELATION.fullmatch(model.relation)
    if found is None:
        raise CannotList(f"{name} was built as {model.relation}, which is no table of the work file")
    return _Relation(**found.groupdict())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(text: Path | str) -> str:
    return str(text).replace("'", "''")
