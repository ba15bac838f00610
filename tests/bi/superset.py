"""Apache Superset reads what psql reads: a database, a dataset and charts made through its REST API, as a person would.

Run by `make test-bi` in an environment of its own (`requirements-superset.txt`), after `minhu db start --port`. It starts a
Superset with a home of its own on a free port of 127.0.0.1 and ends it.

    python tests/bi/superset.py <libpq uri of the reader> <port of the server> <file with the reader's password> <home>
"""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

BIN = Path(sys.executable).parent
PATIENCE = 900
TEMPORAL = 2  # superset.utils.core.GenericDataType
#: Days, for every home has some; of months a young one has none that is over and settled.
CELLS = "fct_kpi_results_all"
CHOSEN = {"kpi_id": "H06", "variant": "main", "unit_type": "district", "period_type": "day", "caliber": "assessed"}
FILTERS = [{"col": column, "op": "==", "val": value} for column, value in CHOSEN.items()]
WHERE = " and ".join(f"{column} = '{value}'" for column, value in CHOSEN.items())
SHOWN = ("unit_name", "period_start", "value", "ci_low", "ci_high", "denominator", "mark")
#: Each chart: kind, its one query as Superset has it, and the same as psql is asked.
CHARTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "on-time closure by district": (
        "table",
        {
            "columns": list(SHOWN), "metrics": [], "filters": FILTERS,
            "orderby": [["period_start", True], ["unit_name", True]],
        },
        f"select {', '.join(SHOWN)} from published.{CELLS} where {WHERE}",
    ),
    "on-time closure by day, of sums": (
        "echarts_timeseries_line",
        {
            "columns": ["period_start"], "filters": [*FILTERS, {"col": "value", "op": "IS NOT NULL"}],
            "metrics": [{"label": "rate", "expressionType": "SQL", "sqlExpression": "sum(numerator) / sum(denominator)"}],
            "orderby": [["period_start", True]],
        },
        f"select period_start, sum(numerator) / sum(denominator) from published.{CELLS} "
        f"where {WHERE} and value is not null group by period_start",
    ),
    "hidden figures by mark": (
        "table",
        {
            "columns": ["mark"], "filters": [{"col": "value", "op": "IS NULL"}], "orderby": [["mark", True]],
            "metrics": [{"label": "cells", "expressionType": "SQL", "sqlExpression": "count(*)"}],
        },
        f"select mark, count(*) from published.{CELLS} where value is null group by mark",
    ),
}  # fmt: skip


@contextmanager
def superset(home: Path) -> Iterator[tuple[str, str]]:
    """A Superset that knows nothing yet: its address and the password of ``admin``; it is ended afterwards."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    store = f"sqlite:///{home.resolve() / 'superset.db'}"
    (home / "superset_config.py").write_text(
        f"SECRET_KEY = {secrets.token_urlsafe(42)!r}\nSQLALCHEMY_DATABASE_URI = {store!r}\nTALISMAN_ENABLED = False\n"
    )
    password = secrets.token_urlsafe(16)
    environment = {
        **os.environ, "SUPERSET_CONFIG_PATH": str(home.resolve() / "superset_config.py"), "SUPERSET_HOME": str(home.resolve()),
        "FLASK_APP": "superset.app:create_app()", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    admin = (
        "--username",
        "admin",
        "--firstname",
        "a",
        "--lastname",
        "b",
        "--email",
        "a@b.invalid",
        "--password",
        password,
    )
    with (home / "superset.log").open("w") as log:
        for command in (("db", "upgrade"), ("fab", "create-admin", *admin), ("init",)):
            began = time.perf_counter()
            done = subprocess.run([BIN / "superset", *command], env=environment, stdout=log, stderr=log, check=False)
            if done.returncode:
                sys.exit(f"superset {' '.join(command[:2])} ended with {done.returncode}: read {log.name}")
            sys.stdout.write(f"superset {' '.join(command[:2])}: {time.perf_counter() - began:.0f} s\n")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        server = subprocess.Popen(
            [BIN / "gunicorn", "--bind", address, "--workers", "1", "--threads", "4", "--timeout", str(PATIENCE),
             "superset.app:create_app()"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for(server, f"http://{address}/health", log.name)
            yield f"http://{address}/api/v1", password
        finally:
            server.terminate()
            server.wait(PATIENCE)


def wait_for(server: subprocess.Popen[bytes], address: str, log: str) -> None:
    """Wait until a server answers; it is an error if it ends before."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if server.poll() is not None:
            sys.exit(f"Superset ended with {server.returncode}: read {log}")
        try:
            if requests.get(address, timeout=10).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    sys.exit(f"Superset did not answer at {address} in {PATIENCE} s: read {log}")


