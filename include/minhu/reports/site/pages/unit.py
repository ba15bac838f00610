"""The page of a place or responsible unit: every KPI with its own past and its peers, then what lies below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, share
from minhu.reports.site import periods
from minhu.reports.site.content import Content
from minhu.reports.site.lines import Line, columns_of, line
from minhu.reports.site.reading import Row
from minhu.reports.site.rendering import Page
from minhu.reports.site.subjects import Unit


def build_all(content: Content) -> Iterator[Page]:
    below: dict[str, list[Unit]] = {}
    for unit in content.units:
        below.setdefault(unit.parent, []).append(unit)
    for unit in content.units:
        yield build(content, unit, below)


def build(content: Content, unit: Unit, below: dict[str, list[Unit]]) -> Page:
    """The page of one unit."""
    lines = [line(content, kpi, unit) for kpi in content.kpis if (kpi.kpi_id, *unit.key) in content.cells]
    lines = [found for found in lines if found.cell is not None or found.spark]
    values: dict[str, Any] = {
        "unit": unit,
        "level": words.of(unit.unit_type, words.LEVELS),
        "above": _above(content, unit),
        "empty": None if lines else Words("本次发布没有该单位的数值。", "This release has no figure for it."),
        "mix": _mix(content.standardised.get(unit.key)),
        "groups": _groups(lines),
        "companions": [_companion(row) for row in content.companions.get(unit.key, ())],
        "below": _below(below.get(unit.code, []), unit) if unit.unit_type != "unit" else [],
    }
    return Page(unit.address, "unit.html", Words(unit.name, unit.name), values, section="units.html")


def _groups(lines: list[Line]) -> list[dict[str, Any]]:
    by_group: dict[str, list[Line]] = {}
    for found in lines:
        by_group.setdefault(found.kpi.group, []).append(found)
    return [{"name": words.of(group, words.GROUPS), "lines": of, **columns_of(lines)} for group, of in by_group.items()]


def _above(content: Content, unit: Unit) -> list[Unit]:
    found: list[Unit] = []
    at = content.place(unit.parent)
    while at is not None and at not in found and len(found) < 5:
        found.insert(0, at)
        at = content.place(at.parent)
    return found


def _below(units: list[Unit], unit: Unit) -> list[dict[str, Any]]:
    return [
        {
            "name": words.of(level, words.LEVELS),
            "units": [other for other in units if other.unit_type == level and other != unit],
        }
        for level in dict.fromkeys(other.unit_type for other in units if other != unit)
    ]


def _mix(row: Row | None) -> Words | None:
    """Orders not closed on time against what the city's rates give for the unit's own mix."""
    if row is None or row["missed_ratio"] is None:
        return None
    when = periods.name("month", row["month_start"])
    ratio, low, high = row["missed_ratio"], row["missed_ratio_low"], row["missed_ratio_high"]
    bounds = f"（95% {low:.2f}–{high:.2f}）" if low is not None and high is not None else ""
    verdict = Words("与全市相当", "like the city")
    if low is not None and low > 1:
        verdict = Words("多于按其构成的预期", "more than its mix explains")
    elif high is not None and high < 1:
        verdict = Words("少于按其构成的预期", "fewer than its mix explains")
    return Words(
        f"{when.zh}，按诉求类别与等级构成调整后，未按时办结为预期的 {ratio:.2f} 倍{bounds}：{verdict.zh}。",
        f"{when.en}: adjusted for its mix of categories and tiers, orders not on time were {ratio:.2f} of what is expected "
        f"{bounds.replace('（', '(').replace('）', ')')}: {verdict.en}.",
    )


def _companion(row: Row) -> dict[str, Any]:
    name = words.of(row["companion"], words.COMPANIONS)
    if row["value"] is None:
        return {
            "name": name,
            "value": Words("隐去", "suppressed"),
            "interval": "",
            "n": "",
            "reason": Words(row["reason"] or "", row["rule_id"] or ""),
        }
    is_share = row["companion"] not in ("exclusion_lift_pp", "deadline_bunching_index", "orders_per_10k_residents")

    def text(value: float) -> str:
        return str(share(value, 1)) if is_share else f"{value:,.2f}".replace("-", "−")

    bounds = (
        f"{text(row['value_low'])}–{text(row['value_high'])}"
        if None not in (row["value_low"], row["value_high"])
        else ""
    )
    n = "" if row["denominator"] is None else f"{row['denominator']:,.0f}"
    return {"name": name, "value": text(row["value"]), "interval": bounds, "n": n, "reason": ""}
