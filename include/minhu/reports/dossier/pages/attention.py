"""What needs a person: what is missing, what is withheld and by which rule, what runs out; a row each, the gravest first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Section, columns, table
from minhu.reports.dossier.pages.changes import unexplained_cells
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, link

#: Rules that a first page names; the rest stands on the page of rules.
MOST_RULES = 6
#: A waiver is told this long before it ends, so that what it covers can be mended or reviewed again.
_WARNED = timedelta(days=14)
_NOTHING = Words("本夜没有需要人处理的事", "nothing needs a person tonight")
_COLUMNS = columns(
    ("事项", "what"), ("单元格", "cells", "number"), ("记录", "records", "number"), ("谁处理", "who acts"),
)  # fmt: skip
_WITHHOLDING = """
with cells as (
    select rule_id, count(*) as cells from now.kpi_results where verdict = 'WITHHELD' group by rule_id
)
select
    cells.rule_id, cells.cells, rules.rows_failed, rules.who_acts,
    coalesce(rules.reason_zh, cells.rule_id) as zh, coalesce(rules.reason, cells.rule_id) as en
from cells left join now.quality_rules as rules on cells.rule_id = rules.rule_id
order by cells.cells desc, cells.rule_id
"""


def build(evidence: Evidence) -> Section:
    """The section of the first page."""
    rows = [*_missing(evidence), *_withholding(evidence), *_differing(evidence), *_running_out(evidence)]
    caption = Words(f"需要人处理的（{len(rows)} 项）", f"What needs a person ({len(rows)})")
    return Section(Words("需要人处理", "What needs a person"), tables=[table(caption, _COLUMNS, rows, empty=_NOTHING)])


def _missing(evidence: Evidence) -> list[list[Any]]:
    rows = []
    for source in evidence.release.manifest["stale_sources"]:
        name = words.of(source, words.SOURCES)
        said = Words(
            f"{name.zh}：没有可用的到达，沿用旧值", f"{name.en}: nothing usable came, its cells stay as they were"
        )
        rows.append([link("freshness.html", said), None, None, words.of("engineer", words.WHO_ACTS)])
    return rows


def _withholding(evidence: Evidence) -> list[list[Any]]:
    if not evidence.has("quality_rules", "who_acts"):
        return []
    found = evidence.rows(_WITHHOLDING)
    rows = [_of_rule(row) for row in found[:MOST_RULES]]
    if left := found[MOST_RULES:]:
        said = Words(f"另有 {len(left)} 条规则暂缓单元格", f"{len(left)} more rules withhold cells")
        rows.append([link("rules.html", said), sum(row["cells"] for row in left), None, None])
    return rows


def _of_rule(row: Row) -> list[Any]:
    said = Words(f"{row['rule_id']} 暂缓：{row['zh']}", f"{row['rule_id']} withholds: {row['en']}")
    return [
        link(f"rules.html#{row['rule_id']}", said), row["cells"], row["rows_failed"], words.of(row["who_acts"], words.WHO_ACTS),
    ]  # fmt: skip


def _differing(evidence: Evidence) -> list[list[Any]]:
    engineer = words.of("engineer", words.WHO_ACTS)
    rows = []
    if cells := unexplained_cells(evidence):
        said = Words("原因不明的重述", "restatements that nothing explains")
        rows.append([link("changes.html", said), cells, None, engineer])
    if evidence.has("conservation", "difference"):
        off = int(evidence.one("select count(*) from now.conservation where difference <> 0"))
        if off:
            said = Words("两种数法不相等", "counted in two ways and not the same")
            rows.append([link("conservation.html", said), off, None, engineer])
    return rows


def _running_out(evidence: Evidence) -> list[list[Any]]:
    if not evidence.has("waivers", "expires_on"):
        return []
    night = evidence.release.business_date
    found = evidence.rows(
        "select waiver_id, expires_on, approver from now.waivers where expires_on between $night and $soon order by expires_on, waiver_id",
        night=night, soon=night + _WARNED,
    )  # fmt: skip
    rows: list[list[Any]] = []
    for row in found:
        which, until = row["waiver_id"], row["expires_on"]
        said = Words(f"豁免 {which} {until} 到期", f"waiver {which} ends on {until}")
        rows.append([link("changes.html", said), None, None, str(row["approver"])])
    return rows
