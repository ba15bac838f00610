"""What rules of counting add to a figure is drawn of shown figures alone, and only where they add anything."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from markupsafe import Markup

from minhu.reports.presentation.values import Words
from minhu.reports.site import lifts
from minhu.reports.site.cells import Cell
from minhu.reports.site.content import Content
from minhu.reports.site.subjects import Kpi

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
H06 = Kpi(
    "H06", "main", Words("按时办结率", "On time closure rate"), "share", "up", "month", {"interval_method": "wilson"},
    [{"variant": name, "unit": "share"} for name in ("main", "calendar_paused", "calendar_unpaused", "claimed")],
)  # fmt: skip


def cell(variant: str, caliber: str, value: float | None, verdict: str = "PUBLISHED") -> Cell:
    return Cell(
        "H06",
        variant,
        "city",
        "610100",
        *OCTOBER,
        caliber,
        880.0,
        value,
        None,
        None,
        verdict,
        "",
        "",
        None,
        None,
        False,
        False,
        False,
    )


FIGURES = [
    cell("calendar_unpaused", "full", 0.889), cell("calendar_paused", "full", 0.895), cell("main", "full", 0.97),
    cell("main", "assessed", 0.968), cell("claimed", "full", 0.999),
]  # fmt: skip


def drawn(kpi: Kpi, figures: list[Cell]) -> Markup:
    return lifts.drawing(cast(Content, SimpleNamespace(variants={kpi.kpi_id: figures})), kpi)


def texts(drawing: str) -> list[str]:
    return re.findall(r'<tspan class="zh">([^<]*)</tspan>|class="row"[^>]*>([^<]+)</text>', drawing)


def test_each_rule_adds_its_part_between_the_strictest_and_the_assessed_figure() -> None:
    found = drawn(H06, FIGURES)
    said = [zh or plain for zh, plain in texts(found)]
    assert said == [
        "规则期限，计时不停", "88.9 %", "扣除挂起与获准延期", "+0.6 个百分点", "改用现行期限（改级、改期）", "+7.5 个百分点",
        "剔除不纳入考核的", "−0.2 个百分点", "考核口径", "96.8 %",
    ]  # fmt: skip
    assert found.count('<rect class="more"') == 2 and found.count('<rect class="less"') == 1
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', found)]
    assert widths[1] / widths[0] == pytest.approx(75 / 6, rel=0.05), "bars are as long as what they add"


@pytest.mark.parametrize("hidden", range(4))
def test_nothing_is_drawn_where_a_figure_of_it_is_hidden(hidden: int) -> None:
    figures = [
        figure._replace(value=None, verdict="SUPPRESSED") if number == hidden else figure
        for number, figure in enumerate(FIGURES)
    ]
    assert drawn(H06, figures) == ""


def test_other_kpis_say_what_exclusion_adds_and_nothing_where_it_adds_nothing() -> None:
    h08 = replace(H06, kpi_id="H08", variants=[{"variant": "main", "unit": "share"}])
    two = [cell("main", "full", 0.85), cell("main", "assessed", 0.86)]
    assert "+1.0" in drawn(h08, two) and cast(Any, drawn(h08, two)).count("<rect") == 1
    assert drawn(h08, [two[0], two[1]._replace(value=0.85)]) == ""
    assert drawn(h08, two[:1]) == ""
