"""The fact of breakdowns: what part of a month's figure each category, demand type, tier and channel is."""

from __future__ import annotations

from minhu.release import marks
from minhu.release.published_contract import Contract, Text
from minhu.release.star.views import View, ViewColumn, called, literal, taken

_TABLE = "kpi_breakdowns"


def fct_kpi_breakdowns(contract: Contract) -> View:
    table = contract.tables[_TABLE]
    values = contract.codes["breakdown_value"]
    english = " ".join(f"when {literal(code)} then {literal(text.en)}" for code, text in values.words.items())
    instead = " ".join(f"when {literal(verdict)} then {literal(mark)}" for verdict, (mark, _) in marks.INSTEAD.items())
    beside = (
        f"nullif(concat(case when cell.verdict = 'BAND_ONLY' then '{marks.INTERVAL_ONLY}' end, "
        f"case when cell.is_stale then '{marks.STALE}' end), '')"
    )
    return View(
        "fct_kpi_breakdowns",
        Text(
            f"{table.text.zh}只含考核口径。查询时须选定一种分解方式，否则重复计算。",
            f"{table.text.en} The assessed caliber alone. Choose one breakdown, or orders are counted several times.",
        ),
        (
            *taken(contract, _TABLE, "kpi_id unit_type unit_code unit_name period_start period_end breakdown value_code", "cell"),
            ViewColumn(
                "value_name",
                f"coalesce(nullif(cell.value_name, ''), {called(values, 'cell.value_code')}, cell.value_code)",
                Text("取值的中文名称；类别取自热线的类别表。", "What the value is called in Chinese; a category as the hotline has it."),
            ),
            ViewColumn(
                "value_name_en",
                f"case cell.value_code {english} end",
                Text("取值的英文名称；类别没有，为空值。", "What the value is called in English; categories have no such name: null."),
            ),
            *taken(contract, _TABLE, "value", "cell"),
            ViewColumn(
                "mark",
                f"case cell.verdict {instead} else {beside} end",
                Text(
                    "标记：[c] 隐去、[x] 暂缓、[z] 不评，数值为空值；[u] 仅区间、[o] 沿用，数值在；照常公布时为空值。",
                    "Mark: [c] suppressed, [x] withheld, [z] not rated, the value is null; [u] interval only, [o] carried over, "
                    "beside a value; null where it is simply published.",
                ),
            ),
            *taken(
                contract, _TABLE, "ci_low ci_high numerator denominator verdict rule_id reason is_stale contract_version", "cell"
            ),
        ),
        "from published.kpi_breakdowns as cell\nwhere cell.caliber = 'assessed'",
    )  # fmt: skip
