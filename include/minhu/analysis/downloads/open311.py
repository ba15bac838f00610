"""Orders as Open311 GeoReport v2 has service requests, in one XML document: https://wiki.open311.org/GeoReport_v2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from minhu.analysis.explain.records import KEPT, WorkFile, open_work
from minhu.analysis.query import offered_release
from minhu.errors import UsageError
from minhu.extract.privacy import CELLS_PER_DEGREE
from minhu.release.release_folder import Release
from minhu.settings import Settings

#: Elements of a request, in the order of the specification. Empty are those by which a person or a place could be known
#: (description, address, media) and those by which small figures that are suppressed could be counted again (who dealt with
#: it, until when, since when it is closed).
FIELDS = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "media_url",
)  # fmt: skip
_ORDERS = f"""
with placed as (
    select orders.*, latest.location_cell, count(*) over (partition by latest.location_cell) as cell_orders
    from {KEPT}.core.fct_work_orders as orders
    left join {KEPT}.intermediate.int_orders_latest as latest using (order_id)
)
select
    placed.order_id, placed.status in ('closed', 'final') as is_closed, placed.status, placed.parent_order_id,
    placed.is_withdrawn, categories.name, placed.category_code, placed.created_at,
    case when placed.cell_orders >= $floor then placed.location_cell end as location_cell
from placed
left join (
    select category_code, arg_max(name, load_no) as name from {KEPT}.raw.hotline__categories group by category_code
) as categories using (category_code)
where placed.created_date between $first and $last
order by placed.created_at, placed.order_id
"""  # noqa: S608  our own name
_AT_ONCE = 20_000


def as_open311(settings: Settings, release: Release, first: date, last: date) -> tuple[bytes, int]:
    """The orders that a release counts, created on local days from ``first`` to ``last``, and how many they are.

    A place is the middle of its cell of about a kilometre, and is left out where fewer orders came from the cell than the
    floor under which figures are suppressed. A merged order says in ``status_notes`` into which it was merged.

    Raises:
        UsageError: the work file has gone on to another release (orders stand in no release), or no order is asked for.
    """
    with offered_release(settings, release.release_id) as tables:
        floor = tables.execute("select coalesce(max(suppress_below), 0) from kpi_contract").fetchall()[0][0]
    with open_work(settings) as work:
        if not work.is_of(release):
            raise UsageError(
                f"export the orders of {release.release_id}",
                f"expected the work file of its night, found that of {work.business_date}",
                "take the current release, after a night that was published",
            )
        requests = [_element(request) for request in _requests(work, settings.zone, floor, first, last)]
    if not requests:
        raise UsageError("export orders", "no order was created on the days that are asked for", "ask for other days")
    document = f'<?xml version="1.0" encoding="utf-8"?>\n<service_requests>\n{"".join(requests)}</service_requests>\n'
    return document.encode(), len(requests)


def _requests(work: WorkFile, zone: ZoneInfo, floor: int, first: date, last: date) -> Iterator[dict[str, Any]]:
    cursor = work.engine.execute(_ORDERS, {"floor": floor, "first": first, "last": last})
    names = [column[0] for column in cursor.description or []]
    while rows := cursor.fetchmany(_AT_ONCE):
        for row in rows:
            yield _request(dict(zip(names, row, strict=True)), zone)


def _request(order: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    created: datetime = order["created_at"]
    lon, lat = _middle(order["location_cell"])
    return {
        "service_request_id": order["order_id"],
        "status": "closed" if order["is_closed"] else "open",
        "status_notes": _note(order),
        "service_name": order["name"],
        "service_code": order["category_code"],
        "requested_datetime": created.replace(tzinfo=UTC).astimezone(zone).isoformat(timespec="seconds"),
        "lat": lat,
        "long": lon,
    }


def _note(order: dict[str, Any]) -> str | None:
    if order["parent_order_id"]:
        return f"重复诉求，并入 {order['parent_order_id']} / duplicate of {order['parent_order_id']}"
    if order["is_withdrawn"]:
        return "诉求已撤回 / withdrawn"
    return "暂停办理 / suspended" if order["status"] == "suspended" else None


def _middle(cell: str | None) -> tuple[str | None, str | None]:
    """Longitude and latitude of the middle of a cell, which is named by its south-west corner."""
    if cell is None:
        return None, None
    lon, lat = (f"{float(corner) + 0.5 / CELLS_PER_DEGREE:.3f}" for corner in cell.split("_"))
    return lon, lat


def _element(request: dict[str, Any]) -> str:
    inner = "".join(f"<{name}>{escape(str(request.get(name) or ''))}</{name}>" for name in FIELDS)
    return f"<request>{inner}</request>\n"
