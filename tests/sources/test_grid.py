"""The grid extract against a real HTTP server that can misbehave."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.landing import Attempt, Landing
from minhu.privacy import Pseudonyms
from minhu.settings import Settings
from minhu.sources import grid

D20 = date(2026, 11, 20)
TOKEN = "secret-token"
Answer = tuple[int, dict[str, str], bytes]


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": f"e{number:03d}", "grid_code": "g1", "reporter_id": "worker-13891234567", "category_code": "c", "tier": "immediate",
        "reported_at": "2026-11-20T08:00:00+08:00", "accepted_at": None, "registered_at": None, "due_at": "2026-11-21T08:00:00+08:00",
        "handled_at": None, "closed_at": None, "unit_code": "u1", "status": "handling", "self_handled": False, "deferred_until": None,
        "verifications": [], "photo_hash": None, "lon": 108.9512345, "lat": 34.2412345,
        "updated_at": "2026-11-20T08:00:00+08:00", **changes,
    }  # fmt: skip


class Platform:
    """A grid platform of a few events; ``before`` may answer a request instead."""

    def __init__(self) -> None:
        self.events = [event(n) for n in range(5)]
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.before: Callable[[str, dict[str, str]], Answer | None] = lambda path, query: None
        self.page: Callable[[int], list[dict[str, Any]]] = lambda start: self.events[start : start + 2]
        self.total: int | None = None

    def answer(self, path: str, query: dict[str, str], token: str) -> Answer:
        self.requests.append((path, query))
        if token != f"Bearer {TOKEN}":
            return 401, {}, b"{}"
        if (instead := self.before(path, query)) is not None:
            return instead
        if path == "/api/v1/events":
            start = int(query.get("cursor", 0))
            cursor = str(start + 2) if start + 2 < len(self.events) else None
            total = len(self.events) if self.total is None else self.total
            return ok({"items": self.page(start), "next_cursor": cursor, "total": total})
        rows: dict[str, list[dict[str, Any]]] = {
            "/api/v1/grids": [
                {
                    "grid_code": "g1", "community_code": "k1", "street_code": "s1", "household_count": 300,
                    "active_from": "2020-01-01", "active_to": None,
                }
            ],
            "/api/v1/workers/activity": [{"grid_code": "g1", "registered_count": 2, "active_count": 1}],
            "/api/v1/addresses/coverage": [
                {"community_code": "k1", "address_count": 10, "covered_once_count": 9, "covered_many_count": 1}
            ],
        }  # fmt: skip
        return ok({"items": rows[path], "next_cursor": None, "total": 1}) if path in rows else (404, {}, b"{}")


def ok(content: Any) -> Answer:
    return 200, {}, json.dumps(content).encode()


@pytest.fixture
def platform() -> Iterator[tuple[Platform, str]]:
    state = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlparse(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, headers, body = state.answer(url.path, query, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds the extract would have waited between tries."""
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    return slept


def land(settings: Settings, url: str, token: str = TOKEN) -> Attempt:
    return grid.land(settings, Landing(settings.landing_dir), D20, url, token, Pseudonyms(b"k" * 32))


def landed(settings: Settings, name: str = "events") -> list[dict[str, Any]]:
    return Landing(settings.landing_dir).read_table("grid", name, D20, 1).to_pylist()


