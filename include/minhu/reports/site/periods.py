"""Names of periods in Chinese and English."""

from __future__ import annotations

from datetime import date

from minhu.reports.presentation.values import Words

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_EACH = {
    "month": Words("月", "month"), "quarter": Words("季度", "quarter"), "half_year": Words("半年", "half-year"),
    "year": Words("年", "year"), "week": Words("周", "week"), "day": Words("日", "day"),
    "assessment_month": Words("考核月", "assessment month"),
}  # fmt: skip


def name(period_type: str, start: date) -> Words:
    """What a period is called, by its kind and first day."""
    year, month = start.year, start.month
    if period_type == "month":
        return Words(f"{year}年{month}月", f"{_MONTHS[month - 1]} {year}")
    if period_type == "quarter":
        return Words(f"{year}年第{month // 3 + 1}季度", f"Q{month // 3 + 1} {year}")
    if period_type == "half_year":
        return Words(
            f"{year}年{'上' if month < 7 else '下'}半年", f"{'first' if month < 7 else 'second'} half of {year}"
        )
    if period_type == "year":
        return Words(f"{year}年", f"{year}")
    if period_type == "week":
        return Words(f"{start.isoformat()} 起一周", f"week from {start.isoformat()}")
    if period_type == "assessment_month":
        return Words(f"{start.isoformat()} 起考核月", f"assessment month from {start.isoformat()}")
    return Words(start.isoformat(), start.isoformat())


def kind(period_type: str) -> Words:
    """What a kind of period is called in a sentence."""
    return _EACH.get(period_type, Words(period_type, period_type))
