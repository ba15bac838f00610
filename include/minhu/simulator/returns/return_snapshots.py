"""The sheets of a monthly report that say how things stand at its end: counts, ratings, posts, projects, funds, surveys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city.geography import Geography
from minhu.simulator.city.streams import Ints, stream
from minhu.simulator.returns.reporting import departments, month_after, streets_of

CHECK_GROUPS = ("组织体系标准化", "为民服务精准化", "民主自治规范化", "社会治理精细化", "保障机制常态化")
DOMAINS = ("教育", "医疗", "交通", "住房", "就业", "环境")


def _quarter(month: date) -> date:
    return month.replace(month=(month.month - 1) // 3 * 3 + 1)


def _studios(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    start = _quarter(month)
    count = max(3, round(501 * scale))
    received = np.zeros(count, dtype=np.int64)
    some = start
    while some <= month:
        received += stream(seed, some, "studios").poisson(0.9, count)
        some = month_after(some)
    return pd.DataFrame(
        {
            "工作室编码": [f"GZS{number + 1:04d}" for number in range(count)],
            "社区代码": geo.community_codes[np.arange(count) * 7 % len(geo.community_codes)],
            "季度": f"{start.year}Q{(start.month + 2) // 3}", "接待次数": received,
        }
    )  # fmt: skip


def _rising(seed: int, month: date, name: str, obliged: Ints, base: float) -> Ints:
    """How many of the obliged have come by the end of the month: more from month to month of a year."""
    share = min(0.985, base + 0.02 * (month.month - 1))
    return stream(seed, month.replace(month=1, day=1), name).binomial(obliged, share)


def _checkin_units(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    streets = streets_of(geo)
    count = max(len(streets), round(1171 * scale))
    number = np.arange(count)
    obliged = np.ones(count, dtype=np.int64)
    return pd.DataFrame(
        {
            "单位编码": [f"DW{n + 1:05d}" for n in number], "街镇代码": streets[number % len(streets)],
            "应报到": obliged, "已报到": _rising(seed, month, "party units", obliged, 0.72),
        }
    )  # fmt: skip


def _checkin_members(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    streets = streets_of(geo)
    per_street = max(4, round(24000 * scale / len(streets)))
    obliged = stream(seed, date(2020, 1, 1), "members").poisson(per_street, len(streets)) + 1
    came = _rising(seed, month, "members", obliged, 0.7)
    return pd.DataFrame({"街镇代码": streets, "应报到人数": obliged, "已报到人数": came})


def _checkin_feedback(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    streets = streets_of(geo)
    rng = stream(seed, month, "check-in feedback")
    times = rng.poisson(max(6.0, 21600 * scale / 6 / len(streets)), len(streets))
    return pd.DataFrame(
        {
            "街镇代码": streets, "报到次数": times, "社区已反馈": rng.binomial(times, 0.93),
            "单位已反馈": rng.binomial(times, 0.86),
        }
    )  # fmt: skip


def _ratings(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    """Streets rate departments once a quarter, some later, a few never; some give everybody full marks."""
    start, streets, units = _quarter(month), streets_of(geo), departments(geo)
    rng = stream(seed, start, "ratings")
    severity, quality = rng.normal(0, 4, len(streets)), rng.normal(0, 3, len(units))
    comes_in = rng.choice([0, 1, 2, 9], len(streets), p=[0.5, 0.3, 0.15, 0.05])
    generous = rng.random(len(streets)) < 0.08
    asked = rng.random((len(streets), len(units))) < 0.85
    score = 88 + severity[:, None] + quality[None, :] + rng.normal(0, 3, (len(streets), len(units)))
    score = np.where(generous[:, None], 100.0, np.clip(np.round(score, 1), 0, 100))
    row, column = np.nonzero(asked & (comes_in <= month.month - start.month)[:, None])
    return pd.DataFrame(
        {
            "季度": f"{start.year}Q{(start.month + 2) // 3}", "街镇代码": streets[row], "部门编码": units[column],
            "得分": score[row, column],
        }
    )  # fmt: skip


def _posts(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    streets = streets_of(geo)
    year = month.replace(month=1, day=1)
    rng = stream(seed, year, "posts")
    kinds = [("正职", grade) for grade in range(9, 19)] + [("副职", grade) for grade in range(5, 15)]
    kinds += [("专职", grade) for grade in range(1, 13)]
    per_row = 9072 * scale / (len(streets) * len(kinds))
    rows = pd.DataFrame(
        [(street[:6], street, kind, grade) for street in streets for kind, grade in kinds],
        columns=["区县代码", "街镇代码", "岗位", "等级"],
    )
    workers = rng.poisson(per_row * 1.2, len(rows))
    elapsed = month.month / 12
    return rows.assign(
        人数=workers, 大学以上人数=rng.binomial(workers, 0.62), 年内离职=rng.binomial(workers, 0.06 * elapsed),
        年内晋级=np.where(rows["等级"] < 18, rng.binomial(workers, 0.15 * elapsed), 0),
        年内招录=rng.binomial(workers, 0.2 * elapsed),
    ).loc[lambda frame: frame["人数"] > 0].reset_index(drop=True)  # fmt: skip


def _checks(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    year = month.replace(month=1, day=1)
    rng = stream(seed, year, "benchmark checks")
    count = max(2, round(162 * scale))
    chosen = np.sort(rng.choice(len(geo.community_codes), min(count, len(geo.community_codes)), replace=False))
    groups = list(CHECK_GROUPS)
    rows = [(code, number + 1) for code in geo.community_codes[chosen] for number in range(31)]
    frame = pd.DataFrame(rows, columns=["社区代码", "指标编号"])
    frame["类别"] = [groups[(number - 1) * 5 // 31] for number in frame["指标编号"]]
    frame["是否达标"] = np.where(rng.random(len(frame)) < 0.87, "是", "否")
    return frame.assign(年度=str(month.year))


def _named(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    rng = stream(seed, date(2020, 1, 1), "benchmarks")
    count = min(max(3, round(162 * scale)), len(geo.community_codes))
    chosen = np.sort(rng.choice(len(geo.community_codes), count, replace=False))
    named = rng.integers(month.year - 3, month.year, count)
    kept = rng.random(count) < 0.88
    return pd.DataFrame(
        {
            "社区代码": geo.community_codes[chosen], "命名年度": named.astype(str),
            "复查年度": np.where(named < month.year, str(month.year), ""),
            "复查是否达标": np.where(kept, "是", "否"),
        }
    )  # fmt: skip


#: Planned and done in a year, and the unit; full city.
PROJECTS = {
    "新投用学校": (170, 195, "所"), "新增学位": (180_000, 194_000, "个"), "老旧小区改造": (1514, 1514, "个"),
    "背街小巷改造": (600, 590, "条"), "打通断头路": (60, 57, "条"), "架空线缆落地": (900.0, 888.3, "公里"),
}  # fmt: skip


def _projects(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    rows = []
    districts = sorted(geo.districts)
    for number, (kind, (planned, done, unit)) in enumerate(PROJECTS.items()):
        for place, district in enumerate(districts):
            rng = stream(seed, month.replace(month=1, day=1), f"projects {kind} {district}")
            plan = max(1.0, round(planned * scale / len(districts), 1 if unit == "公里" else 0))
            ready = round(plan * done / planned * month.month / 12, 1 if unit == "公里" else 0)
            accepted = rng.random() < 0.8 + month.month / 60
            day = date(month.year, month.month, 1 + int(rng.integers(0, 27))) if accepted and ready else None
            rows.append(
                (f"MS{month.year}{number:02d}{place:02d}", kind, district, str(month.year), plan, ready, unit, day)
            )
    names = ["项目编号", "类别", "区县代码", "年度", "计划数", "完成数", "计量单位", "验收日期"]
    return pd.DataFrame(rows, columns=names)


def _funds(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    rng = stream(seed, month.replace(month=1, day=1), "funds")
    codes = geo.community_codes
    share = month.month / 12
    budget = np.where(rng.random(len(codes)) < 0.94, 200_000 + rng.integers(0, 9, len(codes)) * 5_000, 180_000)
    lines = [(code[:6], code, "社区工作经费", float(b)) for code, b in zip(codes, budget, strict=True)]
    for kind, total in (("集中活动月", 143e6), ("建设提升奖补", 120e6)):
        each = round(total * scale / len(geo.districts), -3)
        lines += [(district, None, kind, max(1000.0, each)) for district in sorted(geo.districts)]
    frame = pd.DataFrame(lines, columns=["区县代码", "社区代码", "类别", "预算元"])
    paid = np.round(frame["预算元"] * np.minimum(1.0, share * rng.uniform(0.8, 1.08, len(frame))), -2)
    return frame.assign(年度=str(month.year), 拨付元=paid)


def _waves(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    """The last half-year that is over, and the same one a year before."""
    half = (
        date(month.year, 7, 1)
        if month.month == 12
        else date(month.year, 1, 1)
        if month.month >= 6
        else date(month.year - 1, 7, 1)
    )
    rows = []
    for start in (half.replace(year=half.year - 1), half):
        for number, domain in enumerate(DOMAINS):
            for district in sorted(geo.districts):
                rng = stream(seed, start, f"survey {domain} {district}")
                contacted = int(rng.integers(260, 420))
                valid = int(rng.binomial(contacted, 0.55))
                level = 0.74 + 0.01 * number + 0.02 * (start.year - 2020) % 0.1 + float(rng.normal(0, 0.01))
                satisfied = int(rng.binomial(valid, level))
                mean = round(60 + 38 * satisfied / max(1, valid), 2)
                rows.append(
                    (f"{start.year}H{1 if start.month == 1 else 2}", domain, district, contacted, valid, mean,
                     round(float(rng.uniform(9, 14)), 2), satisfied)
                )  # fmt: skip
    names = ["半年度", "领域", "区县代码", "接触数", "有效样本", "均值", "标准差", "满意及以上数"]
    return pd.DataFrame(rows, columns=names)


SNAPSHOTS: dict[str, Callable[[int, float, date, Geography], pd.DataFrame]] = {
    "studios": _studios, "checkin_units": _checkin_units, "checkin_members": _checkin_members,
    "checkin_feedback": _checkin_feedback, "department_ratings": _ratings, "posts": _posts,
    "benchmark_checks": _checks, "benchmarks": _named, "projects": _projects, "funds": _funds, "survey_waves": _waves,
}  # fmt: skip
