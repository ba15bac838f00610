"""Several rows of one order: its newest state, opened again, in parts; and ids that a spreadsheet has rounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.errors import PermanentError, UsageError
from tests.order_files.conftest import Load, Plain, found, order, plain_map

HEADER = "id,created,due,closed,status,unit\n"
CLOSED = "1,2024-01-02 10:00,2024-01-09 10:00,2024-01-04 10:00,C,A\n"
AGAIN = "1,2024-01-02 10:00,2024-01-09 10:00,,O,A\n"
FIRST_TIME_KEPT = "1,2024-01-02 10:00,2024-01-09 10:00,2024-01-04 10:00,O,A\n"


def _around(*rows: str, newest_first: bool = False) -> str:
    lines = ["8,2024-01-01 10:00,,,O,A\n", *rows, "9,2024-01-05 10:00,,,O,A\n", "7,2024-01-06 10:00,,,O,A\n"]
    return HEADER + "".join(reversed(lines) if newest_first else lines)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(("older", "newer", "status"), [(CLOSED, AGAIN, "open"), (AGAIN, CLOSED, "closed")])
def test_the_later_row_of_a_file_is_the_newer_state(
    plain: Plain, older: str, newer: str, status: str, newest_first: bool
) -> None:
    loaded = plain({"o.csv": _around(older, newer, newest_first=newest_first)})
    assert order(loaded, "1")["status"] == status
    assert (order(loaded, "1")["closed_at"] is None) is (status == "open")
    assert [f.sample_keys for f in found(loaded, "L1-ORD-002")] == ["1"]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    ("rows", "status"),
    [([AGAIN, CLOSED, AGAIN], "open"), ([CLOSED, AGAIN, CLOSED], "closed"), ([CLOSED, AGAIN, AGAIN], "open"),
     ([CLOSED, CLOSED, AGAIN, CLOSED], "closed"), ([AGAIN, CLOSED, AGAIN, CLOSED, AGAIN], "open")],
)  # fmt: skip
def test_a_row_that_comes_back_to_the_letter_is_the_newest_state(
    plain: Plain, rows: list[str], status: str, newest_first: bool
) -> None:
    """An order that is opened again has the very row it had before it was closed."""
    loaded = plain({"o.csv": _around(*rows, newest_first=newest_first)})
    assert order(loaded, "1")["status"] == status
    assert (order(loaded, "1")["closed_at"] is None) is (status == "open")
    assert [f.rows_failed for f in found(loaded, "L1-ORD-001")] == [len(rows) - 2]


@pytest.mark.parametrize("same_id", ["first", "last"])
@pytest.mark.parametrize(("rows", "status"), [([CLOSED, AGAIN, CLOSED], "closed"), ([AGAIN, CLOSED, AGAIN], "open")])
def test_where_a_map_says_which_row_counts_rows_that_come_back_have_their_place(
    plain: Plain, same_id: str, rows: list[str], status: str
) -> None:
    loaded = plain({"o.csv": _around(*rows)}, {"[absent]": f'[duplicates]\nsame_id = "{same_id}"\n[absent]'})
    assert order(loaded, "1")["status"] == status


def test_an_overlap_of_two_files_hides_no_order_that_was_opened_again(plain: Plain) -> None:
    loaded = plain({"a.csv": _around(CLOSED, AGAIN), "b.csv": HEADER + CLOSED})
    assert order(loaded, "1")["status"] == "open"


def test_an_order_closed_opened_and_closed_again_is_closed(plain: Plain) -> None:
    second = CLOSED.replace("2024-01-04", "2024-01-06")
    loaded = plain({"o.csv": _around(CLOSED, AGAIN, second)})
    assert (order(loaded, "1")["status"], str(order(loaded, "1")["closed_at"])) == ("closed", "2024-01-06 10:00:00")


def test_opened_again_with_its_first_closing_time_kept_is_open(plain: Plain) -> None:
    loaded = plain({"o.csv": _around(FIRST_TIME_KEPT)})
    assert (order(loaded, "1")["status"], order(loaded, "1")["closed_at"]) == ("open", None)
    assert [(f.sample_keys, f.severity) for f in found(loaded, "L1-ORD-028")] == [("1", "info")]


def test_the_closed_row_and_the_one_that_keeps_its_closing_time_are_open(plain: Plain) -> None:
    loaded = plain({"o.csv": _around(CLOSED, FIRST_TIME_KEPT)})
    assert (order(loaded, "1")["status"], order(loaded, "1")["closed_at"]) == ("open", None)


def test_of_two_files_the_newest_time_counts_and_not_the_order_in_which_they_are_given(plain: Plain) -> None:
    for files in (
        {"a.csv": HEADER + CLOSED, "b.csv": HEADER + AGAIN},
        {"a.csv": HEADER + AGAIN, "b.csv": HEADER + CLOSED},
    ):
        assert order(plain(files), "1")["status"] == "closed"


def test_where_rows_say_when_their_state_changed_that_decides(load: Load) -> None:
    closed = {"Number": "5", "Closed": "2022-01-04 09:00:00", "Changed": "2022-01-04 09:00:00"}
    older = {"Number": "5", "Status": "Open", "Closed": "", "Changed": "2022-01-03 10:00:00", "Replied": ""}
    again = {**older, "Changed": "2022-01-06 09:00:00"}
    assert order(load([closed, older]), "2022-5")["status"] == "closed"
    assert order(load([again, closed]), "2022-5")["status"] == "open"


@pytest.mark.parametrize("rounded", ["1.01E+11", "1,01E+11", "1e+11", "2.02401E+18"])
def test_ids_that_a_spreadsheet_rounded_are_refused(plain: Plain, rounded: str) -> None:
    row = f'"{rounded}",2024-01-02 10:00,,,O,A\n'
    with pytest.raises(
        PermanentError, match=r"columns\.order_id of plainfield in o\.csv: .* 2 of 2 that a spreadsheet"
    ):
        plain({"o.csv": HEADER + row + row.replace("10:00", "11:00")})


def test_one_rounded_id_among_sound_ones_is_a_rejected_row(plain: Plain) -> None:
    loaded = plain({"o.csv": _around("1.01E+11,2024-01-02 10:00,,,O,B\n")})
    assert loaded.rejects[["row_number", "reason", "unit_code"]].values.tolist() == [
        [3, "an id that a spreadsheet rounded", None]
    ]
    assert len(loaded.tables["work_orders"]) == 3


def test_ids_whose_last_digits_are_all_zeros_are_rounded_too(plain: Plain) -> None:
    rows = "".join(f"202401011234{n:03d}000,2024-01-02 10:00,,,O,A\n" for n in range(12))
    with pytest.raises(PermanentError, match="of 12 that a spreadsheet has rounded"):
        plain({"o.csv": HEADER + rows})
    rows = "".join(f"202401011234{n:03d}00{n % 10},2024-01-02 10:00,,,O,A\n" for n in range(12))
    assert len(plain({"o.csv": HEADER + rows}).tables["work_orders"]) == 12


def test_an_id_of_letters_and_digits_is_not_rounded(plain: Plain) -> None:
    assert len(plain({"o.csv": _around("1E11,2024-01-02 10:00,,,O,A\n")}).tables["work_orders"]) == 4


PARTS = {"[absent]": '[parts]\nid = "part"\n[absent]'}
PART_HEADER = "id,part,created,due,closed,status,unit\n"


def test_an_order_is_closed_when_all_of_its_parts_are(plain: Plain) -> None:
    rows = (
        "1,a,2024-01-02 10:00,2024-01-05 10:00,2024-01-03 10:00,C,A\n"
        "1,b,2024-01-02 11:00,2024-01-06 10:00,2024-01-07 10:00,C,B\n"
        "2,a,2024-01-02 10:00,2024-01-05 10:00,2024-01-03 10:00,C,A\n"
        "2,b,2024-01-02 10:00,2024-01-05 10:00,,O,B\n"
    )
    loaded = plain({"o.csv": PART_HEADER + rows}, PARTS)
    assert len(loaded.tables["work_orders"]) == 2
    whole, half = order(loaded, "1"), order(loaded, "2")
    assert [str(whole[name]) for name in ("created_at", "due_at", "closed_at", "updated_at")] == [
        "2024-01-02 10:00:00", "2024-01-06 10:00:00", "2024-01-07 10:00:00", "2024-01-07 10:00:00",
    ]  # fmt: skip
    assert (whole["status"], whole["unit_code"]) == ("closed", "a")
    assert (half["status"], half["closed_at"]) == ("open", None)
    assert [f.rows_failed for f in found(loaded, "L1-ORD-049")] == [2]
    assert not found(loaded, "L1-ORD-002") and not found(loaded, "L1-ORD-003")


def test_a_part_that_comes_again_counts_in_its_newest_state(plain: Plain) -> None:
    was = (
        PART_HEADER
        + "1,a,2024-01-02 10:00,2024-01-05 10:00,,O,A\n1,b,2024-01-02 10:00,2024-01-05 10:00,2024-01-03 10:00,C,B\n"
    )
    now = PART_HEADER + "1,a,2024-01-02 10:00,2024-01-05 10:00,2024-01-04 10:00,C,A\n"
    loaded = plain({"a.csv": was, "b.csv": now}, PARTS)
    assert (order(loaded, "1")["status"], str(order(loaded, "1")["closed_at"])) == ("closed", "2024-01-04 10:00:00")


def test_parts_and_a_flag_of_the_city_do_not_mix(tmp_path: Path) -> None:
    flag = '[on_time]\nrole = "beside"\ntrue_when = { f = "1" }\nfalse_when = { f = "0" }\n'
    with pytest.raises(UsageError, match=r"parts: expected no \[on_time\] beside it"):
        plain_map(tmp_path / "m.toml", {"[absent]": f'[parts]\nid = "part"\n{flag}[absent]'})
