"""What readers call a KPI, also in a release from before it had a name in English."""

from __future__ import annotations

import pytest

from minhu.reports.presentation.names import name_of_kpi
from minhu.reports.presentation.values import Words

OLD = {"kpi_id": "H06", "kpi_name": "on_time_closure_rate", "name_zh": "按时办结率"}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (OLD | {"variant": "main", "name_en": "On-time closure rate"}, Words("按时办结率", "On-time closure rate")),
        (OLD | {"variant": "main"}, Words("按时办结率", "On time closure rate")),
        (OLD | {"variant": "main", "name_en": None}, Words("按时办结率", "On time closure rate")),
        (OLD | {"variant": "calendar_paused"}, Words("按时办结率", "On time closure rate (calendar paused)")),
        ({"kpi_id": "H06", "name_zh": None}, Words("H06", "H06")),
    ],
)
def test_every_variant_has_a_name_in_both_languages(row: dict[str, str], name: Words) -> None:
    assert name_of_kpi(row) == name
