"""A monthly release is put before people by a real Airflow, who answer through its REST API as themselves.

The release is made by hand in seconds, so that what takes time here is Airflow alone (about a minute).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from minhu import settings as settings_module
from minhu.audit.sign_off import REJECT
from minhu.audit.verification import verify_home
from minhu.ledger.chain import Ledger
from minhu.standalone import airflow_log_in, airflow_runtime, postgres
from minhu.standalone.airflow_api import MONTHLY_DAG_IDS
from minhu.standalone.airflow_runtime import Connections
from tests.cli.processes import processes_of
from tests.end_to_end.people import log_in, log_of
from tests.fixtures.waiting import until
from tests.release.conftest import Home, settings_at

pytestmark = [pytest.mark.end_to_end, pytest.mark.nights(3)]

(DAG_ID,) = MONTHLY_DAG_IDS
MONTH_END = date(2026, 11, 30)
ME = settings_module.account()
APPROVERS = {name: name for name in ("li", "zhao", ME)}


@dataclass
class Person:
    """Somebody who is logged in to Airflow."""

    client: httpx.Client

    def starts(self, run_id: str, release_id: str) -> None:
        body = {"logical_date": None, "dag_run_id": run_id, "conf": {"release_id": release_id}}
        self.client.post(f"/api/v2/dags/{DAG_ID}/dagRuns", json=body).raise_for_status()

    def tasks(self, run_id: str) -> dict[str, str]:
        found = self.client.get(f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances").raise_for_status().json()
        return {task["task_id"]: task["state"] for task in found["task_instances"]}

    def run_state(self, run_id: str) -> str:
        return str(self.client.get(f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id}").raise_for_status().json()["state"])

    def question(self, run_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"{_task(run_id)}/hitlDetails").raise_for_status().json())

    def answers(self, run_id: str, chosen: str) -> httpx.Response:
        return self.client.patch(f"{_task(run_id)}/hitlDetails", json={"chosen_options": [chosen]})

    def log_of_signing(self, run_id: str) -> str:
        return log_of(self.client, DAG_ID, run_id, "sign_release")


def _task(run_id: str) -> str:
    return f"/api/v2/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/ask_approvers/-1"


def wait_for(*wanted: object, found: Callable[[], object]) -> None:
    until(lambda: found() in wanted, f"one of {wanted}", found)


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with one release, a database, and three people who may approve; one of them made the release."""
    monkeypatch.setenv("MINHU_APPROVERS", ",".join(APPROVERS))
    monkeypatch.delenv("MINHU_SIGNING_KEY", raising=False)
    settings = replace(settings_at(tmp_path / "home"), approvers=APPROVERS)
    postgres.start(settings.postgres_dir)
    try:
        home = Home(settings, postgres.uri(settings.postgres_dir, "publisher"))
        home.night(MONTH_END)
        yield home
    finally:
        postgres.stop(settings.postgres_dir)


def test_a_release_is_signed_off_by_somebody_who_did_not_make_it(month: Home) -> None:
    settings = month.settings
    (line,) = Ledger(settings.ledger_path).events()
    with airflow_runtime.running(settings, Connections({}, month.uri)) as airflow:
        passwords_path = airflow_log_in.passwords_path(settings)
        assert passwords_path.stat().st_mode & 0o777 == 0o600
        passwords = json.loads(passwords_path.read_bytes())
        assert sorted(passwords) == sorted({*APPROVERS, "minhu", "admin"})
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            log_in(airflow.url, "li", passwords["zhao"])
        people = {name: Person(log_in(airflow.url, name, password)) for name, password in passwords.items()}
        _pages_are_for_those_who_logged_in(airflow.url, people["zhao"], month, line.release_id)
        with closing(people["minhu"].client), closing(people["li"].client), closing(people[ME].client):
            _author_is_refused(people, month, line.release_id, line.manifest_sha256)
            _rejection_signs_nothing(people, month, line.release_id)
            answered = _approval_is_signed(people, month, line.release_id)
            _signed_release_is_not_asked_for_again(people, line.release_id)
    first, signed = Ledger(settings.ledger_path).events()
    assert first == line
    assert signed.sign_off is not None
    assert (signed.kind, signed.release_id, signed.manifest_sha256) == (
        "sign_off",
        line.release_id,
        line.manifest_sha256,
    )
    assert (signed.sign_off.approver, signed.sign_off.proposed_by) == ("li", "zhao")
    assert signed.sign_off.approved_at == answered, "the time is the one that Airflow took the answer at"
    assert verify_home(settings.home).problems == ()
    shown = month.rows("select release_id, signed_off_by, signed_off_on from published.releases")
    assert shown == [(line.release_id, "li", answered.astimezone(settings.zone).date())]
    postgres.stop(settings.postgres_dir)
    assert processes_of(settings.home) == []


