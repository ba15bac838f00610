"""Intervals of four nights are those that statsmodels, scipy and lifelines give for the same counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import confint_poisson

from minhu.settings import PROJECT_ROOT, Settings
from minhu.warehouse import work_file
from tests.oracle.conftest import Told

pytestmark = pytest.mark.nights(4)

#: Bounds are kept with eight decimals.
APART = 1e-8
#: The unit tests of the median: rows of disputes, and what dbt has to make of them.
DISPUTES = PROJECT_ROOT / "dbt_project" / "models" / "kpis" / "values" / "est_dispute_days.yml"


def frame(home: Settings, statement: str) -> pd.DataFrame:
    with work_file.connect(home, read_only=True) as db:
        return db.execute(statement).df()


@pytest.fixture(scope="module")
def rates(told: list[Told], city_home: Settings) -> pd.DataFrame:
    """Cells with a denominator, before verdicts, and the method of their interval."""
    return frame(
        city_home,
        "select contract.interval_method, cast(made.numerator as double) as numerator, cast(made.denominator as double) as"
        " denominator, cast(made.sample_size as double) as sample_size, made.ci_low, made.ci_high from kpis.kpi_values as made"
        " inner join seeds.kpi_contract as contract using (kpi_id, variant) where made.denominator > 0 and made.sample_size > 0",
    )


def test_shares_have_the_interval_of_wilson(rates: pd.DataFrame) -> None:
    shares = rates[rates["interval_method"] == "wilson"]
    assert len(shares) > 5000
    successes = shares["sample_size"] * shares["numerator"] / shares["denominator"]
    low, high = proportion_confint(successes, shares["sample_size"], method="wilson")
    np.testing.assert_allclose(shares["ci_low"], low, rtol=0, atol=APART)
    np.testing.assert_allclose(shares["ci_high"], high, rtol=0, atol=APART)


def test_counts_per_day_have_the_score_interval_of_poisson(rates: pd.DataFrame) -> None:
    counts = rates[rates["interval_method"] == "poisson"]
    assert len(counts) > 100
    low, high = confint_poisson(counts["numerator"], counts["denominator"], method="score")
    np.testing.assert_allclose(counts["ci_low"], low, rtol=1e-9, atol=APART)
    np.testing.assert_allclose(counts["ci_high"], high, rtol=1e-9, atol=APART)


def test_closed_less_solved_has_the_interval_of_newcombe(told: list[Told], city_home: Settings) -> None:
    gaps = frame(
        city_home,
        """
        select orders.due_closed_count, orders.due_count, orders.due_resolved_count, orders.due_called_back_count,
            gaps.value, gaps.ci_low, gaps.ci_high
        from kpis.kpi_estimates as gaps
        inner join assessment.agg_orders_by_period as orders
            using (unit_type, unit_code, period_type, period_start, caliber)
        where gaps.kpi_id = 'X02'
        """,
    )
    assert len(gaps) > 20
    for gap in gaps.itertuples():
        low, high = confint_proportions_2indep(
            gap.due_closed_count, gap.due_count, gap.due_resolved_count, gap.due_called_back_count,
            method="newcomb", compare="diff",
        )  # fmt: skip
        assert (gap.ci_low, gap.ci_high) == pytest.approx((100 * low, 100 * high), abs=100 * APART)


def test_a_median_of_disputes_has_the_bounds_of_brookmeyer_and_crowley() -> None:
    """What the unit tests of the model expect, which dbt proves, is what lifelines says of the same rows."""
    seen = 0
    for case in yaml.safe_load(DISPUTES.read_text(encoding="utf-8"))["unit_tests"]:
        for expected in case["expect"]["rows"]:
            days, is_settled = _durations(case, expected)
            fitted = KaplanMeierFitter().fit(days, is_settled)
            bands = fitted.confidence_interval_
            # where all are settled lifelines bounds the rest by 0, for certain; R's survfit and we say that it is not known
            bands = bands[fitted.survival_function_.iloc[:, 0] > 0]
            bounds = median_survival_times(bands).iloc[0]
            made = [expected["median_days"], expected["low_days"], expected["high_days"]]
            known = [fitted.median_survival_time_, *bounds]
            assert [None if np.isinf(number) else number for number in known] == made, expected
            seen += 1
    assert seen >= 6


def _durations(case: dict, expected: dict) -> tuple[list[float], list[bool]]:  # type: ignore[type-arg]
    """Days and whether they ended, of the disputes of one expected row; times of the rows are UTC."""
    rows = {given["input"]: given["rows"] for given in case["given"]}
    ends = {row["row_number"]: row for row in rows["ref('int_returned_rows_checked')"]}
    known = {row["order_id"]: row["district_code"] for row in rows["ref('fct_work_orders')"]}
    days, is_settled = [], []
    for row in rows["source('raw', 'returns__disputes')"]:
        checked = ends[row["row_number"]]
        if row["started_at"] is None or checked.get("broken_rule"):
            continue
        began = pd.Timestamp(row["started_at"]) + pd.Timedelta(hours=8)
        if str(began.date())[:7] != str(expected["period_start"])[:7]:
            continue
        if expected["unit_type"] == "district" and known.get(row["order_id"]) != expected["unit_code"]:
            continue
        end = row["settled_at"] and pd.Timestamp(row["settled_at"]) + pd.Timedelta(hours=8)
        last = pd.Timestamp(checked["report_to"]) + pd.Timedelta(days=1)
        days.append(((end or last) - began).total_seconds() / 86400)
        is_settled.append(end is not None)
    return days, is_settled


def test_standardised_misses_have_the_score_interval_of_poisson(told: list[Told], city_home: Settings) -> None:
    made = frame(city_home, "select * from publish.standardised_on_time where expected_missed_count > 0.001")
    assert len(made) > 0
    low, high = confint_poisson(made["missed_count"], made["expected_missed_count"], method="score")
    # expected counts are published with four decimals
    np.testing.assert_allclose(made["missed_ratio_low"], low, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(made["missed_ratio_high"], high, rtol=1e-3, atol=1e-3)
