"""A home without a city, and a stand-in for the ``airflow`` program that answers like it, at once."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from minhu import settings
from minhu.settings import CityProfile, Settings

_PROGRAM = '''#!{python}
"""Answers what a night asks of Airflow; `airflow db migrate` makes an empty database."""
import http.server, json, os, pathlib, subprocess, sys, time

home, what = pathlib.Path(os.environ["AIRFLOW_HOME"]), sys.argv[1]
home.mkdir(parents=True, exist_ok=True)
behaviour = json.loads((home / "behaviour.json").read_text()) if (home / "behaviour.json").exists() else {{}}
with (home / "calls.txt").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
if what in behaviour.get("fails", []):
    print("airflow " + what + " cannot: no such table", file=sys.stderr)
    sys.exit(3)
if what == "db":
    (home / "airflow.db").write_text("made by " + str(os.getpid()))
    sys.exit(0)
if what == "scheduler":  # a task, in a process group of its own, as a real one has
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "airflow task"], process_group=0)
if what != "api-server":
    time.sleep(600)


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = {{
            "/api/v2/monitor/health": {{"scheduler": {{"status": "healthy"}}, "dag_processor": {{"status": "healthy"}}}},
            "/api/v2/dags": {{"dags": [{{"dag_id": d}} for d in behaviour.get("dags", {dags!r})]}},
            "/api/v2/importErrors": {{"import_errors": [{{"filename": "grid_extract.py"}}]}},
        }}
        self.answer(200, known[self.path])

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            known = json.loads(pathlib.Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).read_text())
            let_in = known.get(said["username"]) == said["password"]
            self.answer(201 if let_in else 401, {{"access_token": "t"}} if let_in else {{}})
        else:
            self.answer(behaviour.get("pools", 201), {{}})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIRFLOW__API__PORT"])), Answers).serve_forever()
'''


@pytest.fixture
def night(tmp_path: Path) -> Settings:
    """Settings of a home in which nothing has run."""
    found = settings.load(environ={"MINHU_HOME": str(tmp_path / "home")})
    return replace(found, city=CityProfile(absent_inputs={"stations": "this city has no stations"}))


@pytest.fixture
def fake_airflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program ``airflow``; nights of this process take it for the real one."""
    from minhu.standalone import airflow_runtime
    from minhu.standalone.airflow_api import DAG_IDS

    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "airflow"
    program.write_text(_PROGRAM.format(python=sys.executable, dags=list(DAG_IDS)), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(airflow_runtime.sys, "executable", str(folder / "python"))
    return folder
