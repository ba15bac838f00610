"""Integrity companions: what an auditor reads beside the rates. Never ranked: units stand in order of their code."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.dossier.pages.quarantine import place_names
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, share

MONTHS = 6
_SHARES = (
    "exclusion_rate", "instant_close_rate", "deferral_near_deadline_share", "invalid_callback_share",
    "satisfaction_with_invalid_answers",
)  # fmt: skip


def build(evidence: Evidence) -> Page:
    title = Words("伴随指标", "Companions")
    lead = Words(
        "与各率并读，察看数字是否被“做”出来。不排名、不计分，按代码排列。未列数字处为所依规则。",
        "Read beside the rates, to see whether figures were made to look good. Never ranked, never scored; in order of code. "
        "Where no figure stands, the rule that left it out.",
    )
    if not evidence.has("integrity_companions"):
        note = Words("本版没有此表。", "This release has no such table.")
        return Page("companions", title, [Section(Words("伴随指标", "Companions"), notes=[note])], lead=lead)
    names = place_names(evidence)
    rows = evidence.rows(
        f"select * from now.integrity_companions where unit_type in ('city', 'district') and month_start in ("  # noqa: S608
        f"select distinct month_start from now.integrity_companions order by month_start desc limit {MONTHS}) "
        "order by companion, unit_type, unit_code, month_start desc"
    )
    return Page(
        "companions",
        title,
        lead=lead,
        sections=[
            Section(words.of(name, words.COMPANIONS), tables=[_table(name, list(found), names)])
            for name, found in groupby(rows, key=lambda row: str(row["companion"]))
        ],
    )


def _table(name: str, rows: list[Row], names: dict[str, str]) -> Table:
    months = sorted({row["month_start"] for row in rows}, reverse=True)
    body: list[list[Any]] = []
    for code, found in groupby(rows, key=lambda row: str(row["unit_code"])):
        of_month = {row["month_start"]: row for row in found}
        newest = of_month.get(months[0], {})
        body.append(
            [
                names.get(code, code),
                *(_value(name, of_month.get(month)) for month in months),
                _interval(name, newest),
                newest.get("numerator"),
                newest.get("denominator"),
            ]
        )
    newest_month = f"{months[0]:%Y-%m}"
    return table(
        Words(f"市与区县，最近 {MONTHS} 个月", f"City and districts, the last {MONTHS} months"),
        columns(
            ("单位", "unit"),
            *((f"{month:%Y-%m}", f"{month:%Y-%m}", "number") for month in months),
            (f"区间 {newest_month}", f"interval {newest_month}", "number"),
            ("分子", "numerator", "number"),
            ("分母", "denominator", "number"),
        ),
        body,
    )


def _value(name: str, row: Row | None) -> str | None:
    if row is None:
        return None
    if row["value"] is None:
        return row.get("rule_id")  # why it is left out; releases before 0.4 do not say
    return share(row["value"]) if name in _SHARES else f"{row['value']:,.2f}".replace("-", "−")


def _interval(name: str, row: Row) -> str | None:
    low, high = row.get("value_low"), row.get("value_high")
    if low is None or high is None:
        return None
    if name in _SHARES:
        return f"{100 * low:.2f} – {share(high)}"
    return f"{low:,.2f} – {high:,.2f}"
