"""Verdicts by KPI and level, why cells are not published, and the month cells of the city and its districts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from minhu.reports.dossier.evidence import Evidence, Row
from minhu.reports.dossier.page import MOST_ROWS, Page, Section, Table, columns, table
from minhu.reports.dossier.pages.why import by_cell, by_rule
from minhu.reports.dossier.reasons import Reasons
from minhu.reports.presentation import words
from minhu.reports.presentation.names import name_of_kpi
from minhu.reports.presentation.values import Words, figure, link, shown, tag

#: Months that the pages of single KPIs show.
MONTHS = 13
_LEVELS = list(words.LEVELS)


def build(evidence: Evidence) -> Page:
    return Page(
        "verdicts",
        Words("裁定", "Verdicts"),
        lead=Words(
            "每个单元格（指标、变体、单位、时期、口径）都有一个裁定。暂缓：上游检查未通过；隐去：样本低于披露下限，或公布后可推得这样的样本；仅给区间：样本不足以排名；不评：无可评价。",
            "Every cell (KPI, variant, unit, period, caliber) has one verdict. Withheld: a check upstream failed; suppressed: fewer "
            "than may be disclosed, or what would give so few away; interval only: too few for a rank; not rated: nothing to rate.",
        ),
        sections=[
            Section(Words("按指标与层级", "By KPI and level"), tables=[_by_kpi(evidence)]),
            Section(Words("未照常公布的原因", "Why cells are not plainly published"), tables=_reasons(evidence)),
        ],
    )


def cell_pages(evidence: Evidence) -> Iterator[Page]:
    """A page per KPI with the month cells of the city and its districts."""
    contracts = contracts_of(evidence)
    reasons = Reasons.of(evidence)
    for kpi_id, cells in groupby(_month_cells(evidence), key=lambda row: str(row["kpi_id"])):
        yield _cell_page(kpi_id, list(cells), contracts, reasons)


def _month_cells(evidence: Evidence) -> list[Row]:
    """The newest months of the city and its districts, in the order of the pages."""
    evidence.engine.execute(
        f"""
        create table if not exists main.month_cells as
        select
            kpi_id, variant, unit_type, unit_code, unit_name, period_start, caliber, numerator, denominator, value, ci_low,
            ci_high, verdict, rule_id, reason, is_provisional, last_good_value
        from now.kpi_results
        where period_type = 'month' and unit_type in ('city', 'district')
        qualify dense_rank() over (order by period_start desc) <= {MONTHS}
        """  # noqa: S608  a number of our own
    )
    return evidence.rows(
        "select * from main.month_cells order by kpi_id, coalesce(variant, '') not in ('', 'main'), variant, caliber desc, "
        "unit_type, unit_code, period_start desc"
    )


def _count_cells(evidence: Evidence) -> None:
    """Count the cells once, for all that is told about verdicts."""
    evidence.engine.execute(
        "create table if not exists main.cell_counts as select kpi_id, variant, unit_type, verdict, "
        "count(*) as cells from now.kpi_results group by all"
    )


def contracts_of(evidence: Evidence) -> dict[tuple[str, str], Row]:
    """Contract rows by KPI and variant, in the order of the catalogue."""
    if not evidence.has("kpi_contract", "kpi_id", "variant"):
        return {}
    rows = evidence.rows("select * from now.kpi_contract order by kpi_id, variant")
    rows.sort(
        key=lambda row: (place_of(str(row["kpi_id"])), str(row["variant"]) not in ("", "main"), str(row["variant"]))
    )
    return {(str(row["kpi_id"]), str(row["variant"])): row for row in rows}


def name_of(contract: Row | None, fallback: str) -> Words:
    """A KPI's name in both languages."""
    return name_of_kpi(contract) if contract else Words(fallback, fallback)


def _by_kpi(evidence: Evidence) -> Table:
    _count_cells(evidence)
    rows = evidence.rows(
        "select kpi_id, variant, unit_type, verdict, cast(sum(cells) as bigint) as cells from main.cell_counts "
        "group by kpi_id, variant, unit_type, verdict order by kpi_id, variant, unit_type, verdict"
    )
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in rows:
        counts.setdefault((row["kpi_id"], row["variant"], row["unit_type"]), {})[row["verdict"]] = row["cells"]
    contracts = contracts_of(evidence)
    with_months = {str(row["kpi_id"]) for row in _month_cells(evidence)}
    body = [
        [
            link(f"{_page_of(kpi_id)}.html", kpi_id) if kpi_id in with_months else kpi_id,
            name_of(contracts.get((kpi_id, variant)), variant),
            words.of(level, words.LEVELS),
            *(shown(found[v]) if v in found else None for v in words.VERDICTS),
            shown(sum(found.values())),
        ]
        for (kpi_id, variant, level), found in sorted(counts.items(), key=lambda item: _place(*item[0]))
    ]
    return table(
        Words("各层级各裁定的单元格数；点编号看市与区县各月数值", "Cells by level and verdict; a KPI's id leads to its months"),
        columns(
            ("编号", "KPI"), ("指标", "name"), ("层级", "level"),
            *((w.zh, w.en, "number") for w in words.VERDICTS.values()), ("合计", "all", "number"),
        ),
        body,
    )  # fmt: skip


