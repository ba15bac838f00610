"""Categories, responsible units and service items of the simulated city. Names are plausible, codes are made up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from minhu.simulator.city.geography import CITY_CODE, Geography
from minhu.simulator.city.streams import Bools, Floats, Ints, Texts

#: The hotline centre: responsible until an order is dispatched, and for what it answers on the spot.
CENTRE = "D00"

# name, theme, weight, responsible (department number, or "street", or company number)
_CATEGORIES: tuple[tuple[str, str, float, str], ...] = (
    ("入学政策", "education", 3, "D01"), ("校外培训", "education", 2, "D01"), ("学校收费", "education", 1, "D01"),
    ("医保报销", "medical", 4, "D02"), ("就医服务", "medical", 2, "D02"), ("疫苗接种", "medical", 1, "D02"),
    ("公交线路", "transport", 3, "D03"), ("道路破损", "transport", 4, "street"), ("违章停车", "transport", 7, "D04"),
    ("交通信号", "transport", 2, "D04"), ("物业服务", "housing", 9, "street"), ("房产证办理", "housing", 3, "D05"),
    ("老旧小区改造", "housing", 3, "street"), ("房屋漏水", "housing", 3, "street"), ("供暖", "housing", 5, "C01"),
    ("供水", "housing", 3, "C02"), ("供气", "housing", 2, "C03"), ("拖欠工资", "employment", 4, "D06"),
    ("社会保险", "employment", 4, "D06"), ("就业服务", "employment", 2, "D06"), ("噪声扰民", "environment", 7, "D07"),
    ("垃圾清运", "environment", 5, "street"), ("占道经营", "environment", 5, "street"),
    ("油烟污染", "environment", 2, "D07"), ("绿化养护", "environment", 2, "D08"), ("消费维权", "other", 6, "D09"),
    ("政务咨询", "other", 6, "D10"), ("户籍证件", "other", 3, "D04"), ("其他", "other", 2, "street"),
)  # fmt: skip
_THEMES = {
    "education": "教育", "medical": "医疗", "transport": "交通", "housing": "住房", "employment": "就业",
    "environment": "环境", "other": "其他",
}  # fmt: skip
_DEPARTMENTS = (
    "市12345热线办", "市教育局", "市卫生健康委", "市交通运输局", "市公安局", "市自然资源和规划局",
    "市人力资源社会保障局", "市生态环境局", "市城管执法局", "市市场监管局", "市行政审批局",
)  # fmt: skip
_COMPANIES = ("市热力集团", "市自来水公司", "市燃气公司")
#: Departments with a bureau in each district.
_BUREAUS = {"D01": "教育局", "D04": "公安分局", "D06": "人社局", "D07": "生态环境局", "D09": "市场监管局"}


@dataclass(frozen=True)
class Categories:
    codes: Texts
    names: Texts
    weights: Floats
    responsible: Texts
    patrolled: Ints
    """Positions of the matters a grid worker can see in the street."""


def categories() -> Categories:
    """The leaves of the category tree, in code order."""
    weights = np.array([row[2] for row in _CATEGORIES], dtype=np.float64)
    seen = [i for i, row in enumerate(_CATEGORIES) if row[3] in ("street", "D04", "D07", "D08")]
    return Categories(
        codes=np.array([f"K{number + 1:03d}" for number in range(len(_CATEGORIES))], dtype=object),
        names=np.array([row[0] for row in _CATEGORIES], dtype=object),
        weights=weights / weights.sum(),
        responsible=np.array([row[3] for row in _CATEGORIES], dtype=object),
        patrolled=np.array(seen, dtype=np.int64),
    )


def categories_table() -> pd.DataFrame:
    """Table ``hotline.categories``: a parent for each theme, then the leaves."""
    parents = {theme: f"K9{number + 1:02d}" for number, theme in enumerate(_THEMES)}
    rows: list[tuple[str, str, str | None, str]] = [
        (parents[theme], name, None, theme) for theme, name in _THEMES.items()
    ]
    rows += [(f"K{i + 1:03d}", row[0], parents[row[1]], row[1]) for i, row in enumerate(_CATEGORIES)]
    return pd.DataFrame(sorted(rows), columns=["category_code", "name", "parent_code", "theme"])


def units_table(geo: Geography) -> pd.DataFrame:
    """Table ``hotline.units``: departments, companies, district bureaus, streets."""
    rows: list[tuple[str, str, str, str, str | None]] = [
        (f"D{number:02d}", name, "department", CITY_CODE, None) for number, name in enumerate(_DEPARTMENTS)
    ]
    rows += [(f"C{i + 1:02d}", name, "company", CITY_CODE, "D08") for i, name in enumerate(_COMPANIES)]
    rows += [
        (bureau_code(department, district), f"{district_name}{name}", "district_bureau", district, department)
        for district, district_name in geo.districts.items()
        for department, name in _BUREAUS.items()
    ]
    rows += [(f"S{code}", f"{name}办事处", "street", code, None) for code, name in geo.streets.items()]
    table = pd.DataFrame(sorted(rows), columns=["unit_code", "name", "kind", "place_code", "parent_code"])
    return table.assign(valid_from="2019-01-01", valid_to=None)


def bureau_code(department: str, district: str) -> str:
    return f"B{district}{department[1:]}"


def responsible_units(responsible: Texts, streets: Texts) -> Texts:
    """Who handles a matter (``Categories.responsible``) at a street: its office, a bureau, a department, a company."""
    chosen = [
        f"S{street}" if who == "street" else bureau_code(who, street[:6]) if who in _BUREAUS else who
        for who, street in zip(responsible, streets, strict=True)
    ]
    return np.array(chosen, dtype=object)


@dataclass(frozen=True)
class Items:
    """The list of service items; arrays run in code order. Levels are the Chinese words of the station files."""

    codes: Texts
    names: Texts
    personal: Bools
    core: Bools
    lowest_level: Texts


def service_items() -> Items:
    """The 200 items of the list: 70% personal; 52% of the personal ones go to a street, a community or a machine."""
    number = np.arange(200)
    subjects = ("社保卡", "医保", "低保", "养老", "生育", "户籍", "住房", "就业", "残疾人", "经营许可")
    acts = ("申领", "变更", "补办", "查询", "登记", "注销", "年审", "证明", "补贴", "转移")
    levels = np.array(["社区", "街镇", "自助", "街镇", "社区", "区县", "市", "区县", "街镇", "区县"], dtype=object)
    words = [f"{subjects[n % 10]}{acts[n // 10 % 10]}{'' if n < 100 else '（二）'}" for n in number]
    return Items(
        codes=np.array([f"SX{n + 1:04d}" for n in number], dtype=object),
        names=np.array(words, dtype=object),
        personal=number % 10 < 7,
        core=number % 20 < 3,
        lowest_level=levels[(number * 7 + number // 10) % 10],
    )
