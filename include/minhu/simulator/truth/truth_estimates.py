"""The known truth of KPIs that are estimates, each by another road than the pipeline's, away from any SQL.

E02 by one least-squares solution over dummy columns, L03 by Kaplan and Meier (1958), Journal of the American
Statistical Association 53, 457-481, one moment after another in whole fractions, the others by their formula in the
contract. Times are local (Asia/Shanghai) without offset; intervals are not part of the truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd

from minhu.simulator.city.geography import CITY_CODE
from minhu.simulator.returns.return_snapshots import DOMAINS
from minhu.simulator.truth.truth_cells import CALIBERS, KEY, cells, period_starts
from minhu.simulator.truth.truth_hotline import due_orders, in_caliber

DOMAIN_CODES = dict(
    zip(DOMAINS, ("education", "medical", "transport", "housing", "employment", "environment"), strict=True)
)
GRADES = 18
_LONG_PERIODS = ("month", "assessment_month", "quarter", "half_year", "year")
_NO_COUNT = math.nan
_Row = tuple[str, str, str, str, str, date, float, float, float]


def estimate_truth(
    sheets: dict[str, pd.DataFrame], orders: pd.DataFrame, residents: pd.Series[int]
) -> Iterator[pd.DataFrame]:
    """E02, L03, Q01, Q02 and the entropy of W02.

    Args:
        sheets: as of :func:`minhu.simulator.truth.truth_sheets.returned_sheets`.
        orders: of the hotline; they say in which district a dispute is.
        residents: by district code.
    """
    districts = orders.set_index("order_id")["street_code"].str[:6].dropna().to_dict()
    rows: list[_Row] = [
        *_ratings(sheets["department_ratings"]),
        *_disputes(sheets["disputes"], {str(order): str(code) for order, code in districts.items()}),
        *_grades(sheets["posts"]),
        *_surveys(sheets["survey_waves"], {str(code): int(count) for code, count in residents.items()}),
    ]
    columns = [*KEY[:-1], "numerator", "denominator", "value"]
    for caliber in CALIBERS:
        yield pd.DataFrame(rows, columns=columns).assign(caliber=caliber)


def gap_truth(orders: pd.DataFrame, calls_back: pd.DataFrame, as_of: pd.Timestamp) -> Iterator[pd.DataFrame]:
    """X02, in percentage points: of the orders due, the share closed less the share confirmed by those called back."""
    orders = orders.assign(district=orders["street_code"].str[:6])
    last = calls_back[calls_back["is_valid"]].sort_values(["called_at", "attempt_no"])
    last = last.drop_duplicates("order_id", keep="last")[["order_id", "resolved"]]
    for caliber in CALIBERS:
        due = due_orders(in_caliber(orders, caliber), as_of)
        closed = cells("X02", "main", caliber, due.assign(numerator=due["closed_at"].notna().astype(float)))
        asked = due if caliber == "full" else due[due["assessment_scope"] != "response_only"]
        asked = asked.merge(last, on="order_id")
        confirmed = cells("X02", "main", caliber, asked.assign(numerator=asked["resolved"].astype(float)))
        made = confirmed.merge(closed, on=KEY, suffixes=("", "_closed"))
        made = made[made["period_type"].isin(_LONG_PERIODS)]
        gap = made["numerator_closed"] / made["denominator_closed"] - made["numerator"] / made["denominator"]
        yield made.assign(value=100 * gap)


def _ratings(ratings: pd.DataFrame) -> Iterator[_Row]:
    """E02, points of 0 to 100: score = street + department; a department's mean as if every street had rated it."""
    for quarter, given in ratings.groupby("季度"):
        streets = pd.get_dummies(given["街镇代码"], dtype=float)
        units = pd.get_dummies(given["部门编码"], dtype=float)
        design = np.hstack([streets.to_numpy(), units.to_numpy()])
        effects = np.linalg.lstsq(design, given["得分"].to_numpy(dtype=float), rcond=None)[0]
        severity = float(effects[: streets.shape[1]].mean())
        start = date(int(str(quarter)[:4]), int(str(quarter)[-1]) * 3 - 2, 1)
        for unit, effect in zip(units.columns, effects[streets.shape[1] :], strict=True):
            count = float(units[unit].sum())
            yield "E02", "main", "unit", str(unit), "quarter", start, _NO_COUNT, count, severity + float(effect)


