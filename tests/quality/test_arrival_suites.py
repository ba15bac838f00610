"""Every expectation of the arrival suites has a frame that breaks it, and a clean frame that breaks none."""

from __future__ import annotations

import importlib
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from minhu.landing import contracts
from minhu.quality.validation import run_suites

ROOT = Path(__file__).parents[2]
SUITES = {
    table.full_name: importlib.import_module(f"expectations.landed.{table.source}_{table.name}").EXPECTATIONS
    for table in contracts.TABLES
}

SHAPED = {"location_cell": "108.95_34.24", "content_hash": "00c0ffee00c0ffee"}
PARAMETERS = {"window_end": datetime(2026, 11, 20, 16)}


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
        elif column.name.endswith("_key"):
            columns[column.name] = [f"{n:08x}-{n:032x}" for n in (1, 2, 3)]
        elif column.name in SHAPED:
            columns[column.name] = [SHAPED[column.name]] * 3
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
        is_above = expectation.min_value is None
        broken.loc[0, expectation.column] = PARAMETERS["window_end"] if is_above else expectation.min_value - 1
    elif kind == "ExpectColumnValuesToMatchRegex":
        broken.loc[0, expectation.column] = "张建国 13891234567"
    elif kind == "ExpectColumnPairValuesAToBeGreaterThanB":
        broken.loc[0, expectation.column_A] = broken.loc[0, expectation.column_B] - 1
    elif kind == "ExpectTableRowCountToBeBetween":
        broken = broken.iloc[0:0]
    else:
        pytest.fail(f"no failing fixture for {kind}: add one here")
    return broken


def test_a_clean_delivery_breaks_no_rule() -> None:
    failures = run_suites({name: (clean_frame(name), suite) for name, suite in SUITES.items()}, PARAMETERS)
    assert len(failures) == len(contracts.TABLES)
    assert {name: [f.meta["rule_id"] for f in found] for name, found in failures.items() if found} == {}


def test_every_rule_finds_the_row_that_breaks_it() -> None:
    cases = {
        f"{name} {e.meta['rule_id']}": (broken_frame(clean_frame(name), e), [e])
        for name, suite in SUITES.items()
        for e in suite
    }
    assert len(cases) == sum(map(len, SUITES.values())), "a rule id is used twice in a suite"
    for case, failures in run_suites(cases, PARAMETERS).items():
        rule_id = case.split()[-1]
        hit = [f for f in failures if f.meta["rule_id"] == rule_id]
        assert len(hit) == 1, f"{case} was not found; found {[f.meta['rule_id'] for f in failures]}"
        assert hit[0].could_run
        rows = cases[case][0]
        assert (0 in hit[0].positions) or rows.empty, f"{case} does not name the row"


def documented() -> dict[str, tuple[str, str]]:
    """Rule id to table and severity, as docs/rules-arrival.md has them."""
    text = (ROOT / "docs" / "rules-arrival.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| L")
    ]
    assert len({row[0] for row in rows}) == len(rows), "a rule is documented twice"
    return {row[0]: (row[1], row[2].split(",")[0]) for row in rows}


def test_rule_ids_are_used_once_and_explained_as_they_are() -> None:
    rules = [(e.meta["rule_id"], (name, e.meta["severity"])) for name, suite in SUITES.items() for e in suite]
    assert all(SUITES.values()) and len(rules) == len(dict(rules))
    explained = {rule_id: what for rule_id, what in documented().items() if int(rule_id[-3:]) > 100}
    assert explained == dict(rules)


def test_every_rule_raised_while_reading_is_explained_with_its_severity() -> None:
    rooms = [ROOT / "include" / "minhu" / room for room in ("extract", "landing")]
    code = "".join(path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py"))
    explained = {
        rule_id: severity
        for rule_id, (_, severity) in documented().items()
        if rule_id.startswith("L1-") and int(rule_id[-3:]) <= 100
    }
    assert set(re.findall(r'"(L1-[A-Z]{3}-\d{3})"', code)) == set(explained)
    raised = set(re.findall(r'"(L1-[A-Z]{3}-\d{3})",\s*"(info|warn|block)"', code))
    assert {rule_id: explained[rule_id] for rule_id, _ in raised} == dict(raised) and len(dict(raised)) == len(raised)


def test_a_suite_belongs_to_each_landed_table_and_to_nothing_else() -> None:
    files = {path.stem for path in (ROOT / "expectations" / "landed").glob("*.py")} - {"__init__", "rules"}
    assert files == {f"{table.source}_{table.name}" for table in contracts.TABLES}


def test_every_key_column_is_asked_for_and_every_suite_asks_for_one_content_per_version() -> None:
    for contract in contracts.TABLES:
        suite = SUITES[contract.full_name]
        asked = {e.column for e in suite if type(e).__name__ == "ExpectColumnValuesToNotBeNull" and e.mostly == 1}
        assert asked >= set(contract.key), contract.full_name
        unique = [tuple(getattr(e, "column_list", None) or [e.column]) for e in suite if "Unique" in type(e).__name__]
        assert unique == [(*contract.key, *([contract.version] if contract.version else []))], contract.full_name
        blocking = [e.meta["severity"] for e in suite if "Unique" in type(e).__name__]
        assert blocking == ["block"], contract.full_name


def test_every_column_a_suite_speaks_of_lands() -> None:
    for name, suite in SUITES.items():
        columns = set(contracts.table(*name.split(".")).schema.names)
        for e in suite:
            named = {getattr(e, field, None) for field in ("column", "column_A", "column_B")} - {None}
            assert named | set(getattr(e, "column_list", [])) <= columns, f"{name} {e.meta['rule_id']}"
