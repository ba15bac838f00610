"""Words of the dossier that belong to codes of the release, in Chinese and English."""

from __future__ import annotations

from minhu.extract import registry
from minhu.reports.dossier.page import Words

VERDICTS = {
    "PUBLISHED": Words("公布", "published"),
    "PUBLISHED_WITH_NOTE": Words("附注公布", "with a note"),
    "BAND_ONLY": Words("仅给区间", "interval only"),
    "SUPPRESSED": Words("隐去", "suppressed"),
    "WITHHELD": Words("暂缓", "withheld"),
    "NOT_RATED": Words("不评", "not rated"),
}
LEVELS = {
    "city": Words("市", "city"),
    "district": Words("区县", "district"),
    "street": Words("街镇", "street"),
    "community": Words("社区", "community"),
    "grid": Words("网格", "grid"),
    "point": Words("服务点", "service point"),
    "unit": Words("承办单位", "responsible unit"),
}
SOURCES = {source.name: Words(source.name_zh, source.name_en) for source in registry.sources()}
GROUPS = {
    "H": Words("热线12345", "hotline 12345"),
    "G": Words("网格治理", "grid governance"),
    "S": Words("就近办事", "service stations"),
    "R": Words("两代表一委员", "proposals and consultations"),
    "B": Words("双报到", "check-in of party members"),
    "E": Words("街镇考评部门", "streets rate departments"),
    "L": Words("四级联动", "joint meetings"),
    "T": Words("立应立行", "three tiers"),
    "W": Words("社区工作者", "community workers"),
    "V": Words("五化标杆社区", "benchmark communities"),
    "P": Words("民生项目与经费", "projects and funds"),
    "Q": Words("公众满意度", "public satisfaction"),
    "X": Words("交叉印证", "cross-system truth"),
}
SEVERITIES = {
    "block": Words("拦截", "block"),
    "warn": Words("提示", "warn"),
    "info": Words("告知", "info"),
    "by share": Words("按占比", "by share"),
    **VERDICTS,
}
WHO_ACTS = {
    "owner of the source": Words("来源方", "owner of the source"),
    "engineer": Words("工程师", "engineer"),
    "engineer, then owner of the source": Words("工程师、来源方", "engineer, then owner of the source"),
    "owner of the KPI": Words("口径方", "owner of the KPI"),
}
LAYERS = {
    "L0": Words("到达（L0）", "delivery (L0)"),
    "L1": Words("入库检验（L1）", "arrival (L1)"),
    "L2": Words("记录规则（L2）", "record (L2)"),
    "L3": Words("模型与恒等式（L3）", "model and identity (L3)"),
    "L4": Words("指标（L4）", "KPI (L4)"),
}
DIMENSIONS = {
    "normativity": Words("规范性", "normativity"),
    "completeness": Words("完整性", "completeness"),
    "accuracy": Words("准确性", "accuracy"),
    "consistency": Words("一致性", "consistency"),
    "timeliness": Words("时效性", "timeliness"),
    "accessibility": Words("可访问性", "accessibility"),
}
CALIBERS = {"full": Words("全口径", "full"), "assessed": Words("考核口径", "assessed")}
IDENTITIES = {
    "created": Words("受理 ＝ 办结 ＋ 在办 ＋ 撤回 ＋ 合并", "created = closed + open + withdrawn + merged"),
    "due": Words("到期 ＝ 按时 ＋ 超时办结 ＋ 超期未结", "due = on time + late + overdue and open"),
    "attempted": Words("回访尝试 ＝ 有效 ＋ 无效 ＋ 未接通", "attempted = valid + invalid + not reached"),
    "source_landed": Words("来源行数 ＝ 落地行数", "source = landed"),
    "landed_marts": Words("落地 ＝ 计数 ＋ 隔离", "landed = counted + quarantined"),
    "marts_published": Words("计数 ＝ 公布", "counted = published"),
}
COMPANIONS = {
    "exclusion_rate": Words("剔除率", "exclusion rate"),
    "exclusion_lift_pp": Words("剔除抬升（百分点）", "exclusion lift (pp)"),
    "instant_close_rate": Words("秒结率（十分钟内办结）", "closed within ten minutes"),
    "deferral_near_deadline_share": Words("临期申请延期占比", "deferrals near the deadline"),
    "invalid_callback_share": Words("无效回访占比", "invalid call-backs"),
    "satisfaction_with_invalid_answers": Words("计入无效回访的满意率", "satisfaction with invalid answers"),
    "deadline_bunching_index": Words("期限前一小时办结指数", "deadline bunching index"),
    "orders_per_10k_residents": Words("每万人工单数", "orders per 10,000 residents"),
}
CAUSES = {
    "late_rows": Words("迟到记录", "late records"),
    "corrected_rows": Words("更正记录", "corrected records"),
    "restated_return": Words("报表重报", "a return sent again"),
    "rule_version": Words("口径版本", "another version of the definition"),
    "border_change": Words("区划变动", "a change of borders"),
    "reference_change": Words("名录变动", "another register of grids, points, items or residents"),
    "code": Words("程序变动", "other code"),
    "verdict_only": Words("仅裁定变化", "only the verdict"),
    "unexplained": Words("原因不明", "unexplained"),
}
PERIODS = {
    "day": Words("日", "day"),
    "week": Words("周", "week"),
    "month": Words("月", "month"),
    "assessment_month": Words("考核月", "assessment month"),
    "quarter": Words("季度", "quarter"),
    "half_year": Words("半年", "half-year"),
    "year": Words("年", "year"),
}


def of(code: str | None, known: dict[str, Words]) -> Words:
    """Words of a code, or the code itself where nobody named it."""
    text = str(code or "")
    return known.get(text, Words(text, text))
