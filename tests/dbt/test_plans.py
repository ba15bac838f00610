"""What DuckDB makes of the models in a first night: no outer join that holds every row of one side against every row of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from minhu.settings import Settings
from minhu.warehouse import work_file


def nested(plan: dict[str, Any]) -> Iterator[str]:
    """The conditions of outer joins of a plan that have no key to look a row up by."""
    told = plan.get("extra_info") or {}
    if plan["name"] == "BLOCKWISE_NL_JOIN" and told.get("Join Type") in ("LEFT", "RIGHT", "FULL"):
        condition = str(told.get("Condition"))
        if condition != "true":  # as with the one row of a total
            yield condition
    for child in plan["children"]:
        yield from nested(child)


def plan_of(db: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    (_, found) = db.execute(f"explain (format json) {query}").fetchone() or ("", "[]")
    return dict(json.loads(found)[0])


def test_no_model_joins_all_pairs_of_rows(home_of_a_night: Settings) -> None:
    compiled = sorted((home_of_a_night.home / "dbt" / "target" / "compiled").rglob("models/**/*.sql"))
    found: dict[str, list[str]] = {}
    with work_file.connect(home_of_a_night, read_only=True) as db:
        for path in compiled:
            conditions = sorted(set(nested(plan_of(db, path.read_text(encoding="utf-8")))))
            if conditions:
                found[path.stem] = conditions
    assert len(compiled) > 100
    assert found == {}


@pytest.mark.parametrize(
    ("ends", "is_nested"),
    [("b.ended is null or a.day < b.ended", True), ("a.day < coalesce(b.ended, date '9999-12-31')", False)],
)
def test_such_a_join_is_seen(ends: str, is_nested: bool) -> None:
    with duckdb.connect() as db:
        db.execute("create table a as select range as code, date '2026-01-01' as day from range(1000)")
        db.execute(
            "create table b as select range as code, date '2026-01-01' as began, null::date as ended from range(1000)"
        )
        plan = plan_of(db, f"select * from a left join b on a.code = b.code and a.day >= b.began and ({ends})")
        assert bool(list(nested(plan))) == is_nested
