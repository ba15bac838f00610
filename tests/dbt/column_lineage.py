"""Which landed columns a KPI rests on: dbt's lineage between models, sqlglot's inside them.

A column rests on what its expression names, and on what decides which rows there are: filters, inner joins, groups. A left
join decides only the columns of its right side. Daily counts and their sums are summed again over whatever they are grouped
by, so groups decide nothing there but the cell. Models that choose what to make again (``*_to_count`` and the like) decide
when a figure is made, never what it is, and are left out. ``python -m tests.dbt.column_lineage HOME`` writes the seed anew
from the built work file of HOME.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from minhu import settings as settings_module
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import work_file

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
#: Models that say what is counted again in a build.
_WORK = re.compile(r"_(changed|to_count|days_before|to_judge|to_compare)$|^int_days_passed$")
#: Models of counts that are summed again.
_SUMMED = re.compile(r"^(fct_\w+_by_day|agg_\w+)$")
_CELL = ("unit_type", "unit_code", "period_type", "period_start", "caliber")
#: Columns that landing adds.
_OF_LANDING = {"landed_attempt", "landed_date", "load_no"}
#: (relation, column); the column "" stands for which rows the relation has.
Origin = tuple[str, str]
ROWS = ""


@dataclass
class Outcome:
    """What the columns of a relation rest on, and which rows it has."""

    columns: dict[str, set[Origin]] = field(default_factory=dict)
    rows: set[Origin] = field(default_factory=set)

    def everything(self) -> set[Origin]:
        return self.rows.union(*self.columns.values())


def of_query(sql: str, schema: dict[str, Any], groups_matter: bool = True, only_kpi: str = "") -> Outcome:
    """What the columns of one DuckDB query rest on, in terms of the relations it names.

    Args:
        sql: one ``select``, with or without common table expressions.
        schema: database schema to table to column to type, of every relation the query names.
        groups_matter: whether what rows are grouped by decides which rows there are.
        only_kpi: of parts that are said to be of one KPI, those of this one alone.
    """
    tree = qualify(
        parse_one(sql, read="duckdb"),
        schema=schema,
        dialect="duckdb",
        validate_qualify_columns=False,
        quote_identifiers=False,
    )
    scope = build_scope(tree)
    assert scope is not None, "no query"
    return _Reader(groups_matter, only_kpi).outcome(scope)


class _Reader:
    """Scopes of one query, each worked out once."""

    def __init__(self, groups_matter: bool, only_kpi: str) -> None:
        self._groups_matter, self._only_kpi = groups_matter, only_kpi
        self._known: dict[int, Outcome] = {}

    def outcome(self, scope: Scope) -> Outcome:
        if id(scope) not in self._known:
            self._known[id(scope)] = self._of_union(scope) if scope.set_operation_scopes else self._of_select(scope)
        return self._known[id(scope)]

    def _of_union(self, scope: Scope) -> Outcome:
        parts = [self.outcome(part) for part in scope.set_operation_scopes]
        first = parts[0]
        columns = {
            name: set().union(*(list(part.columns.values())[position] for part in parts))
            for position, name in enumerate(first.columns)
        }
        found = Outcome(columns, set().union(*(part.rows for part in parts)))
        if not (isinstance(scope.expression, exp.Union) and not scope.expression.args.get("distinct")):
            found.rows |= found.everything()  # which rows are left depends on all that they say
        return found

    def _of_select(self, scope: Scope) -> Outcome:
        sources = {alias: self._source(source) for alias, (_, source) in scope.selected_sources.items()}
        subqueries = {id(part.expression): self.outcome(part) for part in scope.subquery_scopes}
        select = scope.expression
        assert isinstance(select, exp.Select), select
        found = Outcome()
        joined: dict[str, set[Origin]] = {}

        def origins(node: exp.Expr | None) -> set[Origin]:
            """What an expression rests on: its columns, and all of the queries inside it."""
            reached: set[Origin] = set()
            waiting: list[Any] = [node] if node is not None else []
            while waiting:
                part = waiting.pop()
                if id(part) in subqueries:
                    reached |= subqueries[id(part)].everything()
                elif isinstance(part, exp.Column):
                    source = sources.get(part.table)
                    if source is not None:
                        reached |= source.columns.get(part.name, set()) | joined.get(part.table, set())
                else:
                    waiting += list(part.iter_expressions())
            return reached

        for join in select.args.get("joins") or []:
            alias, condition = join.alias_or_name, origins(join.args.get("on")) | origins(join.args.get("using"))
            if str(join.side).upper() == "LEFT":
                joined[alias] = condition | (sources[alias].rows if alias in sources else set())
            else:
                found.rows |= condition
        for alias, source in sources.items():
            if alias not in joined:
                found.rows |= source.rows
        for clause in ("where", "having", "qualify", *(["group"] if self._groups_matter else [])):
            found.rows |= origins(select.args.get(clause))
        if self._only_kpi and any(_is_of_another(projection, self._only_kpi) for projection in select.selects):
            return Outcome({projection.alias_or_name: set() for projection in select.selects})
        for projection in select.selects:
            found.columns[projection.alias_or_name] = origins(projection)
        if select.args.get("distinct"):
            found.rows |= found.everything()
        return found

    def _source(self, source: Scope | exp.Table) -> Outcome:
        if isinstance(source, Scope):
            return self.outcome(source)
        return Outcome(_Columns(source.name), {(source.name, ROWS)})


def _is_of_another(projection: exp.Expr, kpi_id: str) -> bool:
    inner = projection.unalias()
    return projection.alias_or_name == "kpi_id" and isinstance(inner, exp.Literal) and inner.this != kpi_id


class _Columns(dict[str, set[Origin]]):
    """Columns of a relation of the database: each rests on itself."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def get(self, column: str, default: Any = None) -> set[Origin]:
        return {(self._name, column)}


