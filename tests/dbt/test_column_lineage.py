"""What a column rests on, in queries small enough to see it; the project's own columns are in test_project_shape.py."""

from __future__ import annotations

import pytest

from tests.dbt.column_lineage import ROWS, Origin, of_query

SCHEMA = {"s": {"a": {"k": "int", "x": "int", "y": "int"}, "b": {"k": "int", "z": "int", "w": "int"}}}
ROWS_OF_A: Origin = ("a", ROWS)


@pytest.mark.parametrize(
    ("sql", "column", "rows"),
    [
        ("select x + y as c from s.a", {("a", "x"), ("a", "y")}, {ROWS_OF_A}),
        ("select x as c from s.a where y > 1", {("a", "x")}, {ROWS_OF_A, ("a", "y")}),
        # a left join decides what its right side says, an inner one which rows there are
        (
            "select z as c from s.a left join s.b on a.k = b.k",
            {("a", "k"), ("b", "k"), ("b", "z"), ("b", ROWS)},
            {ROWS_OF_A},
        ),
        ("select x as c from s.a left join s.b on a.k = b.k", {("a", "x")}, {ROWS_OF_A}),
        (
            "select x as c from s.a inner join s.b on a.k = b.k",
            {("a", "x")},
            {ROWS_OF_A, ("a", "k"), ("b", "k"), ("b", ROWS)},
        ),
        # a table expression that is defined and not used matters to nobody
        (
            "with t as (select x, y as d from s.a), u as (select w from s.b) select d as c from t",
            {("a", "y")},
            {ROWS_OF_A},
        ),
        (
            "select row_number() over (partition by k order by y) as c from s.a",
            {("a", "k"), ("a", "y")},
            {ROWS_OF_A},
        ),
        (
            "select x as c from s.a union all select z as c from s.b where w = 1",
            {("a", "x"), ("b", "z")},
            {ROWS_OF_A, ("b", ROWS), ("b", "w")},
        ),
        # what is asked in a filter decides rows, with all that decides its own
        (
            "select x as c from s.a where k in (select k from s.b where w = 1)",
            {("a", "x")},
            {ROWS_OF_A, ("a", "k"), ("b", "k"), ("b", "w"), ("b", ROWS)},
        ),
        ("select (select max(z) from s.b) as c from s.a", {("b", "z"), ("b", ROWS)}, {ROWS_OF_A}),
        ("select x as c, count(*) as n from s.a group by x, y", {("a", "x")}, {ROWS_OF_A, ("a", "x"), ("a", "y")}),
    ],
)
def test_a_column_rests_on_what_it_names_and_its_rows_on_what_decides_them(
    sql: str, column: set[Origin], rows: set[Origin]
) -> None:
    found = of_query(sql, SCHEMA)
    assert (found.columns["c"], found.rows) == (column, rows)


def test_groups_of_counts_that_are_summed_again_decide_nothing() -> None:
    found = of_query("select x as c, count(*) as n from s.a group by x, y", SCHEMA, groups_matter=False)
    assert found.rows == {ROWS_OF_A} and found.columns["n"] == set()


def test_of_parts_of_several_kpis_only_those_of_one_are_read() -> None:
    sql = "select 'A' as kpi_id, x as c from s.a union all select 'B' as kpi_id, z as c from s.b"
    found = of_query(sql, SCHEMA, only_kpi="B")
    assert (found.columns["c"], found.rows) == ({("b", "z")}, {("b", ROWS)})
