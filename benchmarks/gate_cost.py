"""What deciding costs a night: checks, findings, verdicts, suppression and the dossier, beside the build."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from minhu import dossier, gate, warehouse
from minhu.settings import Settings

TARGET = 0.25


def measure(settings: Settings, day: date, build_seconds: float) -> dict[str, Any]:
    """Wall time of checks, verdicts and dossier over that of the build of the marts, in this (warm) process.

    The work file must hold the built, not yet judged night of ``day``. The dossier is that of the newest release.

    Args:
        settings: of the home.
        day: the night.
        build_seconds: what its build took.
    """
    spent = {"build": build_seconds}
    steps: dict[str, Callable[[], object]] = {
        "check": lambda: warehouse.check_marts(settings, day),
        "decide": lambda: gate.decide_verdicts(settings, day),
        "dossier": lambda: dossier.write(settings),
    }
    for name, step in steps.items():
        started = time.perf_counter()
        step()
        spent[name] = round(time.perf_counter() - started, 2)
    ratio = sum(spent[name] for name in steps) / build_seconds
    return {
        "name": "checks, findings, verdicts, suppression and dossier / build of the marts",
        "value": round(ratio, 2), "unit": "ratio", "target": TARGET, "met": ratio <= TARGET, "detail": spent,
    }  # fmt: skip
