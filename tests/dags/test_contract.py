"""What every DAG of the project must have. A message says what to add, and where."""

from __future__ import annotations

import ast
import itertools
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from minhu.extract import registry
from minhu.landing import contracts
from minhu.standalone.airflow_api import DAG_IDS, MONTHLY_DAG_IDS, REPLAY_POOL, WEEKLY_DAG_IDS, WRITER_POOL

from .conftest import DAGS_FOLDER, load_dags

EXTRACTS = {
    "hotline_extract": "hotline",
    "grid_extract": "grid",
    "stations_extract": "stations",
    "returns_extract": "returns",
}
WRITERS = {"assessment_build", "kpi_publish"}
ALL_DAG_IDS = sorted((*DAG_IDS, *WEEKLY_DAG_IDS, *MONTHLY_DAG_IDS))
POOLS = {**dict.fromkeys(WRITERS, WRITER_POOL), "release_replay": REPLAY_POOL}
#: Tasks that read the release alone.
READERS = {"compare_published", "write_dossier", "write_site"}
TASKS = {
    **{dag_id: ["land_tables", "validate_arrival", "announce_arrival"] for dag_id in EXTRACTS},
    "assessment_build": ["build_marts"],
    "kpi_publish": ["publish_release", "write_site", "write_dossier", "compare_published"],
    "release_replay": ["replay_release"],
    "release_sign_off": ["propose_release", "ask_approvers", "sign_release"],
}
OUTLETS = {
    **{dag_id: {"announce_arrival": {f"landing/{source}", "landing/completed"}} for dag_id, source in EXTRACTS.items()},
    "assessment_build": {"build_marts": {"warehouse/assessment"}},
    "kpi_publish": {"publish_release": {"releases/kpi_results"}},
    "release_replay": {},
    "release_sign_off": {},
}
WAITS_FOR = {
    "assessment_build": {"landing/night"},
    "kpi_publish": {"warehouse/assessment"},
}
DOC_SECTIONS = ("**Inputs**", "**Outputs**", "**When it fails**", "**Run a day again**")
LONGEST_FILE = 85

every_dag = pytest.mark.parametrize("dag_id", ALL_DAG_IDS)


def source_of(dag_id: str) -> str:
    return (DAGS_FOLDER / f"{dag_id}.py").read_text(encoding="utf-8")


def test_there_are_exactly_these_dags(dags: dict[str, Any]) -> None:
    assert sorted(dags) == ALL_DAG_IDS, (
        "a DAG was added or removed: say so in minhu.standalone.airflow_api, in DAG_IDS (the night waits for each) or in "
        "WEEKLY_DAG_IDS or MONTHLY_DAG_IDS, and in this test"
    )


def test_loading_the_files_needs_no_database(dags: dict[str, Any]) -> None:
    assert dags
    made = [path.name for path in Path(os.environ["AIRFLOW_HOME"]).rglob("*.db")]
    assert made == [], "a DAG file asks the metadata database while it is loaded: move that into a task"


@every_dag
def test_file_is_named_after_its_dag(dags: dict[str, Any], dag_id: str) -> None:
    assert Path(dags[dag_id].fileloc) == DAGS_FOLDER / f"{dag_id}.py", f"rename the file to dags/{dag_id}.py"
    others = sorted(path.stem for path in DAGS_FOLDER.glob("*.py"))
    assert others == ALL_DAG_IDS, "dags/ holds one file per DAG and nothing else; helpers belong into include/minhu"


@every_dag
def test_file_is_short(dag_id: str) -> None:
    lines = len(source_of(dag_id).splitlines())
    assert lines <= LONGEST_FILE, (
        f"dags/{dag_id}.py has {lines} lines, {LONGEST_FILE} are allowed: move what is not orchestration to include/minhu"
    )


@every_dag
def test_docstring_is_the_documentation_and_has_every_section(dags: dict[str, Any], dag_id: str) -> None:
    written = ast.get_docstring(ast.parse(source_of(dag_id)), clean=False) or ""
    assert dags[dag_id].doc_md == written, f"dags/{dag_id}.py: add doc_md=__doc__ to @dag(…)"
    assert written.startswith(f"\n### {dag_id}\n"), f"dags/{dag_id}.py: begin the docstring with ### {dag_id}"
    missing = [section for section in DOC_SECTIONS if section not in written]
    assert missing == [], f"dags/{dag_id}.py: add to the docstring: {', '.join(missing)}"


@pytest.mark.parametrize(("dag_id", "source"), sorted(EXTRACTS.items()))
def test_extract_documents_every_table_it_lands(dag_id: str, source: str) -> None:
    landed = [contract.name for contract in contracts.tables_of(source)]
    missing = [name for name in landed if name not in source_of(dag_id)]
    assert missing == [], f"dags/{dag_id}.py: name these tables under **Outputs**: {', '.join(missing)}"


