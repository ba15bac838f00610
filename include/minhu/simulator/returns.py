"""What departments return each month, calibrated to the figures of a published account of Xi'an (about 2021).

A report is written at the end of a month and knows nothing later. Sheets of records hold those of six months, so that
what ends later is reported later; counts within a quarter or year are those up to the month. Names of columns are those
of the workbooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

from minhu.simulator.geography import Geography
from minhu.simulator.reference import units_table
from minhu.simulator.streams import Ints, Texts, stream

RECORD_MONTHS = 6
#: Subject of a workbook to its sheets.
SUBJECTS = {
    "两代表一委员": ("studios", "proposals", "consultations", "opinions"),
    "双报到": ("checkin_units", "checkin_members", "needs", "checkin_feedback"),
    "街镇考评部门": ("department_calls", "department_ratings"),
    "党建联席会": ("meetings", "meeting_decisions", "disputes"),
    "社区工作者": ("posts",),
    "五化标杆": ("benchmark_checks", "benchmarks"),
    "民生实事": ("projects", "funds"),
    "公众满意度": ("survey_waves",),
}
CHECK_GROUPS = ("组织体系标准化", "为民服务精准化", "民主自治规范化", "社会治理精细化", "保障机制常态化")
DOMAINS = ("教育", "医疗", "交通", "住房", "就业", "环境")
Frames = dict[str, pd.DataFrame]
NO_DATE = np.datetime64("NaT", "D")


def month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def months_before(first: date, count: int) -> date:
    number = first.year * 12 + first.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def report_frames(seed: int, scale: float, start: date, month: date, geo: Geography) -> Frames:
    """The nineteen sheets of the report of a month.

    Args:
        seed, scale, start: of the city; disputes are about its orders, which begin with ``start``.
        month: its first day.
        geo: places.
    """
    until = month_after(month) - timedelta(days=1)
    frames: Frames = {}
    records: dict[str, list[pd.DataFrame]] = {}
    for back in reversed(range(RECORD_MONTHS)):
        born = months_before(month, back)
        for name, frame in _records(seed, scale, born, until, geo):
            records.setdefault(name, []).append(frame)
    for name, parts in records.items():
        frames[name] = pd.concat(parts, ignore_index=True)
    frames["disputes"] = _disputes(seed, scale, start, month, until)
    for name, make in _SNAPSHOTS.items():
        frames[name] = make(seed, scale, month, geo)
    return frames


def _count(rng: np.random.Generator, per_year: float, scale: float) -> int:
    return max(1, int(rng.poisson(per_year / 12 * scale)))


def _known(days: Ints, until: date) -> pd.Series:
    """Days since 1970 as dates; none where negative or after ``until``."""
    last = (until - date(1970, 1, 1)).days
    stamps = np.where(days >= 0, days, 0).astype("datetime64[D]")
    stamps[(days < 0) | (days > last)] = NO_DATE
    return pd.Series(stamps)


def _born(rng: np.random.Generator, month: date, count: int) -> Ints:
    first = (month - date(1970, 1, 1)).days
    return np.sort(rng.integers(first, first + (month_after(month) - month).days, count))


def _later(rng: np.random.Generator, born: Ints, low: int, high: int, share: float) -> Ints:
    """A day ``low`` to ``high`` after each; for all but ``share`` of them never (-1)."""
    days = born + rng.integers(low, high + 1, len(born))
    return np.where(rng.random(len(born)) < share, days, -1)


def _departments(geo: Geography) -> Texts:
    units = units_table(geo)
    return units.loc[units["kind"].isin(["department", "company"]), "unit_code"].to_numpy(dtype=object)


def _streets(geo: Geography) -> Texts:
    return np.array(sorted(geo.streets), dtype=object)


def _records(seed: int, scale: float, month: date, until: date, geo: Geography) -> Iterator[tuple[str, pd.DataFrame]]:
    """Sheets whose rows are born in ``month``, as known on ``until``."""
    stamp = f"{month:%Y%m}"
    streets, units = _streets(geo), _departments(geo)

    def codes(prefix: str, count: int) -> list[str]:
        return [f"{prefix}{stamp}{number + 1:04d}" for number in range(count)]

    rng = stream(seed, month, "proposals")
    born = _born(rng, month, _count(rng, 232, scale))
    due, answered = born + 90, _later(rng, born, 20, 110, 0.95)
    yield "proposals", pd.DataFrame(
        {
            "提案编号": codes("TA", len(born)), "类型": rng.choice(["提案", "建议"], len(born)),
            "承办单位": rng.choice(units, len(born)), "交办日期": _known(born, until),
            "答复期限": _known(due, date(2100, 1, 1)), "答复日期": _known(answered, until),
        }
    )  # fmt: skip
    rng = stream(seed, month, "consultations")
    born = _born(rng, month, _count(rng, 186 + 131, scale))
    kind = np.where(rng.random(len(born)) < 186 / (186 + 131), "微协商", "专题调研")
    conclusions = rng.integers(1, 7, len(born))
    yield "consultations", pd.DataFrame(
        {
            "编号": codes("XS", len(born)), "类型": kind, "街镇代码": rng.choice(streets, len(born)),
            "日期": _known(born, until), "结论数": conclusions, "转办任务数": rng.binomial(conclusions, 0.78),
        }
    )  # fmt: skip
    rng = stream(seed, month, "opinions")
    born = _born(rng, month, _count(rng, 1200, scale))
    told = _later(rng, born, 3, 60, 0.9)
    yield "opinions", pd.DataFrame(
        {
            "编号": codes("YJ", len(born)), "街镇代码": rng.choice(streets, len(born)), "收到日期": _known(born, until),
            "办理结果": _known(told, until).map(lambda day: None if pd.isna(day) else "已采纳"), "反馈日期": _known(told, until),
        }
    )  # fmt: skip
    rng = stream(seed, month, "needs")
    born = _born(rng, month, _count(rng, 6000, scale))
    matched = _later(rng, born, 1, 20, 0.92)
    done = np.where((matched >= 0) & (rng.random(len(born)) < 0.9), matched + rng.integers(1, 40, len(born)), -1)
    yield "needs", pd.DataFrame(
        {
            "需求编号": codes("XQ", len(born)), "社区代码": rng.choice(geo.community_codes, len(born)),
            "发布日期": _known(born, until), "对接日期": _known(matched, until), "完成日期": _known(done, until),
        }
    )  # fmt: skip
    rng = stream(seed, month, "department calls")
    born = _born(rng, month, _count(rng, 4800, scale))
    called = born * 1440 + rng.integers(540, 1020, len(born))
    required = called + rng.choice([120, 240, 1440], len(born))
    arrived = np.where(
        rng.random(len(born)) < 0.97,
        called + ((required - called) * rng.uniform(0.1, 1.12, len(born))).astype(np.int64),
        -1,
    )
    yield "department_calls", pd.DataFrame(
        {
            "编号": codes("CS", len(born)), "街镇代码": rng.choice(streets, len(born)),
            "部门编码": rng.choice(units, len(born)), "呼叫时间": _minutes(called, until),
            "要求到场时间": _minutes(required, date(2100, 1, 1)), "实际到场时间": _minutes(arrived, until),
        }
    )  # fmt: skip
    rng = stream(seed, month, "meetings")
    holding = streets[rng.random(len(streets)) < 0.55]
    born = _born(rng, month, len(holding))
    rng.shuffle(holding)
    yield "meetings", pd.DataFrame(
        {
            "编号": codes("HY", len(born)), "街镇代码": holding, "日期": _known(born, until),
            "有无纪要": np.where(rng.random(len(born)) < 0.93, "有", "无"),
        }
    )  # fmt: skip
    of_meeting = np.repeat(np.arange(len(born)), rng.integers(1, 5, len(born)))
    due = born[of_meeting] + rng.integers(10, 75, len(of_meeting))
    done = np.where(rng.random(len(due)) < 0.94, due + rng.integers(-20, 15, len(due)), -1)
    meetings = np.array(codes("HY", len(born)), dtype=object)
    yield "meeting_decisions", pd.DataFrame(
        {
            "编号": codes("JD", len(due)), "会议编号": meetings[of_meeting], "事项": "共建事项",
            "完成期限": _known(due, date(2100, 1, 1)), "完成日期": _known(done, until),
        }
    )  # fmt: skip


def _minutes(minutes: Ints, until: date) -> pd.Series:
    end = ((until - date(1970, 1, 1)).days + 1) * 1440
    stamps = np.where(minutes >= 0, minutes, 0).astype("datetime64[m]").astype("datetime64[s]")
    stamps[(minutes < 0) | (minutes >= end)] = np.datetime64("NaT")
    return pd.Series(stamps)


def _disputes(seed: int, scale: float, start: date, month: date, until: date) -> pd.DataFrame:
    """A few orders of each day whose responsible unit is disputed from the next day on."""
    parts = []
    day = max(start, months_before(month, RECORD_MONTHS - 1))
    while day <= until:
        count = max(1, round(12 * scale))
        rng = stream(seed, day, "disputes")
        begun = (day - date(1970, 1, 1)).days * 1440 + 1440 + rng.integers(0, 1440, count)
        settled = np.where(rng.random(count) < 0.95, begun + 60 + rng.exponential(6 * 1440, count).astype(np.int64), -1)
        orders = [f"X{day:%y%m%d}{number:05d}" for number in range(count)]
        columns = {"工单编号": orders, "争议开始": _minutes(begun, until), "明确主体时间": _minutes(settled, until)}
        parts.append(pd.DataFrame(columns))
        day += timedelta(days=1)
    if not parts:
        return pd.DataFrame({"工单编号": [], "争议开始": [], "明确主体时间": []})
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame["争议开始"].notna()].reset_index(drop=True)


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
    streets = _streets(geo)
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
    streets = _streets(geo)
    per_street = max(4, round(24000 * scale / len(streets)))
    obliged = stream(seed, date(2020, 1, 1), "members").poisson(per_street, len(streets)) + 1
    came = _rising(seed, month, "members", obliged, 0.7)
    return pd.DataFrame({"街镇代码": streets, "应报到人数": obliged, "已报到人数": came})


def _checkin_feedback(seed: int, scale: float, month: date, geo: Geography) -> pd.DataFrame:
    streets = _streets(geo)
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
    start, streets, units = _quarter(month), _streets(geo), _departments(geo)
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
    streets = _streets(geo)
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


_SNAPSHOTS: dict[str, Callable[[int, float, date, Geography], pd.DataFrame]] = {
    "studios": _studios, "checkin_units": _checkin_units, "checkin_members": _checkin_members,
    "checkin_feedback": _checkin_feedback, "department_ratings": _ratings, "posts": _posts,
    "benchmark_checks": _checks, "benchmarks": _named, "projects": _projects, "funds": _funds, "survey_waves": _waves,
}  # fmt: skip
