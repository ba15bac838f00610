"""What there is to count: the count models of the dbt project, as ``kpis/counts.json`` keeps them.

The file is written from compiled models (``tests/dbt/column_lineage.py``) and compared with them in a test, so that a KPI
can be added, checked and traced to landed columns where nothing was built.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minhu.gate.kpi_contract.form import Kpi

COUNTS_FILE = Path("kpis") / "counts.json"


@dataclass(frozen=True)
class CountModel:
    """Counts by unit, period and caliber: the model ``agg_<name>_by_period``.

    Attributes:
        levels: kinds of unit that it counts for.
        only_for: KPIs that have a row of their own in it; None where its counts serve any KPI.
        inputs: the models and landed tables below it, itself included.
        every_count_rests_on: landed columns that decide which rows and cells there are.
        counts: a count's name to the landed columns that it rests on beside them.
    """

    levels: frozenset[str]
    only_for: frozenset[str] | None
    inputs: frozenset[str]
    every_count_rests_on: frozenset[str]
    counts: dict[str, frozenset[str]]


@dataclass(frozen=True)
class Counts:
    """Count models by name, and figures that are composed or estimated: KPI to landed columns."""

    counted: dict[str, CountModel]
    composed_models: frozenset[str]
    composed_inputs: frozenset[str]
    composed: dict[str, frozenset[str]]

    def landed_columns(self, kpi: Kpi) -> list[str]:
        """Landed columns that a KPI rests on, of the tables among its inputs, sorted.

        Raises:
            KeyError: its count model, one of its counts or its composed figure is not known.
        """
        if kpi.count_model in self.composed_models:
            below = self.composed[kpi.kpi_id]
        else:
            model = self.counted[kpi.count_model]
            below = model.every_count_rests_on.union(*(model.counts[name] for name in named_counts(kpi)))
        # a composed figure is one row among others of its model: its inputs say which landed tables are its own
        return sorted(column for column in below if column.rpartition(".")[0] in kpi.inputs)


def named_counts(kpi: Kpi) -> list[str]:
    """Counts that the expressions of a KPI name, each once."""
    return sorted(set(re.findall(r"[A-Za-z_]\w*\b(?!\()", " ".join(kpi.expressions))))


def read_counts(project_root: Path) -> Counts:
    """The kept file, as it stands in a checkout."""
    said: dict[str, Any] = json.loads((project_root / COUNTS_FILE).read_text(encoding="utf-8"))
    composed = said["composed"]
    return Counts(
        {
            name: CountModel(
                frozenset(model["levels"]),
                None if model["only_for"] is None else frozenset(model["only_for"]),
                frozenset(model["inputs"]),
                frozenset(model["every_count_rests_on"]),
                {count: frozenset(columns) for count, columns in model["counts"].items()},
            )
            for name, model in said["counted"].items()
        },
        frozenset(composed["count_models"]),
        frozenset(composed["inputs"]),
        {kpi_id: frozenset(columns) for kpi_id, columns in composed["kpis"].items()},
    )
