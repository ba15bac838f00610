"""Of which levels and in which periods a KPI is published: kpis/*.yml, read as data."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.periods import KINDS_OF_LEVEL

_FILES = Path(__file__).parents[2] / "kpis"
Kpi = tuple[str, str]


@cache
def _contract() -> dict[Kpi, dict[str, Any]]:
    found = {}
    for path in sorted(_FILES.glob("*.yml")):
        whole = yaml.safe_load(path.read_text(encoding="utf-8"))
        for variant, own in (whole.get("variants") or {"main": {}}).items():
            found[whole["kpi_id"], variant] = whole | (own or {})
    return found


def kpis() -> set[Kpi]:
    """Every KPI with its variants."""
    return set(_contract())


@cache
def grains(kpi: Kpi) -> set[tuple[str, str]]:
    """Pairs of level and kind of period; ``street/day`` in the list names a pair that the level alone would not have."""
    own = _contract()[kpi]
    named = {tuple(kind.split("/")) for kind in own["periods"] if "/" in kind}
    return named | {(level, kind) for level in own["levels"] for kind in KINDS_OF_LEVEL[level] & set(own["periods"])}
