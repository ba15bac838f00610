"""Cells of the known truth: sums of plain rows by unit and period, in pandas, away from any SQL."""

from __future__ import annotations

import pandas as pd

from minhu.simulator.city.geography import CITY_CODE

KEY = ["kpi_id", "variant", "unit_type", "unit_code", "period_type", "period_start", "caliber"]
#: ``value`` only where the KPI is an estimate of its own and not numerator over denominator.
COLUMNS = [*KEY, "numerator", "denominator", "value"]
ASSESSMENT_MONTH_START = 19
CALIBERS = ("full", "assessed")
#: First month of the quarter, half-year and year of each month.
_MONTHS = {"quarter": 3, "half_year": 6, "year": 12}


def period_starts(days: pd.Series[pd.Timestamp]) -> dict[str, pd.Series[pd.Timestamp]]:
    """Start of every kind of period that holds each day: period type to one start per day."""
    month = _month_start(days, 1)
    starts = {
        "day": days,
        "week": days - pd.to_timedelta(days.dt.day_of_week, unit="D"),
        "month": month,
        "assessment_month": _month_start(days, ASSESSMENT_MONTH_START),
    }
    for name, length in _MONTHS.items():
        first = (days.dt.month - 1) // length * length + 1
        starts[name] = pd.to_datetime(pd.DataFrame({"year": days.dt.year, "month": first, "day": 1}))
    return {name: start.astype("datetime64[s]") for name, start in starts.items()}


def both(kpi: str, variant: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Cells of a KPI whose calibers do not differ."""
    made = cells(kpi, variant, CALIBERS[0], rows)
    return pd.concat([made.assign(caliber=caliber) for caliber in CALIBERS], ignore_index=True)


def cells(kpi: str, variant: str, caliber: str, rows: pd.DataFrame, only: str | None = None) -> pd.DataFrame:
    """Sums of ``numerator`` and ``denominator`` (absent: a count) by unit and period.

    ``only`` one type of period, or all. ``rows`` has ``day`` (the anchoring local time) and ``district`` (None: known for the city only).
    """
    if "denominator" not in rows:
        rows = rows.assign(denominator=float("nan"))
    slim = pd.DataFrame(
        {
            "day": rows["day"].dt.normalize().astype("datetime64[s]"),
            "district": rows["district"].astype("str"),
            "numerator": rows["numerator"],
            "denominator": rows["denominator"],
        }
    )
    found = []
    for period_type, start in period_starts(slim["day"]).items():
        if only not in (None, period_type):
            continue
        whole = slim.assign(period_start=start, period_type=period_type)
        by_district = whole[whole["district"].notna()].assign(unit_type="district")
        by_city = whole.assign(unit_type="city", unit_code=CITY_CODE)
        for some in (by_city, by_district.assign(unit_code=by_district["district"])):
            groups = some.groupby(["unit_type", "unit_code", "period_type", "period_start"])
            found.append(groups[["numerator", "denominator"]].sum(min_count=1).reset_index())
    whole = pd.concat([part for part in found if len(part)] or found[:1], ignore_index=True)
    return whole.assign(kpi_id=kpi, variant=variant, caliber=caliber, period_start=whole["period_start"].dt.date)


def _month_start(days: pd.Series[pd.Timestamp], first_day: int) -> pd.Series[pd.Timestamp]:
    """First day of the month (from ``first_day`` to the day before it) that holds each day."""
    offset = pd.Timedelta(days=first_day - 1)
    shifted = days - offset
    starts: pd.Series[pd.Timestamp] = shifted - pd.to_timedelta(shifted.dt.day - 1, unit="D") + offset
    return starts.astype("datetime64[s]")
