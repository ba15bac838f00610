"""CSV that a spreadsheet opens: text it would run as a formula gets an apostrophe, numbers stay numbers."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pytest

from minhu.cli.output import Format, print_rows

RUN = [
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=cmd|"/c calc"!A1',
    "-",
    "+86 29",
    "-1\n=2",
]
HARMLESS = ["a=b", "1-2", " =1", "", "城管局", "'=1", "-5", "+3.5", "-1.5e-3", "0", "2026-11-20", "C1@x"]


def printed(rows: pa.Table, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    print_rows(rows, Format.csv)
    return list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_text_that_would_be_run_is_neutralised(kind: pa.DataType, capsys: pytest.CaptureFixture[str]) -> None:
    column = pa.array([*RUN, *HARMLESS, None]).cast(kind)
    found = [row[0] for row in printed(pa.table({"x": column, "n": list(range(len(column)))}), capsys)[1:]]
    assert found == [*(f"'{text}" for text in RUN), *HARMLESS, ""]


def test_numbers_dates_and_truth_stay_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    rows = pa.table({"n": [-5, None], "d": [-1.5, 2.0], "b": [True, False]})
    assert printed(rows, capsys) == [["n", "d", "b"], ["-5", "-1.5", "true"], ["", "2", "false"]]


def test_a_column_named_as_a_formula_is_neutralised(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(pa.table({"=1+1": ["x"]}), capsys)[0] == ["'=1+1"]
