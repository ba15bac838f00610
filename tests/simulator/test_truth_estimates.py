"""The known truth of estimates against values worked out by hand."""

from __future__ import annotations

import math
from datetime import date

import pandas as pd
import pytest

from minhu.simulator.truth.truth_estimates import estimate_truth, gap_truth, median_seconds
from tests.fixtures.truth import AS_OF

A, B = "610104", "610113"


def made(**sheets: pd.DataFrame) -> dict[tuple[str, str, str, str, date], tuple[float, float, float]]:
    """(kpi, variant, unit, type and start of period) to numerator, denominator and value."""
    empty = {
        "department_ratings": pd.DataFrame(columns=["季度", "街镇代码", "部门编码", "得分"]),
        "disputes": pd.DataFrame(columns=["工单编号", "争议开始", "明确主体时间", "report_to"]),
        "posts": pd.DataFrame({"report_to": pd.to_datetime([]), "区县代码": [], "等级": [], "人数": []}),
        "survey_waves": pd.DataFrame(columns=["半年度", "领域", "区县代码", "有效样本", "满意及以上数"]),
    }
    orders = pd.DataFrame({"order_id": ["o1", "o2", "o3"], "street_code": [f"{A}001", f"{A}002", None]})
    frames = list(estimate_truth(empty | sheets, orders, pd.Series({A: 3000, B: 1000})))
    assert [part.drop(columns="caliber").equals(frames[0].drop(columns="caliber")) for part in frames] == [True, True]
    return {
        (row.kpi_id, row.variant, row.unit_code, row.period_type, row.period_start): (
            row.numerator, row.denominator, row.value
        )
        for row in frames[0].itertuples()
    }  # fmt: skip


def test_a_department_does_not_suffer_from_a_severe_street() -> None:
    """Streets give 90 and 70; u1 was rated by both, u2 (better by 4) by the severe one alone."""
    scores = [("s1", "u1", 90.0), ("s2", "u1", 70.0), ("s2", "u2", 74.0)]
    ratings = pd.DataFrame([("2026Q3", *row) for row in scores], columns=["季度", "街镇代码", "部门编码", "得分"])
    found = made(department_ratings=ratings)
    quarter = ("quarter", date(2026, 7, 1))
    assert found["E02", "main", "u1", *quarter][1:] == (2, pytest.approx(80))
    assert found["E02", "main", "u2", *quarter][1:] == (1, pytest.approx(84))


@pytest.mark.parametrize(
    ("lasted", "settled", "median"),
    [
        ([1, 2, 3, 4], [True] * 4, 2),  # exactly half are left
        ([1, 2, 3], [True] * 3, 2),
        ([3, 3, 3], [True] * 3, 3),
        # 5 of 6 left at 1; the one known to 2 leaves; 5/6 x 3/4 at 3; x 2/3 at 4: 5/12
        ([1, 2, 3, 4, 5, 6], [True, False, True, True, True, True], 4),
        ([1, 2, 2, 9], [True, False, True, False], 2),  # the open one of that moment was still there: 3/4 x 2/3
        ([1, 5, 5], [True, False, False], math.nan),
    ],
)
def test_median_of_lasting_by_hand(lasted: list[int], settled: list[bool], median: float) -> None:
    assert median_seconds(lasted, settled) == pytest.approx(median, nan_ok=True)


def test_open_disputes_are_known_to_the_end_of_their_last_report() -> None:
    """o1 took 12 hours; o2 and o3 are open at the end of October, when o3 had lasted a day and a half."""
    begun = ["2026-10-10 12:00", "2026-10-20 00:00", "2026-10-30 12:00"]
    disputes = pd.DataFrame(
        {
            "工单编号": ["o1", "o2", "o3"], "争议开始": pd.to_datetime(begun),
            "明确主体时间": pd.to_datetime(["2026-10-11", None, None]), "report_to": pd.Timestamp("2026-10-31"),
        }
    )  # fmt: skip
    found = made(disputes=disputes)
    month = ("month", date(2026, 10, 1))
    assert found["L03", "main", "610100", *month] == (1, 3, pytest.approx(math.nan, nan_ok=True))
    assert found["L03", "main", A, *month] == (1, 2, 0.5)
    assert found["L03", "main", A, "assessment_month", date(2026, 9, 19)] == (1, 1, 0.5)


