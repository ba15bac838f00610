"""Messages to people, over real HTTP; addresses hold tokens and are told to nobody."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from minhu.orchestration import notify, tasks
from minhu.settings import Settings
from minhu.standalone import airflow_runtime
from minhu.standalone.airflow_runtime import Connections
from tests.fixtures.homes import settings_at


class Webhook(HTTPServer):
    """Takes messages; answers with ``answer``."""

    answer = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/hook/geheim"


class _Taking(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append({"path": self.path, "title": body["title"], "message": body["message"]})
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    server = Webhook()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MINHU_HOME", str(tmp_path / "home"))
    return settings_at(tmp_path / "home")


def connected(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    connection = airflow_runtime._json_connection("generic", password=" ".join(addresses))
    monkeypatch.setenv("AIRFLOW_CONN_MINHU_NOTIFY", connection)


def test_a_message_reaches_every_address_and_one_that_fails_stops_nothing(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connected(monkeypatch, "no-such-robot://geheim", "json://127.0.0.1:1/geheim", webhook.address)
    with caplog.at_level(logging.DEBUG):
        assert notify.people("西安市 2026-11-20", "晚了") == 1
    assert webhook.taken == [{"path": "/hook/geheim", "title": "西安市 2026-11-20", "message": "晚了"}]
    assert "address 1 of 3" in caplog.text and "address 2 of 3" in caplog.text and "address 3" not in caplog.text
    assert "geheim" not in caplog.text


def test_a_robot_that_refuses_is_told(
    webhook: Webhook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.answer = 500
    connected(monkeypatch, webhook.address)
    assert notify.people("t", "x") == 0
    assert "did not take the message" in caplog.text and "geheim" not in caplog.text


def test_without_a_connection_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_MINHU_NOTIFY", raising=False)
    assert notify.people("t", "x") == 0


@pytest.mark.parametrize(
    "address", ["wecombot://botkey", "dingtalk://token", "feishu://token", "mailtos://u:p@example.com"]
)
def test_the_forms_of_the_documentation_are_known(address: str) -> None:
    import apprise

    assert apprise.Apprise.instantiate(address) is not None


def test_what_readers_will_notice_is_sent(webhook: Webhook, home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    connected(monkeypatch, webhook.address)
    failed = {"dag_run": SimpleNamespace(partition_key="2026-11-20"), "ti": SimpleNamespace(dag_id="grid_extract")}
    tasks.tell_readers(failed)
    tasks.tell_late({"dag_run": {"partition_key": "2026-11-20", "dag_id": "assessment_build"}})
    first, late = webhook.taken
    assert first["title"] == "西安市 2026-11-20 grid_extract" and "grid KPIs of 2026-11-20" in first["message"]
    assert late["title"] == "西安市 2026-11-20 assessment_build" and "are late" in late["message"]


def test_a_local_airflow_has_the_addresses_of_the_settings(home: Settings) -> None:
    from dataclasses import replace

    made = airflow_runtime.environment(replace(home, notify="feishu://geheim"), Connections({}, "dbname=x"), 8080)
    assert json.loads(made["AIRFLOW_CONN_MINHU_NOTIFY"])["password"] == "feishu://geheim"
    assert "geheim" not in repr(replace(home, notify="feishu://geheim"))
