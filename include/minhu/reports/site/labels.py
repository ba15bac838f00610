"""Headings and titles of columns of the site's pages."""

from minhu.reports.presentation.values import Words

LABELS = {
    "none": Words("无数据", "no figure"),
    "marks": Words("标记", "Marks"),
    "value": Words("数值", "value"),
    "interval": Words("95% 区间", "95 % interval"),
    "signals": Words("特殊原因信号", "Special-cause signals"),
    "signal": Words("信号", "signal"),
    "kpi": Words("指标", "KPI"),
    "period": Words("期间", "period"),
    "trend": Words("走势", "over time"),
    "past": Words("各期数值", "All periods"),
    "variants": Words("同一指标的不同口径与分支", "The same KPI counted otherwise"),
    "variants_note": Words(
        "考核口径剔除了不纳入考核的工单；它与全口径之差，就是剔除带来的抬升。",
        "The assessed caliber leaves out orders that are kept out of the assessment; how it differs from the full one is what that adds.",
    ),
    "waterfall": Words("各项规则带来的变化", "What each rule adds"),
    "waterfall_note": Words(
        "从最严的算法到考核口径：每条为一项规则增减的部分。差异来自算法，不是抽样误差；各算法的区间与 n 见下表。",
        "From the strictest way of counting to the assessed caliber: each bar is what one rule adds. "
        "Differences come from the rule, not from chance; intervals and n stand below.",
    ),
    "save": Words("下载各单位各期数值（CSV）", "Download all units and periods (CSV)"),
    "variant": Words("分支", "variant"),
    "caliber": Words("口径", "caliber"),
    "districts": Words("各区县走势", "Districts over time"),
    "districts_note": Words(
        "同一纵轴；灰线为全市，阴影为 95% 区间；未公布的期间断开，不作连线。",
        "On one axis; the grey line is the city, the shade the 95 % interval; a period that is not shown is a gap.",
    ),
    "breakdowns": Words("按诉求类别、性质、等级、渠道分解", "By category, demand type, tier and channel"),
    "breakdowns_note": Words(
        "最近一个已定稿的月份，全口径。各表是同一批工单的不同分法，不可相加；小样本隐去，能由其他数值推得小样本的也一并隐去。",
        "The newest settled month, all orders. Each table is of the same orders: never add two. Small figures are hidden, and those "
        "from which a small one would follow.",
    ),
    "city": Words("全市", "city"),
    "funnel": Words("漏斗图：差异是否超出偶然", "Funnel: more than chance?"),
    "funnel_note": Words(
        "每点为一个单位；虚线为 95% 界限，实线为 99.8% 界限（已计入过度离散）。界限之内的差异与偶然无异。",
        "Each dot is a unit; broken lines are 95 % limits, full ones 99.8 % (overdispersion allowed for). "
        "Within them units do not differ from chance.",
    ),
    "unit": Words("单位", "unit"),
    "band": Words("与同类相比", "against its peers"),
    "rank": Words("可能的名次", "likely ranks"),
    "change": Words("比上期", "against the period before"),
    "held": Words("未公布的单元格", "Cells that are not shown"),
    "nothing_held": Words("本期没有隐去或暂缓的单元格。", "No cell of this period is suppressed or withheld."),
    "verdict": Words("裁定", "verdict"),
    "reason": Words("原因", "reason"),
    "cells": Words("单元格数", "cells"),
    "definition": Words("定义", "Definition"),
    "history": Words("定义的历史", "Versions of the definition"),
    "version": Words("版本", "version"),
    "since": Words("起用", "from"),
    "meaning": Words("前后含义", "before and now"),
    "means": Words("含义", "meaning"),
    "with_before": Words("与上期比", "with the period before"),
    "with_year": Words("与上年同期比", "with the year before"),
    "every": Words("共", "of"),
    "break_mark": Words("[b] 序列中断", "[b] break"),
    "take": Words("取数与核验", "Take and check"),
    "companions": Words("伴随指标", "Integrity indicators"),
    "companions_note": Words(
        "供审计与比率对照阅读，不排名、不计分。", "Read beside the rates by auditors; never ranked, never scored."
    ),
    "companion": Words("伴随指标", "indicator"),
    "level": Words("层级", "level"),
    "before": Words("此前", "before"),
    "now": Words("现在", "now"),
    "causes": Words("原因", "causes"),
    "scheme": Words("方案", "scheme"),
    "weight": Words("权重", "weight"),
    "target": Words("目标", "target"),
    "source": Words("出处", "source"),
}
