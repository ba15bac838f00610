"""What deciding costs a night: findings, verdicts, suppression and the dossier, beside the build."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from minhu.gate import decision
from minhu.landing.night import Night
from minhu.reports import dossier
from minhu.settings import Settings
from minhu.warehouse import dbt_build

TARGET = 0.25
#: Models that find and decide. The others that follow from verdicts are what is published: results, comparisons, ranks,
#: restatements.
DECIDING = (
    "kpi_findings", "kpi_periods_to_judge", "kpi_cells", "kpi_cell_verdicts", "kpi_cells_to_protect", "kpi_complements",
    "kpi_hidden_cells", "kpi_verdicts", "kpi_blocked", "kpi_companions_to_protect", "waivers", "conservation", "quality_rules",
    "data_quality_scores", "quality_findings", "quarantined_rows",
)  # fmt: skip


def measure(settings: Settings, day: date, build_seconds: float) -> dict[str, Any]:
    """Wall time of checks, verdicts and dossier over that of the build of the marts, in this (warm) process.

    The work file must hold the built, not yet judged night of ``day``. The dossier is that of the newest release. One run of
    dbt makes verdicts and what is published: its wall time is divided as its models' own seconds are.

    Args:
        settings: of the home.
        day: the night.
        build_seconds: what its build took, with the models of the build that look for findings (``qc_…``).
    """
    spent = {"build": build_seconds}
    steps: dict[str, Callable[[], object]] = {
        "check": lambda: dbt_build.check_marts(Night(settings, day)),
        "decide": lambda: decision.decide_verdicts(Night(settings, day)),
        "dossier": lambda: dossier.write(settings),
    }
    models: dict[str, float] = {}
    for name, step in steps.items():
        with _models_run() as seconds:
            started = time.perf_counter()
            step()
            spent[name] = round(time.perf_counter() - started, 2)
        if name == "decide":
            models = seconds
    share = sum(seconds for model, seconds in models.items() if model in DECIDING) / sum(models.values())
    spent["of decide: findings, verdicts, suppression"] = round(share * spent["decide"], 2)
    gates = spent["check"] + share * spent["decide"] + spent["dossier"]
    ratio = gates / build_seconds
    slowest = sorted(models.items(), key=lambda entry: -entry[1])[:8]
    return {
        "name": "checks, findings, verdicts, suppression and dossier / build of the marts",
        "value": round(ratio, 2), "unit": "ratio", "target": TARGET, "met": ratio <= TARGET,
        "detail": spent | {"with all that is published / build": round((gates + (1 - share) * spent["decide"]) / build_seconds, 2),
                           "slowest models of decide": {model: round(seconds, 2) for model, seconds in slowest}},
    }  # fmt: skip


@contextmanager
def _models_run() -> Iterator[dict[str, float]]:
    """Seconds of each model that dbt runs meanwhile, by alias; it writes no file about them."""
    seconds: dict[str, float] = {}
    run = dbt_build.run_dbt

    def record(*arguments: Any, **named: Any) -> list[Any]:
        results = run(*arguments, **named)
        seconds.update((result.node.alias, float(result.execution_time)) for result in results)
        return results

    dbt_build.run_dbt = record
    try:
        yield seconds
    finally:
        dbt_build.run_dbt = run
