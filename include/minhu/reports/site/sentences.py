"""What figures say, in one sentence: the figure with its interval, whether it changed, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping

from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site import periods
from minhu.reports.site.cells import UNITS, Cell, interval, number, sample, value_words
from minhu.reports.site.reading import Row
from minhu.reports.site.subjects import Kpi


def change_words(row: Row, unit: str) -> Words:
    """A change with its interval."""
    after = UNITS["pp" if unit == "share" else unit] if unit in UNITS else UNITS["index"]

    def one(value: float) -> str:
        text = f"{100 * value:+.1f}" if unit == "share" else f"{value:+,.0f}" if unit == "count" else f"{value:+,.2f}"
        return text.replace("-", "−")

    bounds = ""
    if row["change_low"] is not None and row["change_high"] is not None:
        bounds = f"{one(row['change_low'])}\u00a0…\u00a0{one(row['change_high'])}"
    said = one(row["change"])
    return Words(
        f"{said}{after.zh}" + (f"（{bounds}）" if bounds else ""),
        f"{said}{after.en}" + (f" ({bounds})" if bounds else ""),
    )


def finding(kpi: Kpi, cell: Cell | None, when: Words, change: Row | None, place: str) -> Words:
    """The sentence at the head of a page, about a cell of the period that is called ``when``."""
    if cell is None:
        return Words(
            f"{kpi.name.zh}：本次发布没有{place}的数值。", f"{kpi.name.en}: this release has no figure for {place}."
        )
    if not cell.is_shown:
        word = value_words(cell, kpi.unit)
        reason = f"：{cell.reason}" if cell.reason else ""
        return Words(
            f"{when.zh}，{place}的{kpi.name.zh}{word.zh}{reason}。",
            f"{when.en}: {kpi.name.en} of {place} is {word.en}.",
        )
    value, bounds, n = value_words(cell, kpi.unit), interval(cell.low, cell.high, kpi.unit), sample(cell)
    zh_more = "，".join(part for part in (f"95% 区间 {bounds}" if bounds else "", f"n={n}" if n else "") if part)
    en_more = ", ".join(part for part in (f"95 % interval {bounds}" if bounds else "", f"n={n}" if n else "") if part)
    zh = f"{when.zh}，{place}{kpi.name.zh}为 {value.zh}" + (f"（{zh_more}）" if zh_more else "")
    en = f"{when.en}: {kpi.name.en} of {place} was {value.en}" + (f" ({en_more})" if en_more else "")
    if change is not None:
        said, trend = change_words(change, kpi.unit), words.of(change["trend"], words.TRENDS)
        each = periods.kind(kpi.period_type)
        if change["trend"]:
            zh += f"；比上一{each.zh}{trend.zh}：{said.zh}"
            en += f"; against the {each.en} before: {trend.en}, {said.en}"
    return Words(zh + "。", en + ".")


def verdict_reason(cell: Cell, rules: Mapping[str, Row]) -> Words:
    """Why a cell is not simply published: its own reason, and in English that of its rule."""
    rule = rules.get(cell.rule_id)
    return Words(cell.reason or cell.rule_id, (rule["reason"] if rule else None) or cell.rule_id)


def pointed(kpi: Kpi, cell: Cell) -> str:
    """What a reader is told who points at a period of a drawing."""
    when = periods.name(kpi.period_type, cell.period_start)
    bounds = interval(cell.low, cell.high, kpi.unit)
    return (
        f"{when.zh} {number(cell.value, kpi.unit)}"
        + (f" ({bounds})" if bounds else "")
        + (f" n={sample(cell)}" if sample(cell) else "")
    )
