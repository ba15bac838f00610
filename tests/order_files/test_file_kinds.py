"""Files known by their first bytes: what is read, and what is named without a word of its content."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from minhu.errors import MinhuError, PermanentError
from minhu.order_files import file_kinds
from minhu.order_files.reading import read_files
from tests.fixtures.workbooks import with_sheet_xml
from tests.order_files.conftest import Plain, order, plain_map

HEADER = "id,created,due,closed,status,unit"
ROWS = (
    "1,2024-01-02 10:00,2024-01-05 10:00,2024-01-03 10:00,C,A",
    "2,2024-01-02 11:00,2024-01-05 11:00,,O,B",
)
SECRET = "13912345678"
TEXT = "\n".join([HEADER, *ROWS]) + "\n"
RECORDS = [dict(zip(HEADER.split(","), row.split(","), strict=True)) for row in ROWS]


def _zip(**members: str | bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


def _workbook(*sheets: list[list[object]], hidden: int | None = None) -> bytes:
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet{number}")
        sheet.sheet_state = "hidden" if number == hidden else "visible"
        for row in rows:
            sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _cells() -> list[list[object]]:
    return [list(HEADER.split(",")), *(list[object](row.split(",")) for row in ROWS)]


def _xml(records: list[dict[str, str]]) -> str:
    inner = "".join(
        "<request>" + "".join(f"<{name}>{value}</{name}>" for name, value in record.items()) + "</request>"
        for record in records
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<service_requests>{inner}</service_requests>'


READ = {
    "tabs": TEXT.replace(",", "\t"),
    "semicolons": TEXT.replace(",", ";"),
    "a spreadsheet's line above": "sep=;\n" + TEXT.replace(",", ";"),
    "bars": TEXT.replace(",", "|"),
    "gzip": gzip.compress(TEXT.encode()),
    "two gzips in one": gzip.compress((HEADER + "\n" + ROWS[0] + "\n").encode()) + gzip.compress((ROWS[1] + "\n").encode()),
    "zip": _zip(**{"a.csv": TEXT}),
    "zip of two": _zip(**{"a.csv": f"{HEADER}\n{ROWS[0]}\n", "folder__b.csv": f"{HEADER}\n{ROWS[1]}\n"}),
    "gzip in zip": _zip(**{"a.csv.gz": gzip.compress(TEXT.encode())}),
    "JSON": json.dumps(RECORDS),
    "JSON with a mark": "\ufeff" + json.dumps(RECORDS),
    "JSON in an object": json.dumps({"count": 2, "items": RECORDS, "errors": []}),
    "an object a line": "\n".join(map(json.dumps, RECORDS)),
    "XML": _xml(RECORDS),
    "XML in GBK": _xml([{**RECORDS[0], "note": "城管"}, RECORDS[1]]).replace("utf-8", "gbk").encode("gbk"),
    "XML in UTF-16": _xml(RECORDS).replace("utf-8", "utf-16").encode("utf-16"),
    "XML of attributes": "<rows>" + "".join(
        "<row " + " ".join(f'{name}="{value}"' for name, value in record.items()) + "/>" for record in RECORDS
    ) + "</rows>",
    "text with the mark of UTF-8": "\ufeff" + TEXT,
    "text that begins like JSON": "[note]," + TEXT.replace("\n", "\nx,").removesuffix("x,"),
    "text that begins like XML": "<note>;" + TEXT.replace("\n", "\nx,").removesuffix("x,").replace(",", ";"),
    "XLSX": _workbook(_cells()),
    "XLSX with a title": _workbook([["Orders of January"], [], *_cells()]),
    "XLSX with a hidden sheet": _workbook(_cells(), _cells(), hidden=1),
    "XLSX with notes": _workbook([["About"], ["nothing"]], _cells()),
    "XLSX with its own dates": _workbook(
        [
            list(HEADER.split(",")),
            [1, datetime(2024, 1, 2, 10), datetime(2024, 1, 5, 10), datetime(2024, 1, 3, 10), "C", "A"],
            [2.0, datetime(2024, 1, 2, 11), datetime(2024, 1, 5, 11), None, "O", "B"],
        ]
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_it_is_read_whatever_it_is_called(plain: Plain, kind: str) -> None:
    loaded = plain({"orders.csv": READ[kind]})
    assert loaded.tables["work_orders"][["order_id", "status", "unit_code"]].values.tolist() == [
        ["1", "closed", "a"], ["2", "open", "b"],
    ]  # fmt: skip
    assert str(order(loaded, "1")["closed_at"]) == "2024-01-03 10:00:00"
    assert str(order(loaded, "2")["due_at"]) == "2024-01-05 11:00:00"
    assert loaded.rejects.empty


NAMED = {
    "locked workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "locked by a password"),
    "broken workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a workbook that cannot be opened"),
    "two sheets": (_workbook(_cells(), _cells()), "expected one sheet with the columns, found 2"),
    "broken zip": (b"PK\x03\x04" + SECRET.encode() * 9, "it is zip and damaged"),
    "empty zip": (_zip(**{"a__": ""}), "found no file"),
    "a text document": (_zip(**{"word__document.xml": SECRET}), "a text document or slides"),
    "cut gzip": (gzip.compress(TEXT.encode() * 50)[:60], "gzip and cut short"),
    "broken gzip": (b"\x1f\x8b" + SECRET.encode() * 9, "gzip and damaged"),
    "PDF": (b"%PDF-1.7 " + SECRET.encode(), "found a PDF"),
    "RAR": (b"Rar!\x1a\x07 " + SECRET.encode(), "a RAR archive"),
    "a web page": (f"<!DOCTYPE html><html><body>{SECRET}</body></html>", "found a web page"),
    "JSON of something else": (json.dumps({"phone": SECRET}), "expected a column 'closed', found none like it (JSON, columns: 1)"),
    "JSON of numbers": (f"[{SECRET}, {SECRET}]", "expected a list of records"),
    "JSON of two lists": (json.dumps({"a": [{"p": SECRET}], "b": [{"p": SECRET}]}), "expected one list of records, found 2"),
    "cut JSON": (json.dumps([{"phone": SECRET}])[:-3], "begins as JSON and is none from line 1, column"),
    "deep JSON": ("[" * 100_000, "too deep"),
    "cut XML": (_xml([{"phone": SECRET}])[:-9], "begins as XML and is none in line"),
    "XML in another encoding": (_xml([{"p": SECRET + "城"}]).encode("gbk"), "says it is in utf-8 and is not"),
    "XML with entities": (f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{SECRET}">]><x>&a;</x>', "with a document type"),
    "XML of something else": (_xml([{"phone": SECRET, "b": "c"}]), "found none like it (XML, columns: 2)"),
    "XML of nothing": ("<rows><row/></rows>", "found none like it (XML, columns: 0)"),
    "deep XML": ("<a>" * 100, "too deep"),
    "UTF-16": (TEXT.encode("utf-16"), "expected utf-8-sig, found utf-16"),
    "one column": (f"phone\n{SECRET}\n", "one column only"),
    "no header": (f"{SECRET},{SECRET},x\n", "found one twice: columns 1 and 2"),
    "an order without names": (f"createt,{SECRET},dueh,x\n", "found none like it (text, columns: 4)"),
    "JSON lines that are none": ("{" + SECRET, "begins as JSON"),
    "nothing": ("", "expected a row of column names, found nothing"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMED)
def test_it_is_named_by_what_it_is_without_its_content(plain: Plain, kind: str) -> None:
    content, words = NAMED[kind]
    with pytest.raises(PermanentError) as caught:
        plain({"orders.xlsx": content})
    assert words in str(caught.value)
    assert "orders.xlsx" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "file.encoding" not in str(caught.value) or kind == "UTF-16"


def test_a_delimiter_that_the_map_names_is_compared_with_the_one_found(tmp_path: Path) -> None:
    order_map = plain_map(tmp_path / "m.toml", {"[file]": '[file]\ndelimiter = ";"'})
    (tmp_path / "o.csv").write_text(TEXT.replace(",", "\t"))
    with pytest.raises(
        PermanentError, match=r"expected semicolons between the cells, found tabs - correct file\.delimiter"
    ):
        read_files(order_map, [tmp_path / "o.csv"])


def test_more_than_memory_holds_is_not_unpacked(plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_kinds, "MOST_BYTES", 1000)
    for packed in (gzip.compress(b"0" * 5000), _zip(**{"a.csv": "0" * 5000})):
        with pytest.raises(PermanentError, match="MiB unpacked, found more"):
            plain({"orders.csv": packed})


@pytest.mark.parametrize(("cell", "columns"), [("XFD1048576", "16,384"), ("ZZ1048576", "702"), ("XFD1", "16,384")])
def test_a_cell_far_out_does_not_ask_for_gigabytes(plain: Plain, cell: str, columns: str) -> None:
    row = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    far = with_sheet_xml(
        _workbook(_cells()), "</sheetData>", f'<row r="{row}"><c r="{cell}" t="str"><v> </v></c></row></sheetData>'
    )
    with pytest.raises(PermanentError, match=f"expected at most 2,000 columns and .* found {columns} columns"):
        plain({"orders.xlsx": far})


def test_errors_and_formulas_that_nobody_calculated_are_not_taken_for_missing(plain: Plain) -> None:
    cells = _cells()
    cells[1][3], cells[2][2] = "#REF!", "=NOW()"
    cells.append(["#N/A", *cells[1][1:3], None, "O", "A"])
    loaded = plain({"o.xlsx": _workbook(cells)})
    assert {(f.rule_id, f.rows_failed) for f in loaded.findings if f.rule_id in ("L1-ORD-005", "L1-ORD-006", "L1-ORD-023")} == {
        ("L1-ORD-005", 1), ("L1-ORD-006", 1), ("L1-ORD-023", 3),
    }  # fmt: skip
    assert [row["order_id"] for row in loaded.tables["work_orders"].to_dict("records")] == ["1", "2"]


def test_sheets_that_are_not_read_are_reported(plain: Plain) -> None:
    loaded = plain({"o.xlsx": _workbook(_cells(), _cells(), [["About"]], hidden=1)})
    (finding,) = (f for f in loaded.findings if f.rule_id == "L1-ORD-052")
    assert (finding.rows_failed, finding.severity) == (2, "info")
    assert finding.message == "sheets of a workbook that are not read: Sheet1 (hidden), Sheet2"
    assert len(loaded.tables["work_orders"]) == 2


def test_the_map_may_name_the_sheets(plain: Plain) -> None:
    first, second = _cells()[:2], [_cells()[0], _cells()[2]]
    loaded = plain({"o.xlsx": _workbook(first, second)}, {"[file]": '[file]\nsheets = ["Sheet0", "Sheet1"]'})
    assert len(loaded.tables["work_orders"]) == 2
    with pytest.raises(PermanentError, match="expected a sheet 'Mai' that people can see"):
        plain({"o.xlsx": _workbook(first)}, {"[file]": '[file]\nsheets = "Mai"'})


def test_a_workbook_that_has_lost_digits_of_its_ids_is_refused(plain: Plain) -> None:
    rows: list[list[object]] = [[2024010112345678901 + n, *row.split(",")[1:]] for n, row in enumerate(ROWS)]
    with pytest.raises(PermanentError, match="found 2 of 2 that a spreadsheet has rounded"):
        plain({"o.xlsx": _workbook([_cells()[0], *rows])})


def test_midnight_in_a_column_of_moments_is_a_time_of_day(plain: Plain) -> None:
    rows: list[list[object]] = [
        [1, datetime(2024, 1, 2, 10), datetime(2024, 1, 5), None, "O", "A"],
        [2, datetime(2024, 1, 2, 10), datetime(2024, 1, 5, 9), None, "O", "A"],
    ]
    loaded = plain({"o.xlsx": _workbook([_cells()[0], *rows])})
    assert str(order(loaded, "1")["due_at"]) == "2024-01-05 00:00:00"
    rows[1][2] = date(2024, 1, 6)
    loaded = plain({"o.xlsx": _workbook([_cells()[0], *rows])})
    assert str(order(loaded, "1")["due_at"]) == "2024-01-05 23:59:59"


def test_what_no_database_keeps_is_damage(plain: Plain) -> None:
    records = [{**RECORDS[0], "unit": "A\0B\ud800"}, RECORDS[1]]
    loaded = plain({"o.json": json.dumps(records)})
    assert [f.sample_keys for f in loaded.findings if f.rule_id == "L1-ORD-023"] == ["1"]
    assert "\0" not in loaded.tables["units"].to_csv() and "A�B�" in set(loaded.tables["units"]["name"])


def test_half_a_character_is_told_by_line_and_byte(tmp_path: Path) -> None:
    order_map = plain_map(tmp_path / "m.toml", {})
    rows = "".join(f"{n},2024-01-02 10:00,,,O,Straße\n" for n in range(9))
    (tmp_path / "o.csv").write_bytes(HEADER.encode() + b"\n" + rows.encode("latin-1"))
    with pytest.raises(
        MinhuError, match=r"9 of 11 lines that cannot be read so, the first in line 2 at byte 62 of the file"
    ):
        read_files(order_map, [tmp_path / "o.csv"])
