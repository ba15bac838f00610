"""The events of a window: read until as many are known as the platform says there are, each in its newest version."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from minhu.business_dates import Window
from minhu.errors import SourceBlocked, TransientError
from minhu.extract import normal
from minhu.extract.grid.json_api import JsonApi
from minhu.extract.grid.listing import READ_AGAIN, pages
from minhu.extract.grid.tables import STATUS, UNREADABLE, Faults, Row, blocked, key_of, missing_field, shown, value_of
from minhu.findings import Finding, sample
from minhu.landing import contracts
from minhu.texts import without_lone_surrogates

EVENTS = "/api/v1/events"
PAGE_ROWS = 1000
#: How events are known while they are read: by their id, or by their content where they have none.
_BY_ID, _BY_CONTENT = "=", "?"


@dataclass(frozen=True)
class Events:
    """The different events of a window.

    Attributes:
        rows: newest version of each.
        total: the platform's own count.
        known: different ones that came, also those of which nothing can be kept.
        outside: how many came that changed after the window's end, and were left for the next night.
        findings: what was odd.
    """

    rows: list[Row]
    total: int
    known: int
    outside: int
    findings: list[Finding]


def read_events(api: JsonApi, window: Window, zone: ZoneInfo, faults: Faults) -> Events:
    """All different events of the window.

    A reading counts if the platform's total stayed the same on all its pages, and as many different events are known.
    While people work on the platform events leave the window and pages shift; then it is read again.
    """
    parameters = parameters_of(window, zone)
    known: dict[str, Row] = {}
    conflicts: set[str] = set()
    total: int | None = None
    is_settled = False
    for _ in range(READ_AGAIN):
        seen: set[str] = set()
        totals: set[int | None] = set()
        for items, total in pages(api, EVENTS, parameters):
            if total is None:
                raise blocked("events", "expected a number `total`, found none")
            totals.add(total)
            for event in items:
                seen.add(_remember(event, known, conflicts, zone))
        is_settled = len(totals) == 1
        if is_settled and total in (len(seen), len(known)):
            return _events(known, conflicts, total or 0, window, zone, faults)
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


def parameters_of(window: Window, zone: ZoneInfo) -> dict[str, str | int]:
    """What the platform is asked for the events of a window."""
    parameters: dict[str, str | int] = {"updated_to": window.end.astimezone(zone).isoformat(), "limit": PAGE_ROWS}
    if window.start is not None:
        parameters["updated_from"] = window.start.astimezone(zone).isoformat()
    return parameters


def _remember(event: Row, known: dict[str, Row], conflicts: set[str], zone: ZoneInfo) -> str:
    """Keep the newest version of an event; of two that differ under one change time, always the same one.

    An event without a usable id is known by its content, so that the platform's total can be met.
    """
    key = _known_as(event)
    held = known.get(key)
    if held is None:
        known[key] = event
    elif held != event:
        new, old = _changed_at(event, zone), _changed_at(held, zone)
        if new == old:
            conflicts.add(key)
        known[key] = max((held, event), key=lambda e: (_changed_at(e, zone), json.dumps(e, sort_keys=True)))
    return key


def _known_as(event: Row) -> str:
    found = event.get("event_id")
    is_id = isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip()
    return f"{_BY_ID}{found}" if is_id else f"{_BY_CONTENT}{json.dumps(event, sort_keys=True)}"


def _is_usual(text: object, model: str) -> bool:
    return isinstance(text, str) and len(text) == len(model) and text[-6:] == model[-6:]


def _changed_at(event: Row, zone: ZoneInfo) -> datetime:
    """The change time in UTC; one that cannot be read makes the oldest version."""
    try:
        return value_of(event.get("updated_at"), pa.timestamp("us"), zone) or datetime.min  # noqa: DTZ901
    except (ValueError, TypeError, OverflowError):
        return datetime.min  # noqa: DTZ901


def _events(
    known: dict[str, Row], conflicts: set[str], total: int, window: Window, zone: ZoneInfo, faults: Faults
) -> Events:
    end = window.end.astimezone(UTC).replace(tzinfo=None)
    usual_end = window.end.astimezone(zone).isoformat()  # texts of one form and offset compare as times do
    outside = sorted(
        key
        for key, event in known.items()
        if not _is_usual(event.get("updated_at"), usual_end) or event["updated_at"] >= usual_end
        if _changed_at(event, zone) >= end
    )
    by_code: dict[str, Row] = {}
    for key in sorted(known.keys() - set(outside)):
        if key.startswith(_BY_ID):  # two ids that are one code are one event
            _remember(
                {**known[key], "event_id": normal.whole(normal.plain(without_lone_surrogates(key[1:])))},
                by_code,
                conflicts,
                zone,
            )
            continue
        happened = "expected a text as event_id, found another kind of value or none"
        faults.note(
            "grid.events",
            "event_id",
            key_of(contracts.table("grid", "events"), {**known[key], "event_id": None}),
            happened,
        )
    rows = [by_code[key] for key in sorted(by_code)]
    odd = (
        ("L1-GRD-022", conflicts, "events came twice with one change time and other content; one of both was kept"),
        ("L1-GRD-023", set(outside), "events changed after the window that was asked for; they wait for their night"),
    )
    findings = [
        Finding(
            rule_id, "warn", "grid", "grid.events", f"{len(keys)} {says}", column_name="updated_at",
            rows_seen=len(known), rows_failed=len(keys),
            sample_keys=sample(sorted(shown(key[1:]) for key in keys if key.startswith(_BY_ID))),
        )
        for rule_id, keys, says in odd
        if keys
    ]  # fmt: skip
    return Events(rows, total, len(known), len(outside), findings)


def verifications(events: Iterable[Row], faults: Faults) -> list[Row]:
    """One row per event and verification; one that stands twice in its event counts once."""
    rows: dict[str, Row] = {}
    contract = contracts.table("grid", "events")
    for event in events:
        key, happened = key_of(contract, event), ""
        found = event.get("verifications") or []
        if "verifications" not in event:
            happened = missing_field(event, "verifications")
        elif not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            happened = f"expected a list of objects as verifications of {key}"
        if happened:
            faults.note(contract.full_name, "verifications", key, happened)
            event[STATUS] = UNREADABLE
            continue
        for item in found:
            row = {**item, "event_id": event["event_id"], "updated_at": event.get("updated_at")}
            rows[f"{event['event_id']} {json.dumps(item, sort_keys=True)}"] = row
    return list(rows.values())
