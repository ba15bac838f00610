"""The known truth of the returns: sums of returned counts, as the KPI catalogue words them, away from any SQL.

A report knows nothing after its last day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from minhu.simulator.city.city import City
from minhu.simulator.returns.return_snapshots import CHECK_GROUPS
from minhu.simulator.truth.truth_cells import CALIBERS, both, cells, period_starts

_GROUP_CODES = ("organisation", "service", "self_government", "governance", "support")
_PROJECT_CODES = {
    "新投用学校": "school", "老旧小区改造": "compound", "背街小巷改造": "alley", "打通断头路": "road", "架空线缆落地": "cable",
}  # fmt: skip
_FUND_CODES = {"社区工作经费": "operations", "集中活动月": "activity_month", "建设提升奖补": "upgrade_award"}
_FUND_FLOOR, _TOP_GRADE, _FULL_MARKS = 200_000, 18, 100


def return_truth(city: City, sheets: dict[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Cells of every KPI that is a sum of returned counts; ``sheets`` as of :func:`returned_sheets`."""
    yield from _flows(city, sheets)
    yield from _yearly(city, sheets)
    yield from _stocks(city, sheets)


def _rows(day: object, district: object, numerator: object, denominator: object) -> pd.DataFrame:
    columns = {"day": day, "district": district, "numerator": numerator, "denominator": denominator}
    frame = pd.DataFrame(columns)
    return frame.assign(
        day=pd.to_datetime(frame["day"]).astype("datetime64[s]"), numerator=frame["numerator"].astype(float),
        denominator=frame["denominator"].astype(float),
    )  # fmt: skip


