"""What came when: nights of each source, rows of each table, sources that did not deliver."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from minhu.extract import registry
from minhu.reports.dossier.evidence import Evidence
from minhu.reports.dossier.page import Page, Section, columns, table
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, share, tag

NIGHTS = 30
_PATH = re.compile(r"landing/([a-z_]+)/([a-z_]+)/dt=(\d{4}-\d\d-\d\d)/attempt=(\d+)/")


def build(evidence: Evidence) -> Page:
    landed = landed_rows(evidence)
    return Page(
        "freshness",
        Words("时效", "Freshness"),
        lead=Words(
            "本版所依据的每一次落地都记在签名的清单里。未到的来源不用旧数冒充：其单元格沿用上次有效值并标明陈旧。",
            "Every delivery this release rests on is in its signed manifest. A source that did not come is not made up for: its cells "
            "keep their last good value and say that they are stale.",
        ),
        sections=[
            Section(Words("来源", "Sources"), tables=[_sources(evidence, landed)]),
            Section(Words("未到或被拒", "Missing or refused"), tables=[_refused(evidence)]),
            Section(Words("各表", "Tables"), tables=[_tables(evidence, landed)]),
        ],
    )


def landed_rows(evidence: Evidence) -> dict[tuple[str, str], dict[date, int]]:
    """Rows by source and table and business date; of several attempts the last."""
    found: dict[tuple[str, str], dict[date, tuple[int, int]]] = {}
    for entry in evidence.release.manifest["landing"]:
        match = _PATH.search(str(entry["path"]))
        if match:
            source, name, day, attempt = match[1], match[2], date.fromisoformat(match[3]), int(match[4])
            days = found.setdefault((source, name), {})
            days[day] = max(days.get(day, (0, 0)), (attempt, int(entry["rows"])))
    return {key: {day: rows for day, (_, rows) in days.items()} for key, days in sorted(found.items())}


def _sources(evidence: Evidence, landed: dict[tuple[str, str], dict[date, int]]) -> Any:
    today = evidence.release.business_date
    stale = set(evidence.release.manifest["stale_sources"])
    rows: list[list[Any]] = []
    for source in registry.names():
        days = sorted({day for (s, _), found in landed.items() if s == source for day in found})
        last = days[-1] if days else None
        window = [today - timedelta(days=n) for n in reversed(range(NIGHTS))]
        expected = [day for day in window if days and day >= days[0]]
        came = [day for day in expected if day in set(days)]
        tonight = sum(found.get(today, 0) for (s, _), found in landed.items() if s == source)
        state = (
            tag("stale", Words("未到", "stale")) if source in stale else tag("PUBLISHED", Words("已到", "delivered"))
        )
        if not days and source not in stale:
            state = tag("NOT_RATED", Words("本市无此来源", "not in this city"))
        rows.append(
            [
                words.of(source, words.SOURCES),
                state,
                last,
                (today - last).days if last else None,
                tonight if source not in stale and days else None,
                f"{len(came)} / {len(expected)}" if expected else None,
                share(len(came) / len(expected), 0) if expected else None,
                _strip(window, set(days), days[0] if days else None),
            ]
        )
    return table(
        Words(f"截至业务日；最近 {NIGHTS} 夜", f"As of the business date; the last {NIGHTS} nights"),
        columns(
            ("来源", "source"), ("本夜", "tonight"), ("最近到达", "last delivery"), ("相隔日数", "days ago", "number"),
            ("本夜行数", "rows tonight", "number"), ("到达夜数", "nights delivered", "number"), ("占比", "share", "number"),
            ("各夜", "by night", "picture"),
        ),
        rows,
    )  # fmt: skip


def _strip(window: Sequence[date], came: set[date], first: date | None) -> Markup:
    """A square per night: delivered, missing, or before the first delivery."""
    boxes = [
        Markup('<rect class="{}" x="{}" y="2" width="4" height="14"><title>{}</title></rect>').format(
            "came" if day in came else "missed" if first and day > first else "early", 2 + i * 5, day
        )
        for i, day in enumerate(window)
    ]
    said = f"{sum(day in came for day in window)} / {len(window)}"
    return Markup(
        '<svg class="strip" viewBox="0 0 {0} 18" width="{0}" height="18" role="img" aria-label="{1}">{2}</svg>'
    ).format(len(window) * 5 + 4, said, Markup("").join(boxes))


def _refused(evidence: Evidence) -> Any:
    rows = evidence.rows(
        "select * from now.quality_findings "
        "where rule_id like 'L0-%' or (rule_id like 'L1-%' and severity = 'block') order by source, rule_id, table_name, message"
    )
    return table(
        Words("本夜使一个来源未被受理的发现", "Findings because of which a source was not accepted tonight"),
        columns(("来源", "source"), ("规则", "rule"), ("表", "table"), ("说明", "what was found")),
        [
            [
                words.of(row["source"], words.SOURCES),
                row["rule_id"],
                row["table_name"],
                Words(str(row["message"] or ""), str(row.get("detail") or row["message"] or "")),
            ]
            for row in rows
        ],
        most=200,
    )


def _tables(evidence: Evidence, landed: dict[tuple[str, str], dict[date, int]]) -> Any:
    today = evidence.release.business_date
    return table(
        Words("落地的表；重叠的时间窗使同一行多次落地", "Landed tables; windows overlap, so a row may land more than once"),
        columns(
            ("来源", "source"), ("表", "table"), ("首次", "first"), ("最近", "last"), ("夜数", "nights", "number"),
            ("本夜行数", "rows tonight", "number"), ("累计行数", "rows in all", "number"),
        ),
        [
            [
                words.of(source, words.SOURCES),
                f"{source}.{name}",
                min(found),
                max(found),
                len(found),
                found.get(today),
                sum(found.values()),
            ]
            for (source, name), found in landed.items()
        ],
    )  # fmt: skip
