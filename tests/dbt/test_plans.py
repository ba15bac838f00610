"""What DuckDB makes of the models in a first night: no outer join that holds every row of one side against every row of the other.

Later nights: ``tests/oracle/test_later_nights.py``.
"""

from __future__ import annotations

import duckdb
import pytest

from minhu.settings import Settings
from minhu.warehouse import work_file
from tests.fixtures.plans import compiled_models, joins_of_all_pairs


def test_no_model_joins_all_pairs_of_rows(home_of_a_night: Settings) -> None:
    models = compiled_models(home_of_a_night)
    assert len(models) > 100
    with work_file.connect(home_of_a_night, read_only=True) as db:
        assert joins_of_all_pairs(db, models) == {}


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
        joined = f"select * from a left join b on a.code = b.code and a.day >= b.began and ({ends})"
        found = joins_of_all_pairs(db, {"joined": joined, "plain": "select * from a left join b on a.code = b.code"})
        assert list(found) == (["joined"] if is_nested else [])
