"""What must be the same counted in two ways, and the difference."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from markupsafe import Markup

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import Page, Section, Table, columns, table
from minhu.reports.dossier.pages.quarantine import place_names
from minhu.reports.presentation import words
from minhu.reports.presentation.values import Words, link, shown, signed, tag

#: Months shown in full; the sums above them are of the whole archive.
MONTHS = 13
_ORDER = list(words.IDENTITIES)


def build(evidence: Evidence) -> Page:
    title = Words("守恒", "Conservation")
    lead = Words(
        "凡应相等的两种数法都在此对账。差额不为零者，相应规则会拦截或提示；来自文件的来源，差额是文件中重复出现的行。",
        "What must be the same counted in two ways is held together here. A difference that is not 0 blocks or warns by its rule; of "
        "sources that send files it is the rows that came twice.",
    )
    if not evidence.has("conservation"):
        note = Words("本版早于守恒表，未公布所需计数。", "This release is older than the table of these counts.")
        return Page("conservation", title, [Section(Words("恒等式", "Identities"), notes=[note])], lead=lead)
    rows = evidence.rows(
        "select * from now.conservation order by identity, table_name, unit_type, unit_code, month_start desc nulls last"
    )
    names = place_names(evidence)
    by_identity = {name: list(of) for name, of in groupby(rows, key=lambda row: str(row["identity"]))}
    order = sorted(by_identity, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    return Page(
        "conservation",
        title,
        lead=lead,
        sections=[
            Section(Words("总览", "At a glance"), tables=[_overview(by_identity, order)]),
            *(
                Section(words.of(name, words.IDENTITIES), tables=_months(by_identity[name], names), anchor=name)
                for name in order
            ),
        ],
    )


def _overview(by_identity: dict[str, list[Row]], order: list[str]) -> Table:
    body: list[list[Any]] = []
    for name in order:
        rows = by_identity[name]
        city = [row for row in rows if row["unit_type"] == "city"]
        rules = sorted({str(row["rule_id"]) for row in rows if row["rule_id"]})
        body.append(
            [
                link(f"#{name}", words.of(name, words.IDENTITIES)),
                Markup(" ").join(link(f"rules.html#{rule}", rule) for rule in rules) if rules else None,
                len({row["table_name"] for row in rows}),
                len(rows),
                sum(row["left_count"] or 0 for row in city),
                sum(row["right_count"] or 0 for row in city),
                _difference(sum(row["difference"] or 0 for row in city), bool(rules)),
                sum(bool(row["difference"]) for row in rows),
            ]
        )
    return table(
        Words("全市合计，全部时期", "Sums of the city over all periods"),
        columns(
            ("恒等式", "identity"), ("规则", "rule"), ("表", "tables", "number"), ("核对的格", "cells compared", "number"),
            ("左", "left", "number"), ("右", "right", "number"), ("差额", "difference", "number"),
            ("有差额的格", "cells that differ", "number"),
        ),
        body,
    )  # fmt: skip


def _months(rows: list[Row], names: dict[str, str]) -> list[Table]:
    months = sorted({row["month_start"] for row in rows if row["month_start"]}, reverse=True)[:MONTHS]
    kept = [row for row in rows if row["difference"] or row["month_start"] is None or row["month_start"] in months]
    body = [
        [
            names.get(row["unit_code"], row["unit_code"]),
            str(row["table_name"]),
            f"{row['month_start']:%Y-%m}" if row["month_start"] else Words("全部", "all"),
            row["left_count"],
            row["right_count"],
            row["parts"],
            _difference(row["difference"], bool(row["rule_id"])),
        ]
        for row in kept
    ]
    caption = Words(f"最近 {MONTHS} 个月；有差额者全列", f"The last {MONTHS} months, and every one that differs")
    titles = columns(
        ("单位", "unit"), ("表", "table"), ("月份", "month"), ("左", "left", "number"), ("右", "right", "number"),
        ("右边各项", "terms of the right", "number"), ("差额", "difference", "number"),
    )  # fmt: skip
    return [table(caption, titles, body, most=400, is_folded=len(body) > 40)]


def _difference(value: int | None, has_rule: bool) -> Any:
    """Red where a rule acts on it; rows that came twice in files are told, not blamed."""
    if not value:
        return shown(value)
    said = Words(str(signed(value)), str(signed(value)))
    return tag("off", said) if has_rule else said
