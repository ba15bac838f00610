"""The night as a DAG of astronomer-cosmos, one Airflow task a model; in the settings that favour it.

The manifest is at hand (nothing is read when the DAG is made), dbt runs in the task's process, no datasets and no
telemetry are told. ``dag.test()`` runs the tasks one after the other in one process: no scheduler, no API, no process a task,
all of which a deployed Airflow adds. DuckDB lets one process write, so tasks could not run side by side either.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.night import Night

PACKAGES = ("astronomer-cosmos", "apache-airflow", "dbt-core", "dbt-duckdb", "duckdb")
#: Airflow looks DAGs up in files of a folder.
_FILE = "from benchmarks.peers.cosmos_dag import from_environment\n\ndag = from_environment()  # airflow DAG\n"


def prepare(night: Night, name: str, mode: str) -> None:
    """Airflow's database, the DAG's file and the manifest."""
    folder = night.folder_of(name)
    shutil.rmtree(folder / "airflow", ignore_errors=True)
    dags = folder / "airflow" / "dags"
    dags.mkdir(parents=True)
    (dags / "night.py").write_text(_FILE)
    os.environ.update(_environment(night, name, mode))
    programs = Path(sys.executable).parent
    subprocess.run([programs / "airflow", "db", "migrate"], check=True)
    subprocess.run(
        [
            programs / "dbt", "--quiet", "parse", "--project-dir", night.dbt_dir, "--profiles-dir", night.dbt_dir,
            "--target-path", folder / "target", "--log-path", folder / "logs", "--vars", json.dumps(night.variables),
        ],
        check=True,
    )  # fmt: skip


def run(night: Night, name: str, mode: str) -> dict[str, Any]:
    """All tasks of the DAG.

    Raises:
        RuntimeError: a task did not succeed.
    """
    os.environ.update(_environment(night, name, mode))
    dag = from_environment()
    states = {task.task_id: str(task.state) for task in dag.test().get_task_instances()}
    failed = sorted(f"{task} {state}" for task, state in states.items() if state != "success")
    if failed:
        raise RuntimeError(f"run {len(states)} tasks: {len(failed)} did not succeed: {', '.join(failed[:3])}")
    return {"tasks": len(states)}


def from_environment() -> Any:
    """The DAG of the night and the mode that the environment names."""
    from cosmos import DbtDag, ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
    from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior

    night, name = Night.read(Path(os.environ["PEER_NIGHT"])), os.environ["PEER_NAME"]
    mode = ExecutionMode(os.environ["PEER_MODE"])
    is_watcher = mode == ExecutionMode.WATCHER
    dag = DbtDag(
        dag_id=name,
        project_config=ProjectConfig(
            dbt_project_path=night.dbt_dir, manifest_path=night.folder_of(name) / "target" / "manifest.json",
            project_name="minhu", dbt_vars=night.variables, install_dbt_deps=False,
        ),
        profile_config=ProfileConfig("minhu", "duckdb", profiles_yml_filepath=night.dbt_dir / "profiles.yml"),
        execution_config=ExecutionConfig(execution_mode=mode, invocation_mode=InvocationMode.DBT_RUNNER),
        # tests are in the one command of the watcher; otherwise they are one task more, not one a model
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST, emit_datasets=False,
            test_behavior=TestBehavior.AFTER_EACH if is_watcher else TestBehavior.AFTER_ALL,
        ),
        operator_args={"vars": night.variables, "install_deps": False},
        schedule=None,
    )  # fmt: skip
    if is_watcher:
        _look_afterwards(dag)
    return dag


def _look_afterwards(dag: Any) -> None:
    """Sensors look once, after what they watch: tasks run one after the other here, and one that waited would wait for ever."""
    producer = dag.task_dict["dbt_producer_watcher"]
    for task in dag.tasks:
        if task is not producer:
            task.trigger_rule, task.deferrable = "all_success", False
            if not task.upstream_task_ids:
                producer >> task


def _environment(night: Night, name: str, mode: str) -> dict[str, str]:
    home = night.folder_of(name) / "airflow"
    return {
        **night.environment(night.work_file_of(name)),
        "PEER_NIGHT": night.folder, "PEER_NAME": name, "PEER_MODE": mode,
        "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false", "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "false",
        "AIRFLOW__COSMOS__CACHE_DIR": str(home / "cosmos"), "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING", "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "600",
    }  # fmt: skip
