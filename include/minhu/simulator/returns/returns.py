"""What departments return each month, calibrated to the figures of a published account of Xi'an (about 2021).

A report is written at the end of a month and knows nothing later. Sheets of records hold those of six months, so that
what ends later is reported later; counts within a quarter or year are those up to the month. Names of columns are those
of the workbooks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

from minhu.simulator.city.geography import Geography
from minhu.simulator.city.streams import Ints, stream
from minhu.simulator.returns.reporting import departments, month_after, months_before, streets_of
from minhu.simulator.returns.return_snapshots import SNAPSHOTS

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
Frames = dict[str, pd.DataFrame]
NO_DATE = np.datetime64("NaT", "D")


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
    for name, make in SNAPSHOTS.items():
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


def _records(seed: int, scale: float, month: date, until: date, geo: Geography) -> Iterator[tuple[str, pd.DataFrame]]:
    """Sheets whose rows are born in ``month``, as known on ``until``."""
    stamp = f"{month:%Y%m}"
    streets, units = streets_of(geo), departments(geo)

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
