"""Whatever a platform answers and whatever stands in the hotline: no traceback, no number that is not written, no silent loss."""

from __future__ import annotations

import itertools
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minhu import settings as settings_module
from minhu.errors import MinhuError
from minhu.extract.grid import answers, json_api
from minhu.landing.zone import Landing
from minhu.settings import Settings
from minhu.texts import is_storable
from tests.fixtures.fuzzing import fuzzed
from tests.fixtures.grid_platform import TOKEN, event
from tests.fixtures.grid_platform import land as land_grid
from tests.fixtures.hotline_source import fill_pictures
from tests.fixtures.hotline_source import land as land_hotline
from tests.fixtures.landed import NIGHT

_HOMES = itertools.count()


def fresh(folder: Path) -> Settings:
    return settings_module.load(environ={"MINHU_HOME": str(folder / f"home{next(_HOMES)}")})


ODD_TEXTS = st.sampled_from([
    "", " ", "\0", "e\0", "\ud800", "24:00:00", "2026-11-20T24:00:00+08:00", "infinity", "NaN", "1e400", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "2026-11-20", "1.38E+10", "１２", "①", "null", "e001", "e001 ", "\u202ee001", "x" * 3000, "=1+1",
])  # fmt: skip
TEXTS = ODD_TEXTS | st.text(st.characters(codec=None), max_size=12)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from([0, 1, -1, 2**53, 2**63, 10**400])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(event(0))
OTHERS = st.lists(st.dictionaries(st.sampled_from(["grid_code", "active_count"]), VALUES), max_size=3)


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Sixty sound events and a few that are changed, or are no events."""
    rows = [event(number) for number in range(60)]
    for number in range(draw(st.integers(0, 4))):
        odd = event(draw(st.sampled_from([number, 900 + number])))
        for name in draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
            odd[name] = draw(VALUES)
        if draw(st.booleans()):
            odd.pop(draw(st.sampled_from(FIELDS)))
        rows.append(odd)
    return rows


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """What stands beside the rows of a page."""
    names = st.sampled_from(
        ["code", "msg", "success", "status", "error", "next_cursor", "total", "items", "errcode", "data"]
    )
    return draw(st.dictionaries(names, VALUES, max_size=3)) if draw(st.integers(0, 3)) == 0 else {}


def answering(monkeypatch: pytest.MonkeyPatch, pages: dict[str, Any]) -> None:
    """Every request of the extract is answered from ``pages``, without a network."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(pages[request.url.path]).encode())

    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(answer)))
    monkeypatch.setattr(json_api, "ATTEMPTS", 2)
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)


def listing(rows: list[dict[str, Any]], more: dict[str, Any]) -> dict[str, Any]:
    ids = {
        str(row["event_id"]) if isinstance(row.get("event_id"), str | int) else json.dumps(row, sort_keys=True)
        for row in rows
    }
    return {"items": rows, "next_cursor": None, "total": len(ids), **more}


