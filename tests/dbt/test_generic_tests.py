"""The data tests of our own find what they are for: each fails on a row that breaks it and on no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import jinja2
import pytest

from minhu.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "dbt_project" / "tests" / "generic"
ROWS = [("a", 1), ("a", 2), ("b", 1)]


def failures(name: str, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What the generic test ``name`` selects of the columns ``k`` and ``n`` of ``rows``."""
    source = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    body = source.split("%}", 1)[1].rsplit("{%", 1)[0]
    with duckdb.connect() as db:
        db.execute("create table given (k varchar, n integer)")
        db.executemany("insert into given values (?, ?)", rows)
        return db.execute(jinja2.Template(body).render(model="given", columns=["k", "n"])).fetchall()


@pytest.mark.parametrize(
    ("name", "broken", "expected"),
    [
        ("primary_key", ("a", 2), [("a", 2, 2)]),
        ("primary_key", (None, 7), [(None, 7, 1)]),
        ("primary_key", ("c", None), [("c", None, 1)]),
        ("complete", (None, 7), [(None, 7)]),
        ("complete", ("c", None), [("c", None)]),
    ],
)
def test_a_data_test_fails_on_the_row_that_breaks_it(
    name: str, broken: tuple[Any, ...], expected: list[tuple[Any, ...]]
) -> None:
    assert failures(name, ROWS) == []
    assert failures(name, [*ROWS, broken]) == expected


def test_every_data_test_of_our_own_is_tried_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} == {"primary_key", "complete"}
