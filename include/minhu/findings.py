"""One shape for everything a check has to say."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["block", "warn", "info"]
MAX_SAMPLES = 5
FEW_ROWS, MOST_ROWS_LOST = 2, 0.2


@dataclass(frozen=True, order=True)
class Finding:
    """What one check saw.

    ``block`` withholds the KPIs that depend on the table (and, where given, only the unit and dates named);
    ``warn`` adds a note to them; ``info`` is for the auditor.

    Attributes:
        rule_id: ``<layer>-<source>-<nnn>``, never reused. Layers: L0 delivery, L1 arrival, L2 record, L3 identity
            and model, L4 KPI.
        severity: see above.
        source: ``hotline``, ``grid``, ``stations`` or ``minhu`` (our own models).
        table_name: landed table (``hotline.work_orders``) or dbt model.
        column_name: the column, or "".
        unit_type: level of the unit the finding is limited to, "" for all.
        unit_code: that unit, "" for all.
        period_from: first business date touched (ISO), "" for all.
        period_to: last business date touched (ISO), "" for all.
        rows_seen: rows the check looked at; a check that saw none says so.
        rows_failed: rows that broke the rule.
        kpi_id: the KPI the finding is limited to, "" for all that depend on the table.
        sample_keys: up to five business keys joined by spaces. Never personal data.
        message: one sentence for a person.
    """

    rule_id: str
    severity: Severity
    source: str
    table_name: str
    message: str
    column_name: str = ""
    kpi_id: str = ""
    unit_type: str = ""
    unit_code: str = ""
    period_from: str = ""
    period_to: str = ""
    rows_seen: int = 0
    rows_failed: int = 0
    sample_keys: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def are_many(failed: int, seen: int) -> bool:
    """Whether so many rows are lost that what is left says too little: all of them, or more than a fifth and than two.

    One row, or two, never decide for the others.
    """
    return failed == seen or failed > max(FEW_ROWS, MOST_ROWS_LOST * seen)


def sample(keys: Sequence[object]) -> str:
    """The first few keys in sorted order, for ``Finding.sample_keys``."""
    return " ".join(heapq.nsmallest(MAX_SAMPLES, {str(key) for key in keys}))
