"""What there is to count, and which landed columns it rests on: dbt's lineage between models, sqlglot's inside them.

A column rests on what its expression names, and on what decides which rows there are: filters, inner joins, groups. A left
join decides only the columns of its right side. Daily counts and their sums are summed again over whatever they are grouped
by, so groups decide nothing there but the cell. Models that choose what to make again (``*_to_count`` and the like) decide
when a figure is made, never what it is, and are left out. ``python -m tests.dbt.column_lineage`` builds a city of no
records and writes ``kpis/counts.json`` anew; so after a change of models, never for a new KPI.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from minhu.gate.kpi_contract import count_models
from minhu.gate.kpi_contract.counts import COUNTS_FILE
from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import work_file
from tests.fixtures.homes import manifest_of

COUNTED_IN = PROJECT_ROOT / COUNTS_FILE
#: Models that say what is counted again in a build.
_WORK = re.compile(r"_(changed|to_count|days_before|to_judge|to_compare)$")
#: Models of counts that are summed again.
_SUMMED = re.compile(r"^(fct_\w+_by_day|agg_\w+)$")
#: Relations of the figures that are composed of others, or estimated.
_COMPOSED = ("kpi_estimates", "kpi_three_rate_scores")
_CELL = ("unit_type", "unit_code", "period_type", "period_start", "caliber")
#: Columns that landing adds.
_OF_LANDING = {"landed_attempt", "landed_date", "load_no", "seen_from", "is_listed"}
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
        if isinstance(scope.expression, exp.Values):
            return Outcome()  # a list that the query brings rests on nothing landed
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
        nodes = manifest_of(settings)["nodes"].values()
        models = [node for node in nodes if node["resource_type"] == "model"]
        self._parents = {
            node["name"]: [parent.rsplit(".", 1)[-1] for parent in node["depends_on"]["nodes"]] for node in models
        }
        self._python = {node["name"]: self._parents[node["name"]] for node in models if node["language"] == "python"}
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
        for relation in _COMPOSED:
            outcome = of_query(self._compiled[relation], self._schema, only_kpi=kpi_id)
            found = found.union(*map(self._below, sorted(outcome.everything())))
        return found

    def columns(self, relation: str) -> list[str]:
        return self._relations[relation]

    def ancestors(self, *relations: str) -> set[str]:
        """Models and landed tables (``source.table``) below relations, and the relations themselves."""
        found: set[str] = set()
        waiting = list(relations)
        while waiting:
            name = waiting.pop()
            if name not in found and not _WORK.search(name):
                found.add(name)
                waiting += self._parents.get(name, [])
        landed = {_landed_table(name) for name in found if "__" in name and name not in self._parents}
        return landed | {name for name in found if name in self._parents}

    def words(self, relation: str, column: str) -> set[str]:
        """Texts that a relation, or what it has the column from, writes into a column as they stand."""
        if relation not in self._compiled:
            return set()
        tree = parse_one(self._compiled[relation], read="duckdb")
        found = {
            value.this for alias in tree.find_all(exp.Alias) if alias.alias == column for value in _values(alias.this)
        }
        parents = [name for name in self._parents[relation] if column in self._relations.get(name, [])]
        return found or set().union(*(self.words(name, column) for name in parents))

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
                self._landed[origin] = {(_landed_table(relation), column)}
        return self._landed[origin]

    def _outcome(self, relation: str) -> Outcome:
        if relation not in self._outcomes:
            self._outcomes[relation] = of_query(self._compiled[relation], self._schema, not _SUMMED.match(relation))
        return self._outcomes[relation]


def _landed_table(relation: str) -> str:
    return relation.replace("__", ".", 1).removesuffix("_states")


def _values(expression: exp.Expr) -> Iterable[exp.Literal]:
    """The texts an expression may be: of a case those of its branches, not of their conditions."""
    if isinstance(expression, exp.Case):
        for part in [*(branch.args["true"] for branch in expression.args["ifs"]), expression.args.get("default")]:
            yield from _values(part) if part is not None else ()
    elif isinstance(expression, exp.Literal) and expression.is_string:
        yield expression


def what_is_counted(settings: Settings) -> dict[str, Any]:
    """What stands in ``kpis/counts.json``; :mod:`minhu.gate.kpi_contract.counts` says what it means."""
    lineage = Lineage(settings)
    known = lineage.words("kpi_periods_to_count", "count_model")
    below_figures = lineage.ancestors("kpi_values")
    counted = {name: relation for name in sorted(known) if (relation := f"agg_{name}_by_period") in below_figures}
    return {
        "written_by": "python -m tests.dbt.column_lineage",
        "counted": {name: _counted(lineage, relation) for name, relation in counted.items()},
        "composed": {
            "count_models": sorted(known - counted.keys()),
            "inputs": sorted(lineage.ancestors(*_COMPOSED)),
            "kpis": {
                kpi_id: _names(lineage.of_composed(kpi_id))
                for kpi_id in sorted(set().union(*(lineage.words(relation, "kpi_id") for relation in _COMPOSED)))
            },
        },
    }


def _counted(lineage: Lineage, relation: str) -> dict[str, Any]:
    columns = lineage.columns(relation)
    every = lineage.of(relation, _CELL)
    return {
        "levels": sorted(lineage.words(relation, "unit_type")),
        "only_for": sorted(lineage.words(relation, "kpi_id")) if "kpi_id" in columns else None,
        "inputs": sorted(lineage.ancestors(relation)),
        "every_count_rests_on": _names(every),
        "counts": {
            column: _names(lineage.of(relation, [column]) - every)
            for column in sorted(columns)
            if column not in (*_CELL, "period_end", "kpi_id", "variant")
        },
    }


def _names(origins: set[Origin]) -> list[str]:
    return sorted(f"{table}.{column}" for table, column in origins)


def as_json(counted: dict[str, Any]) -> str:
    return json.dumps(counted, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    from tests.fixtures.homes import build, settings_at
    from tests.fixtures.landed import NIGHT, LandedCity

    count_models.write(PROJECT_ROOT)

    with tempfile.TemporaryDirectory() as folder:
        home = settings_at(Path(folder))
        LandedCity().land(home)
        build(home, NIGHT)
        COUNTED_IN.write_text(as_json(what_is_counted(home)), encoding="utf-8")
