"""`minhu export --as open311`: service requests as GeoReport v2 has them, without a person, a place or a small figure."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from minhu.analysis.downloads.download import export
from minhu.analysis.downloads.kinds import Kind
from minhu.analysis.downloads.selection import Selection
from minhu.errors import UsageError
from minhu.order_files.structured import read_xml

from .conftest import D19, D20, Home

#: GET Service Requests of https://wiki.open311.org/GeoReport_v2, in its order.
SPECIFIED = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
)  # fmt: skip
ALWAYS = ("service_request_id", "status", "service_name", "service_code", "requested_datetime")
EVERY = Selection()
CROWDED, LONELY = "108.93_34.20", "-0.01_-34.21"
#: Order, status, into which it was merged, withdrawn, cell, created (UTC).
ORDERS = (
    ("A1", "closed", None, False, CROWDED, datetime(2026, 11, 19, 15, 59, 59)),
    ("A2", "open", None, False, CROWDED, datetime(2026, 11, 19, 16, 0, 0)),
    ("A3", "closed", "A1", False, CROWDED, datetime(2026, 11, 20, 1, 0, 0)),
    ("A4", "closed", None, True, LONELY, datetime(2026, 11, 20, 2, 0, 0)),
    ("A5", "suspended", None, False, None, datetime(2026, 11, 20, 3, 0, 0)),
)


@pytest.fixture
def orders(home: Home) -> Home:
    """A published night whose work file holds orders; three are the floor under which figures are suppressed."""
    home.build(D20)
    home.change("update publish.kpi_contract set suppress_below = case kpi_id when 'H06' then 3 else 0 end")
    home.change("create schema core; create schema intermediate; create schema raw")
    home.change(
        "create table core.fct_work_orders (order_id varchar, status varchar, parent_order_id varchar, is_withdrawn boolean, "
        "category_code varchar, created_at timestamp, created_date date, caller_key varchar, unit_code varchar)"
    )
    home.change("create table intermediate.int_orders_latest (order_id varchar, location_cell varchar)")
    for order, status, parent, withdrawn, cell, created in ORDERS:
        merged = f"'{parent}'" if parent else "null"
        home.change(
            f"insert into core.fct_work_orders values ('{order}', '{status}', {merged}, {withdrawn}, 'K1', '{created}', "
            f"(timestamp '{created}' + interval 8 hour)::date, 'person-{order}', 'U1')"
        )
        known = f"'{cell}'" if cell else "null"
        home.change(f"insert into intermediate.int_orders_latest values ('{order}', {known})")
    home.change(
        "create table raw.hotline__categories as select 'K1' as category_code, name, load_no "
        "from (values ('旧名', 1), ('<噪声> & \"扰民\"', 2)) as named (name, load_no)"
    )
    home.change(
        f"create table raw.build_state as select date '{D20}' as business_date, 'clean' as status, 1 as built_load_no"
    )
    release = home.publish(D20)
    home.change(f"create table raw.exported_as as select '{release.release_id}' as release_id")
    return home


def requests(home: Home, tmp_path: Path, selection: Selection = EVERY) -> list[dict[str, str]]:
    """Read by the project's own reader of other cities' Open311 files."""
    written = export(home.settings, selection, Kind.open311, tmp_path)
    table = read_xml(written.path.name, written.path.read_bytes())
    assert len(table.rows) == written.cells
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_every_request_has_the_fields_of_the_specification(orders: Home, tmp_path: Path) -> None:
    found = requests(orders, tmp_path)
    assert [request["service_request_id"] for request in found] == [order for order, *_ in ORDERS]
    for request in found:
        assert tuple(request) == SPECIFIED
        assert all(request[name] for name in ALWAYS)
        assert request["status"] in ("open", "closed")
        assert datetime.fromisoformat(request["requested_datetime"]).utcoffset() is not None
    assert found[1]["requested_datetime"] == "2026-11-20T00:00:00+08:00"
    assert {(request["service_code"], request["service_name"]) for request in found} == {("K1", '<噪声> & "扰民"')}
    assert [request["status"] for request in found] == ["closed", "open", "closed", "closed", "open"]


def test_a_duplicate_says_of_what(orders: Home, tmp_path: Path) -> None:
    notes = [request["status_notes"] or "" for request in requests(orders, tmp_path)]
    assert "duplicate of A1" in notes[2] and "withdrawn" in notes[3] and "suspended" in notes[4]
    assert notes[:2] == ["", ""]


def test_a_place_is_the_middle_of_a_cell_from_which_many_called(orders: Home, tmp_path: Path) -> None:
    places = [(request["long"], request["lat"]) for request in requests(orders, tmp_path)]
    assert places == [("108.935", "34.205")] * 3 + [places[3], places[3]]
    assert not any(places[3])
    orders.change("delete from publish.kpi_contract")  # of the work file: the floor is that of the release
    assert [(r["long"], r["lat"]) for r in requests(orders, tmp_path)] == places


def test_no_person_no_unit_and_no_time_of_closing_is_said(orders: Home, tmp_path: Path) -> None:
    text = export(orders.settings, EVERY, Kind.open311, tmp_path).path.read_text(encoding="utf-8")
    assert "person-" not in text and "U1" not in text
    for name in ("description", "agency_responsible", "updated_datetime", "expected_datetime", "address", "media_url"):
        assert re.findall(f"<{name}>(.*?)</{name}>", text) == [""] * len(ORDERS)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-11-20", None, "A2 A3 A4 A5"),
        (None, "2026-11-19", "A1"),
        ("2026-11", "2026-11", "A1 A2 A3 A4 A5"),
    ],
)
def test_days_are_local_days(orders: Home, tmp_path: Path, first: str | None, last: str | None, expected: str) -> None:
    found = requests(orders, tmp_path, Selection(first=first, last=last))
    assert [request["service_request_id"] for request in found] == expected.split()


@pytest.mark.parametrize(
    ("selection", "said"),
    [
        (Selection(kpis=("H06",)), "expected days, found a choice of cells"),
        (Selection(levels=("city",)), "expected days, found a choice of cells"),
        (Selection(first="2027-01"), "no order was created on the days"),
    ],
)
def test_what_orders_cannot_be_asked_for_is_said(orders: Home, selection: Selection, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        export(orders.settings, selection, Kind.open311)


def test_orders_of_another_night_are_refused(orders: Home, tmp_path: Path) -> None:
    orders.change(f"update raw.build_state set business_date = date '{D19}'")
    with pytest.raises(UsageError, match=rf"expected the work file of its night, found that of {date(2026, 11, 19)}"):
        export(orders.settings, EVERY, Kind.open311, tmp_path)


def test_the_same_orders_give_the_same_bytes(orders: Home, tmp_path: Path) -> None:
    made = [export(orders.settings, EVERY, Kind.open311, tmp_path / f"{n}.xml").path.read_bytes() for n in (1, 2)]
    assert made[0] == made[1]
