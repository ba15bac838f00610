"""What readers call a KPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minhu.reports.presentation.values import Words


def name_of_kpi(contract: Mapping[str, Any]) -> Words:
    """A KPI and variant in both languages, by its row of the published contract.

    A release from before KPIs had names in English has their identifier, and the variant beside it.
    """
    spelled = str(contract.get("kpi_name") or contract["kpi_id"]).replace("_", " ")
    variant = str(contract.get("variant") or "main")
    beside = "" if variant == "main" else f" ({variant.replace('_', ' ')})"
    english = str(contract.get("name_en") or f"{spelled[:1].upper()}{spelled[1:]}{beside}")
    return Words(str(contract.get("name_zh") or english), english)
