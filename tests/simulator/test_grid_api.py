"""The grid platform over real HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from minhu.errors import TransientError
from minhu.simulator import GridServer
from minhu.simulator.city.city import City, grid_day, with_broken
from minhu.simulator.city.streams import end_of_day
from minhu.simulator.grid.grid_state import write_grid_state
from tests.fixtures.waiting import until
from tests.simulator.conftest import LAST

EVENT_FIELDS = {
    "event_id", "grid_code", "reporter_id", "category_code", "tier", "reported_at", "accepted_at", "registered_at",
    "due_at", "handled_at", "closed_at", "unit_code", "status", "self_handled", "deferred_until", "verifications",
    "photo_hash", "lon", "lat", "updated_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def platform(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridServer]:
    home = tmp_path_factory.mktemp("home")
    assert write_grid_state(home, city, LAST) > 2000
    with GridServer(home, busy_every=5) as server:
        yield server


@pytest.fixture(scope="module")
def client(platform: GridServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {platform.token}"}
    with httpx.Client(base_url=platform.url, headers=headers, trust_env=False) as found:
        yield found


def ask(client: httpx.Client, path: str, **params: str) -> dict[str, Any]:
    for _ in range(2):
        answer = client.get(f"/api/v1/{path}", params=params)
        if answer.status_code != 429:
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found
    raise AssertionError("two 429 in a row")


def all_pages(client: httpx.Client, **params: str) -> tuple[list[dict[str, Any]], int]:
    items: list[dict[str, Any]] = []
    page = ask(client, "events", **params)
    while True:
        items += page["items"]
        if page["next_cursor"] is None:
            return items, page["total"]
        page = ask(client, "events", **params, cursor=page["next_cursor"])


@pytest.fixture(scope="module")
def known(city: City) -> pd.DataFrame:
    as_of = end_of_day(LAST)
    return pd.concat([with_broken(*grid_day(city, day, as_of)) for day in city.days(LAST)]).set_index("event_id")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}])
def test_without_the_right_token_nothing_is_told(platform: GridServer, header: dict[str, str]) -> None:
    for path in ("events", "grids", "workers/activity?date=2026-11-20", "addresses/coverage?date=2026-11-20"):
        answer = httpx.get(f"{platform.url}/api/v1/{path}", headers=header, trust_env=False)
        assert answer.status_code == 401
        assert "items" not in answer.json()


def test_every_fifth_request_is_one_too_many(client: httpx.Client) -> None:
    answers = [client.get("/api/v1/grids") for _ in range(10)]
    busy = [answer for answer in answers if answer.status_code == 429]
    assert len(busy) == 2
    assert all(answer.headers["Retry-After"] == "1" for answer in busy)


def test_paging_loses_nothing_and_repeats_some(client: httpx.Client, known: pd.DataFrame) -> None:
    items, total = all_pages(client, limit="150")
    ids = [item["event_id"] for item in items]
    assert total == len(known) == len(set(ids))
    assert set(ids) == set(known.index)
    assert len(ids) > total
    first: dict[str, Any] = {}
    assert all(first.setdefault(item["event_id"], item) == item for item in items)


@pytest.mark.parametrize("limit", ["1", "2", "3"])
def test_small_pages_come_to_an_end(client: httpx.Client, limit: str) -> None:
    window = {"updated_from": "2026-11-20T23:00:00+08:00", "updated_to": "2026-11-21T00:00:00+08:00"}
    items, total = all_pages(client, limit=limit, **window)
    assert total > 3
    assert len({item["event_id"] for item in items}) == total


def test_windows_are_half_open_and_take_any_offset(client: httpx.Client, known: pd.DataFrame) -> None:
    moment = known["updated_at"].sort_values().iloc[len(known) // 2]
    local, later = f"{moment.isoformat()}+08:00", f"{(moment + pd.Timedelta(seconds=1)).isoformat()}+08:00"
    before, after = ask(client, "events", updated_to=local)["total"], ask(client, "events", updated_from=local)["total"]
    assert before + after == len(known)
    exactly = ask(client, "events", updated_from=local, updated_to=later)
    assert exactly["total"] == (known["updated_at"] == moment).sum() > 0
    utc = f"{(moment - pd.Timedelta(hours=8)).isoformat()}Z"
    assert ask(client, "events", updated_from=utc)["total"] == after
    assert ask(client, "events", updated_from=moment.isoformat())["total"] == after


def test_events_have_the_fields_of_the_contract(client: httpx.Client, known: pd.DataFrame) -> None:
    items, _ = all_pages(client, limit="2000")
    assert all(set(item) == EVENT_FIELDS for item in items)
    some = next(item for item in items if item["deferred_until"] and item["verifications"])
    row = known.loc[some["event_id"]]
    for name in ("reported_at", "due_at", "updated_at", "deferred_until"):
        moment = datetime.fromisoformat(some[name])
        assert some[name].endswith("+08:00") and pd.Timestamp(moment.replace(tzinfo=None)) == row[name]
    verified = [check for item in items for check in item["verifications"]]
    assert {check["passed"] for check in verified} == {True, False}
    assert max(len(item["verifications"]) for item in items) == 2
    assert any(item["closed_at"] is None for item in items)


def test_grids_activity_and_coverage(client: httpx.Client, city: City) -> None:
    grids = ask(client, "grids")
    assert grids["total"] == len(grids["items"]) == 130
    assert set(grids["items"][0]) == {
        "grid_code", "community_code", "street_code", "household_count", "active_from", "active_to",
    }  # fmt: skip
    activity = ask(client, "workers/activity", date="2026-11-20")["items"]
    registered, active = (sum(row[name] for row in activity) for name in ("registered_count", "active_count"))
    assert len(activity) == 130 and 0.25 < active / registered < 0.5
    coverage = ask(client, "addresses/coverage", date="2026-11-20")["items"]
    assert {row["community_code"] for row in coverage} == set(city.geography.communities)
    assert all(row["covered_once_count"] + row["covered_many_count"] <= row["address_count"] for row in coverage)
    assert ask(client, "workers/activity", date="2026-11-30")["items"] == []


@pytest.mark.parametrize("params", [{"updated_from": "yesterday"}, {"cursor": "%%"}, {"limit": "0"}, {"limit": "9999"}])
def test_a_wrong_question_is_refused(client: httpx.Client, params: dict[str, str]) -> None:
    codes = {client.get("/api/v1/events", params=params).status_code for _ in range(2)}
    assert codes <= {400, 422, 429} and codes - {429}


def test_a_home_without_a_city_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="minhu simulate"):
        GridServer(tmp_path).start()


def test_the_server_ends_with_the_process_that_started_it(city: City, tmp_path: Path) -> None:
    write_grid_state(tmp_path, city, city.start)
    code = (
        "import os, sys, pathlib; from minhu.simulator import GridServer\n"
        "server = GridServer(pathlib.Path(sys.argv[1])); server.start()\n"
        "print(server.url, flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().decode().strip()
        assert httpx.get(f"{url}/api/v1/grids", trust_env=False).status_code == 401
        starter.send_signal(signal.SIGKILL)

    def is_gone() -> bool:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            return True
        return False

    until(is_gone, "the end of a server whose starter was killed")
