"""The grid extract against a real HTTP server that can misbehave."""

from __future__ import annotations

import ipaddress
import logging
import ssl
import threading
from collections.abc import Callable
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.extract.grid import extract as grid
from minhu.extract.privacy import Pseudonyms
from minhu.landing.zone import Landing
from minhu.settings import Settings
from tests.fixtures.grid_platform import TOKEN, Answer, Platform, event, land, landed, ok
from tests.sources.everything import everything_in

pytestmark = pytest.mark.usefixtures("waits")

D20 = date(2026, 11, 20)


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate that it gave itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2120, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


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
    seen = everything_in(home.home) + caplog.text
    assert "e001" in seen
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


def test_a_total_below_what_comes_refuses_the_delivery_too(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    state.total = 3
    with pytest.raises(SourceBlocked, match="expected 3 by its own total, found 5"):
        land(home, url)


def test_an_event_that_leaves_the_window_while_it_is_read_shifts_a_page_and_nothing_is_lost(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    state, url = platform
    leaves = iter([False, True])

    def before(path: str, query: dict[str, str]) -> None:
        if path == "/api/v1/events" and next(leaves, False):
            state.events.pop(0)  # somebody worked on it: it changed after the window, the rest moves up by one

    state.before = before
    land(home, url)
    assert [row["event_id"] for row in landed(home)] == [f"e{n:03d}" for n in range(5)]


def test_a_platform_that_never_rests_is_worth_a_later_retry(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform

    def before(path: str, query: dict[str, str]) -> None:
        if query.get("cursor"):
            state.events.append(event(len(state.events)))

    state.before = before
    state.page = lambda start: state.events[start : start + 200]
    state.events = [event(n) for n in range(3)]
    with pytest.raises(TransientError, match="its total changed during each of 5 readings"):
        land(home, url)


def test_pages_that_do_not_end_are_refused(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    state.before = lambda path, query: ok({"items": state.events, "next_cursor": "same", "total": 5})
    with pytest.raises(SourceBlocked, match="its pages do not end"):
        land(home, url)
    assert len(state.requests) == 2


def test_two_contents_under_one_change_time_are_reported_and_the_same_one_is_kept(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    state, url = platform
    other = event(1, status="void")
    state.page = lambda start: [*state.events[start : start + 2], *([other] if start == 2 else [])]
    first = land(home, url)
    kept = landed(home)[1]["status"]
    state.events[1], other = other, state.events[1]
    assert land(home, url).findings == first.findings and landed(home)[1]["status"] == kept
    (found,) = first.findings
    assert (found.rule_id, found.severity, found.sample_keys) == ("L1-GRD-022", "warn", "e001")


def test_change_times_are_compared_as_times_and_not_as_text(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    newer = event(0, status="closed", updated_at="2026-11-20T02:00:00Z")  # 10:00 there, after 08:00+08:00
    state.page = lambda start: [*state.events[start : start + 2], *([newer] if start == 0 else [])]
    land(home, url)
    assert landed(home)[0]["status"] == "closed"


def test_an_event_from_after_the_window_waits_for_its_night(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    state.events[4] = event(4, updated_at="2026-11-21T00:00:00+08:00")
    attempt = land(home, url)
    assert [row["event_id"] for row in landed(home)] == [f"e{n:03d}" for n in range(4)]
    assert [(f.rule_id, f.sample_keys) for f in attempt.findings] == [("L1-GRD-023", "e004")]
    manifest = Landing(home.landing_dir).manifest("grid", "events", D20, 1)
    assert manifest["control_totals"] == {"rows": 5, "outside_window": 1}


def test_days_of_missed_nights_are_asked_for_and_none_twice(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    landing = Landing(home.landing_dir)
    landing.accept(land(home, url))
    D23 = date(2026, 11, 23)
    grid.land(home, landing, D23, url, TOKEN, Pseudonyms(b"k" * 32))
    asked = [query["date"] for path, query in state.requests if path == "/api/v1/workers/activity"]
    assert asked == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
    days = landing.read_table("grid", "worker_activity", D23, 1)["activity_date"].to_pylist()
    assert [day.day for day in days] == [21, 22, 23]


def test_a_total_of_a_listing_that_does_not_match_refuses_the_delivery(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    state, url = platform
    state.before = lambda path, query: (
        ok({"items": [], "next_cursor": None, "total": 1}) if path == "/api/v1/grids" else None
    )
    with pytest.raises(SourceBlocked, match="read /api/v1/grids .* expected 1 rows by its own total, found 0"):
        land(home, url)


def test_a_listing_may_be_a_bare_list(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    row = {"grid_code": "g9", "registered_count": 4, "active_count": 2}
    state.before = lambda path, query: ok([row, row]) if path == "/api/v1/workers/activity" else None
    land(home, url)
    assert [r["grid_code"] for r in landed(home, "worker_activity")] == ["g9"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"items": [], "next_cursor": None}, "expected a number `total`"),
        ({"items": [], "next_cursor": None, "total": "5"}, "expected a whole number as `total`"),
        ({"rows": []}, "expected a list `items` of objects"),
        ({"items": ["event_id updated_at"], "total": 1}, "expected a list `items` of objects"),
        ({"items": [event(1, event_id=None)], "total": 1}, "expected a text as event_id"),
        ({"items": [event(1, updated_at="soon")], "total": 1}, "grid.events.updated_at .*expected timestamp.* in e001"),
        ({"items": [event(1, reported_at="0001-01-01T00:00:00+08:00")], "total": 1}, "reported_at .* in e001"),
        ({"items": [event(1, verifications=["x"])], "total": 1}, "expected a list of objects as verifications of e001"),
    ],
)
def test_an_answer_of_another_shape_is_refused_in_words(
    home: Settings, platform: tuple[Platform, str], content: Any, says: str
) -> None:
    state, url = platform
    state.before = lambda path, query: ok(content) if path == "/api/v1/events" else None
    with pytest.raises(SourceBlocked, match=says):
        land(home, url)


def test_a_pause_given_as_a_date_is_kept_and_one_too_long_is_left_to_the_orchestrator(
    home: Settings, platform: tuple[Platform, str], waits: list[float]
) -> None:
    state, url = platform
    dates = {"Date": "Fri, 20 Nov 2026 17:00:00 GMT", "Retry-After": "Fri, 20 Nov 2026 17:01:30 GMT"}
    answers = iter([(429, dates, b""), (503, {"Retry-After": "3600"}, b"")])
    state.before = lambda path, query: next(answers, None)
    with pytest.raises(TransientError, match="answer 503 after 2 tries, asking to wait 3600 seconds"):
        land(home, url)
    assert waits == [90.0]


@pytest.mark.parametrize("url", ["grid.example", "ftp://grid.example", "https://grid.example:port", ""])
def test_an_address_that_cannot_be_used_is_said_at_once(home: Settings, waits: list[float], url: str) -> None:
    with pytest.raises(PermanentError, match="expected an address https://host"):
        land(home, url)
    assert waits == []


@pytest.mark.parametrize("token", ["令牌", "two words", "line\nbreak"])
def test_a_token_that_cannot_be_one_is_not_sent_nor_repeated(home: Settings, token: str) -> None:
    with pytest.raises(PermanentError, match="the token has characters") as caught:
        land(home, "http://127.0.0.1:9", token)
    assert token not in str(caught.value)


def test_a_certificate_nobody_trusts_is_refused_before_the_token_is_sent(
    home: Settings, waits: list[float], self_signed: ssl.SSLContext
) -> None:
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = self_signed.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with pytest.raises(PermanentError, match="the certificate of 127.0.0.1 is not trusted"):
            land(home, f"https://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert received == [] and waits == []


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
        (
            lambda e: e.update(self_handled="yes"),
            r"grid.events.self_handled of the grid platform: expected bool.* in e003",
        ),
        (
            lambda e: e.update(reported_at="yesterday"),
            r"grid.events.reported_at of the grid platform: expected timestamp.* in e003",
        ),
        (
            lambda e: e.update(category_code={"code": 1}),
            r"grid.events.category_code of the grid platform: expected string.* in e003",
        ),
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