def _flows(city: City, sheets: dict[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    frame = sheets["proposals"]
    due = frame[frame["答复期限"] <= frame["report_to"]]
    yield both("R02", "main", _rows(due["答复期限"], None, due["答复日期"] <= due["答复期限"], 1))
    frame = sheets["consultations"]
    yield both("R03", "main", _rows(frame["日期"], frame["街镇代码"].str[:6], frame["转办任务数"], frame["结论数"]))
    frame = sheets["opinions"]
    told = frame["办理结果"].notna() & frame["反馈日期"].notna()
    yield both("R04", "main", _rows(frame["收到日期"], frame["街镇代码"].str[:6], told, 1))
    frame = sheets["needs"]
    yield both("B03", "main", _rows(frame["发布日期"], frame["社区代码"].str[:6], frame["完成日期"].notna(), 1))
    frame = sheets["checkin_feedback"]
    first, second, times = frame["社区已反馈"], frame["单位已反馈"], frame["报到次数"]
    district = frame["街镇代码"].str[:6]
    yield both("B04", "main", _rows(frame["report_to"], district, (first + second - times).clip(lower=0), times))
    yield both("B04", "at_most", _rows(frame["report_to"], district, np.minimum(first, second), times))
    frame = sheets["department_calls"]
    due = frame[frame["要求到场时间"].dt.normalize() <= frame["report_to"]]
    yield both("E01", "main", _rows(due["要求到场时间"], None, due["实际到场时间"] <= due["要求到场时间"], 1))
    decisions = sheets["meeting_decisions"].merge(
        sheets["meetings"][["编号", "街镇代码"]], left_on="会议编号", right_on="编号"
    )
    due = decisions[decisions["完成期限"] <= decisions["report_to"]]
    yield both("L02", "main", _rows(due["完成期限"], due["街镇代码"].str[:6], due["完成日期"] <= due["完成期限"], 1))
    frame = sheets["studios"]
    starts = frame["季度"].map(_quarter_start)
    yield both("R01", "main", _rows(starts, frame["社区代码"].str[:6], frame["接待次数"] > 0, 1))
    yield from _streets(city, sheets)


def _streets(city: City, sheets: dict[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """What every street that stood on its first day should have done in a quarter of which something was reported."""
    ratings = sheets["department_ratings"]
    rating, identical, meeting = [], [], []
    for quarter, given in ratings.groupby("季度"):
        streets = _standing(city, _quarter_start(str(quarter)))
        by_street = given[given["街镇代码"].isin(streets)].groupby("街镇代码")["得分"].agg(["count", "min"])
        rated = pd.Series([street in by_street.index for street in streets])
        rating.append(_rows([_quarter_start(str(quarter))] * len(streets), None, rated, 1))
        several = by_street[by_street["count"] > 1]
        days = [_quarter_start(str(quarter))] * len(several)
        identical.append(_rows(days, None, (several["min"] == _FULL_MARKS).to_numpy(), 1))
    meetings = sheets["meetings"]
    held = meetings[meetings["有无纪要"] == "有"]
    for start in sorted({_start_of_quarter(moment) for moment in meetings["report_to"]}):
        streets = _standing(city, start)
        within = held[held["日期"].map(_start_of_quarter) == start]["街镇代码"]
        met = pd.Series([street in set(within) for street in streets])
        meeting.append(_rows([start] * len(streets), [street[:6] for street in streets], met, 1))
    for kpi, variant, parts in (
        ("E03", "main", rating),
        ("E03", "identical_scores", identical),
        ("L01", "main", meeting),
    ):
        if parts:
            yield both(kpi, variant, pd.concat(parts, ignore_index=True))


def _yearly(city: City, sheets: dict[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    frame = sheets["benchmark_checks"]
    passed = _rows(pd.to_datetime(frame["年度"] + "-01-01"), frame["社区代码"].str[:6], frame["是否达标"] == "是", 1)
    yield both("V01", "main", passed)
    for word, code in zip(CHECK_GROUPS, _GROUP_CODES, strict=True):
        yield both("V01", code, passed[frame["类别"].to_numpy() == word])
    frame = sheets["benchmarks"]
    frame = frame[frame["复查年度"] != ""]
    years = pd.to_datetime(frame["复查年度"] + "-01-01")
    yield both("V02", "main", _rows(years, frame["社区代码"].str[:6], frame["复查是否达标"] == "是", 1))
    frame = sheets["projects"]
    accepted = pd.to_datetime(frame["验收日期"]) <= frame["report_to"]
    done = _rows(
        pd.to_datetime(frame["年度"] + "-01-01"), frame["区县代码"], frame["完成数"].where(accepted, 0), frame["计划数"]
    )
    for word, code in _PROJECT_CODES.items():
        yield both("P01", code, done[frame["类别"].to_numpy() == word])
    places = done[frame["类别"].to_numpy() == "新增学位"]
    yield both("P02", "main", places.assign(denominator=float("nan")))
    frame = sheets["survey_waves"]
    starts = [date(int(text[:4]), 1 if text.endswith("1") else 7, 1) for text in frame["半年度"]]
    yield both("Q03", "main", _rows(starts, frame["区县代码"], frame["有效样本"], frame["接触数"]))


def _stocks(city: City, sheets: dict[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    frame = sheets["checkin_units"]
    yield _stock("B01", "main", _rows(frame["report_to"], frame["街镇代码"].str[:6], frame["已报到"], frame["应报到"]))
    frame = sheets["checkin_members"]
    yield _stock(
        "B02", "main", _rows(frame["report_to"], frame["街镇代码"].str[:6], frame["已报到人数"], frame["应报到人数"])
    )
    funds = sheets["funds"]
    funds = funds[funds["年度"].astype(int) == funds["report_to"].dt.year]  # a report counts for its own year
    for word, code in _FUND_CODES.items():
        line = funds[funds["类别"] == word]
        yield _stock("P04", code, _rows(line["report_to"], line["区县代码"], line["拨付元"], line["预算元"]))
    line = funds[funds["类别"] == "社区工作经费"]
    yield _stock("P03", "main", _rows(line["report_to"], line["区县代码"], line["预算元"] >= _FUND_FLOOR, 1))
    posts = sheets["posts"]
    district, days = posts["区县代码"], posts["report_to"]
    residents = pd.Series(city.geography.residents).groupby(city.geography.district_codes).sum()
    heads = posts.groupby(["report_to", "区县代码"], as_index=False)["人数"].sum()
    heads["people"] = heads["区县代码"].map(residents) / 10_000
    yield _stock("W01", "main", _rows(heads["report_to"], heads["区县代码"], heads["人数"], heads["people"]))
    below = posts["等级"] < _TOP_GRADE
    yield _stock("W02", "main", _rows(days, district, posts["年内晋级"], posts["人数"])[below.to_numpy()])
    yield _stock("W03", "main", _rows(days, district, posts["大学以上人数"], posts["人数"]))
    yield both("W03", "turnover", _leavers(posts))


def _leavers(posts: pd.DataFrame) -> pd.DataFrame:
    """One row per year and district: who left in the year so far by its last report, and the mean of its headcounts."""
    year = posts["report_to"].dt.year.rename("year")
    reports = posts.groupby([year, posts["区县代码"], posts["report_to"]])[["年内离职", "人数"]].sum().reset_index()
    of_year = reports.sort_values("report_to").groupby(["year", "区县代码"]).agg({"年内离职": "last", "人数": "mean"})
    known = of_year.reset_index()
    return _rows(
        pd.to_datetime(known["year"].astype(str) + "-01-01"), known["区县代码"], known["年内离职"], known["人数"]
    )


def _stock(kpi: str, variant: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Cells of what is not summed over time: of each period its last report's."""
    found = []
    for period_type, starts in period_starts(rows["day"]).items():
        last = rows.groupby(starts.to_numpy())["day"].transform("max")
        kept = rows[rows["day"] == last]
        made = cells(kpi, variant, CALIBERS[0], kept, only=period_type)
        found += [made.assign(caliber=caliber) for caliber in CALIBERS]
    return pd.concat(found, ignore_index=True)


def _standing(city: City, day: date) -> list[str]:
    """Codes of the streets that stand on ``day``."""
    merged = city.merger
    gone = merged.dissolved if merged is not None and day >= merged.first_day else None
    return sorted(street for street in city.geography.streets if street != gone)


def _quarter_start(text: str) -> date:
    return date(int(text[:4]), int(text[-1]) * 3 - 2, 1)


def _start_of_quarter(moment: pd.Timestamp) -> date:
    return date(moment.year, (moment.month - 1) // 3 * 3 + 1, 1)
