"""What the whole catalogue costs a night's build beside the KPIs of hotline, grid and stations alone (the first 27)."""

from __future__ import annotations

import json
import shutil
import time
from datetime import date
from typing import Any

from minhu.landing.night import Night
from minhu.settings import Settings
from minhu.warehouse import dbt_build, work_file

FIRST_27 = "H G S"
#: Models of the first 27 that are no ancestor of their counts.
OWN = {"kpi_rates", "kpi_scheme_scores", "kpi_three_rate_scores", "kpi_periods_to_count"}


def measure(settings: Settings, day: date) -> dict[str, Any]:
    """Ratio of the wall time of the build of everything to that of the first 27 KPIs, both in this (warm) process.

    Most nights nothing is returned; ``everything_with_returns`` is a night on which a workbook came.

    The work file must hold the loaded, not yet built night of ``day``; it is left as it was.
    """
    copy = settings.home / "benchmark" / "before.duckdb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(settings.warehouse_path, copy)
    spent: dict[str, float] = {}
    runs = {"first_27": _only_the_first(settings, day), "everything": [], "everything_with_returns": []}
    for name, extra in runs.items():
        with work_file.connect(settings) as db:
            db.execute("update raw.build_state set previous_business_date = business_date, "
                       "previous_load_no = built_load_no")  # fmt: skip
            state = work_file.read_state(db)
            unchanged = dbt_build.unchanged_models(db, state, day)
        if name == "everything_with_returns":
            unchanged = [model for model in unchanged if model not in dbt_build.OF_RETURNS]
        variables = {"only_kpis": FIRST_27} if extra else {}
        dbt_build.run_dbt(Night(settings, day), ["parse"], state, variables=variables)
        started = time.perf_counter()
        dbt_build.run_dbt(Night(settings, day), [*dbt_build.BUILD, *unchanged, *extra], state, variables=variables)
        spent[name] = round(time.perf_counter() - started, 2)
        shutil.copyfile(copy, settings.warehouse_path)
    copy.unlink()
    ratio = spent["everything"] / spent["first_27"]
    return {
        "name": "build of the whole catalogue / of the first 27 KPIs",
        "value": round(ratio, 2), "unit": "ratio", "target": 1.4, "met": ratio <= 1.4, "detail": spent,
    }  # fmt: skip


def _only_the_first(settings: Settings, day: date) -> list[str]:
    """Selection of the models that the first 27 need: those their counts are made of, and no others."""
    with work_file.connect(settings) as db:
        state = work_file.read_state(db)
        models = db.execute(
            "select distinct count_model from seeds.kpi_contract where list_contains(?, kpi_id[1])", [FIRST_27.split()]
        ).fetchall()
    dbt_build.run_dbt(Night(settings, day), ["parse"], state)
    manifest = json.loads((settings.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    wanted = {f"agg_{model}_by_period" for (model,) in models} & set(nodes)
    waiting = list(wanted)
    while waiting:
        for parent in nodes[waiting.pop()]["depends_on"]["nodes"]:
            short = parent.split(".")[-1]
            if parent.startswith("model.") and short not in wanted:
                wanted.add(short)
                waiting.append(short)
    return ["--select", *sorted(wanted | OWN), "resource_type:seed"]
