"""The grid platform: an HTTP JSON API with bearer token, pages that may shift, and limits on requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu.business_dates import Window, extraction_window
from minhu.errors import SourceBlocked, TransientError
from minhu.extract import privacy
from minhu.extract.grid.json_api import JsonApi
from minhu.extract.grid.tables import Row, blocked, landed_table, require, unknown_fields, value_of
from minhu.extract.privacy import Pseudonyms
from minhu.findings import Finding, sample
from minhu.landing import contracts
from minhu.landing.zone import Attempt, Landing
from minhu.settings import Settings

PAGE_ROWS = 1000
READ_AGAIN = 5
#: Aggregates of a day are asked day by day; a longer silence than this is made good by the platform's owner.
LONGEST_CATCH_UP_DAYS = 31


@dataclass(frozen=True)
class Events:
    """The different events of a window.

    Attributes:
        rows: newest version of each.
        total: the platform's own count.
        outside: how many came that changed after the window's end, and were left for the next night.
        findings: what was odd.
    """

    rows: list[Row]
    total: int
    outside: int
    findings: list[Finding]


def land(
    settings: Settings,
    landing: Landing,
    business_date: date,
    base_url: str,
    token: str,
    pseudonyms: Pseudonyms,
    progress: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Read everything changed up to the end of ``business_date`` and land it.

    Events are read until as many different ones are known as the platform says there are; a page that shifts may bring
    a row twice, never lose it for good. The aggregates of days are read for each day since the last accepted delivery,
    in the first night for the business date alone.

    Args:
        settings: overlap and time zone.
        landing: where to write.
        business_date: local day.
        base_url: of the platform, without the path.
        token: bearer token.
        pseudonyms: the home's key.
        progress: told a line per table.

    Raises:
        TransientError: it does not answer, or not with success, after several tries, or changes faster than it reads.
        PermanentError: it refuses the token, redirects, has no trusted certificate, or knows no such path.
        SourceBlocked: a required field is missing or of another kind, or rows are missing against its own total.
    """
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("grid", business_date), settings.overlap_days
    )
    days = _days_to_ask(landing, business_date)
    with JsonApi(base_url, token, "grid platform", "minhu_grid") as api:
        events = _read_events(api, window, settings.zone)
        progress(f"grid.events: {len(events.rows):,} rows")
        answers: dict[str, list[Row]] = {
            "events": events.rows,
            "event_verifications": _verifications(events.rows),
            "grids": _read_listing(api, "/api/v1/grids"),
            "worker_activity": _read_days(api, "/api/v1/workers/activity", "activity_date", days),
            "address_coverage": _read_days(api, "/api/v1/addresses/coverage", "coverage_date", days),
        }
    findings = [*events.findings]
    tables: dict[str, pa.Table] = {}
    totals: dict[str, dict[str, int]] = {}
    for contract in contracts.tables_of("grid"):
        rows = answers[contract.name]
        findings += unknown_fields(contract, rows)
        derived = _without_persons(rows, pseudonyms) if contract.name == "events" else {}
        tables[contract.name] = landed_table(contract, rows, settings.zone, derived)
        totals[contract.name] = {"rows": len(rows)}
    totals["events"] = {"rows": events.total, "outside_window": events.outside}
    return landing.write_attempt("grid", business_date, window, tables, totals, findings)


def _days_to_ask(landing: Landing, business_date: date) -> list[date]:
    accepted = [
        arrival.business_date
        for arrival in landing.arrivals("grid", business_date - timedelta(days=1))
        if arrival.attempt is not None
    ]
    missed = (business_date - max(accepted)).days - 1 if accepted else 0
    return [business_date - timedelta(days=back) for back in range(min(missed, LONGEST_CATCH_UP_DAYS), -1, -1)]


def _read_events(api: JsonApi, window: Window, zone: ZoneInfo) -> Events:
    """All different events of the window.

    A reading counts if the platform's total stayed the same on all its pages, and as many different events are known.
    While people work on the platform events leave the window and pages shift; then it is read again.
    """
    parameters: dict[str, str | int] = {"updated_to": window.end.astimezone(zone).isoformat(), "limit": PAGE_ROWS}
    if window.start is not None:
        parameters["updated_from"] = window.start.astimezone(zone).isoformat()
    known: dict[str, Row] = {}
    conflicts: set[str] = set()
    total: int | None = None
    is_settled = False
    for _ in range(READ_AGAIN):
        seen: set[str] = set()
        totals: set[int | None] = set()
        for items, total in _pages(api, "/api/v1/events", parameters):
            if total is None:
                raise blocked("events", "expected a number `total`, found none")
            totals.add(total)
            for event in items:
                seen.add(_remember(event, known, conflicts, zone))
        is_settled = len(totals) == 1
        if is_settled and total in (len(seen), len(known)):
            return _events(known, conflicts, total or 0, window, zone)
    if not is_settled:
        raise TransientError(
            "read the events of the grid platform",
            f"its total changed during each of {READ_AGAIN} readings",
            "run the date again at a quieter time",
        )
    raise SourceBlocked(
        "read the events of the grid platform",
        f"expected {total or 0:,} by its own total, found {len(known):,} different ones after {READ_AGAIN} readings",
        "ask its owner why the total does not match, then run the date again",
    )


