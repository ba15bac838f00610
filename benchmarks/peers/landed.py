"""Lands a night of the synthetic city, and lets the product build and judge it once, recorded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from benchmarks import statements
from benchmarks.homes import settings_at
from benchmarks.peers.night import GIVEN, Night
from minhu.extract import registry
from minhu.gate import decision
from minhu.landing import night as landed_night
from minhu.pipeline import stages
from minhu.settings import Settings
from minhu.standalone import nightly
from minhu.warehouse import dbt_build, work_file

BUSINESS_DATE = date(2026, 11, 20)


def prepare(folder: Path, simulation: nightly.Simulation, progress: Callable[[str], None]) -> Night:
    """A first night: all of the city's history landed, nothing built; what stands in the folder goes."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = settings_at(folder / "home")
    progress(f"landing a city of {simulation.days} days at scale {simulation.scale:g}")
    rows = _land(settings, simulation, progress)
    settings = settings_at(folder / "home")
    of = landed_night.Night(settings, BUSINESS_DATE)
    dbt_build.load_landing(of)
    size = {**asdict(simulation), "rows": rows, "code": work_file.code_hash(settings)[:12]}
    night = Night(str(folder), BUSINESS_DATE.isoformat(), {}, size)
    _copy(settings.warehouse_path, night.loaded)
    progress("building and judging it once, to record the statements")
    with statements.recorded() as sent:
        dbt_build.build_marts(of)
        dbt_build.check_marts(of)
        decision.decide_verdicts(of)
    statements.write(night.statements, sent)
    with work_file.connect(settings) as db:
        variables = dbt_build.variables_of(of, work_file.read_state(db))
    night = Night(night.folder, night.business_date, variables, night.size)
    _copy(settings.warehouse_path, night.built)
    _copy(night.loaded, night.given)
    _give(night)
    target = settings.home / "dbt" / "target"
    shutil.copytree(target / "compiled", night.compiled)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    (folder / "nodes.json").write_text(json.dumps(_in_order(manifest)), encoding="utf-8")
    night.write()
    return night


def _land(settings: Settings, simulation: nightly.Simulation, progress: Callable[[str], None]) -> int:
    rows = 0
    with ExitStack() as stack:
        nightly.start_postgres(settings, stack)
        settings, connections = nightly.prepare_sources(settings, BUSINESS_DATE, simulation, stack, progress)
        night = landed_night.Night(settings, BUSINESS_DATE)
        for source in registry.names():
            stages.land_source(night, source, connections.endpoint(source))
            rows += sum(stages.validate_arrival(night, source, connections.endpoint(source)).row_counts.values())
            stages.announce_arrival(night, source)
    return rows


def _in_order(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What a peer needs to know of each seed, model and data test, each after those that it reads."""
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("seed", "model", "test")}
    order = TopologicalSorter(
        {
            key: [parent for parent in node.get("depends_on", {}).get("nodes", []) if parent in nodes]
            for key, node in nodes.items()
        }
    ).static_order()
    return [
        {
            "name": node["name"], "resource_type": node["resource_type"], "relation": f"{node['schema']}.{node['alias']}",
            "language": node.get("language"), "config": {"materialized": node["config"]["materialized"]},
            "original_file_path": node["original_file_path"], "compiled_below": f"minhu/{_compiled_below(node)}",
        }
        for node in (nodes[key] for key in order)
    ]  # fmt: skip


def _compiled_below(node: dict[str, Any]) -> str:
    """Where dbt leaves the SQL of a node; tests of a YAML file are in a folder of its name."""
    written = node["original_file_path"]
    return f"{written}/{node['path']}" if written.endswith(".yml") else written


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _give(night: Night) -> None:
    """What the product's own steps left, into the file where peers begin."""
    with duckdb.connect(str(night.given)) as db:
        db.execute(f"attach '{night.built}' as built (read_only)")
        carried = db.execute(
            "select table_name, table_type from information_schema.tables where table_catalog = 'built' and table_schema = 'raw' "
            "and (list_contains(?, table_name) or table_name like 'previous_%') order by all",
            [list(GIVEN)],
        ).fetchall()
        for name, _ in carried:
            db.execute(f"create or replace table raw.{name} as from built.raw.{name}")
