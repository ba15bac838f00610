"""Every expectation of the arrival suites has a frame that breaks it, and a clean frame that breaks none."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from minhu import contracts
from minhu.quality import run_suites

ROOT = Path(__file__).parents[2]
SUITES = {
    table.full_name: importlib.import_module(f"expectations.landed.{table.source}_{table.name}").EXPECTATIONS
    for table in contracts.TABLES
}


def clean_frame(name: str) -> pd.DataFrame:
    """Three rows that keep every rule of the suite."""
    contract = contracts.table(*name.split("."))
    words = {e.column: e.value_set for e in SUITES[name] if type(e).__name__ == "ExpectColumnValuesToBeInSet"}
    columns: dict[str, Any] = {}
    for column in contract.schema:
        if column.name in words:
            columns[column.name] = [words[column.name][0]] * 3
        elif pa.types.is_integer(column.type):
            columns[column.name] = [10, 10, 10]
        elif pa.types.is_timestamp(column.type):
            columns[column.name] = pd.to_datetime(["2026-11-01", "2026-11-02", "2026-11-03"])
        elif pa.types.is_date(column.type):
            columns[column.name] = [pd.Timestamp(f"2026-11-0{n}").date() for n in (1, 2, 3)]
        elif pa.types.is_boolean(column.type):
            columns[column.name] = [True, False, True]
        elif pa.types.is_floating(column.type):
            columns[column.name] = [1.0, 2.0, 3.0]
        else:
            columns[column.name] = [f"{column.name}-{n}" for n in (1, 2, 3)]
    return pd.DataFrame(columns)


def broken_frame(frame: pd.DataFrame, expectation: Any) -> pd.DataFrame:
    """The frame with the one thing changed that the expectation forbids."""
    broken, kind = frame.copy(), type(expectation).__name__
    if kind == "ExpectColumnValuesToNotBeNull":
        broken.loc[0, expectation.column] = None
    elif kind == "ExpectColumnValuesToBeUnique":
        broken.loc[1, expectation.column] = broken.loc[0, expectation.column]
    elif kind == "ExpectCompoundColumnsToBeUnique":
        broken.loc[1, expectation.column_list] = broken.loc[0, expectation.column_list].to_numpy()
    elif kind == "ExpectColumnValuesToBeInSet":
        broken.loc[0, expectation.column] = "no-such-word"
    elif kind == "ExpectColumnValuesToBeBetween":
        broken.loc[0, expectation.column] = expectation.min_value - 1
    elif kind == "ExpectColumnPairValuesAToBeGreaterThanB":
        broken.loc[0, expectation.column_A] = broken.loc[0, expectation.column_B] - 1
    elif kind == "ExpectTableRowCountToBeBetween":
        broken = broken.iloc[0:0]
    else:
        pytest.fail(f"no failing fixture for {kind}: add one here")
    return broken


def test_a_clean_delivery_breaks_no_rule() -> None:
    failures = run_suites({name: (clean_frame(name), suite) for name, suite in SUITES.items()})
    assert len(failures) == len(contracts.TABLES)
    assert {name: [f.meta["rule_id"] for f in found] for name, found in failures.items() if found} == {}


def test_every_rule_finds_the_row_that_breaks_it() -> None:
    cases = {
        f"{name} {e.meta['rule_id']}": (broken_frame(clean_frame(name), e), SUITES[name])
        for name, suite in SUITES.items()
        for e in suite
    }
    assert len(cases) > 60
    for case, failures in run_suites(cases).items():
        rule_id = case.split()[-1]
        hit = [f for f in failures if f.meta["rule_id"] == rule_id]
        assert len(hit) == 1, f"{case} was not found; found {[f.meta['rule_id'] for f in failures]}"
        assert hit[0].could_run
        rows = cases[case][0]
        assert (0 in hit[0].positions) or rows.empty, f"{case} does not name the row"


def test_rule_ids_are_used_once_and_explained() -> None:
    rule_ids = [e.meta["rule_id"] for suite in SUITES.values() for e in suite]
    assert all(SUITES.values()) and len(rule_ids) == len(set(rule_ids))
    explained = (ROOT / "docs" / "rules-arrival.md").read_text(encoding="utf-8")
    assert [rule_id for rule_id in rule_ids if f"| {rule_id} |" not in explained] == []
