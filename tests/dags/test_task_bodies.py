"""What the tasks do when Airflow runs them: the business date of the run, and nothing without one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from minhu import settings
from minhu.errors import PermanentError, SourceBlocked, TransientError
from minhu.extract import registry
from minhu.extract.registry import Endpoint
from minhu.landing.night import Night
from minhu.landing.zone import Arrival
from minhu.pipeline import publication, stages
from minhu.standalone.airflow_api import DAG_IDS
from minhu.warehouse import dbt_build

DAY = date(2026, 11, 20)
#: When the runs were due.
AFTER = datetime(2026, 11, 20, 17, tzinfo=UTC)
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
    "kpi_publish": [("publish_figures", ""), ("write_site", ""), ("write_dossier", ""), ("compare_published", "")],
}  # fmt: skip


@dataclass
class Event:
    """Stands in for what Airflow keeps of an outlet."""

    extra: dict[str, Any] = field(default_factory=dict)
    added: list[Any] = field(default_factory=list)

    def add(self, asset: Any) -> None:
        self.added.append(asset)


CONTEXT = {
    "dag_run": SimpleNamespace(partition_key="2026-11-20", run_after=AFTER),
    "ti": SimpleNamespace(dag_id="grid_extract", task_id="land_tables", try_number=1),
}
#: What the stages give back, by name.
RETURNED: dict[str, Callable[[str, date], Any]] = {
    "validate_arrival": lambda source, day: Arrival(source, day, "accepted", 1),
    "announce_arrival": lambda source, day: Arrival(source, day, "accepted", 1, row_counts={"calls": 3}),
    "load_landing": lambda *_: dbt_build.LoadReport({"hotline.calls": 3}, False, ""),
    "build_marts": lambda *_: 12,
    "check_marts": lambda *_: [],
    "publish_figures": lambda *_: SimpleNamespace(release_id="r1", manifest={"verdicts": {"PUBLISHED": 4}}),
}
FACTS = {
    **{f"{source}_extract": {"status": "accepted", "attempt": 1, "rows": {"calls": 3}} for source in registry.names()},
    "assessment_build": {"rows": 3, "models": 12, "failed_tests": 0, "made_anew": "no"},
    "kpi_publish": {"release_id": "r1", "cells": {"PUBLISHED": 4}},
}
Run = Callable[[str | None], list[tuple[str, str, date]]]


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, date]]:
    """Calls into include/ that the tasks make: function, source, business date."""
    made: list[tuple[str, str, date]] = []

    def stand_in(name: str) -> Callable[..., Any]:
        def record(night: Night, *arguments: Any) -> Any:
            source = "".join(a for a in arguments if a in registry.names())
            made.append((name, source, night.business_date))
            return RETURNED.get(name, lambda *_: None)(source, night.business_date)

        return record

    for module, names in (
        (stages, ("land_source", "validate_arrival", "announce_arrival")),
        (dbt_build, ("load_landing", "build_marts", "check_marts")),
        (publication, ("publish_figures", "compare_published", "write_dossier", "write_site")),
    ):
        for name in names:
            monkeypatch.setattr(module, name, stand_in(name))
    return made


def run_tasks(
    dags: dict[str, Any], dag_id: str, monkeypatch: pytest.MonkeyPatch, home: Path, key: str | None
) -> dict[str, Any]:
    """Call the functions of a DAG's tasks in order, in a run with this partition key; returns what its assets say."""
    from minhu.orchestration import tasks

    monkeypatch.setenv("MINHU_HOME", str(home))
    connections = {"minhu_published": "postgresql://a@b/c"}
    monkeypatch.setenv("AIRFLOW_CONN_MINHU_PUBLISHED", connections["minhu_published"])
    events: dict[Any, Any] = defaultdict(Event)
    for task in dags[dag_id].topological_sort():
        context = {
            "outlet_events": events,
            "dag_run": SimpleNamespace(partition_key=key, run_after=AFTER, run_id=f"{dag_id}-1"),
            "ti": SimpleNamespace(dag_id=dag_id, task_id=task.task_id),
        }
        monkeypatch.setattr(tasks, "get_current_context", lambda context=context: context)
        monkeypatch.setitem(task.python_callable.__globals__, "endpoint", lambda source: Endpoint(None))
        monkeypatch.setitem(task.python_callable.__globals__, "published_uri", lambda: "")
        task.python_callable()
    return next((event.extra for event in events.values() if event.extra), {})


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_tasks_call_their_stages_for_the_business_date_of_the_run(
    dags: dict[str, Any],
    dag_id: str,
    called: list[tuple[str, str, date]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    facts = run_tasks(dags, dag_id, monkeypatch, tmp_path, "2026-11-20")
    assert called == [(name, source, DAY) for name, source in CALLS[dag_id]]
    assert facts == FACTS[dag_id], "the asset says what it is now"


def test_a_refused_delivery_is_red(
    dags: dict[str, Any], called: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    refused = Arrival("grid", DAY, "blocked", reason="half of the rows are gone")
    monkeypatch.setitem(RETURNED, "validate_arrival", lambda *_: refused)
    with pytest.raises(AirflowFailException, match="grid of 2026-11-20 was refused: half of the rows are gone"):
        run_tasks(dags, "grid_extract", monkeypatch, tmp_path, "2026-11-20")
    assert stages.failures(Night(settings.load(environ={"MINHU_HOME": str(tmp_path)}), DAY)) == {}, "no stage failed"


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
    from minhu.audit import replay
    from minhu.orchestration import tasks

    asked: list[date] = []
    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(replay, "check_week", lambda _, day: asked.append(day))
    run = SimpleNamespace(
        logical_date=logical_date, run_after=datetime(2026, 11, 28, 20, tzinfo=UTC), partition_key=None
    )
    context = {"dag_run": run, "ti": SimpleNamespace(dag_id="release_replay", task_id="replay_release")}
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    for task in dags["release_replay"].tasks:
        task.python_callable()
    assert asked == [date(2026, 11, 29)]
    assert list(tmp_path.iterdir()) == []


def test_a_replay_that_differs_fails_with_the_difference_and_says_where_to_read_on(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from minhu.audit import replay
    from minhu.orchestration import tasks

    def differs(*_: object) -> None:
        raise replay.ReplayDiffers("replay release r", "kpi_results: 0 rows only in the release", "see the page")

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(replay, "check_week", differs)
    run = SimpleNamespace(logical_date=None, run_after=datetime(2026, 11, 28, 20, tzinfo=UTC), partition_key=None)
    context = {"dag_run": run, "ti": SimpleNamespace(dag_id="release_replay", task_id="replay_release")}
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    (task,) = dags["release_replay"].tasks
    with pytest.raises(AirflowFailException, match="kpi_results: 0 rows only in the release"):
        task.python_callable()
    tasks.tell_auditors(context)
    assert "see docs/runbook/replay-differs.md" in caplog.text


def sign_off_context(task_id: str, asked_by: str | None, release_id: str, given: dict[str, Any]) -> dict[str, Any]:
    moment = datetime(2026, 12, 5, 1, tzinfo=UTC)
    run = SimpleNamespace(logical_date=None, run_after=moment, partition_key=None, triggering_user_name=asked_by)
    ti = SimpleNamespace(dag_id="release_sign_off", task_id=task_id, xcom_pull=lambda task_ids: given[task_ids])
    return {"dag_run": run, "ti": ti, "params": {"release_id": release_id}}


@pytest.mark.parametrize(
    ("asked_by", "release_id", "expected"),
    [
        (None, "", (date(2026, 12, 5), None, None)),
        ("minhu", "", (date(2026, 12, 5), None, None)),
        ("sun", " 2026-11-30-0c1f4bab5e ", (date(2026, 12, 5), "2026-11-30-0c1f4bab5e", "sun")),
    ],
)
def test_a_sign_off_is_proposed_for_the_day_and_the_release_of_the_run_and_by_whom_it_was_asked(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    asked_by: str | None, release_id: str, expected: tuple[Any, ...],
) -> None:  # fmt: skip
    from minhu.audit import proposal_text, sign_off
    from minhu.orchestration import tasks

    asked: list[tuple[Any, ...]] = []
    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(tasks, "_signing_key", lambda: None)
    monkeypatch.setattr(sign_off, "propose", lambda _, *arguments: asked.append(arguments))
    monkeypatch.setattr(proposal_text, "question", lambda _: {})
    context = sign_off_context("propose_release", asked_by, release_id, {})
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    dags["release_sign_off"].get_task("propose_release").python_callable()
    assert asked == [expected]


def test_an_answer_is_signed_with_the_key_of_the_connection_and_who_gave_it_when(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from minhu.audit import sign_off
    from minhu.ledger import signing
    from minhu.orchestration import tasks

    signed: list[Any] = []
    proposal = sign_off.Proposal("r", "2026-11-30", "5" * 64, {}, {}, [], [], "index.html", {}, None)
    response = {
        "chosen_options": [f"{sign_off.APPROVE} 5555555555555555"],
        "params_input": {},
        "responded_at": datetime(2026, 12, 5, 2, tzinfo=UTC),
        "responded_by_user": {"id": "3", "name": "zhao"},
    }
    context = sign_off_context(
        "sign_release", None, "", {"propose_release": {"proposal": proposal.as_dict()}, "ask_approvers": response}
    )

    def sign(_: settings.Settings, *arguments: Any) -> None:
        signed.extend([*arguments, signing._given.get()])

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(tasks, "_signing_key", lambda: "the key")
    monkeypatch.setattr(sign_off, "sign", sign)
    task = dags["release_sign_off"].get_task("sign_release")
    monkeypatch.setitem(task.python_callable.__globals__, "published_uri", lambda: "uri")
    monkeypatch.setitem(task.python_callable.__globals__, "get_current_context", lambda: context)
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    for at in (response["responded_at"], "2026-12-05T02:00:00+00:00"):
        response["responded_at"] = at
        task.python_callable()
        answer = sign_off.Answer(response["chosen_options"][0], "3", "zhao", datetime(2026, 12, 5, 2, tzinfo=UTC))
        assert signed == ["uri", proposal, answer, "the key"]
        signed.clear()


def test_a_sign_off_that_was_given_skips_the_run_and_one_that_is_refused_fails_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    from minhu.audit import sign_off
    from minhu.orchestration import tasks

    context = sign_off_context("propose_release", None, "", {})
    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(tasks, "_signing_key", lambda: None)
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    with pytest.raises(AirflowSkipException, match="li signed it off"), tasks.signing_off():
        raise sign_off.SignedAlready("propose release r", "li signed it off", "nothing is to be done")
    with pytest.raises(AirflowFailException, match="li rejected it"), tasks.signing_off():
        raise PermanentError("sign off release r", "li rejected it", "ask again")
    with pytest.raises(TransientError), tasks.signing_off():
        raise TransientError("work on the published database", "it is down", "run again")
    tasks.tell_approvers(context)
    assert "the release stays published, unsigned - see docs/runbook/sign-off-refused.md" in caplog.text


def test_who_asks_for_a_night_by_hand_is_remembered_and_the_pipeline_itself_is_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from minhu.orchestration import tasks
    from minhu.release import authors

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    for name in ("minhu", "Anonymous", None, "sun", "sun"):
        run = SimpleNamespace(partition_key="2026-11-20", run_after=AFTER, triggering_user_name=name)
        monkeypatch.setattr(tasks, "get_current_context", lambda run=run: {**CONTEXT, "dag_run": run})
        with tasks.stage() as night:
            pass
    assert authors.of_publication(Night(night.settings, DAY)) == sorted({settings.account(), "sun"})
    assert authors.of_publication(Night(night.settings, date(2026, 11, 21))) == [settings.account()]


def test_permanent_error_stops_retries_and_a_transient_one_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from minhu.orchestration import tasks

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    context = {
        "dag_run": SimpleNamespace(partition_key="2026-11-20", run_after=AFTER),
        "ti": SimpleNamespace(dag_id="grid_extract", task_id="land_tables", try_number=1),
    }
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    with pytest.raises(AirflowFailException, match="it refuses the token"), tasks.stage():
        raise PermanentError("read the grid platform", "it refuses the token", "correct it")
    with pytest.raises(TransientError), tasks.stage():
        raise TransientError("read the grid platform", "it is down", "try again")
    with pytest.raises(TransientError), tasks.stage(reads_again=1):
        raise TransientError("read the grid platform", "it is down", "try again")
    # its client has asked for a minute: once more would be a minute more
    with pytest.raises(AirflowFailException, match="it is down"), tasks.stage(reads_again=0):
        raise TransientError("read the grid platform", "it is down", "try again")
    with tasks.stage() as night:
        assert night.business_date == DAY
        assert stages.failures(Night(night.settings, DAY)) == {
            "grid_extract.land_tables": "read the grid platform: it is down - try again"
        }
    assert stages.failures(Night(night.settings, DAY)) == {}


@pytest.mark.parametrize(
    ("city", "day", "happened"),
    [
        ({"kind": "connected"}, "2126-11-20", "the day has not ended: it does at 2126-11-20 16:00 UTC"),
        ({"kind": "simulated", "simulation": {"start": "2026-11-14", "shown": "2026-11-20"}}, "2026-11-21",
         "expected a day of the synthetic city, 2026-11-14 to 2026-11-20"),
        ({"kind": "simulated", "simulation": {"start": "2026-11-14", "shown": "2026-11-20"}}, "2026-11-13",
         "expected a day of the synthetic city, 2026-11-14 to 2026-11-20"),
    ],
)  # fmt: skip
def test_a_date_that_the_city_does_not_have_leaves_nothing_behind(
    city: dict[str, Any], day: str, happened: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from minhu.orchestration import tasks

    (tmp_path / "city.json").write_text(json.dumps(city), encoding="utf-8")
    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    context = {**CONTEXT, "dag_run": SimpleNamespace(partition_key=day, run_after=AFTER)}
    monkeypatch.setattr(tasks, "get_current_context", lambda: context)
    with pytest.raises(AirflowFailException, match=happened), tasks.stage():
        raise AssertionError("no task of such a night begins")
    assert [path.name for path in tmp_path.iterdir()] == ["city.json"], "no note, no arrival"


@pytest.mark.parametrize("error", [KeyError("张三"), SourceBlocked("read", "a column is missing", "ask")])
def test_what_no_retry_can_help_is_not_tried_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout

    from minhu.orchestration import tasks

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    monkeypatch.setattr(tasks, "get_current_context", lambda: CONTEXT)
    for raised in (error, AirflowTaskTimeout()):
        with pytest.raises(AirflowFailException) as told, tasks.stage():
            raise raised
        assert "张三" not in str(told.value)


def test_task_that_failed_says_in_its_log_what_readers_will_notice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from minhu.orchestration import tasks

    monkeypatch.setenv("MINHU_HOME", str(tmp_path))
    tasks.tell_readers(CONTEXT)  # killed: it left no note
    assert "nothing of grid was ever accepted - see docs/runbook/stage-ended.md" in caplog.text
    caplog.clear()
    monkeypatch.setattr(tasks, "get_current_context", lambda: CONTEXT)
    with pytest.raises(TransientError), tasks.stage():
        raise TransientError("read the grid platform", "it is down", "try again")
    tasks.tell_readers(CONTEXT)
    assert "nothing of grid was ever accepted - see docs/runbook/source-down.md" in caplog.text
    caplog.clear()
    tasks.tell_readers({**CONTEXT, "dag_run": SimpleNamespace(partition_key=None, run_after=AFTER)})
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
    from minhu.orchestration import tasks

    monkeypatch.setenv(f"AIRFLOW_CONN_MINHU_{name.upper()}", connection)
    assert tasks.endpoint(name) == expected


def test_no_connection_means_the_city_has_no_such_source(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from minhu.orchestration import tasks

    def not_found(name: str) -> None:
        raise AirflowNotFoundException(name)

    monkeypatch.setattr(Connection, "get", staticmethod(not_found))
    assert tasks.endpoint("grid") == Endpoint(None)
