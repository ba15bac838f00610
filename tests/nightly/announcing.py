"""Run as a process: all sources announce one date at the same moment to an Airflow on PostgreSQL; prints what then waits.

Airflow reads where its database is when it is first imported, so a test cannot do this in its own process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime
from typing import Any


def main(dags_folder: str, key: str) -> None:
    from airflow import models, settings

    settings.initialize()
    models.import_all_models()
    from airflow.dag_processing.collection import update_dag_parsing_results_in_db
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.asset import AssetPartitionDagRun, PartitionedAssetKeyLog
    from airflow.models.dagbundle import DagBundleModel
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils import db
    from airflow.utils.session import create_session

    from minhu.extract import registry

    with create_session() as session:
        db._create_db_from_orm(session)
        session.add(DagBundleModel(name="dags-folder"))
        db.synchronize_log_template(session=session)
    dags = [LazyDeserializedDAG.from_dag(dag) for dag in DagBag(dags_folder).dags.values()]
    with create_session() as session:
        update_dag_parsing_results_in_db("dags-folder", None, dags, {}, 1.0, set(), session)
    together = threading.Barrier(len(registry.names()))
    threads = [threading.Thread(target=announce, args=(name, key, together)) for name in registry.names()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with create_session() as session:
        waits = [(wait.target_dag_id, wait.partition_key) for wait in session.query(AssetPartitionDagRun)]
        logs = session.query(PartitionedAssetKeyLog).count()
    sys.stdout.write(json.dumps({"waits": waits, "logs": logs}) + "\n")


def announce(source: str, key: str, together: threading.Barrier) -> None:
    """What Airflow's API server writes when the last task of an extract has succeeded."""
    from datetime import date

    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.sdk.api.datamodels._generated import AssetProfile
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    from minhu import settings as settings_module
    from minhu.landing.night import Night
    from minhu.orchestration.tasks import COMPLETES_NIGHT, LANDED, NIGHT_LANDED
    from minhu.pipeline import rounds

    with create_session() as session:
        found: Any = SerializedDagModel.get(f"{source}_extract", session=session)
        run = found.dag.create_dagrun(
            run_id=f"manual__{source}", logical_date=None, data_interval=None, partition_key=key, run_after=datetime.now(UTC),
            run_type=DagRunType.MANUAL, triggered_by=DagRunTriggeredByType.TEST, state=DagRunState.RUNNING, session=session,
        )  # fmt: skip
        session.flush()
        task = next(one for one in run.get_task_instances(session=session) if one.task_id == "announce_arrival")
        session.commit()
        together.wait()
        asked = rounds.completes(Night(settings_module.load(), date.fromisoformat(key)), source, run.run_id)
        night = {"name": NIGHT_LANDED.name, "uri": NIGHT_LANDED.uri}
        event = {
            "source_alias_name": COMPLETES_NIGHT.name,
            "dest_asset_key": night,
            "dest_asset_extra": {},
            "extra": {},
        }
        outlets = [
            AssetProfile(name=LANDED[source].name, uri=LANDED[source].uri, type="Asset"),
            AssetProfile(name=COMPLETES_NIGHT.name, uri=None, type="AssetAlias"),
        ]
        TaskInstance.register_asset_changes_in_db(
            session.merge(task), outlets, [event] if asked else [], session=session
        )


if __name__ == "__main__":
    assert os.environ["AIRFLOW_HOME"]
    main(sys.argv[1], sys.argv[2])