class Lineage:
    """Landed columns below every column of every model of a built project.

    Args:
        settings: of a home whose work file was built, as a whole, by the last run of dbt there.
    """

    def __init__(self, settings: Settings) -> None:
        target = settings.home / "dbt" / "target"
        self._compiled = {
            p.stem: p.read_text(encoding="utf-8")
            for p in target.glob("compiled/*/models/**/*.sql")
            if p.parent.suffix != ".yml"
        }
        nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
        self._python = {
            node["name"]: [parent.rsplit(".", 1)[-1] for parent in node["depends_on"]["nodes"]]
            for node in nodes
            if node["resource_type"] == "model" and node["language"] == "python"
        }
        self._schema: dict[str, Any] = {}
        with work_file.connect(settings, read_only=True) as db:
            described = (
                "select table_schema, table_name, column_name, data_type from information_schema.columns order by all"
            )
            for schema, relation, column, kind in db.execute(described).fetchall():
                self._schema.setdefault(schema, {}).setdefault(relation, {})[column] = kind
        self._relations = {name: list(columns) for tables in self._schema.values() for name, columns in tables.items()}
        self._outcomes: dict[str, Outcome] = {}
        self._landed: dict[Origin, set[Origin]] = {}

    def of(self, relation: str, columns: Iterable[str]) -> set[Origin]:
        """(landed table, column) below columns of a relation, with what decides which rows it has."""
        return self._below((relation, ROWS)).union(*(self._below((relation, column)) for column in columns))

    def of_composed(self, kpi_id: str) -> set[Origin]:
        """The same for a figure that is composed or estimated: a row of kpi_estimates or of kpi_three_rate_scores."""
        found: set[Origin] = set()
        for relation in ("kpi_estimates", "kpi_three_rate_scores"):
            outcome = of_query(self._compiled[relation], self._schema, only_kpi=kpi_id)
            found = found.union(*map(self._below, sorted(outcome.everything())))
        return found

    def _below(self, origin: Origin) -> set[Origin]:
        if origin not in self._landed:
            relation, column = origin
            self._landed[origin] = set()
            if _WORK.search(relation):
                pass
            elif relation in self._python:
                everything = {
                    (parent, name)
                    for parent in self._python[relation]
                    for name in [*self._relations.get(parent, []), ROWS]
                }
                self._landed[origin] = set().union(*map(self._below, sorted(everything)))
            elif relation in self._compiled:
                found = self._outcome(relation)
                below = found.rows if column == ROWS else found.columns.get(column, set())
                self._landed[origin] = set().union(*map(self._below, sorted(below)))
            elif "__" in relation and column != ROWS and column not in _OF_LANDING:
                # pictures are kept beside the states that were seen in them
                self._landed[origin] = {(relation.replace("__", ".", 1).removesuffix("_states"), column)}
        return self._landed[origin]

    def _outcome(self, relation: str) -> Outcome:
        if relation not in self._outcomes:
            self._outcomes[relation] = of_query(self._compiled[relation], self._schema, not _SUMMED.match(relation))
        return self._outcomes[relation]


def kpi_columns(settings: Settings) -> list[tuple[str, str, str]]:
    """Rows of the seed ``kpi_columns``: KPI, variant, the landed columns it rests on, as ``source.table.column``."""
    lineage = Lineage(settings)
    with (SEEDS / "kpi_contract.csv").open(encoding="utf-8", newline="") as file:
        contract = list(csv.DictReader(file))
    rows = []
    for kpi in contract:
        named = re.findall(r"[a-z]\w+", " ".join(kpi[part] for part in ("numerator", "denominator", "sample_size")))
        relation = f"agg_{kpi['count_model']}_by_period"
        # a composed figure is one row among others of its model: its inputs say which landed tables are its own
        below = lineage.of(relation, [*named, *_CELL]) if named else lineage.of_composed(kpi["kpi_id"])
        inputs = set(kpi["inputs"].split())
        rows.append((kpi["kpi_id"], kpi["variant"], " ".join(sorted(f"{t}.{c}" for t, c in below if t in inputs))))
    return rows


def as_csv(rows: Iterable[tuple[str, str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("kpi_id", "variant", "landed_columns"))
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    home = settings_module.load(environ={"MINHU_HOME": sys.argv[1]})
    (SEEDS / "kpi_columns.csv").write_text(as_csv(kpi_columns(home)), encoding="utf-8")
