"""A double is rounded to the same digits on both engines, also where it lies half-way between two of them."""

from __future__ import annotations

import duckdb
import jinja2
import pytest

from minhu.settings import PROJECT_ROOT
from minhu.warehouse import spark_engine
from tests.spark.nights import Homes

_MACRO = PROJECT_ROOT / "dbt_project" / "macros" / "rounded.sql"
#: Half-way as they are written; as doubles they lie a hair off, and their product with 1e6 does not.
_TIES = [(number + 0.5) / 1e6 * sign for number in range(0, 200_000, 7) for sign in (1, -1)]


@pytest.mark.parametrize(("expression", "is_same"), [("{{ rounded('x', 6) }}", True), ("round(x, 6)", False)])
def test_ties_are_rounded_alike_by_the_macro_alone(homes: Homes, expression: str, is_same: bool) -> None:
    sql = jinja2.Template(_MACRO.read_text(encoding="utf-8") + expression).render().strip()
    spark = spark_engine.session(homes.spark)
    frame = spark.createDataFrame([(value,) for value in _TIES], "x double")
    of_spark = [row.y for row in frame.selectExpr(f"{sql} as y").collect()]
    with duckdb.connect() as db:
        listed = f"select {sql} as y from (select unnest($1::double[]) as x)"
        of_duckdb = [y for (y,) in db.execute(listed, [_TIES]).fetchall()]
    assert (of_spark == of_duckdb) is is_same
