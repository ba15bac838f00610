"""Words that belong to codes of the release, in Chinese and English: those of the contract."""

from __future__ import annotations

from minhu.release import published_contract
from minhu.reports.presentation.values import Words


def _of_list(name: str) -> dict[str, Words]:
    codes = published_contract.load().codes[name]
    return {code: Words(text.zh, text.en) for code, text in codes.words.items()}


VERDICTS = _of_list("verdict")
LEVELS = _of_list("unit_type")
UNIT_KINDS = _of_list("unit_kind")
SOURCES = _of_list("source")
SEVERITIES = {**_of_list("rule_severity"), **VERDICTS}
WHO_ACTS = _of_list("who_acts")
LAYERS = _of_list("layer")
DIMENSIONS = _of_list("dimension")
CALIBERS = _of_list("caliber")
IDENTITIES = _of_list("identity")
COMPANIONS = _of_list("companion")
CAUSES = _of_list("restatement_cause")
PERIODS = _of_list("period_type")
TRENDS = _of_list("trend")
BANDS = _of_list("band")
BREAKDOWNS = _of_list("breakdown")
BREAKDOWN_VALUES = _of_list("breakdown_value")
COMPARISONS = _of_list("comparison")
FUNNEL_POSITIONS = _of_list("funnel_position")
SIGNALS = _of_list("signal")
SIGNAL_DIRECTIONS = _of_list("signal_direction")
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


def of(code: str | None, known: dict[str, Words]) -> Words:
    """Words of a code, or the code itself where nobody named it."""
    text = str(code or "")
    return known.get(text, Words(text, text))


_STANDARDS = {
    "city account": "本市自述材料",
    "own definition": "自行定义",
    "GB vocabulary": "国家标准术语",
    "Austin": "奥斯汀市",
    "Beijing": "北京",
    "Boston CityScore": "波士顿 CityScore",
    "Changji": "昌吉",
    "Chicago": "芝加哥市",
    "Huairou": "怀柔",
    "Jinhua": "金华",
    "Lianyungang": "连云港",
    "NYC Charter": "纽约市宪章",
    "NYS audit": "纽约州审计",
    "Shangluo": "商洛",
    "Xi'an": "西安",
    "Yulin": "榆林",
}


def standard(text: str | None) -> Words:
    """After what a KPI is defined: names of cities and texts in Chinese, numbers of standards as they are."""
    said = text or ""
    zh = said.replace("; ", "；")
    for name, chinese in _STANDARDS.items():
        zh = zh.replace(name, chinese)
    return Words(zh, said)
