"""Asking Airflow: a busy server is asked again, a refusal is not, and only the runs of the date count."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from minhu.errors import PermanentError, TransientError
from minhu.standalone import airflow_api
from minhu.standalone.airflow_api import Airflow

RUNS = "/api/v2/dags/grid_extract/dagRuns"


@dataclass
class Server:
    """Answers by path; a list is used up from the front, its last answer stays."""

    url: str = ""
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, Any]:
        known = self.answers[path]
        return known.pop(0) if len(known) > 1 else known[0]

    def count(self, path: str) -> int:
        return sum(asked == path for _, asked, _ in self.asked)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(airflow_api.time, "sleep", lambda _: None)
    found = Server(answers={"/auth/token": [(201, {"access_token": "t"})]})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET", None)

        def do_POST(self) -> None:
            self._reply("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _reply(self, method: str, body: Any) -> None:
            path = self.path.split("?")[0]
            found.asked.append((method, path, body))
            status, content = found.answer(path)
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    http.shutdown()
    thread.join()
    http.server_close()


def test_busy_server_is_asked_again(server: Server) -> None:
    server.answers[RUNS] = [(500, "database is locked"), (503, ""), (200, {"dag_runs": []})]
    assert Airflow(server.url, "secret").runs("grid_extract", "2026-11-20") == []
    assert server.count(RUNS) == 3


def test_server_that_stays_busy_is_worth_another_night(server: Server) -> None:
    server.answers[RUNS] = [(500, "database is locked")]
    with pytest.raises(TransientError, match=r"status 500: \"database is locked\" - read the log of its api-server"):
        Airflow(server.url, "secret").runs("grid_extract", "2026-11-20")


def test_refusal_is_not_asked_again(server: Server) -> None:
    server.answers[RUNS] = [(404, {"detail": "no such DAG"})]
    with pytest.raises(PermanentError, match="no such DAG"):
        Airflow(server.url, "secret").runs("grid_extract", "2026-11-20")
    assert server.count(RUNS) == 1


def test_dead_process_is_named_instead_of_waiting_for_its_answer(server: Server) -> None:
    def check_alive() -> None:
        raise PermanentError("run Airflow", "its scheduler ended with code 1", "read the log")

    server.answers[RUNS] = [(500, "")]
    with pytest.raises(PermanentError, match="its scheduler ended"):
        Airflow(server.url, "secret", check_alive).runs("grid_extract", "2026-11-20")
    assert server.count(RUNS) == 1


def test_only_runs_of_the_date_count_oldest_first(server: Server) -> None:
    keys = ["2026-11-20", "2026-11-200", None, "2026-11-20"]
    newest_first = [{"dag_run_id": str(number), "partition_key": key} for number, key in enumerate(keys)]
    server.answers[RUNS] = [(200, {"dag_runs": newest_first})]
    assert [run["dag_run_id"] for run in Airflow(server.url, "secret").runs("grid_extract", "2026-11-20")] == ["3", "0"]


def test_run_is_started_with_the_date_as_its_key_and_once(server: Server) -> None:
    server.answers[RUNS] = [(500, "timed out, but done"), (409, {"detail": "exists"})]
    Airflow(server.url, "secret").trigger("grid_extract", "2026-11-20", "nightly__2026-11-20__1")
    body = {"logical_date": None, "partition_key": "2026-11-20", "dag_run_id": "nightly__2026-11-20__1"}
    assert server.asked[1:] == [("POST", RUNS, body)] * 2


def test_it_logs_in_as_itself(server: Server) -> None:
    Airflow(server.url, "secret")
    assert server.asked == [("POST", "/auth/token", {"username": "minhu", "password": "secret"})]


def test_proxy_of_the_user_is_not_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answers[RUNS] = [(200, {"dag_runs": []})]
    assert Airflow(server.url, "secret").runs("grid_extract", "2026-11-20") == []