@fuzzed(120)
@given(
    rows=events(),
    more=envelopes(),
    others=OTHERS,
)
@example(rows=[event(n) for n in range(60)], more={}, others=[])
def test_whatever_the_grid_platform_answers(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, Any]],
    more: dict[str, Any],
    others: list[dict[str, Any]],
) -> None:
    home = fresh(tmp_path_factory.getbasetemp())
    grids = [{
        "grid_code": "g1", "community_code": "k1", "street_code": "s1", "household_count": 300, "active_from": "2020-01-01",
        "active_to": None,
    }]  # fmt: skip
    activity = [{"grid_code": f"g{n}", "registered_count": n, "active_count": n} for n in range(60)]
    pages: dict[str, Any] = {
        "/api/v1/events": listing(rows, more), "/api/v1/grids": grids,
        "/api/v1/workers/activity": [*activity, *({**activity[0], **other} for other in others)],
        "/api/v1/addresses/coverage": {"items": [], "total": 0},
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        answering(patch, pages)
        try:
            attempt = land_grid(home, "http://grid.example")
        except MinhuError as refused:
            assert TOKEN not in str(refused) and is_storable(str(refused))
            return
    landing = Landing(home.landing_dir)
    table = landing.read_table("grid", "events", NIGHT, attempt.number)
    landed = {row["event_id"]: row for row in table.to_pylist()}
    assert len(landed) == table.num_rows
    for row in landed.values():
        assert all(is_storable(value) for value in row.values() if isinstance(value, str))
    told = sum(finding.rows_failed for finding in attempt.findings)
    lost = {f"e{number:03d}" for number in range(60)} - set(landed)
    assert not lost or told >= len(lost)
    odd = [row for row in rows if row not in [event(number) for number in range(60)]]
    assert len(landed) + told + len(odd) >= 60
    counts = landing.read_table("grid", "worker_activity", NIGHT, attempt.number)["active_count"].to_pylist()
    written = {n for row in pages["/api/v1/workers/activity"] if isinstance(n := row["active_count"], int | float)}
    assert {count for count in counts if count is not None} <= written


@fuzzed(300)
@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()) | VALUES.map(repr).map(
    lambda text: text.encode("utf-8", "surrogatepass")
) | st.text(max_size=30).map(lambda text: text.encode("gb18030", "ignore")))  # fmt: skip
def test_whatever_a_body_is(body: bytes) -> None:
    found = answers.read(httpx.Response(200, content=body))
    if isinstance(found, answers.Failure):
        assert is_storable(found.happened) and len(found.happened) < 200
        assert not re.search(r"1[3-9]\d{9}", found.happened)


MOMENTS = st.sampled_from([
    None, "2026-11-20 08:00", "infinity", "-infinity", "4713-01-01 BC", "294276-12-31", "0001-01-01", "9999-12-31 23:59:59.999999",
    "2206-01-01", "1970-01-01", "2026-11-20 24:00", "1986-05-04 00:30",
])  # fmt: skip
STORED = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12) | ODD_TEXTS.filter(
    lambda text: "\0" not in text and text.isprintable()
)
WORDS = ("status", "tier", "unit_code", "community_code", "caller_phone", "content", "parent_order_id")
ORDERS = st.fixed_dictionaries(
    {"updated_at": MOMENTS.filter(bool)},
    optional={
        **dict.fromkeys(("created_at", "due_at", "replied_at", "closed_at"), MOMENTS),
        **dict.fromkeys(WORDS, STORED | st.none()),
        **dict.fromkeys(("lon", "lat"), st.floats() | st.none()),
    },
)  # fmt: skip


@fuzzed(40)
@given(rows=st.lists(ORDERS, min_size=1, max_size=4), ids=st.lists(STORED, min_size=4, max_size=4, unique=True))
def test_whatever_stands_in_the_hotline(
    tmp_path_factory: pytest.TempPathFactory, hotline_uri: str, rows: list[dict[str, Any]], ids: list[str]
) -> None:
    home = fresh(tmp_path_factory.getbasetemp())
    with psycopg.connect(hotline_uri, autocommit=True) as connection:
        connection.execute("truncate hotline.work_orders, hotline.units, hotline.places")
        for order_id, row in zip(ids, rows, strict=False):
            values = {"order_id": order_id, **row}
            connection.execute(
                f"insert into hotline.work_orders ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})",
                list(values.values()),
            )
    fill_pictures(hotline_uri)
    try:
        attempt = land_hotline(home, hotline_uri)
    except MinhuError as refused:
        assert is_storable(str(refused))
        return
    landing = Landing(home.landing_dir)
    landed = landing.read_table("hotline", "work_orders", NIGHT, attempt.number).to_pylist()
    told = sum(finding.rows_failed for finding in attempt.findings if finding.table_name == "hotline.work_orders")
    assert len(landed) + told >= sum(row["updated_at"] in ("2026-11-20 08:00", "1970-01-01") for row in rows)
    for order in landed:
        assert all(is_storable(value) for value in order.values() if isinstance(value, str))
        assert order["caller_key"] is None or re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{32}", order["caller_key"])