def _pages_are_for_those_who_logged_in(url: str, person: Person, month: Home, release_id: str) -> None:
    """The plugin is found by its entry point, and every address of it asks who comes."""
    page = month.settings.home / "reports" / release_id / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("<h1>卷</h1>", encoding="utf-8")
    addresses = (
        "/", f"/reports/{release_id}/index.html", "/landing/grid/arrivals/dt=2026-11-30.json", "/docs", "/openapi.json",
        "/reports/..%2f..%2fsecrets", "/none",
    )  # fmt: skip
    with httpx.Client(base_url=f"{url}/minhu", timeout=30.0, trust_env=False) as anybody:
        assert {anybody.get(address).status_code for address in addresses} == {401, 404}
        assert all(anybody.get(address).status_code == 401 for address in addresses[:3])
        assert anybody.get(addresses[1], headers={"Authorization": "Bearer x"}).status_code == 403
    seen = {address: person.client.get(f"/minhu{address}").status_code for address in addresses}
    assert list(seen.values()) == [307, 200, 404, 404, 404, 404, 404]
    shown = person.client.get("/minhu/", follow_redirects=True)
    assert "卷" in shown.text and "connect-src 'none'" in shown.headers["Content-Security-Policy"]
    menu = person.client.get("/api/v2/plugins").raise_for_status().json()["plugins"]
    assert [view["href"] for plugin in menu if plugin["name"] == "minhu" for view in plugin["external_views"]] == [
        "/minhu/"
    ]


def _asked(people: dict[str, Person], month: Home, who: str, run_id: str, release_id: str) -> str:
    """Start a run and wait for its question; the answer that approves.

    Airflow 3.3.2 takes a waiting task for a killed one if it is answered before the scheduler has heard that the asking
    process ended, which is some tenths of a second later: no person is as fast, this test is.
    """
    people[who].starts(run_id, release_id)
    wait_for("awaiting_input", found=lambda: people["minhu"].tasks(run_id).get("ask_approvers"))
    heard = re.compile(rf"executor event with state success for .*task_id='ask_approvers', run_id='{run_id}'")
    log = month.settings.airflow_home / "logs" / "scheduler.log"
    wait_for(True, found=lambda: heard.search(log.read_text(encoding="utf-8")) is not None)
    question = people["li"].question(run_id)
    approve, reject = question["options"]
    assert reject == REJECT
    assert [user["id"] for user in question["assigned_users"]] == list(APPROVERS)
    return str(approve)


def _author_is_refused(people: dict[str, Person], month: Home, release_id: str, manifest_sha256: str) -> None:
    approve = _asked(people, month, "minhu", "by-author", release_id)
    question = people["li"].question("by-author")
    assert question["subject"] == f"2026年11月考核指标签发 · Sign-off of release {release_id}"
    assert manifest_sha256 in question["body"] and "请核对后答复" in question["body"]
    assert manifest_sha256.startswith(approve.split()[-1]) and len(approve.split()[-1]) == 16
    assert people["minhu"].answers("by-author", approve).status_code == 403, "an administrator is no approver"
    assert people["li"].answers("by-author", approve[:-1] + "x").status_code == 400, "it names another hash"
    people[ME].answers("by-author", approve).raise_for_status()
    wait_for("failed", found=lambda: people["minhu"].run_state("by-author"))
    log = people["minhu"].log_of_signing("by-author")
    assert f"sign off release {release_id}: {ME} ran or asked for the night that made it" in log
    assert "docs/runbook/sign-off-refused.md" in log
    assert people["li"].answers("by-author", approve).status_code == 409, "an answer is given once"
    assert len(Ledger(month.settings.ledger_path).events()) == 1


def _rejection_signs_nothing(people: dict[str, Person], month: Home, release_id: str) -> None:
    _asked(people, month, "minhu", "rejected", release_id)
    people["li"].answers("rejected", REJECT).raise_for_status()
    wait_for("failed", found=lambda: people["minhu"].run_state("rejected"))
    assert f"sign off release {release_id}: li rejected it on " in people["minhu"].log_of_signing("rejected")
    assert len(Ledger(month.settings.ledger_path).events()) == 1


def _approval_is_signed(people: dict[str, Person], month: Home, release_id: str) -> datetime:
    approve = _asked(people, month, "zhao", "approved", release_id)
    said = people["li"].answers("approved", approve).raise_for_status().json()
    wait_for("success", "failed", found=lambda: people["minhu"].run_state("approved"))
    assert people["minhu"].run_state("approved") == "success", people["minhu"].log_of_signing("approved")
    return datetime.fromisoformat(said["responded_at"])


def _signed_release_is_not_asked_for_again(people: dict[str, Person], release_id: str) -> None:
    people["minhu"].starts("again", release_id)
    wait_for("success", found=lambda: people["minhu"].run_state("again"))
    assert set(people["minhu"].tasks("again").values()) == {"skipped"}
