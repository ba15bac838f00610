"""Files that are damaged, torn, in another encoding or of another form."""

from __future__ import annotations

from pathlib import Path

import pytest

from minhu.errors import PermanentError, UsageError
from minhu.order_files.mapping import OrderMap, read_map
from minhu.order_files.orders import make_orders
from minhu.order_files.reading import read_files
from tests.order_files.conftest import FIXTURES, found

FLAGTOWN_CSV = FIXTURES / "flagtown.csv"


@pytest.fixture
def flagtown() -> OrderMap:
    return read_map(FIXTURES / "flagtown.toml")


@pytest.fixture
def smallville() -> OrderMap:
    return read_map(FIXTURES / "smallville.toml")


def test_gb18030_and_chinese_dates_are_read(flagtown: OrderMap) -> None:
    loaded = make_orders(flagtown, read_files(flagtown, [FLAGTOWN_CSV]))
    orders = loaded.tables["work_orders"].set_index("order_id")
    assert orders["channel"].tolist()[:3] == ["hotline_12345", "mailbox", "hotline_12345"]
    assert str(orders.loc["1", "created_at"]) == "2018-03-01 00:00:00"
    places = loaded.tables["places"]
    assert dict(zip(places["name"], places["level"], strict=True)) == {
        "旗镇": "city", "东街": "street", "西街": "street", "地点不明 / place unknown": "community",
    }  # fmt: skip


def test_flags_define_what_is_on_time_and_what_is_closed(flagtown: OrderMap) -> None:
    loaded = make_orders(flagtown, read_files(flagtown, [FLAGTOWN_CSV]))
    claims = loaded.tables["order_claims"].set_index("order_id")
    assert claims["claimed_on_time"].dropna().to_dict() == {"1": True, "2": False}
    assert set(claims["role"]) == {"definition"}
    assert loaded.tables["work_orders"].set_index("order_id")["status"].to_dict() == {
        "1": "closed", "2": "closed", "3": "open", "4": "closed",
    }  # fmt: skip
    (finding,) = found(loaded, "L1-ORD-021")
    assert (finding.rows_failed, finding.sample_keys) == (2, "3 4")


def test_a_row_of_totals_is_rejected_not_counted(flagtown: OrderMap) -> None:
    loaded = make_orders(flagtown, read_files(flagtown, [FLAGTOWN_CSV]))
    assert len(loaded.tables["work_orders"]) == 4
    assert loaded.rejects[["row_number", "reason"]].values.tolist() == [[6, "no time of creation that can be read"]]