def _disputes(disputes: pd.DataFrame, districts: dict[str, str]) -> Iterator[_Row]:
    """L03, days: disputes begun in the period, the open ones known only to the end of their last report."""
    if disputes.empty:
        return
    begun, settled = pd.to_datetime(disputes["争议开始"]), pd.to_datetime(disputes["明确主体时间"])
    seen_until = settled.fillna(disputes["report_to"] + pd.Timedelta(days=1))
    known = pd.DataFrame(
        {
            "seconds": (seen_until - begun).dt.total_seconds().astype(int),
            "is_settled": settled.notna(),
            "district": disputes["工单编号"].map(districts),
        }
    )
    starts = period_starts(begun.dt.normalize().astype("datetime64[s]"))
    for period_type in _LONG_PERIODS:
        dated = known.assign(start=starts[period_type].dt.date)
        for start in sorted(set(dated["start"])):
            of_period = dated[dated["start"] == start]
            yield _dispute_cell("city", CITY_CODE, period_type, start, of_period)
            for district, some in of_period.groupby("district"):
                yield _dispute_cell("district", str(district), period_type, start, some)


def _dispute_cell(unit_type: str, unit: str, period_type: str, start: date, disputes: pd.DataFrame) -> _Row:
    median = median_seconds(disputes["seconds"].tolist(), disputes["is_settled"].tolist())
    counts = float(disputes["is_settled"].sum()), float(len(disputes))
    return "L03", "main", unit_type, unit, period_type, start, *counts, median / 86_400


def median_seconds(lasted: Sequence[int], settled: Sequence[bool]) -> float:
    """First moment at which at most half are left by Kaplan and Meier; not a number where it never comes to that."""
    left = Fraction(1)
    for moment in sorted(set(lasted)):
        at_risk = sum(seconds >= moment for seconds in lasted)
        ended = sum(seconds == moment and over for seconds, over in zip(lasted, settled, strict=True))
        left *= Fraction(at_risk - ended, at_risk)
        if left <= Fraction(1, 2):
            return float(moment)
    return math.nan


def _grades(posts: pd.DataFrame) -> Iterator[_Row]:
    """W02, 0 to 1: Shannon entropy of workers over the grades by the year's last report, of the greatest possible."""
    for year, of_year in posts.groupby(posts["report_to"].dt.year):
        last = of_year[of_year["report_to"] == of_year["report_to"].max()]
        units = [("city", CITY_CODE, last), *(("district", code, some) for code, some in last.groupby("区县代码"))]
        for unit_type, unit, some in units:
            workers = some.groupby("等级")["人数"].sum()
            shares = [count / workers.sum() for count in workers if count > 0]
            entropy = -math.fsum(share * math.log(share) for share in shares) / math.log(GRADES)
            start = date(int(str(year)), 1, 1)
            yield "W02", "grade_entropy", unit_type, str(unit), "year", start, _NO_COUNT, float(workers.sum()), entropy


def _surveys(waves: pd.DataFrame, residents: dict[str, int]) -> Iterator[_Row]:
    """Q01, shares of 0 to 1: the city is its districts' mean weighted by residents; Q02 against the year before."""
    city: dict[tuple[str, date], tuple[float, float]] = {}
    answered = waves[waves["有效样本"] > 0]
    for half, word in sorted(set(zip(answered["半年度"], answered["领域"], strict=True))):
        wave = answered[(answered["半年度"] == half) & (answered["领域"] == word)]
        start, domain = date(int(half[:4]), 1 if half.endswith("1") else 7, 1), DOMAIN_CODES[word]
        weighted, people = 0.0, 0
        for code, valid, satisfied in zip(wave["区县代码"], wave["有效样本"], wave["满意及以上数"], strict=True):
            weighted += residents[code] * satisfied / valid
            people += residents[code]
            share = satisfied / valid
            yield "Q01", domain, "district", code, "half_year", start, float(satisfied), float(valid), share
        satisfied, valid = float(wave["满意及以上数"].sum()), float(wave["有效样本"].sum())
        city[domain, start] = weighted / people, valid
        yield "Q01", domain, "city", CITY_CODE, "half_year", start, satisfied, valid, weighted / people
    for (domain, start), (share, valid) in city.items():
        year_before = start.replace(year=start.year - 1)
        if (domain, year_before) not in city:
            continue
        before, valid_before = city[domain, year_before]
        changes = {"pp": 100 * (share - before)} | ({"relative": share / before - 1} if before else {})
        for variant, change in changes.items():
            cell = "city", CITY_CODE, "half_year", start, _NO_COUNT, min(valid, valid_before), change
            yield "Q02", f"{domain}_{variant}", *cell
