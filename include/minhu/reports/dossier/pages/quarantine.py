"""Records that were set aside: by source, rule and reason, by place, and over the nights."""

from __future__ import annotations

from typing import Any

from minhu.reports.dossier.drawing import sparkline
from minhu.reports.dossier.evidence import Evidence
from minhu.reports.dossier.page import Page, Section, columns, table
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, keys, link, share

MOST_KEYS = 8


def build(evidence: Evidence) -> Page:
    title = Words("隔离", "Quarantine")
    lead = Words(
        "不合记录规则的行不进入任何数字，也不丢弃：在此按业务键可查，来源修正后再送即自动回到计数。",
        "A record that breaks a rule is in no figure and is not lost: it can be read here by its business key, and once the source "
        "sends it mended it is counted again.",
    )
    if not evidence.has("quarantined_rows"):
        note = Words("本版没有隔离表。", "This release has no quarantine table.")
        return Page("quarantine", title, [Section(Words("记录", "Records"), notes=[note])], lead=lead)
    return Page(
        "quarantine",
        title,
        lead=lead,
        sections=[
            Section(Words("按来源、规则与原因", "By source, rule and reason"), tables=[_by_rule(evidence)]),
            Section(Words("按地区", "By place"), tables=[_by_place(evidence)]),
            Section(Words("按月份", "By month"), tables=[_by_month(evidence)]),
        ],
    )


def _by_rule(evidence: Evidence) -> Any:
    lines = evidence.quarantined_by_night()
    held = {}
    if evidence.has("quality_rules"):
        seen = evidence.rows("select rule_id, rows_seen from now.quality_rules order by rule_id")
        held = {row["rule_id"]: row["rows_seen"] for row in seen}
    rows = evidence.rows(
        "select table_name, rule_id, reason, reason_zh, count(*) as records, min(landed_date) as first_landed, "
        "max(landed_date) as last_landed, list(record_key order by record_key)[:$most] as samples "
        "from now.quarantined_rows group by all order by table_name, rule_id, reason",
        most=MOST_KEYS,
    )
    return table(
        Words("隔离的记录", "Records in quarantine"),
        columns(
            ("来源", "source"), ("表", "table"), ("规则", "rule"), ("原因", "reason"), ("记录", "records", "number"),
            ("占现存记录", "share of records", "number"), ("落地", "landed"), ("各夜", "by night", "picture"),
            ("样例（业务键）", "examples (business keys)"),
        ),
        [
            [
                words.of(str(row["table_name"]).split(".")[0], words.SOURCES),
                str(row["table_name"]),
                link(f"rules.html#{row['rule_id']}", row["rule_id"]),
                Words(str(row["reason_zh"] or row["reason"] or ""), str(row["reason"] or "")),
                row["records"],
                share(row["records"] / held[row["rule_id"]]) if held.get(row["rule_id"]) else None,
                str(row["first_landed"])
                if row["first_landed"] == row["last_landed"]
                else f"{row['first_landed']} – {row['last_landed']}",
                sparkline(lines.get(row["rule_id"], ()), Words("隔离的记录", "records in quarantine")),
                keys(" ".join(str(key) for key in row["samples"])),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _by_place(evidence: Evidence) -> Any:
    names = place_names(evidence)
    rows = evidence.rows(
        "select coalesce(district_code, '') as district_code, table_name, count(*) as records, "
        "count(distinct rule_id) as rules from now.quarantined_rows group by all order by district_code, table_name"
    )
    return table(
        Words("区县与表", "District and table"),
        columns(("区县", "district"), ("表", "table"), ("规则", "rules", "number"), ("记录", "records", "number")),
        [
            [
                names.get(row["district_code"], row["district_code"]) or Words("不详", "unknown"),
                str(row["table_name"]),
                row["rules"],
                row["records"],
            ]
            for row in rows
        ],
    )


def _by_month(evidence: Evidence) -> Any:
    rows = evidence.rows(
        "select strftime(record_date, '%Y-%m') as month, table_name, count(*) as records from now.quarantined_rows "
        "group by all order by month desc nulls last, table_name"
    )
    return table(
        Words(
            "记录自身日期所在的月份；不可能的日期照写", "Month of the record's own date, also where that is impossible"
        ),
        columns(("月份", "month"), ("表", "table"), ("记录", "records", "number")),
        [[row["month"] or Words("无日期", "no date"), str(row["table_name"]), row["records"]] for row in rows],
        most=600,
        is_folded=True,
    )


def place_names(evidence: Evidence) -> dict[str, str]:
    """Names of places by code."""
    if not evidence.has("dim_places", "place_code", "place_name"):
        return {}
    rows = evidence.rows(
        "select place_code, max(place_name) as place_name from now.dim_places group by all order by all"
    )
    return {str(row["place_code"]): str(row["place_name"]) for row in rows}