class Api:
    """The REST API of a Superset, logged in."""

    def __init__(self, address: str, password: str) -> None:
        self.address, self.session = address, requests.Session()
        login = {"username": "admin", "password": password, "provider": "db", "refresh": False}
        token = self.call("post", "/security/login", login)["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.session.headers["X-CSRFToken"] = self.call("get", "/security/csrf_token/")["result"]
        self.session.headers["Referer"] = address

    def call(self, verb: str, path: str, content: Any = None, refused: bool = False) -> dict[str, Any]:
        """An answer as JSON; ``refused`` says that it must not succeed."""
        answer = self.session.request(verb, self.address + path, json=content, timeout=PATIENCE)
        if answer.ok is refused:
            sys.exit(f"{verb} {path} answered {answer.status_code}: {answer.text[:2000]}")
        return dict(answer.json())


def rows_of(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """The rows of a chart, in the words of `plain`."""
    result = found["result"][0]
    temporal = {name for name, kind in zip(result["colnames"], result["coltypes"], strict=True) if kind == TEMPORAL}
    return [
        tuple(
            datetime.fromtimestamp(row[name] / 1000, UTC).date().isoformat() if name in temporal else plain(row[name])
            for name in result["colnames"]
        )
        for row in result["data"]
    ]


def plain(value: Any) -> str:
    try:
        return "" if value is None else f"{float(value):.9g}"
    except ValueError:
        return str(value)


def by_psql(uri: str, query: str) -> list[tuple[str, ...]]:
    printed = subprocess.run(
        ["psql", uri, "--no-psqlrc", "--csv", "--tuples-only", "--command", query], check=True, capture_output=True, text=True
    ).stdout  # fmt: skip
    return [tuple(plain(value or None) for value in row) for row in csv.reader(io.StringIO(printed))]


def chart(api: Api, dataset: int, name: str, kind: str, query: dict[str, Any]) -> list[tuple[str, ...]]:
    """Save a chart, and read what it draws."""
    source = {"id": dataset, "type": "table"}
    asked = {
        "datasource": source, "queries": [{**query, "row_limit": 50_000}], "result_format": "json", "result_type": "full",
    }  # fmt: skip
    saved = api.call("post", "/chart/", {
        "slice_name": name, "viz_type": kind, "datasource_id": dataset, "datasource_type": "table",
        "params": json.dumps({"viz_type": kind, "datasource": f"{dataset}__table"}), "query_context": json.dumps(asked),
    })  # fmt: skip
    return rows_of(api.call("get", f"/chart/{saved['id']}/data/"))


def main(uri: str, port: str, password_file: str, home: str) -> None:
    password = quote(Path(password_file).read_text(encoding="utf-8").strip(), safe="")
    with superset(Path(home)) as (address, admin_password):
        api = Api(address, admin_password)
        began = time.perf_counter()
        database = api.call("post", "/database/", {
            "database_name": "minhu", "expose_in_sqllab": True,
            "sqlalchemy_uri": f"postgresql+psycopg2://minhu_reader:{password}@127.0.0.1:{port}/minhu",
        })["id"]  # fmt: skip
        dataset = api.call("post", "/dataset/", {"database": database, "schema": "published", "table_name": CELLS})[
            "id"
        ]
        for name, (kind, query, same) in CHARTS.items():
            found, expected = sorted(chart(api, dataset, name, kind, query)), sorted(by_psql(uri, same))
            if not expected or found != expected:
                other = next((pair for pair in zip(expected, found, strict=False) if pair[0] != pair[1]), "rows")
                sys.exit(f"Superset reads something else than psql for {name}: {len(expected)}, {len(found)}, {other}")
            sys.stdout.write(f"{len(found):>8} rows the same in Superset: {name}\n")
        secret = {"database_id": database, "sql": "select * from pg_authid", "runAsync": False}
        api.call("post", "/sqllab/execute/", secret, refused=True)
        sys.stdout.write(f"Superset: {time.perf_counter() - began:.0f} s of questions\n")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(f"Superset: {used.ru_utime + used.ru_stime:.0f} s of processor in all\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
