"""The returned sheets that count for the known truth, as they were sent, away from any SQL."""

from __future__ import annotations

from datetime import date

import pandas as pd

from minhu.simulator.city.city import City
from minhu.simulator.returns.return_files import deliveries, report_end, sent_frames
from minhu.simulator.returns.returns import SUBJECTS

_KEYS = {
    "proposals": ["提案编号"], "consultations": ["编号"], "opinions": ["编号"], "needs": ["需求编号"],
    "department_calls": ["编号"], "meetings": ["编号"], "meeting_decisions": ["编号"],
    "studios": ["季度", "工作室编码"], "department_ratings": ["季度", "街镇代码", "部门编码"],
    "benchmark_checks": ["年度", "社区代码", "指标编号"], "benchmarks": ["社区代码", "命名年度", "复查年度"],
    "projects": ["项目编号"], "survey_waves": ["半年度", "领域", "区县代码"], "disputes": ["工单编号"],
}  # fmt: skip


def returned_sheets(city: City, business_date: date) -> dict[str, pd.DataFrame]:
    """Every sheet with ``report_to`` (last day of its month), as sent up to ``business_date``.

    Of each month the rows of the delivery that counts; of one key the last report's.
    """
    counting: dict[tuple[str, date], date] = {}
    for day, month, subjects in deliveries(city, business_date):
        counting |= {(subject, month): day for subject in subjects}
    parts: dict[str, list[pd.DataFrame]] = {}
    for (subject, month), day in sorted(counting.items(), key=lambda item: item[0][1]):
        frames = sent_frames(city, day, month)
        for name in SUBJECTS[subject]:
            parts.setdefault(name, []).append(frames[name].assign(report_to=pd.Timestamp(report_end(month))))
    whole = {
        name: pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
        for name, found in parts.items()
    }
    return {
        name: frame.drop_duplicates(_KEYS[name], keep="last") if name in _KEYS else frame
        for name, frame in whole.items()
    }
