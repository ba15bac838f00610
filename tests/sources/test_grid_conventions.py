"""What platforms answer that is no listing, and single records that cannot be read."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest

from minhu.errors import MinhuError, PermanentError, SourceBlocked, TransientError
from minhu.extract.grid.answers import Failure, failure_of, read
from minhu.landing.zone import Landing
from minhu.quality import validation
from minhu.settings import Settings
from tests.fixtures.grid_platform import TOKEN, Answer, Platform, event, land, landed, ok
from tests.fixtures.landed import NIGHT

pytestmark = pytest.mark.usefixtures("waits")


def instead(platform: tuple[Platform, str], path: str, answer: Answer) -> str:
    """A platform that answers one path so; gives its address."""
    state, url = platform
    state.before = lambda asked, query: answer if asked == path else None
    return url


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/grids", "/api/v1/workers/activity"])
@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        ({"code": 500, "msg": "database busy", "items": [], "total": 0}, TransientError, "code 500, database busy"),
        ({"success": False, "message": "系统维护中", "items": []}, TransientError, "success = false, 系统维护中"),
        ({"code": 401, "data": None}, PermanentError, "refuses the token: .*code 401"),
        ({"code": "401", "msg": "令牌已过期", "items": [], "total": 0}, PermanentError, "code 401, 令牌已过期"),
        (
            {"errcode": 40001, "errmsg": "invalid credential", "items": []},
            TransientError,
            "code 40001, invalid credential",
        ),
        ({"status": "error", "message": "try later", "items": [], "total": 0}, TransientError, "code error, try later"),
        ({"error": {"code": 429, "message": "slow down"}}, TransientError, "code 429, slow down"),
        ({"code": -1, "items": [{"grid_code": "g"}], "total": 1}, TransientError, "code -1"),
        ({"code": 404, "msg": "no such interface"}, PermanentError, "code 404, no such interface"),
        ({"ret": 1, "items": [], "total": 0}, TransientError, "code 1"),
        ({"respCode": "9999", "respMsg": "处理失败", "items": [], "total": 0}, TransientError, "code 9999, 处理失败"),
    ],
)
def test_an_answer_that_says_it_failed_is_a_failure_with_its_code_and_words(
    home: Settings, platform: tuple[Platform, str], path: str, content: Any, kind: type[MinhuError], says: str
) -> None:
    with pytest.raises(kind, match=says) as caught:
        land(home, instead(platform, path, ok(content)))
    assert f"read {path} of the grid platform" in str(caught.value)
    assert not list(home.landing_dir.rglob("*.parquet")), "a failure is no empty day"


@pytest.mark.parametrize(
    "more",
    [
        {"code": 0}, {"code": 200, "msg": "OK"}, {"code": "00000"}, {"success": True}, {"status": "ok", "error": None},
        {"code": 1, "msg": "操作成功"}, {"errors": []}, {"code": 0.0, "message": ""},
    ],
)  # fmt: skip
def test_an_answer_that_says_it_succeeded_may_be_empty(
    home: Settings, platform: tuple[Platform, str], more: dict[str, Any]
) -> None:
    land(home, instead(platform, "/api/v1/events", ok({"items": [], "next_cursor": None, "total": 0, **more})))
    assert landed(home) == []


EMPTY = {"items": [], "next_cursor": None, "total": 0}


@pytest.mark.parametrize(
    "more",
    [
        {"result": "error"}, {"state": 500}, {"Code": 500}, {"CODE": "500"}, {"errorMessage": "busy"}, {"fault": {"faultstring": "x"}},
        {"hasError": True}, {"failed": "true"}, {"is_success": "N"}, {"Success": 0}, {"rc": -1}, {"err": 1}, {"meta": {"code": 500}},
        {"header": {"retCode": "E1"}}, {"result": {"success": False}}, {"code": None, "msg": "系统繁忙"}, {"message": "token expired"},
        {"code": 0, "status": 503}, {"timed_out": True}, {"error": "false alarm"}, {"code": 2, "msg": "未成功"}, {"status": "部分失败"},
    ],
)  # fmt: skip
def test_a_failure_is_seen_whatever_its_field_is_called(more: dict[str, Any]) -> None:
    assert isinstance(failure_of({**EMPTY, **more}), Failure)


@pytest.mark.parametrize(
    "more",
    [
        {"Code": 200}, {"state": "done"}, {"resultCode": "SUCCESS"}, {"error": False}, {"error": "0"}, {"errors": []}, {"success": "Y"},
        {"meta": {"code": 0}}, {"msg": "查询成功！"}, {"msg": "暂无数据"}, {"message": "no records"}, {"request_id": "9f8e", "page": 1},
        {"status": 1, "msg": "success"}, {"code": 0, "status": 1}, {"hasError": False}, {"errmsg": "ok", "errcode": 0}, {"errmsg": ""},
        {"description": "events of a window"}, {"result": {"pages": 0}},
    ],
)  # fmt: skip
def test_an_empty_day_is_believed_whatever_its_fields_are_called(more: dict[str, Any]) -> None:
    assert failure_of({**EMPTY, **more}) is None


def test_words_beside_rows_are_no_failure() -> None:
    rows = {"items": [{"grid_code": "g"}], "total": 1}
    assert failure_of({**rows, "msg": "系统将于今晚维护"}) is None and failure_of({**rows, "status": 1}) is None
    assert failure_of({**rows, "partial": True}) is not None


def test_a_number_of_more_digits_than_python_reads_is_one_value_and_not_a_broken_body() -> None:
    body = b'{"items": [{"a": ' + b"9" * 5000 + b'}, {"a": 7}], "total": 2}'
    found = read(httpx.Response(200, content=body))
    assert not isinstance(found, Failure) and [row["a"] for row in found["items"]] == [float("inf"), 7]


def test_the_words_of_a_failure_name_nobody_and_do_not_repeat_the_token(
    home: Settings, platform: tuple[Platform, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    words = f"用户 13891234567 (张建国) token {TOKEN} mail zhang@xa.cn 无权限 «x»"
    with pytest.raises(TransientError, match="无权限") as caught:
        land(home, instead(platform, "/api/v1/events", ok({"success": False, "msg": words})))
    seen = str(caught.value) + caplog.text
    for secret in ("13891234567", "张建国", TOKEN, "zhang@xa.cn"):
        assert secret not in seen


def test_an_error_of_http_has_the_words_of_its_body(home: Settings, platform: tuple[Platform, str]) -> None:
    body = json.dumps({"message": "no such period"}).encode()
    with pytest.raises(PermanentError, match="answer 400, no such period"):
        land(home, instead(platform, "/api/v1/events", (400, {}, body)))


@pytest.mark.parametrize("end", ["", " ", None, False, 0, "0", "null", "-1", [], {}])
def test_a_cursor_that_is_empty_ends_the_listing(home: Settings, platform: tuple[Platform, str], end: Any) -> None:
    state, url = platform
    state.before = lambda path, query: (
        ok({"items": state.events, "next_cursor": end, "total": 5}) if path == "/api/v1/events" else None
    )
    land(home, url)
    assert len(landed(home)) == 5
    assert [path for path, _ in state.requests].count("/api/v1/events") == 1


@pytest.mark.parametrize("name", ["has_more", "hasNext"])
def test_a_page_that_says_there_is_no_more_ends_the_listing(
    home: Settings, platform: tuple[Platform, str], name: str
) -> None:
    state, url = platform
    state.before = lambda path, query: (
        ok({"items": state.events, "next_cursor": "c9", name: False, "total": 5}) if path == "/api/v1/events" else None
    )
    land(home, url)
    assert len(landed(home)) == 5


@pytest.mark.parametrize(
    ("answer", "kind", "says", "tries"),
    [
        ((200, {}, "<!DOCTYPE html><title>统一身份认证</title>".encode()), TransientError, "an HTML page .统一身份认证.", 8),
        ((200, {}, "\n<html><title>登录</title></html>".encode("gbk")), TransientError, "an HTML page .登录.", 8),
        ((204, {}, b""), PermanentError, "answer 204 without content", 1),
        ((200, {}, b""), TransientError, "answer 200 without content", 8),
        ((200, {}, '{"items": [{"name": "西安"}]}'.encode("gbk")), PermanentError, "JSON in GBK or GB18030", 1),
        ((200, {}, b"<?xml version='1.0'?><events/>"), PermanentError, "XML where JSON is expected", 1),
        ((200, {}, b"\x1f\x8b\x08\x00\xff\xfe"), PermanentError, "compressed content", 1),
        ((200, {}, b"OK"), TransientError, "text that is not JSON", 8),
        ((200, {}, b"[" * 100_000 + b"]" * 100_000), PermanentError, "brackets nested deeper", 1),
        ((200, {}, b'{"a":' * 100_000 + b"1" + b"}" * 100_000), PermanentError, "brackets nested deeper", 1),
        ((200, {}, b'{"items": [{"event_'), TransientError, "not JSON .cut short", 8),
    ],
)  # fmt: skip
def test_a_body_that_is_no_listing_is_named_by_what_it_is(
    home: Settings, platform: tuple[Platform, str], answer: Answer, kind: type[MinhuError], says: str, tries: int
) -> None:
    url = instead(platform, "/api/v1/events", answer)
    with pytest.raises(kind, match=says):
        land(home, url)
    assert len(platform[0].requests) == tries, "what no retry can mend is asked once"


def test_brackets_that_the_parser_just_bears_are_no_traceback_either(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    state, url = platform
    state.events = [event(n) for n in range(100)]
    state.events[3]["category_code"] = deep
    state.page = lambda start: state.events[start : start + 2]
    try:
        land(home, url)
    except SourceBlocked as refused:
        assert "brackets nested deeper" in str(refused)
    else:
        assert len(landed(home)) == 100


def many(platform: tuple[Platform, str], *odd: dict[str, Any]) -> tuple[Platform, str]:
    """A platform of a hundred sound events and some odd ones."""
    state, url = platform
    state.events = [*(event(n) for n in range(100)), *odd]
    state.before = lambda path, query: (
        ok({"items": state.events, "next_cursor": "", "total": len(state.events)}) if path == "/api/v1/events" else None
    )
    return state, url


@pytest.mark.parametrize(
    "change",
    [
        {"closed_at": ""}, {"reported_at": "24:00:00"}, {"due_at": "2026-11-20T24:00:00+08:00"}, {"handled_at": "soon"},
        {"reported_at": 1763600000}, {"accepted_at": "0000-00-00 00:00:00"}, {"self_handled": "yes"}, {"unit_code": {"code": 1}},
        {"verifications": "none"}, {"registered_at": "0001-01-01T00:00:00+08:00"}, {"category_code": 1.5},
        {"updated_at": "yesterday"}, {"updated_at": ""},
    ],
)  # fmt: skip
def test_one_record_that_cannot_be_read_is_put_aside_alone(
    home: Settings, platform: tuple[Platform, str], change: dict[str, Any]
) -> None:
    _, url = many(platform, event(900, **change))
    attempt = land(home, url)
    by_id = {row["event_id"]: row for row in landed(home)}
    assert len(by_id) == 101
    assert by_id["e900"]["status"] == "unreadable", "a word no list knows: L2-GRD-005 puts the row in quarantine"
    assert {row["status"] for key, row in by_id.items() if key != "e900"} == {"handling"}
    found = [f for f in attempt.findings if f.rule_id == "L1-GRD-025" and f.table_name == "grid.events"]
    assert [(f.severity, f.rows_failed, f.sample_keys) for f in found] == [("warn", 1, "e900")]
    assert next(iter(change)) in found[0].message


@pytest.mark.parametrize("event_id", [None, "", "  ", 1.5, True, ["e"]])
def test_a_record_without_an_id_is_counted_and_left_out(
    home: Settings, platform: tuple[Platform, str], event_id: Any
) -> None:
    _, url = many(platform, event(900, event_id=event_id))
    attempt = land(home, url)
    assert len(landed(home)) == 100
    (found,) = [f for f in attempt.findings if f.rule_id == "L1-GRD-025"]
    assert (found.rows_seen, found.rows_failed) == (101, 1) and "expected a text as event_id" in found.message


def test_a_delivery_with_one_such_record_is_accepted(home: Settings, platform: tuple[Platform, str]) -> None:
    _, url = many(platform, event(900, closed_at=""), event(901, event_id="e\0"))
    attempt = land(home, url)
    assert validation.arrive(home, Landing(home.landing_dir), attempt).status == "accepted"


def test_a_record_that_lacks_a_field_is_put_aside_alone(home: Settings, platform: tuple[Platform, str]) -> None:
    odd = event(900)
    odd["due_time"] = odd.pop("due_at")
    _, url = many(platform, odd)
    attempt = land(home, url)
    assert {row["event_id"]: row["status"] for row in landed(home)}["e900"] == "unreadable"
    found = next(f for f in attempt.findings if f.rule_id == "L1-GRD-025")
    assert "expected a field due_at, found none; the nearest is due_time" in found.message


def test_more_unreadable_records_than_the_share_refuse_the_delivery(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    _, url = many(platform, *(event(900 + n, reported_at="24:00:00") for n in range(6)))
    with pytest.raises(SourceBlocked, match=r"grid.events.reported_at .* 6 of 106 rows cannot be read"):
        land(home, url)


def test_rows_of_other_tables_are_put_aside_alone_too(home: Settings, platform: tuple[Platform, str]) -> None:
    state, url = platform
    rows = [{"grid_code": f"g{n}", "registered_count": 2, "active_count": 1} for n in range(40)]
    rows[3]["active_count"] = "many"
    rows[4]["grid_code"] = None
    state.before = lambda path, query: ok(rows) if path == "/api/v1/workers/activity" else None
    attempt = land(home, url)
    by_code = {row["grid_code"]: row["active_count"] for row in landed(home, "worker_activity")}
    assert len(by_code) == 39 and by_code["g3"] is None
    (found,) = [f for f in attempt.findings if f.rule_id == "L1-GRD-025"]
    assert (found.table_name, found.rows_failed) == ("grid.worker_activity", 2)


@pytest.mark.parametrize("bad", ["e900\0", "\0", "e\ud800", "e9\x0100", "\ud83d", "e\x7f"])
def test_what_no_store_can_hold_does_not_land_and_is_told(
    home: Settings, platform: tuple[Platform, str], bad: str
) -> None:
    _, url = many(platform, event(900, event_id=bad), event(901, photo_hash=bad))
    attempt = land(home, url)
    rows = landed(home)
    assert {row["event_id"] for row in rows} >= {f"e{n:03d}" for n in range(100)}
    for row in rows:
        for value in row.values():
            assert not isinstance(value, str) or (value.isprintable() and "\ufffd" not in value)
    assert {f.column_name for f in attempt.findings if f.rule_id == "L1-TXT-001"} == {"event_id", "photo_hash"}


def test_names_of_fields_and_persons_with_half_a_character_are_no_traceback(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    _, url = many(platform, event(900, reporter_id="w\ud800", **{"x\ud800\0": 1}), event(901, lon="\ud800", lat="\0"))
    attempt = land(home, url)
    assert len(landed(home)) == 102
    assert "L1-GRD-021" in {f.rule_id for f in attempt.findings}


def test_one_code_is_one_place_however_it_is_written(home: Settings, platform: tuple[Platform, str]) -> None:
    odd = [
        event(900, grid_code=" g1 "), event(901, grid_code="ｇ１"), event(902, grid_code="g\u200e1\u202c"),
        event(903, grid_code="g\u00ad1"), event(904, grid_code=1.0), event(905, unit_code="1.01E+11"), event(906, unit_code="9" * 200),
    ]  # fmt: skip
    _, url = many(platform, *odd)
    attempt = land(home, url)
    rows = {row["event_id"]: row for row in landed(home)}
    assert {rows[f"e{n}"]["grid_code"] for n in range(900, 904)} == {"g1"}
    assert rows["e904"]["grid_code"] == "1"
    assert rows["e905"]["unit_code"] is rows["e906"]["unit_code"] is None, "a rounded number is many codes, so none"
    (found,) = [f for f in attempt.findings if f.rule_id == "L1-GRD-026"]
    assert (found.column_name, found.rows_failed) == ("unit_code", 2)


def test_one_event_whose_id_is_written_in_two_ways_counts_once_in_its_newest_version(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    newer = event(1, event_id=" ｅ００１", status="closed", updated_at="2026-11-20T09:00:00+08:00")
    _, url = many(platform, newer)
    land(home, url)
    assert [row["status"] for row in landed(home) if row["event_id"] == "e001"] == ["closed"]


def test_of_two_rows_about_one_thing_one_is_kept_and_the_thing_is_named(
    home: Settings, platform: tuple[Platform, str]
) -> None:
    state, url = platform
    grid = {
        "grid_code": "g", "community_code": "k1", "street_code": "s1", "household_count": 300, "active_from": "2020-01-01",
        "active_to": None,
    }  # fmt: skip
    rows = [{**grid, "grid_code": f"g{n}"} for n in range(60)]
    for order in (1, -1):
        both = [{**grid, "grid_code": "g7", "household_count": 900}, {**grid, "grid_code": "g9\u200b"}, *rows][::order]
        state.before = lambda path, query, both=both: ok(both) if path == "/api/v1/grids" else None
        attempt = land(home, url)
        landed_rows = Landing(home.landing_dir).read_table("grid", "grids", NIGHT, attempt.number).to_pylist()
        assert {
            row["grid_code"]: row["household_count"] for row in landed_rows if row["grid_code"] in ("g7", "g9")
        } == {"g7": 900, "g9": 300}
        assert len(landed_rows) == 60
        (found,) = (f for f in attempt.findings if f.rule_id == "L1-GRD-025")
        assert (found.table_name, found.rows_failed) == ("grid.grids", 2) and "several that differ" in found.message
        assert validation.arrive(home, Landing(home.landing_dir), attempt).status == "accepted"
    few = [*rows[:9], {**grid, "grid_code": "g7", "household_count": 1}]
    state.before = lambda path, query: ok(few) if path == "/api/v1/grids" else None
    with pytest.raises(SourceBlocked, match="1 of 9 rows cannot be read"):
        land(home, url)
