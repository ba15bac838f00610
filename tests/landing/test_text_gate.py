"""No text lands that a later store could not hold, whatever source brings it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minhu.business_dates import Window
from minhu.landing import contracts
from minhu.landing.text_gate import pass_text
from minhu.landing.zone import Landing
from minhu.texts import LOST, is_storable, without_lone_surrogates

CONTRACT = contracts.table("grid", "grids")
DAY = date(2026, 11, 20)


def grids(*codes: tuple[str, str]) -> pa.Table:
    """Rows of grids with a code and the code of a street."""
    columns = {
        "grid_code": [code for code, _ in codes], "community_code": ["c"] * len(codes), "street_code": [s for _, s in codes],
    }  # fmt: skip
    schema = CONTRACT.schema
    return pa.table([columns.get(f.name) or pa.nulls(len(codes), f.type) for f in schema], schema=schema)


@pytest.mark.parametrize("mark", ["\0", "\x01", "\x1b", "\x7f", "\x80", "\x9f", LOST])
def test_a_damaged_text_is_null_and_a_row_known_by_one_is_set_aside(mark: str) -> None:
    rows = grids(*((f"g{n}", f"s{n}") for n in range(10)), (f"g{mark}", "s"), ("g99", f"s{mark}"))
    passed, findings = pass_text(CONTRACT, rows)
    assert passed["grid_code"].to_pylist() == [*(f"g{n}" for n in range(10)), "g99"]
    assert passed["street_code"].to_pylist()[-1] is None and passed.schema == CONTRACT.schema
    assert [(f.rule_id, f.severity, f.column_name, f.rows_failed, f.sample_keys) for f in findings] == [
        ("L1-TXT-001", "warn", "grid_code", 1, ""), ("L1-TXT-001", "warn", "street_code", 1, ""),
    ]  # fmt: skip
    assert all(is_storable(f"{finding}") for finding in findings)


def test_what_is_read_as_it_is_passes_untouched() -> None:
    rows = grids(("g 1", "西安市\t雁塔区\r\n"), ("g-😀", "㐂"), ("", "é"))
    passed, findings = pass_text(CONTRACT, rows)
    assert passed.equals(rows) and findings == []


def test_a_delivery_of_damaged_texts_is_refused() -> None:
    some = [(f"g{n}", "s\0") for n in range(3)]
    _, findings = pass_text(CONTRACT, grids(*some, ("g4", "s"), ("g5", "s")))
    assert [(f.rule_id, f.severity) for f in findings] == [("L1-TXT-002", "block")]
    _, findings = pass_text(CONTRACT, grids(*some[:2], ("g4", "s")))
    assert [(f.rule_id, f.severity) for f in findings] == [("L1-TXT-001", "warn")], "two never decide for the others"


@given(st.text(st.characters(), max_size=20))
def test_what_may_be_copied_is_what_the_gate_lets_through(text: str) -> None:
    whole = without_lone_surrogates(text)
    passed, findings = pass_text(CONTRACT, grids(*((f"g{n}", "s") for n in range(9)), ("g", whole)))
    kept = passed["street_code"].to_pylist()[-1]
    assert (kept == whole and not findings) if is_storable(text) else (kept is None and len(findings) == 1)


def test_every_source_lands_through_the_gate(tmp_path: Path) -> None:
    landing = Landing(tmp_path)
    for source in contracts.SOURCES:
        tables = {contract.name: _damaged(contract.schema) for contract in contracts.tables_of(source)}
        attempt = landing.write_attempt(source, DAY, Window(None, datetime(2026, 11, 20, 16, tzinfo=UTC)), tables, {})
        texts = [
            (contract.full_name, field.name)
            for contract in contracts.tables_of(source) for field in contract.schema if pa.types.is_string(field.type)
        ]  # fmt: skip
        assert sorted((f.table_name, f.column_name) for f in attempt.findings) == sorted(texts)
        for contract in contracts.tables_of(source):
            held = landing.read_table(source, contract.name, DAY, attempt.number).to_pylist()
            assert all(is_storable(str(value)) for row in held for value in row.values())


def _damaged(schema: pa.Schema) -> pa.Table:
    return pa.table(
        [
            pa.array(["a\0b"], field.type) if pa.types.is_string(field.type) else pa.nulls(1, field.type)
            for field in schema
        ],
        schema=schema,
    )