@every_dag
def test_owner_tags_and_one_run_at_a_time(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.owner == "minhu", f"dags/{dag_id}.py: pass default_args=NIGHT_DEFAULT_ARGS"
    assert "minhu" in dag.tags, f'dags/{dag_id}.py: add the tag "minhu"'
    assert len(dag.tags) >= 2, (
        f"dags/{dag_id}.py: add a tag for its part of the work (extract, build, publish, audit, sign-off)"
    )
    if dag_id in EXTRACTS:
        assert {"extract", EXTRACTS[dag_id]} <= dag.tags, f"dags/{dag_id}.py: tag it extract and by its source"
    assert dag.max_active_runs == 1, f"dags/{dag_id}.py: set max_active_runs=1; a window builds on the one before"
    assert dag.catchup is False, f"dags/{dag_id}.py: set catchup=False; the next night reads what missed nights left"


@pytest.mark.parametrize("dag_id", sorted(EXTRACTS))
def test_extracts_run_by_business_date_after_midnight_of_the_city(dags: dict[str, Any], dag_id: str) -> None:
    from airflow.sdk import CronPartitionTimetable

    timetable = dags[dag_id].timetable
    assert isinstance(timetable, CronPartitionTimetable), f"dags/{dag_id}.py: pass schedule=nightly_schedule()"
    assert (timetable.expression, str(timetable.timezone)) == ("0 1 * * *", "Asia/Shanghai")
    assert (timetable.run_offset, timetable.key_format) == (-1, "%Y-%m-%d"), "the key is the day before, in ISO form"


def test_extracts_run_on_demand_where_the_night_triggers_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from airflow.sdk import PartitionedAtRuntime

    loaded = load_dags(monkeypatch, tmp_path, "manual")
    for dag_id in EXTRACTS:
        assert isinstance(loaded[dag_id].timetable, PartitionedAtRuntime), (
            f"dags/{dag_id}.py: pass schedule=nightly_schedule(), or `minhu nightly` races the clock"
        )


def test_schedule_follows_the_setting_and_the_zone_of_the_city(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MINHU_TIME_ZONE", "America/New_York")
    timetable = load_dags(monkeypatch, tmp_path, "30 2 * * *")["grid_extract"].timetable
    assert (timetable.expression, str(timetable.timezone)) == ("30 2 * * *", "America/New_York")


def test_a_release_is_replayed_on_sundays_and_never_where_an_airflow_lives_for_one_night(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk import CronTriggerTimetable

    timetable = dags["release_replay"].timetable
    assert isinstance(timetable, CronTriggerTimetable), "dags/release_replay.py: pass schedule=weekly_schedule()"
    assert (timetable.expression, str(timetable.timezone)) == ("0 4 * * 0", "Asia/Shanghai")
    assert dags["release_replay"].schedule is not None
    assert load_dags(monkeypatch, tmp_path, "manual")["release_replay"].schedule is None


def test_a_sign_off_is_asked_for_every_month_where_somebody_may_approve_and_only_of_them(
    dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk import CronTriggerTimetable

    assert dags["release_sign_off"].schedule is None, "by default nobody may approve, so nobody is asked"
    monkeypatch.setenv("MINHU_APPROVERS", "li, 3:zhao")
    assert load_dags(monkeypatch, tmp_path, "manual")["release_sign_off"].schedule is None
    dag = load_dags(monkeypatch, tmp_path, None)["release_sign_off"]
    assert isinstance(dag.timetable, CronTriggerTimetable), "dags/release_sign_off.py: pass schedule=monthly_schedule()"
    assert (dag.timetable.expression, str(dag.timetable.timezone)) == ("0 9 5 * *", "Asia/Shanghai")
    ask = dag.get_task("ask_approvers")
    assert ask.assigned_users == [{"id": "li", "name": "li"}, {"id": "3", "name": "zhao"}]
    assert timedelta(days=1) <= ask.response_timeout < timedelta(days=28), "the next month must find an answer"


@pytest.mark.parametrize("dag_id", sorted(WAITS_FOR))
def test_later_dags_follow_assets_of_the_same_business_date(dags: dict[str, Any], dag_id: str) -> None:
    from airflow.sdk import AssetAll, PartitionedAssetTimetable

    timetable = dags[dag_id].timetable
    assert isinstance(timetable, PartitionedAssetTimetable), (
        f"dags/{dag_id}.py: schedule it by PartitionedAssetTimetable, never by the clock"
    )
    condition = timetable.asset_condition
    assets = condition.objects if isinstance(condition, AssetAll) else [condition]
    assert {asset.name for asset in assets} == WAITS_FOR[dag_id]


@every_dag
def test_tasks_are_these_in_this_order(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert [task.task_id for task in dag.topological_sort()] == TASKS[dag_id], (
        f"dags/{dag_id}.py: the steps changed; docs, summary and this test name them"
    )
    chain = [name for name in TASKS[dag_id] if name not in READERS]
    for reader in READERS & set(TASKS[dag_id]):
        assert dag.get_task(reader).upstream_task_ids == {chain[-1]}, "what reads a release waits for it alone"
    for earlier, later in itertools.pairwise(chain):
        assert dag.get_task(later).upstream_task_ids == {earlier}


@every_dag
def test_every_task_has_a_time_limit_and_those_of_the_night_survive_a_lost_worker(
    dags: dict[str, Any], dag_id: str
) -> None:
    for task in dags[dag_id].tasks:
        where = f"dags/{dag_id}.py, {task.task_id}"
        assert task.execution_timeout is not None, f"{where}: add execution_timeout=timedelta(minutes=…)"
        assert timedelta(minutes=1) <= task.execution_timeout <= timedelta(hours=1), where
        if dag_id in DAG_IDS:
            assert task.retries == 2, f"{where}: pass default_args=NIGHT_DEFAULT_ARGS"
            longest = sum(2 * task.retry_delay.total_seconds() * 2**attempt for attempt in range(task.retries))
            assert longest <= 30, f"{where}: a source that stays down must not cost the night more than half a minute"
            assert task.max_retry_delay <= timedelta(seconds=30), where
        else:
            assert task.retries == 0, f"{where}: no retries; whoever asks for it by hand asks again"


def test_each_source_is_tried_again_on_one_level_only() -> None:
    assert {source.name: source.reads_again for source in registry.sources()} == {
        "hotline": 2,
        "grid": 0,
        "stations": 2,
        "returns": 2,
    }, "the grid client asks each page again (json_api.ATTEMPTS): Airflow would multiply its minute of waiting"


@every_dag
def test_every_task_that_fails_says_what_readers_will_notice(dags: dict[str, Any], dag_id: str) -> None:
    from minhu.orchestration.tasks import tell_approvers, tell_auditors, tell_readers

    beside = {
        "release_replay": (tell_auditors, "AUDIT_DEFAULT_ARGS"),
        "release_sign_off": (tell_approvers, "SIGN_OFF_DEFAULT_ARGS"),
    }
    expected, name = beside.get(dag_id, (tell_readers, "NIGHT_DEFAULT_ARGS"))
    for task in dags[dag_id].tasks:
        called = task.on_failure_callback
        assert list(called) == [expected], f"dags/{dag_id}.py: pass default_args={name}"


@every_dag
def test_only_the_last_task_announces_its_asset(dags: dict[str, Any], dag_id: str) -> None:
    found = {
        task.task_id: {asset.name for asset in task.outlets} for task in dags[dag_id].tasks if task.outlets
    }  # fmt: skip
    assert found == OUTLETS[dag_id], f"dags/{dag_id}.py: set outlets=[…] on its last task; the next DAG waits for it"


@every_dag
def test_tasks_that_write_the_work_file_share_a_pool_of_one(dags: dict[str, Any], dag_id: str) -> None:
    for task in dags[dag_id].tasks:
        expected = "default_pool" if task.task_id in READERS else POOLS.get(dag_id, "default_pool")
        assert task.pool == expected, (
            f"dags/{dag_id}.py, {task.task_id}: set pool={expected!r}; DuckDB has one writer, and a replay waits for none"
        )


@pytest.mark.parametrize("dag_id", sorted(EXTRACTS))
def test_arrival_is_announced_also_when_a_source_failed(dags: dict[str, Any], dag_id: str) -> None:
    from airflow.sdk import TriggerRule

    tasks = {task.task_id: (task.trigger_rule, task.is_teardown) for task in dags[dag_id].tasks}
    assert tasks.pop("announce_arrival") == (TriggerRule.ALL_DONE_SETUP_SUCCESS, True), (
        f"dags/{dag_id}.py: announce_arrival must be a teardown without setups: else one source stops the night, or its "
        "run is green although nothing came"
    )
    assert set(tasks.values()) == {(TriggerRule.ALL_SUCCESS, False)}
    assert not any(task.is_setup for task in dags[dag_id].tasks)


@pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
def test_a_run_of_the_night_that_does_not_end_is_told(dags: dict[str, Any], dag_id: str) -> None:
    from minhu.orchestration.tasks import LATE_AFTER, tell_late

    (alert,) = dags[dag_id].deadline
    assert (alert.interval, alert.callback.path) == (LATE_AFTER, f"{tell_late.__module__}.tell_late"), (
        f"dags/{dag_id}.py: pass deadline=NIGHT_DEADLINE"
    )


LINKS = {
    **{(dag_id, "announce_arrival"): ["Arrival record"] for dag_id in EXTRACTS},
    ("kpi_publish", "write_site"): ["KPI pages"],
    ("kpi_publish", "write_dossier"): ["Dossier"],
}


@every_dag
def test_tasks_link_to_what_they_made(dags: dict[str, Any], dag_id: str) -> None:
    for task in dags[dag_id].tasks:
        found = [link.name for link in task.operator_extra_links]
        assert found == LINKS.get((dag_id, task.task_id), []), f"dags/{dag_id}.py, {task.task_id}"