def _remember(event: Row, known: dict[str, Row], conflicts: set[str], zone: ZoneInfo) -> str:
    """Keep the newest version of an event; of two that differ under one change time, always the same one."""
    require(event, ("event_id", "updated_at"), "events")
    if not isinstance(event["event_id"], str | int) or isinstance(event["event_id"], bool) or event["event_id"] == "":
        raise blocked("events", "expected a text as event_id, found another kind of value or none")
    key = str(event["event_id"])
    held = known.get(key)
    if held is None:
        known[key] = event
    elif held != event:
        new, old = _changed_at(event, zone), _changed_at(held, zone)
        if new == old:
            conflicts.add(key)
        known[key] = max((held, event), key=lambda e: (_changed_at(e, zone), json.dumps(e, sort_keys=True)))
    return key


def _is_usual(text: object, model: str) -> bool:
    return isinstance(text, str) and len(text) == len(model) and text[-6:] == model[-6:]


def _changed_at(event: Row, zone: ZoneInfo) -> datetime:
    try:
        return value_of(event["updated_at"], pa.timestamp("us"), zone) or datetime.min  # noqa: DTZ901
    except (ValueError, TypeError, OverflowError):
        raise blocked("events", f"expected a time as updated_at of {event['event_id']}, found none") from None


def _events(known: dict[str, Row], conflicts: set[str], total: int, window: Window, zone: ZoneInfo) -> Events:
    end = window.end.astimezone(UTC).replace(tzinfo=None)
    usual_end = window.end.astimezone(zone).isoformat()  # texts of one form and offset compare as times do
    outside = sorted(
        key
        for key, event in known.items()
        if not _is_usual(event["updated_at"], usual_end) or event["updated_at"] >= usual_end
        if _changed_at(event, zone) >= end
    )
    rows = [known[key] for key in sorted(known.keys() - set(outside))]
    odd = (
        ("L1-GRD-022", conflicts, "events came twice with one change time and other content; one of both was kept"),
        ("L1-GRD-023", set(outside), "events changed after the window that was asked for; they wait for their night"),
    )
    findings = [
        Finding(
            rule_id, "warn", "grid", "grid.events", f"{len(keys)} {says}", column_name="updated_at",
            rows_seen=len(known), rows_failed=len(keys), sample_keys=sample(sorted(keys)),
        )
        for rule_id, keys, says in odd
        if keys
    ]  # fmt: skip
    return Events(rows, total, len(outside), findings)


def _read_listing(api: JsonApi, path: str, **parameters: str) -> list[Row]:
    """All different rows of a listing; as many as its total says, where it has one."""
    known: dict[str, Row] = {}
    total: int | None = None
    for _ in range(READ_AGAIN):
        for items, stated in _pages(api, path, parameters):
            total = stated
            known |= {json.dumps(item, sort_keys=True): item for item in items}
        if total is None or total == len(known):
            return list(known.values())
    raise blocked(path, f"expected {total:,} rows by its own total, found {len(known):,} different ones")


def _read_days(api: JsonApi, path: str, column: str, days: Iterable[date]) -> list[Row]:
    return [{**row, column: day.isoformat()} for day in days for row in _read_listing(api, path, date=day.isoformat())]


def _pages(api: JsonApi, path: str, parameters: Mapping[str, str | int]) -> Iterator[tuple[list[Row], int | None]]:
    """Rows and total of each page. A listing without pages may be a bare list."""
    cursor: str | None = None
    cursors: set[str] = set()
    while True:
        answer = api.get(path, {**parameters, **({"cursor": cursor} if cursor else {})})
        page = {"items": answer} if isinstance(answer, list) else answer
        items = page.get("items") if isinstance(page, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise blocked(path, "expected a list `items` of objects")
        total, following = page.get("total"), page.get("next_cursor")
        if total is not None and (isinstance(total, bool) or not isinstance(total, int)):
            raise blocked(path, "expected a whole number as `total`")
        yield items, total
        if following is None:
            return
        cursor = str(following)
        if cursor in cursors:
            raise blocked(path, "its pages do not end: a `next_cursor` came twice")
        cursors.add(cursor)


def _without_persons(events: list[Row], pseudonyms: Pseudonyms) -> dict[str, pa.Array]:
    """What lands of who reported and where."""
    reporters = [pseudonyms.person("staff", event.get("reporter_id")) for event in events]
    cells = [privacy.location_cell(event.get("lon"), event.get("lat")) for event in events]
    return {"reporter_key": pa.array(reporters, pa.string()), "location_cell": pa.array(cells, pa.string())}


def _verifications(events: Iterable[Row]) -> list[Row]:
    """One row per event and verification; one that stands twice in its event counts once."""
    rows: dict[str, Row] = {}
    for event in events:
        require(event, ("verifications",), "events")
        found = event["verifications"] or []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise blocked("events", f"expected a list of objects as verifications of {event['event_id']}")
        for item in found:
            row = {**item, "event_id": event["event_id"], "updated_at": event["updated_at"]}
            rows[f"{event['event_id']} {sorted(item.items())}"] = row
    return list(rows.values())
