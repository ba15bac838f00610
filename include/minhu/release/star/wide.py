"""The wide view: one row per unit and month, one column per KPI, made from the contract of KPIs of a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from minhu.release.published_contract import Contract, Text
from minhu.release.star.facts import SETTLED_MONTHS
from minhu.release.star.views import View, ViewColumn, literal

#: What the contract of KPIs is asked, in an order that does not depend on where it lies.
MAIN_KPIS = (
    "select kpi_id, kpi_name, name_zh, name_en, unit from published.kpi_contract where variant = 'main' order by kpi_id"
)
#: PostgreSQL cuts longer names off.
_LONGEST_NAME = 63


@dataclass(frozen=True)
class Kpi:
    """A KPI whose main variant is a column."""

    kpi_id: str
    kpi_name: str
    name_zh: str
    name_en: str
    unit: str

    @property
    def column(self) -> str:
        return f"{self.kpi_id.lower()}_{self.kpi_name}"[:_LONGEST_NAME]


def wide_kpi_months(contract: Contract, kpis: Sequence[Kpi]) -> View:
    units = contract.codes["kpi_unit"].words
    figures = [
        ViewColumn(
            kpi.column,
            f"max(case when cell.kpi_id = {literal(kpi.kpi_id)} then cell.value end)",
            Text(
                f"{kpi.kpi_id} {kpi.name_zh}（{units[kpi.unit].zh if kpi.unit in units else kpi.unit}）；未公布时为空值。",
                f"{kpi.kpi_id} {kpi.name_en} ({kpi.unit}); null where it is not shown.",
            ),
        )
        for kpi in kpis
    ]
    return View(
        "wide_kpi_months",
        Text(
            "宽表：每个对象和月份一行，每个指标一列。主口径、已定稿的月份、考核口径；为何为空值见 fct_kpi_results.mark。",
            "Wide: one row per unit and month, one column per KPI. Main variants of settled months in the assessed caliber; why "
            "a figure is null says fct_kpi_results.mark.",
        ),
        (
            ViewColumn("unit_type", "cell.unit_type", Text("层级。", "Level.")),
            ViewColumn("unit_code", "cell.unit_code", Text("对象代码。", "Code of the unit.")),
            ViewColumn("unit_name", "max(cell.unit_name)", Text("对象名称。", "Name of the unit.")),
            ViewColumn("month_start", "cell.period_start", Text("月份的第一天。", "First day of the month.")),
            *figures,
        ),
        "from published.kpi_results as cell\n"
        f"where {SETTLED_MONTHS.format('cell')} and cell.caliber = 'assessed'\n"
        "group by cell.unit_type, cell.unit_code, cell.period_start",
    )
