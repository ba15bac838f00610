"""What the tasks do when Airflow runs them: the business date of the run, and nothing without one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from minhu import gate, settings, stages, warehouse
from minhu.airflow_api import DAG_IDS
from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.stages import Endpoint

DAY = date(2026, 11, 20)
CALLS = {
    "hotline_extract": [("land_source", "hotline"), ("validate_arrival", "hotline"), ("announce_arrival", "hotline")],
    "grid_extract": [("land_source", "grid"), ("validate_arrival", "grid"), ("announce_arrival", "grid")],
    "stations_extract": [
        ("land_source", "stations"), ("validate_arrival", "stations"), ("announce_arrival", "stations"),
    ],
    "returns_extract": [
        ("land_source", "returns"), ("validate_arrival", "returns"), ("announce_arrival", "returns"),
    ],
    "assessment_build": [("load_landing", ""), ("build_marts", ""), ("check_marts", "")],
    "kpi_publish": [("publish_night", "")],
}  # fmt: skip

CONTEXT = {
    "dag_run": SimpleNamespace(partition_key="2026-11-20"),
    "ti": SimpleNamespace(dag_id="grid_extract", task_id="land_tables"),
}
Run = Callable[[str | None], list[tuple[str, str, date]]]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, date]]:
    """Calls into include/ that the tasks make: function, source, business date."""
    made: list[tuple[str, str, date]] = []

    def stand_in(name: str) -> Callable[..., None]:
        def record(_: settings.Settings, *arguments: Any) -> None:
            sources = [a for a in arguments if isinstance(a, str) and a in ("hotline", "grid", "stations", "returns")]
            made.append((name, "".join(sources), next(a for a in arguments if isinstance(a, date))))

        return record

    for module, names in (
        (stages, ("land_source", "validate_arrival", "announce_arrival")),
        (warehouse, ("load_landing", "build_marts", "check_marts")),
        (gate, ("publish_night",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, stand_in(name))
    return made


def run_tasks(dags: dict[str, Any], dag_id: str, monkeypatch: pytest.MonkeyPatch, home: Path, key: str | None) -> None:
    """Call the functions of a DAG's tasks in order, in a run with this partition key."""
    from minhu import orchestration

    monkeypatch.setenv("MINHU_HOME", str(home))
    connections = {"minhu_published": "postgresql://a@b/c"}
    monkeypatch.setenv("AIRFLOW_CONN_MINHU_PUBLISHED", connections["minhu_published"])
    for task in dags[dag_id].topological_sort():
        context = {
            "dag_run": SimpleNamespace(partition_key=key),
            "ti": SimpleNamespace(dag_id=dag_id, task_id=task.task_id),
        }
        monkeypatch.setattr(orchestration, "get_current_context", lambda context=context: context)
        monkeypatch.setitem(task.python_callable.__globals__, "endpoint", lambda source: Endpoint(None))
        monkeypatch.setitem(task.python_callable.__globals__, "published_uri", lambda: "")
        task.python_callable()


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_tasks_call_their_stages_for_the_business_date_of_the_run(
    dags: dict[str, Any],
    dag_id: str,
    called: list[tuple[str, str, date]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    run_tasks(dags, dag_id, monkeypatch, tmp_path, "2026-11-20")
    assert called == [(name, source, DAY) for name, source in CALLS[dag_id]]


@pytest.mark.parametrize("key", [None, "", "20th of November", "2026-11-31"])
@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_run_without_a_business_date_is_refused_and_not_tried_again(
    dags: dict[str, Any], dag_id: str, key: str | None, called: list[tuple[str, str, date]],
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="partition_key=YYYY-MM-DD|expected YYYY-MM-DD"):
        run_tasks(dags, dag_id, monkeypatch, tmp_path, key)
    assert called == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("logical_date", [datetime(2026, 11, 28, 20, tzinfo=UTC), None])
def test_the_replay_is_of_the_local_day_its_run_was_due(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, logical_date: datetime | None
) -> None:
    """By schedule the run has a logical date, Sunday 04:00 in the city; one started by hand has none."""
    from minhu import orchestration, replay

    asked: list[date] = []
    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(replay, "check_week", lambda _, day: asked.append(day))
    run = SimpleNamespace(
        logical_date=logical_date, run_after=datetime(2026, 11, 28, 20, tzinfo=UTC), partition_key=None
    )
    context = {"dag_run": run, "ti": SimpleNamespace(dag_id="release_replay", task_id="replay_release")}
    monkeypatch.setattr(orchestration, "get_current_context", lambda: context)
    for task in dags["release_replay"].tasks:
        task.python_callable()
    assert asked == [date(2026, 11, 29)]
    assert list(tmp_path.iterdir()) == []


def test_a_replay_that_differs_fails_with_the_difference_and_says_where_to_read_on(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from minhu import orchestration, replay

    def differs(*_: object) -> None:
        raise replay.ReplayDiffers("replay release r", "kpi_results: 0 rows only in the release", "see the page")

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(replay, "check_week", differs)
    run = SimpleNamespace(logical_date=None, run_after=datetime(2026, 11, 28, 20, tzinfo=UTC), partition_key=None)
    context = {"dag_run": run, "ti": SimpleNamespace(dag_id="release_replay", task_id="replay_release")}
    monkeypatch.setattr(orchestration, "get_current_context", lambda: context)
    (task,) = dags["release_replay"].tasks
    with pytest.raises(AirflowFailException, match="kpi_results: 0 rows only in the release"):
        task.python_callable()
    orchestration.tell_auditors(context)
    assert "see docs/runbook/replay-differs.md" in caplog.text


def test_permanent_error_stops_retries_and_a_transient_one_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from minhu import orchestration

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    context = {
        "dag_run": SimpleNamespace(partition_key="2026-11-20"),
        "ti": SimpleNamespace(dag_id="grid_extract", task_id="land_tables"),
    }
    monkeypatch.setattr(orchestration, "get_current_context", lambda: context)
    with pytest.raises(AirflowFailException, match="it refuses the token"), orchestration.stage():
        raise PermanentError("read the grid platform", "it refuses the token", "correct it")
    with pytest.raises(TransientError), orchestration.stage():
        raise TransientError("read the grid platform", "it is down", "try again")
    with orchestration.stage() as night:
        assert night.business_date == DAY
        assert stages.failures(night.settings, DAY) == {
            "grid_extract.land_tables": "read the grid platform: it is down - try again"
        }
    assert stages.failures(night.settings, DAY) == {}


@pytest.mark.parametrize("error", [KeyError("张三"), SourceBlocked("read", "a column is missing", "ask")])
def test_what_no_retry_can_help_is_not_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

    from minhu import orchestration

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(orchestration, "get_current_context", lambda: CONTEXT)
    for raised in (error, AirflowTaskTimeout()):
        with pytest.raises(AirflowFailException) as told, orchestration.stage():
            raise raised
        assert "张三" not in str(told.value)


def test_task_that_failed_says_in_its_log_what_readers_will_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from minhu import orchestration

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    orchestration.tell_readers(CONTEXT)  # killed: it left no note
    assert "nothing of grid was ever accepted - see docs/runbook/stage-ended.md" in caplog.text
    caplog.clear()
    monkeypatch.setattr(orchestration, "get_current_context", lambda: CONTEXT)
    with pytest.raises(TransientError), orchestration.stage():
        raise TransientError("read the grid platform", "it is down", "try again")
    orchestration.tell_readers(CONTEXT)
    assert "nothing of grid was ever accepted - see docs/runbook/source-down.md" in caplog.text
    caplog.clear()
    orchestration.tell_readers({**CONTEXT, "dag_run": SimpleNamespace(partition_key=None)})
    assert "trigger it with partition_key=YYYY-MM-DD - see docs/runbook/run-again.md" in caplog.text


@pytest.mark.parametrize(
    ("name", "connection", "expected"),
    [
        (
            "hotline",
            '{"conn_type": "postgres", "host": "db", "port": 5433, "login": "me", "password": "p w", "schema": "h",'
            ' "extra": {"sslmode": "require"}}',
            Endpoint("host=db port=5433 dbname=h user=me password='p w' sslmode=require"),
        ),
        ("grid", '{"conn_type": "http", "host": "https://grid.example/api", "password": "t"}',
         Endpoint("https://grid.example/api", "t")),
        ("stations", '{"conn_type": "fs", "host": "/drop"}', Endpoint("/drop")),
        ("stations", '{"conn_type": "fs", "extra": {"path": "/drop"}}', Endpoint("/drop")),
    ],
)  # fmt: skip
def test_endpoint_is_read_from_the_airflow_connection(
    name: str, connection: str, expected: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    from minhu import orchestration

    monkeypatch.setenv(f"AIRFLOW_CONN_MINHU_{name.upper()}", connection)
    assert orchestration.endpoint(name) == expected


def test_no_connection_means_the_city_has_no_such_source(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from minhu import orchestration

    def not_found(name: str) -> None:
        raise AirflowNotFoundException(name)

    monkeypatch.setattr(Connection, "get", staticmethod(not_found))
    assert orchestration.endpoint("grid") == Endpoint(None)
