"""Every rule, also those that found nothing: what it saw, what failed, over the nights, and examples by business key."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from markupsafe import Markup

from minhu.reports.dossier.drawing import sparkline
from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, keys, tag

MOST_KEYS = 5
Lines = dict[str, list[int]]
_OLDER = Words(
    "本版早于规则目录，只能列出有发现的规则。",
    "This release is older than the published list of rules: only those that found something can be told.",
)


def build(evidence: Evidence) -> Page:
    rules, lines, found = _rules(evidence), evidence.failed_by_night(), _found(evidence)
    seen = evidence.seen_by_night()
    nights = len(evidence.nights)
    loud = [rule for rule in rules if any(lines.get(rule["rule_id"], ())) or rule["rule_id"] in found]
    said = {rule["rule_id"] for rule in loud}
    quiet = [rule for rule in rules if rule["rule_id"] not in said]
    return Page(
        "rules",
        Words("规则", "Rules"),
        lead=_OLDER
        if not evidence.has("quality_rules")
        else Words(
            f"共 {len(rules)} 条规则，最近 {nights} 夜中 {len(loud)} 条有发现，{len(quiet)} 条没有。没有发现的规则同样列出：沉默也是证据。",
            f"{len(rules)} rules; in the last {nights} nights {len(loud)} of them found something and {len(quiet)} did not. Those "
            "that found nothing stand here too: silence is evidence.",
        ),
        sections=[
            Section(
                Words("有发现的规则", "Rules that found something"),
                notes=[
                    Words(
                        "上方曲线为各夜不合行数，下方为检视行数。记录规则的不合行是现存于隔离区的全部记录；到达规则为当夜到达的行。",
                        "The upper line shows rows failed per night, the lower one rows seen. Of a record rule these "
                        "are all records now in quarantine, of an arrival rule the rows of that night's delivery.",
                    )
                ],
                tables=[_table(rules_of, lines, seen, found, layer) for layer, rules_of in _by_layer(loud)],
            ),
            Section(
                Words("没有发现的规则", "Rules that found nothing"),
                tables=[_quiet(rules_of, seen, layer) for layer, rules_of in _by_layer(quiet)],
            ),
            Section(
                Words("到达检验的原始页面", "Arrival suites as Great Expectations shows them"),
                notes=[
                    Words(
                        "不属于本卷：由 minhu data-docs 版本号 按需生成，带有生成时间，样式取自网络。",
                        "No part of this dossier: made on demand by `minhu data-docs RELEASE`, with the time of making and a "
                        "style from the network.",
                    )
                ],
            ),
        ],
    )


def _rules(evidence: Evidence) -> list[Row]:
    if evidence.has("quality_rules"):
        return evidence.rows("select * from now.quality_rules order by rule_id")
    # a release older than the published rules: what can be told from its findings
    return evidence.rows(
        "select rule_id, min(source) as source, min(table_name) as table_name, max(severity) as severity, '' as who_acts, "
        "'' as dimension, min(message) as reason, min(message) as reason_zh, max(rows_seen) as rows_seen, "
        "max(rows_failed) as rows_failed from now.quality_findings group by rule_id order by rule_id"
    )


def _found(evidence: Evidence) -> dict[str, Row]:
    rows = evidence.rows(
        "select rule_id, count(*) as findings, max(case severity when 'block' then 3 when 'warn' then 2 else 1 end) as worst, "
        "list(distinct sample_keys order by sample_keys) filter (coalesce(sample_keys, '') <> '') as sample_keys, "
        "min(message) as message from now.quality_findings group by rule_id order by rule_id"
    )
    return {str(row["rule_id"]): row for row in rows}


def _by_layer(rules: list[Row]) -> list[tuple[str, list[Row]]]:
    return [(layer, list(of)) for layer, of in groupby(rules, key=lambda rule: str(rule["rule_id"])[:2])]


def _table(rules: list[Row], lines: Lines, seen: Lines, found: dict[str, Row], layer: str) -> Table:
    name = words.of(layer, words.LAYERS)
    rows: list[list[Any]] = []
    for rule in rules:
        rule_id = str(rule["rule_id"])
        now = found.get(rule_id, {})
        samples = " ".join(" ".join(now.get("sample_keys") or []).split(" ")[:MOST_KEYS])
        rows.append(
            [
                _anchored(rule_id),
                Words(str(rule["reason_zh"]), str(rule["reason"])),
                str(rule["table_name"]),
                _severity(rule, now),
                words.of(rule["who_acts"], words.WHO_ACTS),
                rule["rows_seen"],
                rule["rows_failed"],
                now.get("findings", 0),
                _pictures(lines.get(rule_id, []), seen.get(rule_id, [])),
                keys(samples),
            ]
        )
    return table(
        Words(f"{name.zh}：有发现的规则", f"{name.en}: rules that found something"),
        columns(
            ("规则", "rule"), ("要求", "what it asks"), ("表", "table"), ("级别", "severity"), ("处理", "who acts"),
            ("检视行", "rows seen", "number"), ("不合行", "rows failed", "number"), ("发现", "findings", "number"),
            ("各夜不合行与检视行", "failed and seen by night", "picture"), ("样例（业务键）", "examples (business keys)"),
        ),
        rows,
    )  # fmt: skip


def _quiet(rules: list[Row], seen: Lines, layer: str) -> Table:
    name = words.of(layer, words.LAYERS)
    return table(
        Words(f"{name.zh}：{len(rules)} 条没有发现", f"{name.en}: {len(rules)} that found nothing"),
        columns(
            ("规则", "rule"), ("要求", "what it asks"), ("表", "table"), ("级别", "severity"), ("处理", "who acts"),
            ("检视行", "rows seen", "number"), ("各夜最少", "least of a night", "number"),
        ),
        [
            [
                _anchored(str(rule["rule_id"])),
                Words(str(rule["reason_zh"]), str(rule["reason"])),
                str(rule["table_name"]),
                tag(str(rule["severity"]).replace(" ", "-"), words.of(rule["severity"], words.SEVERITIES)),
                words.of(rule["who_acts"], words.WHO_ACTS),
                rule["rows_seen"],
                min(seen.get(str(rule["rule_id"]), [0])) if rule["rows_seen"] is not None else None,
            ]
            for rule in rules
        ],
        is_folded=True,
    )  # fmt: skip


def _pictures(failed: list[int], seen: list[int]) -> Markup:
    lines = (sparkline(failed, Words("不合行", "rows failed")), sparkline(seen, Words("检视行", "rows seen"), "seen"))
    return Markup("<br>").join(line for line in lines if line)


def _anchored(rule_id: str) -> Markup:
    return Markup('<span class="mono" id="{}">{}</span>').format(rule_id, rule_id)


def _severity(rule: Row, now: Row) -> Markup:
    """The worst severity it has now, or what it would have."""
    severity = {3: "block", 2: "warn", 1: "info"}.get(now.get("worst", 0), str(rule["severity"]))
    return tag(severity.replace(" ", "-"), words.of(severity, words.SEVERITIES))