def test_entropy_of_grades_by_hand() -> None:
    """By the last report: four grades alike in one district are ln 4 / ln 18, one grade in the other is 0."""
    posts = pd.DataFrame(
        {
            "report_to": pd.to_datetime(["2026-09-30"] + ["2026-10-31"] * 5), "区县代码": [B, A, A, A, A, B],
            "等级": [1, 1, 2, 3, 4, 4], "人数": [7, 5, 5, 5, 5, 20],
        }
    )  # fmt: skip
    found = made(posts=posts)
    year = ("year", date(2026, 1, 1))
    assert found["W02", "grade_entropy", A, *year][1:] == (20, pytest.approx(math.log(4) / math.log(18)))
    assert found["W02", "grade_entropy", B, *year][1:] == (20, pytest.approx(0))
    share, rest = 1 / 8, 5 / 8
    both = -(3 * share * math.log(share) + rest * math.log(rest)) / math.log(18)
    assert found["W02", "grade_entropy", "610100", *year][1:] == (40, pytest.approx(both))


def test_satisfaction_is_weighted_by_residents_and_compared_with_the_year_before() -> None:
    """3,000 residents at 80%, 1,000 at 60%: 75%, not the pooled 67.5%. A year before 50%: 25 points, or half as much again."""
    waves = pd.DataFrame(
        [("2026H1", "教育", A, 50, 40), ("2026H1", "教育", B, 100, 60), ("2025H1", "教育", A, 80, 40),
         ("2025H1", "教育", B, 20, 10), ("2025H2", "教育", A, 10, 1), ("2026H1", "医疗", A, 0, 0)],
        columns=["半年度", "领域", "区县代码", "有效样本", "满意及以上数"],
    )  # fmt: skip
    found = made(survey_waves=waves)
    half = ("half_year", date(2026, 1, 1))
    assert found["Q01", "education", "610100", *half] == (100, 150, pytest.approx(0.75))
    assert found["Q01", "education", B, *half] == (60, 100, pytest.approx(0.6))
    assert found["Q02", "education_pp", "610100", *half][1:] == (100, pytest.approx(25))
    assert found["Q02", "education_relative", "610100", *half][1:] == (100, pytest.approx(0.5))
    assert {key[4] for key in found if key[0] == "Q02"} == {date(2026, 1, 1)}
    assert {key[1] for key in found if key[0] == "Q01"} == {"education"}


def test_a_change_from_nobody_has_points_but_is_no_multiple() -> None:
    rows = [
        ("2026H1", "教育", A, 50, 20),
        ("2025H1", "教育", A, 40, 0),
        ("2026H1", "医疗", A, 50, 0),
        ("2025H1", "医疗", A, 40, 30),
    ]
    columns = ["半年度", "领域", "区县代码", "有效样本", "满意及以上数"]
    found = made(survey_waves=pd.DataFrame(rows, columns=columns))
    changes = {key[1]: value[1:] for key, value in found.items() if key[0] == "Q02"}
    assert changes == {
        "education_pp": (40, pytest.approx(40)), "medical_pp": (40, pytest.approx(-75)), "medical_relative": (40, -1.0),
    }  # fmt: skip


def test_gap_between_closed_and_solved_by_hand() -> None:
    """Three of four closed, one of two confirmed by those called back: 25 points; the response_only caller is not asked."""
    orders = pd.DataFrame(
        {
            "order_id": ["a", "b", "c", "d", "withdrawn", "later"], "street_code": f"{A}001", "parent_order_id": None,
            "assessment_scope": ["three_rate", "three_rate", "response_only", *["three_rate"] * 3],
            "due_at": pd.to_datetime([*["2026-11-10"] * 5, "2026-11-21"], format="ISO8601"),
            "closed_at": pd.to_datetime(["2026-11-09", "2026-11-19", "2026-11-09", None, "2026-11-09", "2026-11-09"]),
            "closure_code": ["solved", "solved", "solved", None, "withdrawn", "solved"],
        }
    )  # fmt: skip
    calls_back = pd.DataFrame(
        {
            "order_id": ["a", "a", "b", "c", "later"], "attempt_no": [1, 2, 1, 1, 1], "resolved": [True, False, True, True, True],
            "called_at": pd.to_datetime([f"2026-11-20 0{hour}:00" for hour in range(5)]), "is_valid": True,
        }
    )  # fmt: skip
    cells = pd.concat(gap_truth(orders, calls_back, AS_OF)).set_index(["caliber", "unit_type", "period_type"])
    assert cells.loc[("assessed", "city", "month"), ["denominator", "value"]].tolist() == [2, pytest.approx(25)]
    full = cells.loc[("full", "district", "year"), ["denominator", "value"]].tolist()
    assert full == [3, pytest.approx(100 * (3 / 4 - 2 / 3))]
    assert "day" not in cells.index.get_level_values("period_type")
