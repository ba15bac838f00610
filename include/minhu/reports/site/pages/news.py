"""What changed since the release before, and what is held back, with reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from minhu.release.marks import INSTEAD
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words
from minhu.reports.site import periods, sentences
from minhu.reports.site.cells import number
from minhu.reports.site.content import Content
from minhu.reports.site.lines import trend
from minhu.reports.site.reading import Row
from minhu.reports.site.rendering import Page
from minhu.reports.site.subjects import Kpi

#: Rows that a page lists; how many more there are is said.
MOST_ROWS = 140
_NO_PAST = Words("无可比期间", "no such period")


def changes(content: Content) -> Page:
    """Changes of the city against its own past, and figures of finished periods that were revised this night."""
    city = content.city
    against = []
    for kpi in content.kpis:
        found = {
            comparison: content.changes.get((kpi.kpi_id, *city.key, comparison)) if city else None
            for comparison in ("previous", "last_year")
        }
        if any(found.values()):
            against.append(
                {"kpi": kpi, "period": content.period_of(kpi)}
                | {name: trend(row, kpi) if row else _NO_PAST for name, row in found.items()}
            )
    by_id = {kpi.kpi_id: kpi for kpi in content.kpis}
    revised = [_revised(content, row, by_id.get(row["kpi_id"])) for row in content.restated[:MOST_ROWS]]
    values = {
        "against": against,
        "alone": len(content.kpis) - len(against),
        "revised": revised,
        "more": max(0, len(content.restated) - MOST_ROWS),
        "causes": _causes(content),
    }
    return Page("changes.html", "changes.html", Words("变化", "Changes"), values)


def _causes(content: Content) -> list[tuple[Words, str]]:
    counted = Counter(cause for row in content.restated for cause in str(row["causes"]).split())
    return [
        (words.of(cause, words.CAUSES), f"{count:,}")
        for cause, count in sorted(counted.items(), key=lambda i: (-i[1], i[0]))
    ]


def _revised(content: Content, row: Row, kpi: Kpi | None) -> dict[str, Any]:
    unit = content.unit_of(row["unit_type"], row["unit_code"])
    causes = [words.of(cause, words.CAUSES) for cause in str(row["causes"]).split()]
    # what one side hides the other would tell: both or neither
    is_shown = not {row["verdict_before"], row["verdict_now"]} & set(INSTEAD) and row["difference"] == "changed"
    of_unit = kpi.unit if kpi else "index"

    def said(side: str) -> Any:
        verdict = row[f"verdict_{side}"]
        if is_shown and row[f"value_{side}"] is not None:
            return number(row[f"value_{side}"], of_unit)
        return words.of(verdict, words.VERDICTS) if verdict else ""

    return {
        "kpi": kpi,
        "kpi_id": row["kpi_id"],
        "variant": "" if row["variant"] == "main" else row["variant"],
        "unit": unit,
        "code": row["unit_code"],
        "period": periods.name(row["period_type"], row["period_start"]),
        "before": said("before"),
        "now": said("now"),
        "causes": Words("、".join(cause.zh for cause in causes), ", ".join(cause.en for cause in causes)),
    }


def held(content: Content) -> Page:
    """Cells of the headline periods that are not shown: how many by KPI, and which are withheld."""
    by_kpi: defaultdict[str, Counter[str]] = defaultdict(Counter)
    every = content.counted
    by_rule: Counter[tuple[str, str]] = Counter()
    for (kpi_id, verdict, rule_id), count in content.held.items():
        by_kpi[kpi_id][verdict] += count
        by_rule[verdict, rule_id] += count
    since = {
        (row["kpi_id"], row["unit_type"], row["unit_code"], row["period_start"]): content.release.business_date
        for row in content.restated
        if row["verdict_now"] in INSTEAD and row["verdict_before"] != row["verdict_now"]
    }
    listed: list[dict[str, Any]] = []
    for kpi in content.kpis:
        for unit in content.units:
            cell = content.at_headline(kpi, *unit.key)
            if cell is None or cell.verdict != "WITHHELD":
                continue
            listed.append(
                {
                    "kpi": kpi,
                    "unit": unit,
                    "period": content.period_of(kpi),
                    "rule": cell.rule_id,
                    "reason": sentences.verdict_reason(cell, content.rules),
                    "since": since.get((kpi.kpi_id, *unit.key, cell.period_start), ""),
                }
            )
    values = {
        "kpis": [
            {
                "kpi": kpi,
                "counts": [f"{by_kpi[kpi.kpi_id][v]:,}" for v in INSTEAD],
                "every": f"{every[kpi.kpi_id]:,}",
            }
            for kpi in content.kpis
            if kpi.kpi_id in by_kpi
        ],
        "verdicts": [words.VERDICTS[verdict] for verdict in INSTEAD],
        "rules": [_rule(content, *of) for of in sorted(by_rule.items(), key=lambda of: (-of[1], of[0]))],
        "how_many": f"{sum(by_rule.values()):,}",
        "every": f"{sum(every.values()):,}",
        "listed": listed[:MOST_ROWS],
        "more": max(0, len(listed) - MOST_ROWS),
    }
    return Page("held.html", "held.html", Words("未公布", "Held back"), values)


def _rule(content: Content, of: tuple[str, str], count: int) -> dict[str, Any]:
    verdict, rule_id = of
    rule = content.rules.get(rule_id)
    said = Words(rule["reason_zh"] or rule_id, rule["reason"] or rule_id) if rule else Words(rule_id, rule_id)
    return {"verdict": words.of(verdict, words.VERDICTS), "rule": rule_id, "reason": said, "count": f"{count:,}"}
