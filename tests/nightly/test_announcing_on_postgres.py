"""An Airflow of one's own on PostgreSQL: sources that announce a date at the same moment leave one wait, not several."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg

from minhu.settings import PROJECT_ROOT
from minhu.standalone import postgres
from tests.fixtures.waiting import PATIENCE

KEY = "2026-11-20"


def test_sources_that_announce_at_the_same_moment_leave_one_wait_of_the_build(
    postgres_folder: Path, tmp_path: Path
) -> None:
    with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
        connection.execute("create database airflow")
    try:
        address = postgres.superuser_uri(postgres_folder, "airflow").replace("postgresql://", "postgresql+psycopg://")
        environment = {
            **os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow"), "MINHU_HOME": str(tmp_path / "city"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": address, "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            # its driver is not installed, and nothing here asks in the background
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"sqlite+aiosqlite:///{tmp_path}/async.db",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False", "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }  # fmt: skip
        ended = subprocess.run(
            [sys.executable, "-m", "tests.nightly.announcing", str(PROJECT_ROOT / "dags"), KEY],
            env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr[-2000:]
        found = json.loads(ended.stdout.splitlines()[-1])
    finally:
        with psycopg.connect(postgres.superuser_uri(postgres_folder), autocommit=True) as connection:
            connection.execute("drop database airflow with (force)")
    assert found == {"waits": [["assessment_build", KEY]], "logs": 1}
