"""How rows are printed on a terminal: as a table where it fits, else as records; nothing is cut."""

from __future__ import annotations

import pyarrow as pa
import pytest

from minhu.cli.output import Format, print_rows

LONG = "该单元格暂缓公布：" + "受影响的记录被隔离，" * 12


def printed(capsys: pytest.CaptureFixture[str], rows: pa.Table, **more: object) -> str:
    print_rows(rows, Format.table, **more)  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_few_columns_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, pa.table({"unit": ["碑林区", "莲湖区"], "value": [0.9, None]}))
    assert "┃ unit" in out and "│ 碑林区 │ 0.9   │" in out and out.endswith("2 rows\n")


def test_what_does_not_fit_is_printed_as_records_with_nothing_cut(capsys: pytest.CaptureFixture[str]) -> None:
    wide = pa.table({f"column_{n}": [f"value {n}"] * 2 for n in range(30)})
    out = printed(capsys, wide)
    assert "…" not in out and "┃" not in out
    assert out.count("─ 1 ") == out.count("─ 2 ") == 1
    assert all(f"column_{n}".ljust(9) + f"  value {n}" in out for n in range(30))


def test_a_text_that_may_go_on_is_folded_while_it_has_room(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, pa.table({"rule": ["L2-HOT-001"], "reason": [LONG]}), wrapped={"reason": 1})
    assert "┃ rule" in out and out.count("\n") > 5
    assert "".join(character for character in LONG if character not in out) == ""


def test_a_text_without_room_is_no_column_of_one_letter(capsys: pytest.CaptureFixture[str]) -> None:
    columns = {f"column_{n}": ["0123456789"] for n in range(9)}
    out = printed(capsys, pa.table({**columns, "causes": ["late corrected"]}), wrapped={"causes": 1})
    assert "causes    late corrected" in out


def test_no_rows_are_a_head_and_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, pa.table({"unit": pa.array([], pa.string())}))
    assert "┃ unit ┃" in out and "0 rows" in out