def _place(kpi_id: str, variant: str, level: str) -> tuple[tuple[int, str], bool, str, int]:
    """The order of the catalogue: group, id, the KPI itself before its variants, from the city down."""
    place = _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)
    return (place_of(kpi_id), variant not in ("", "main"), variant, place)


def place_of(kpi_id: str) -> tuple[int, str]:
    """Where a KPI stands in the catalogue."""
    groups = list(words.GROUPS)
    return (groups.index(kpi_id[:1]) if kpi_id[:1] in groups else len(groups), kpi_id)


def _reasons(evidence: Evidence) -> list[Table]:
    reasons, contracts = Reasons.of(evidence), contracts_of(evidence)
    names = {key: name_of(contract, key[1]) for key, contract in contracts.items()}
    units = {key: _unit(contract) for key, contract in contracts.items()}
    return [by_rule(evidence, reasons, names), by_cell(evidence, reasons, names, units)]


def _unit(contract: Row | None) -> str:
    return str((contract or {}).get("unit") or "")


def _count(value: Any) -> Any:
    """A count as it is: weights may make it a decimal."""
    if value is None:
        return None
    number = float(value)
    return int(number) if number.is_integer() else f"{number:,.1f}"


def _page_of(kpi_id: str) -> str:
    return "cells-" + re.sub("[^A-Za-z0-9_-]", "_", kpi_id)


def _cell_page(kpi_id: str, cells: list[Row], contracts: dict[tuple[str, str], Row], reasons: Reasons) -> Page:
    sections: list[Section] = []
    left = MOST_ROWS
    for (variant, caliber), of_variant in groupby(cells, key=lambda row: (str(row["variant"]), str(row["caliber"]))):
        contract = contracts.get((kpi_id, variant))
        name, unit, caliber_words = name_of(contract, variant), _unit(contract), words.of(caliber, words.CALIBERS)
        rows = [_cell_row(row, unit, reasons) for row in of_variant]
        most = min(left, len(rows))
        left -= most
        sections.append(
            Section(
                Words(f"{name.zh} · {caliber_words.zh}", f"{name.en} · {caliber_words.en} caliber"),
                tables=[
                    table(
                        Words(
                            f"市与区县，最近 {MONTHS} 个月；区间为 95 %",
                            f"City and districts, the last {MONTHS} months; intervals of 95 %",
                        ),
                        columns(
                            ("单位", "unit"), ("月份", "month"), ("数值", "value", "number"), ("区间", "interval", "number"),
                            ("分子", "numerator", "number"), ("样本", "n", "number"), ("裁定", "verdict"), ("原因", "reason"),
                        ),
                        rows,
                        most=most,
                    )
                ],
            )
        )  # fmt: skip
    first = next((c for (k, _), c in contracts.items() if k == kpi_id), None)
    name = name_of(first, kpi_id)
    return Page(
        _page_of(kpi_id),
        Words(f"{kpi_id} {name.zh.split('（')[0]}", f"{kpi_id} {name.en.split(' (')[0]}"),
        sections=sections,
        parent="verdicts",
    )


def _cell_row(row: Row, unit: str, reasons: Reasons) -> list[Any]:
    low, high = figure(row["ci_low"], unit), figure(row["ci_high"], unit)
    reason, rule_id = str(row["reason"] or ""), str(row["rule_id"] or "")
    why = reasons.words(rule_id, reason)
    notes = [Words(f"{rule_id} {why.zh}", f"{rule_id} {why.en}")] if rule_id or reason else []
    if row["last_good_value"] is not None:
        value = figure(row["last_good_value"], unit)
        notes.append(Words(f"上次有效值 {value}", f"last good value {value}"))
    if row["is_provisional"]:
        notes.append(Words("暂定", "provisional"))
    joined = Words("；".join(n.zh for n in notes), "; ".join(n.en for n in notes)) if notes else None
    return [
        row["unit_name"] or row["unit_code"],
        f"{row['period_start']:%Y-%m}",
        figure(row["value"], unit),
        f"{low.removesuffix(' %')} – {high}" if low and high else None,
        _count(row["numerator"]),
        _count(row["denominator"]),
        tag(row["verdict"], words.of(row["verdict"], words.VERDICTS)),
        joined,
    ]
