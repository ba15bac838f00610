"""The DAG files, loaded as Airflow's DAG processor loads them, without a database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minhu.settings import PROJECT_ROOT

# Airflow reads its home once, when it is first imported, and would make one in the user's folder.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="minhu-dag-tests-")
os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "WARNING"

DAGS_FOLDER = PROJECT_ROOT / "dags"


def load_dags(monkeypatch: pytest.MonkeyPatch, home: Path, cron: str | None) -> dict[str, Any]:
    """All DAGs of ``dags/`` by id.

    Args:
        monkeypatch: sets the environment the files read.
        home: of a city that does not exist.
        cron: value of ``MINHU_NIGHTLY_CRON``.
    """
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("MINHU_HOME", str(home))
    monkeypatch.delenv("MINHU_CITY", raising=False)
    if cron is None:
        monkeypatch.delenv("MINHU_NIGHTLY_CRON", raising=False)
    else:
        monkeypatch.setenv("MINHU_NIGHTLY_CRON", cron)
    bag = DagBag(str(DAGS_FOLDER))
    assert bag.import_errors == {}, f"files in dags/ that cannot be imported: {bag.import_errors}"
    return dict(bag.dags)


@pytest.fixture(scope="session")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The DAGs as a server has them: with the default schedule."""
    with pytest.MonkeyPatch.context() as patch:
        yield load_dags(patch, tmp_path_factory.mktemp("home"), None)