def test_a_file_in_utf_8_where_the_map_says_gb18030_is_refused(flagtown: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(FLAGTOWN_CSV.read_bytes().decode("gb18030"), encoding="utf-8")
    with pytest.raises(
        PermanentError, match=r"read orders\.csv: expected gb18030, found utf-8 - correct file\.encoding"
    ):
        read_files(flagtown, [path])


def test_a_file_in_gb18030_where_the_map_says_utf_8_is_refused(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(FLAGTOWN_CSV.read_bytes())
    with pytest.raises(PermanentError, match=r"expected utf-8-sig, found 6 of 7 lines that cannot be read so"):
        read_files(smallville, [path])


def test_one_damaged_character_is_a_finding(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes((FIXTURES / "smallville.csv").read_bytes().replace(b"Harbour", b"Harb\xffur"))
    loaded = make_orders(smallville, read_files(smallville, [path]))
    assert [(f.rows_failed, f.sample_keys) for f in found(loaded, "L1-ORD-023")] == [(1, "2022-3")]
    assert len(loaded.tables["work_orders"]) == 3


def test_a_zero_byte_is_damage_not_a_crash(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes((FIXTURES / "smallville.csv").read_bytes().replace(b"Harbour", b"Harb\0ur"))
    loaded = make_orders(smallville, read_files(smallville, [path]))
    assert [f.sample_keys for f in found(loaded, "L1-ORD-023")] == ["2022-3"]


def test_rows_with_too_few_or_too_many_cells_are_rejected(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = (FIXTURES / "smallville.csv").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], "2022;9;R9", "", lines[2] + ";more", lines[3]]) + "\n", encoding="utf-8")
    loaded = make_orders(smallville, read_files(smallville, [path]))
    assert loaded.rejects[["row_number", "reason"]].values.tolist() == [
        [3, "expected 25 cells, found 3"],
        [5, "expected 25 cells, found 26"],
    ]
    assert [f.rows_failed for f in found(loaded, "L1-ORD-005")] == [2]
    assert len(loaded.tables["work_orders"]) == 2


def test_an_open_quotation_mark_does_not_swallow_the_rest_of_the_file(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    text = (FIXTURES / "smallville.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("fixed", '"fixed'), encoding="utf-8")
    with pytest.raises(PermanentError, match="is not a row of cells"):
        read_files(smallville, [path])


def test_a_missing_column_is_named_with_the_nearest_one(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    text = (FIXTURES / "smallville.csv").read_text(encoding="utf-8")
    path.write_text(text.replace("Closed", "Closed_", 1), encoding="utf-8")
    with pytest.raises(PermanentError, match=r"orders\.csv: expected a column 'Closed', found none, but 'Closed_'"):
        read_files(smallville, [path])


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "expected a row of column names"), ("A;B;A\n1;2;3\n", "found one twice: columns 1 and 3")],
)
def test_a_file_without_proper_column_names_is_refused(
    smallville: OrderMap, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PermanentError, match=words):
        read_files(smallville, [path])


def test_a_file_without_any_order_is_refused(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text((FIXTURES / "smallville.csv").read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(PermanentError, match="expected rows with an id and a time of creation, found none among 0"):
        make_orders(smallville, read_files(smallville, [path]))
    path.write_text(path.read_text(encoding="utf-8") + "2022;1;too;few\n" * 3, encoding="utf-8")
    with pytest.raises(PermanentError, match="none among 0, and 3 with too few or too many cells"):
        make_orders(smallville, read_files(smallville, [path]))


def test_a_column_without_any_known_word_is_refused(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    header, row, *_ = (FIXTURES / "smallville.csv").read_text(encoding="utf-8").splitlines()
    rows = [row.replace("2022;1;", f"2022;{n};").replace("Phone;1;", "Telefon;1;") for n in range(12)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(
        PermanentError, match=r"column Source .* expected words of words\.channel, found none of them in 12"
    ):
        make_orders(smallville, read_files(smallville, [path]))


def test_no_file_and_an_absent_file_are_refused(smallville: OrderMap, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file was given"):
        read_files(smallville, [])
    with pytest.raises(UsageError, match=r"nowhere\.csv: cannot read it"):
        read_files(smallville, [tmp_path / "nowhere.csv"])


SMALLVILLE_CSV = FIXTURES / "smallville.csv"


def test_a_file_that_is_given_twice_is_refused(smallville: OrderMap, tmp_path: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(SMALLVILLE_CSV.read_bytes())
    for second in (SMALLVILLE_CSV, copy):
        with pytest.raises(UsageError, match=r"the same, byte for byte, as .*smallville\.csv - give each file once"):
            read_files(smallville, [SMALLVILLE_CSV, second])


def test_files_that_overlap_are_named_with_their_rows(smallville: OrderMap, tmp_path: Path) -> None:
    header, first, *rest = SMALLVILLE_CSV.read_text(encoding="utf-8").splitlines()
    more = tmp_path / "more.csv"
    more.write_text("\n".join([header, *rest, first.replace("2022;1;", "2022;7;")]) + "\n", encoding="utf-8")
    loaded = make_orders(smallville, read_files(smallville, [SMALLVILLE_CSV, more]))
    (finding,) = found(loaded, "L1-ORD-001")
    assert (finding.rows_failed, finding.rows_seen) == (2, 6)
    assert "rows of earlier files stand again in more.csv (2 of 3 rows)" in finding.message


def test_two_files_of_one_name_are_told_apart_by_their_folders(smallville: OrderMap, tmp_path: Path) -> None:
    header, first, *rest = SMALLVILLE_CSV.read_text(encoding="utf-8").splitlines()
    for year, rows in (("2022", [first, "2022;8"]), ("2023", [*rest, "2022;9"])):
        (tmp_path / year).mkdir()
        (tmp_path / year / "orders.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    loaded = make_orders(smallville, read_files(smallville, sorted(tmp_path.glob("*/orders.csv"))))
    assert loaded.rejects["file_name"].tolist() == ["2022/orders.csv", "2023/orders.csv"]
    assert loaded.files["rows_rejected"].tolist() == [1, 1]


def test_a_file_without_rows_beside_others_is_a_finding(smallville: OrderMap, tmp_path: Path) -> None:
    empty = tmp_path / "march.csv"
    empty.write_text(SMALLVILLE_CSV.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    loaded = make_orders(smallville, read_files(smallville, [SMALLVILLE_CSV, empty]))
    (finding,) = found(loaded, "L1-ORD-047")
    assert (finding.rows_failed, finding.rows_seen, finding.severity) == (1, 2, "warn")
    assert "march.csv" in finding.message


def test_the_file_of_another_city_among_several_is_named(smallville: OrderMap, tmp_path: Path) -> None:
    other = tmp_path / "metropolis.csv"
    header, row, *_ = SMALLVILLE_CSV.read_text(encoding="utf-8").splitlines()
    rows = [row.replace("2022;1;", f"2021;{n};").replace("Phone;1;", "Telefon;1;") for n in range(12)]
    other.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    with pytest.raises(PermanentError, match=r"in metropolis\.csv: expected words .* whether the file is of this city"):
        make_orders(smallville, read_files(smallville, [SMALLVILLE_CSV, other]))


def test_a_further_id_column_that_is_not_there_is_named(smallville: OrderMap, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(SMALLVILLE_CSV.read_text(encoding="utf-8").replace("Reference", "Ref", 1), encoding="utf-8")
    with pytest.raises(PermanentError, match="expected a column 'Reference'"):
        read_files(smallville, [path])


def test_what_is_told_of_a_file_holds_nothing_of_its_rows(smallville: OrderMap, tmp_path: Path) -> None:
    secret = "Clark Kent 555-0142"
    header, row, *_ = SMALLVILLE_CSV.read_text(encoding="utf-8").splitlines()
    broken = {
        "no header": f"{secret};{secret}\n{row}\n",
        "a quotation mark": f"{header}\n{row.replace('fixed', chr(34) + secret)}\n",
        "another encoding": f"{header}\n" + f"{row}{secret}\n" * 9 + "é" * 9,
        "a long column name": f"{header};{secret * 9}\n{row};x\n",
    }
    path = tmp_path / "orders.csv"
    for what, text in broken.items():
        path.write_bytes(text.encode("latin-1"))
        try:
            told = "".join(f.message for f in make_orders(smallville, read_files(smallville, [path])).findings)
        except (PermanentError, UsageError) as error:
            told = str(error)
        assert secret not in told, what
