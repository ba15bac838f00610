"""The grid platform: an HTTP JSON API with bearer token, pages that may shift, and limits on requests."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pyarrow as pa
import tenacity

from minhu import contracts, privacy
from minhu.contracts import TableContract
from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.findings import Finding, sample
from minhu.landing import Attempt, Landing
from minhu.privacy import Pseudonyms
from minhu.settings import Settings
from minhu.windows import Window, extraction_window

PAGE_ROWS = 1000
READ_AGAIN = 3
ATTEMPTS = 8
LONGEST_WAIT_SECONDS = 30.0
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_RETRIED = {408, 429, 500, 502, 503, 504}

#: Fields of an answer that are read and then transformed or dropped; any other unknown field is reported.
_PERSONAL = {"events": {"reporter_id", "lon", "lat", "verifications"}}
_DERIVED = {"events": {"reporter_key", "location_cell"}}


class _Again(Exception):
    """The same request may succeed later; carries the seconds the server asked to wait."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


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
    a row twice, never lose it for good.

    Args:
        settings: overlap and time zone.
        landing: where to write.
        business_date: local day.
        base_url: of the platform, without the path.
        token: bearer token.
        pseudonyms: the home's key.
        progress: told a line per table.

    Raises:
        TransientError: it does not answer, or not with success, after several tries.
        PermanentError: it refuses the token, redirects to another host, or knows no such path.
        SourceBlocked: a required field is missing or of another kind, or rows are missing against its own total.
    """
    window = extraction_window(
        business_date, settings.zone, landing.last_accepted_end("grid", business_date), settings.overlap_days
    )
    with _Api(base_url, token) as api:
        events, total = _read_events(api, window, settings.zone)
        progress(f"grid.events: {len(events):,} rows")
        grids = api.items("/api/v1/grids")
        activity = api.items("/api/v1/workers/activity", date=business_date.isoformat())
        coverage = api.items("/api/v1/addresses/coverage", date=business_date.isoformat())
    findings: list[Finding] = []
    verifications = [
        {**verification, "event_id": event["event_id"], "updated_at": event["updated_at"]}
        for event in events
        for verification in event.get("verifications") or ()
    ]
    answers: dict[str, list[dict[str, Any]]] = {
        "events": [
            {
                **event,
                "reporter_key": pseudonyms.person("staff", event.get("reporter_id")),
                "location_cell": privacy.location_cell(event.get("lon"), event.get("lat")),
            }
            for event in events
        ],
        "event_verifications": verifications,
        "grids": grids,
        "worker_activity": [{**row, "activity_date": business_date.isoformat()} for row in activity],
        "address_coverage": [{**row, "coverage_date": business_date.isoformat()} for row in coverage],
    }
    tables, totals = {}, {}
    for contract in contracts.tables_of("grid"):
        rows = answers[contract.name]
        findings += _unknown_fields(contract, rows)
        tables[contract.name] = _table(contract, rows, settings.zone)
        totals[contract.name] = {"rows": total if contract.name == "events" else len(rows)}
    return landing.write_attempt("grid", business_date, window, tables, totals, findings)


@dataclass
class _Page:
    items: list[dict[str, Any]]
    next_cursor: str | None
    total: int


class _Api:
    """GET requests with retries where they can help."""

    def __init__(self, base_url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, follow_redirects=False
        )
        self._host = httpx.URL(base_url).host

    def __enter__(self) -> _Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def page(self, path: str, parameters: Mapping[str, str | int]) -> _Page:
        answer = self._get(path, parameters)
        if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
            raise SourceBlocked(
                f"read {path} of the grid platform",
                "expected an object with a list `items`",
                "ask its owner what changed",
            )
        total = answer.get("total", len(answer["items"]))
        if not isinstance(total, int):
            raise SourceBlocked(
                f"read {path} of the grid platform",
                f"expected a number as `total`, found {total!r:.40}",
                "ask its owner",
            )
        return _Page(answer["items"], answer.get("next_cursor"), total)

    def items(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        """All rows of a listing; every page of it."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.page(path, {**parameters, **({"cursor": cursor} if cursor else {})})
            rows += page.items
            if page.next_cursor is None:
                return rows
            cursor = page.next_cursor

    def _get(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            reraise=True,
        )
        try:
            return retrying(self._get_once, path, parameters)
        except _Again as error:
            raise TransientError(
                f"read {path} of the grid platform",
                f"{error} after {ATTEMPTS} tries",
                "check that it is up, then run the date again",
            ) from None

    def _get_once(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        try:
            answer = self._client.get(path, params=dict(parameters))
        except httpx.TransportError as error:
            raise _Again(f"no answer ({type(error).__name__})") from None
        if answer.status_code in _RETRIED:
            raise _Again(f"answer {answer.status_code}", _retry_after(answer))
        if answer.is_redirect:
            target = httpx.URL(answer.headers.get("location", "")).host or self._host
            raise PermanentError(
                f"read {path} of the grid platform", f"expected an answer of {self._host}, found a redirect to {target}",
                "redirects are refused: the token would go with them; correct the connection minhu_grid",
            )  # fmt: skip
        if answer.status_code in (401, 403):
            raise PermanentError(
                f"read {path} of the grid platform",
                f"it refuses the token ({answer.status_code})",
                "correct the connection minhu_grid",
            )
        if answer.is_error:
            raise PermanentError(
                f"read {path} of the grid platform",
                f"answer {answer.status_code}",
                "check the address of the connection minhu_grid",
            )
        try:
            return answer.json()
        except ValueError:
            raise _Again("an answer that is not JSON (cut short?)") from None


def _wait(state: tenacity.RetryCallState) -> float:
    """Seconds before the next try: what the server asked for, else doubling from a half, never above the limit."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Again) else None
    return min(LONGEST_WAIT_SECONDS, asked if asked is not None else 0.5 * 2.0 ** (state.attempt_number - 1))


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.replace(".", "", 1).isdigit() else None


def _read_events(api: _Api, window: Window, zone: ZoneInfo) -> tuple[list[dict[str, Any]], int]:
    """All different events of the window, newest version of each, and the platform's own total."""
    parameters: dict[str, str | int] = {"updated_to": window.end.astimezone(zone).isoformat(), "limit": PAGE_ROWS}
    if window.start is not None:
        parameters["updated_from"] = window.start.astimezone(zone).isoformat()
    known: dict[str, dict[str, Any]] = {}
    total = 0
    for _ in range(READ_AGAIN):
        cursor: str | None = None
        while True:
            page = api.page("/api/v1/events", {**parameters, **({"cursor": cursor} if cursor else {})})
            total = page.total
            for event in page.items:
                _require(event, ("event_id", "updated_at"), "events")
                held = known.get(event["event_id"])
                if held is None or str(event["updated_at"]) >= str(held["updated_at"]):
                    known[event["event_id"]] = event
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        if len(known) == total:
            return list(known.values()), total
    raise SourceBlocked(
        "read the events of the grid platform",
        f"expected {total:,} by its own total, found {len(known):,} different ones after {READ_AGAIN} readings",
        "ask its owner why the total does not match, then run the date again",
    )


def _require(row: Mapping[str, Any], names: Iterable[str], table_name: str) -> None:
    for name in names:
        if name not in row:
            near = difflib.get_close_matches(name, row, n=1)
            raise SourceBlocked(
                f"read {table_name} of the grid platform",
                f"expected a field {name}, found {'none; the nearest is ' + near[0] if near else 'none like it'}",
                "ask its owner what changed",
            )


def _unknown_fields(contract: TableContract, rows: list[dict[str, Any]]) -> list[Finding]:
    expected = {*contract.schema.names, *_PERSONAL.get(contract.name, ())}
    unknown = sorted({name for row in rows for name in row} - expected)
    if not unknown:
        return []
    message = f"the platform sends fields the contract does not know: {', '.join(unknown)}; they were not landed"
    return [
        Finding(
            "L1-GRD-021", "info", "grid", contract.full_name, message, rows_seen=len(rows), sample_keys=sample(unknown)
        )
    ]


def _table(contract: TableContract, rows: list[dict[str, Any]], zone: ZoneInfo) -> pa.Table:
    """Rows in the contract's types; a value of another kind refuses the delivery and names the field."""
    required = [name for name in contract.schema.names if name not in _DERIVED.get(contract.name, ())]
    for row in rows:
        _require(row, required, contract.name)
    columns = {}
    for column in contract.schema:
        try:
            columns[column.name] = pa.array([_value(row[column.name], column.type, zone) for row in rows], column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError, TypeError) as error:
            raise SourceBlocked(
                f"read {contract.full_name}.{column.name}", f"expected {column.type}, found another kind of value ({type(error).__name__})",
                "ask the owner of the grid platform what changed",
            ) from None  # fmt: skip
    return pa.table(columns, schema=contract.schema)


def _value(value: Any, kind: pa.DataType, zone: ZoneInfo) -> Any:
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        parsed = datetime.fromisoformat(value)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)
        return aware.astimezone(UTC).replace(tzinfo=None)
    if pa.types.is_date(kind):
        return date.fromisoformat(value)
    if pa.types.is_string(kind):
        if isinstance(value, dict | list | bool):
            raise TypeError("a code is a text")
        return str(value)
    if pa.types.is_boolean(kind) and not isinstance(value, bool):
        raise TypeError("expected true or false")
    if pa.types.is_integer(kind) and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError("expected a whole number")
    return value
