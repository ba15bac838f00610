"""Keys of a map that save a second map: aliases, columns of other files, rows to leave out."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.errors import PermanentError, UsageError
from tests.order_files.conftest import Plain, found, order, plain_map

HEADER = "id,created,due,closed,status,unit\n"
ROW = "{id},2024-01-02 10:00,2024-01-05 10:00,2024-01-03 10:00,C,{unit}\n"


def test_one_thing_under_several_names_is_one(plain: Plain) -> None:
    changes = {'name = "unit"': 'name = "unit"\naliases = { "Roads Dept." = "Roads", "RD" = "Roads" }'}
    rows = "".join(ROW.format(id=n, unit=unit) for n, unit in enumerate(("Roads", "Roads Dept.", "RD", "Water")))
    loaded = plain({"o.csv": HEADER + rows}, changes)
    assert loaded.tables["units"][["unit_code", "name"]].values.tolist() == [["roads", "Roads"], ["water", "Water"]]
    assert [order(loaded, str(n))["unit_code"] for n in range(4)] == ["roads", "roads", "roads", "water"]


def test_ids_have_aliases_too(plain: Plain) -> None:
    changes = {'name = "unit"': 'id = "unit"\naliases = { "12" = "7" }'}
    loaded = plain({"o.csv": HEADER + ROW.format(id=1, unit="7") + ROW.format(id=2, unit="12")}, changes)
    assert loaded.tables["units"]["unit_code"].tolist() == ["7"]


def test_an_alias_of_an_alias_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="unit: aliases: expected what counts on the right only, found on both sides: B"
    ):
        plain_map(tmp_path / "m.toml", {'name = "unit"': 'name = "unit"\naliases = { A = "B", B = "C" }'})


OTHER_FILES = """[[other_files]]
names = ["*_2019*.csv", "old.csv"]
columns = { id = "CaseNo", created = "Opened", due = "" }
encoding = "gb18030"
delimiter = ";"
time_formats = ["%d.%m.%Y %H:%M"]
[unit]"""


def test_other_files_may_have_other_columns_encodings_and_formats(plain: Plain) -> None:
    old = "CaseNo;Opened;closed;status;unit\n2;05.03.2019 10:00;06.03.2019 10:00;C;城管局\n"
    files = {"new.csv": HEADER + ROW.format(id=1, unit="Roads"), "orders_2019_1.csv": old.encode("gb18030")}
    loaded = plain(files, {"[unit]": OTHER_FILES})
    assert str(order(loaded, "2")["created_at"]) == "2019-03-05 10:00:00"
    assert order(loaded, "2")["due_at"] is None
    assert str(order(loaded, "1")["due_at"]) == "2024-01-05 10:00:00"
    assert "城管局" in set(loaded.tables["units"]["name"])


def test_a_column_that_later_files_call_otherwise_is_told_with_the_key(plain: Plain) -> None:
    with pytest.raises(PermanentError) as caught:
        plain({"later.csv": HEADER.replace("created", "creation") + ROW.format(id=1, unit="A")})
    assert "read later.csv: expected a column 'created', found none, but 'creation'" in str(caught.value)
    assert "other_files.columns" in caught.value.next_step


def test_rows_to_leave_out_are_counted_and_not_loaded(plain: Plain) -> None:
    changes = {
        "[unit]": '[[leave_out]]\nwhen = { unit = ["TEST", "Demo"] }\nreason = "tests of the system"\n'
        '[[leave_out]]\nwhen = { status = "C", closed = "" }\nreason = "never worked on"\n[unit]'
    }
    rows = ROW.format(id=1, unit="A") + ROW.format(id=2, unit="TEST") + ROW.format(id=3, unit="Demo")
    loaded = plain({"o.csv": HEADER + rows + "4,2024-01-02 10:00,,,C,A\nx,broken,,,C,TEST\n"}, changes)
    assert loaded.tables["work_orders"]["order_id"].tolist() == ["1"]
    assert loaded.rejects.empty, "what is left out is not rejected"
    assert [(f.rows_failed, f.message) for f in found(loaded, "L1-ORD-046")] == [
        (1, "rows that the map leaves out: never worked on"),
        (3, "rows that the map leaves out: tests of the system"),
    ]
    assert loaded.files.values.tolist() == [["o.csv", 5, 4, 0]]
    assert "TEST" not in set(loaded.tables["units"]["name"])


def test_a_condition_on_an_empty_cell_is_met(plain: Plain) -> None:
    flag = '[[flags]]\nfield = "closure_code"\nwhen = { unit = "-" }\ncode = "withdrawn"\n[unit]'
    changes = {"[unit]": flag, "[file]": '[file]\nmissing = ["", "-"]'}
    loaded = plain({"o.csv": HEADER + ROW.format(id=1, unit="-") + ROW.format(id=2, unit="A")}, changes)
    assert [order(loaded, n)["closure_code"] for n in ("1", "2")] == ["withdrawn", None]


def test_rejected_rows_keep_the_days_and_places_that_are_known(plain: Plain) -> None:
    changes = {"[unit]": '[places]\ndistrict = { name = "d" }\n[unit]'}
    rows = (
        "1,2024-01-02 10:00,2024-01-05 10:00,,O,A,East\n"
        "2,02.01.2024 10:00,2024-01-06 10:00,,O,A,East\n"
        ",2024-01-03 10:00,3024-01-06 10:00,2024-01-04 10:00,C,Nowhere,West\n"
        "4,short\n"
    )
    loaded = plain({"o.csv": HEADER.replace("unit", "unit,d") + rows}, changes)
    known = loaded.rejects.astype(object).where(loaded.rejects.notna(), None)
    assert [
        [str(cell) if cell is not None else None for cell in row] for row in known.drop(columns="rule_id").values
    ] == [
        ["o.csv", "3", "no time of creation that can be read", None, "2024-01-06 10:00:00", None, None, "PF-east", "a"],
        ["o.csv", "4", "no id", "2024-01-03 10:00:00", None, "2024-01-04 10:00:00", None, None, None],
        ["o.csv", "5", "expected 7 cells, found 2", None, None, None, None, None, None],
    ]
    assert loaded.files.values.tolist() == [["o.csv", 4, 0, 3]]