def test_all_pages_land_in_utc_and_nothing_personal_does(
    home: Settings, platform: tuple[Platform, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state, url = platform
    state.events[1]["verifications"] = [{"verified_at": "2026-11-20T10:00:00+08:00", "passed": False}]
    land(home, url)
    rows = landed(home)
    assert [row["event_id"] for row in rows] == [f"e{n:03d}" for n in range(5)]
    assert rows[0]["reported_at"] == datetime(2026, 11, 20, 0, 0)
    assert rows[0]["location_cell"] == "108.95_34.24"
    assert landed(home, "event_verifications") == [
        {
            "event_id": "e001",
            "verified_at": datetime(2026, 11, 20, 2),
            "passed": False,
            "updated_at": datetime(2026, 11, 20),
        }
    ]
    assert landed(home, "worker_activity")[0]["activity_date"] == D20
    assert dict(state.requests)["/api/v1/events"]["updated_to"] == "2026-11-21T00:00:00+08:00"
    seen = caplog.text + repr(rows)
    for secret in ("13891234567", "108.9512345", TOKEN):
        assert secret not in seen


def test_a_row_that_comes_twice_counts_once_in_its_newest_version(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    state, url = platform
    newer = event(0, status="closed", updated_at="2026-11-20T09:00:00+08:00")
    state.page = lambda start: [*state.events[start : start + 2], *([newer] if start == 2 else [])]
    land(home, url)
    assert len(landed(home)) == 5 and landed(home)[0]["status"] == "closed"


def test_a_row_lost_to_a_shifting_page_is_found_by_reading_again(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    state, url = platform
    readings = {"first": True}

    def page(start: int) -> list[dict[str, Any]]:
        if start == 2 and readings.pop("first", False):
            return state.events[3:4]
        return state.events[start : start + 2]

    state.page = page
    land(home, url)
    assert len(landed(home)) == 5


def test_a_total_that_never_matches_refuses_the_delivery(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    state.total = 6
    with pytest.raises(SourceBlocked, match="expected 6 by its own total, found 5"):
        land(home, url)
    assert not list(home.landing_dir.rglob("*.parquet"))


def test_busy_and_broken_answers_are_tried_again_after_what_the_server_asks(
    home: Settings, platform: tuple[Platform, str], waits: list[float]
) -> None:
    state, url = platform
    answers = iter(
        [(429, {"Retry-After": "7"}, b""), (503, {}, b""), (200, {}, b'{"items": [{"event_'), (408, {}, b"")]
    )
    state.before = lambda path, query: next(answers, None)
    land(home, url)
    assert len(landed(home)) == 5
    assert waits == [7.0, 1.0, 2.0, 4.0]


def test_a_source_that_stays_broken_is_worth_a_later_retry(
    home: Settings, platform: tuple[Platform, str], waits: list[float]
) -> None:
    state, url = platform
    state.before = lambda path, query: (500, {}, b"")
    with pytest.raises(TransientError, match="answer 500 after 8 tries"):
        land(home, url)
    assert len(waits) == 7


def test_nobody_listening_is_worth_a_retry(home: Settings) -> None:
    with pytest.raises(TransientError, match="no answer"):
        land(home, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((404, {}, b""), "answer 404"),
        ((302, {"Location": "http://elsewhere.example/api"}, b""), "found a redirect to elsewhere.example"),
    ],
)
def test_what_no_retry_can_mend_is_not_tried_again(
    home: Settings, platform: tuple[Platform, str], waits: list[float], answer: Answer, says: str
) -> None:
    state, url = platform
    state.before = lambda path, query: answer
    with pytest.raises(PermanentError, match=says):
        land(home, url)
    assert waits == [] and len(state.requests) == 1


def test_a_wrong_token_is_refused_once_and_not_repeated_in_the_message(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    with pytest.raises(PermanentError, match="refuses the token") as caught:
        land(home, platform[1], "another-token")
    assert "another-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda e: e.update(due_time=e.pop("due_at")), "expected a field due_at, found none; the nearest is due_time"),
        (lambda e: e.update(self_handled="yes"), "read grid.events.self_handled: expected bool"),
        (lambda e: e.update(reported_at="yesterday"), "read grid.events.reported_at: expected timestamp"),
        (lambda e: e.update(category_code={"code": 1}), "read grid.events.category_code: expected string"),
    ],
)
def test_a_changed_field_is_refused_by_name(
    home: Settings, platform: tuple[Platform, str], change: Callable[[dict[str, Any]], None], says: str
) -> None:
    state, url = platform
    change(state.events[3])
    with pytest.raises(SourceBlocked, match=says):
        land(home, url)


def test_an_unknown_field_is_reported_and_not_landed(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    state.events[0]["reporter_name"] = "张建国"
    attempt = land(home, url)
    assert [(f.rule_id, f.severity, "reporter_name" in f.message) for f in attempt.findings] == [
        ("L1-GRD-021", "info", True)
    ]
    assert "张建国" not in repr(landed(home)) + repr(attempt.findings)
