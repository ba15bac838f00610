"""The first page: does the city act when it is called, what stands out, and one line for every KPI."""

from __future__ import annotations

from typing import Any

from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site import sentences
from minhu.reports.site.content import Content
from minhu.reports.site.drawing import series
from minhu.reports.site.lines import bounds, columns_of, line, points, said, trend
from minhu.reports.site.rendering import Page
from minhu.reports.site.signals import signal_words

#: The KPIs that answer the question of the first page: on time, solved, content, and the gap between the two.
ANSWERS = ("H06", "H08", "H09", "X02")
#: Signals that the first page names; the others stand on the pages of their KPIs.
MOST_SIGNALS = 12


def build(content: Content) -> Page:
    """The first page."""
    city = content.city
    cards: list[dict[str, Any]] = []
    lines = [line(content, kpi, city) for kpi in content.kpis] if city else []
    for found in lines:
        if found.kpi.kpi_id not in ANSWERS or city is None:
            continue
        key = (found.kpi.kpi_id, *city.key)
        change = content.changes.get((*key, "previous"))
        cards.append(
            {
                "kpi": found.kpi,
                "cell": found.cell,
                "spark": series.sparkline(
                    points(found.kpi, content.cells.get(key, ())), said(found.kpi, city), bounds(found.kpi), 232, 56
                ),
                "running": content.period_of(found.kpi) if found.kpi.kpi_id in content.running else "",
                "change": trend(change, found.kpi) if change and found.cell and found.cell.is_shown else "",
            }
        )
    signals = _signals(content)
    return Page(
        "index.html",
        "index.html",
        Words("拨打之后，城市行动了吗？", "Does the city act when it is called?"),
        {
            "lead": _lead(content, cards),
            "cards": cards,
            "signals": signals[:MOST_SIGNALS],
            "more_signals": max(0, len(signals) - MOST_SIGNALS),
            "restated": _restated(content),
            "groups": [
                {
                    "id": group,
                    "name": words.of(group, words.GROUPS),
                    "lines": [found for found in lines if found.kpi.group == group],
                    **columns_of(lines),
                }
                for group in dict.fromkeys(kpi.group for kpi in content.kpis)
            ],
        },
    )


def _lead(content: Content, cards: list[dict[str, Any]]) -> Words:
    said_of = [card for card in cards if card["cell"] is not None and card["cell"].is_shown]
    if not said_of:
        return Words("本次发布没有可以回答这一问题的数值。", "This release has no figure that answers the question.")
    first = said_of[0]
    change = content.changes.get((first["kpi"].kpi_id, first["cell"].unit_type, first["cell"].unit_code, "previous"))
    return sentences.finding(first["kpi"], first["cell"], content.period_of(first["kpi"]), change, content.city_name)


def _signals(content: Content) -> list[dict[str, Any]]:
    """Signals of the city in the last finished period of each KPI, then those of districts."""
    found = []
    for unit in content.units:
        if unit.unit_type not in ("city", "district"):
            continue
        for kpi in content.kpis:
            rows = content.signals.get((kpi.kpi_id, *unit.key), ())
            last = [row for row in rows if row["period_start"] == content.headline.get(kpi.kpi_id)]
            told = signal_words(last[-1]) if last else None
            if told:
                name = Words(f"{unit.name} {kpi.name.zh}", f"{unit.name} {kpi.name.en}")
                found.append({"address": kpi.address, "name": name, "words": told})
    return found


def _restated(content: Content) -> Words:
    changed = sum(row["difference"] == "changed" for row in content.restated)
    if not content.restated:
        return Words(
            "与上一发布相比，已结束期间的数值没有修订。",
            "No figure of a finished period was revised since the release before.",
        )
    return Words(
        f"与上一发布相比，已结束期间有 {len(content.restated):,} 个单元格不同，其中 {changed:,} 个数值或裁定改变；见“变化”页。",
        f"Since the release before, {len(content.restated):,} cells of finished periods differ, "
        f"{changed:,} of them in figure or verdict; see Changes.",
    )
